import Execution
import LanguageModels
import Tensors
import Testing
import Training

@Suite struct MemoryTests {
  private static let shapes = [
    DecoderConfiguration(
      vocabularySize: 500, width: 64, layers: 3, heads: 4, feedForwardWidth: 192, context: 64),
    DecoderConfiguration(
      vocabularySize: 4000, width: 48, layers: 1, heads: 2, keyValueHeads: 1,
      feedForwardWidth: 100, context: 128, tiesEmbeddings: false),
    DecoderConfiguration(
      architecture: .qwen2, vocabularySize: 90, width: 96, layers: 6, heads: 6,
      feedForwardWidth: 256, context: 512, hasQueryKeyValueBias: true),
  ]

  private func optimizer(
    _ configuration: DecoderConfiguration, rows: Int
  ) throws -> Optimizer<DecoderObjective> {
    let layout = DecoderLayout(configuration)
    let state = TrainingState(count: layout.count)
    layout.initialize(
      UnsafeMutableBufferPointer(start: state.parameters, count: state.count), seed: 1)
    return try Optimizer(
      DecoderObjective(DecoderGraph(layout)), state: state, options: AdamW(), clip: 1,
      groupRows: rows, cancellation: Cancellation())
  }

  private func batch(_ configuration: DecoderConfiguration, sequences: Int) -> Batch {
    var stream = RandomStream(seed: 2, purpose: "tests/memory")
    var batch = Batch()
    for _ in 0..<sequences {
      let tokens = (0..<configuration.context).map { _ in
        Int32(stream.below(configuration.vocabularySize))
      }
      batch.append(tokens: tokens, labels: tokens)
    }
    return batch
  }

  /// What `poise plan` says before a run is what the run takes.
  @Test(arguments: shapes.indices) func theEstimateIsWhatItTakes(_ index: Int) throws {
    let shape = Self.shapes[index]
    let optimizer = try optimizer(shape, rows: 512)
    // Every lane has whole groups to work on.
    let batch = batch(shape, sequences: 8 * 512 / shape.context)
    _ = try optimizer.step(batch, learningRate: 1e-3, context: WorkContext(threads: 2))
    let parameters = optimizer.objective.parameterCount
    let estimate = TrainingMemory(
      parameters: parameters, configuration: shape, groupRows: 512, keepsBest: false)
    let lanes = 8
    let intermediate = estimate.bytes - 4 * (3 + lanes) * parameters
    #expect(optimizer.tapeBytes <= 2 * intermediate)
    #expect(2 * optimizer.tapeBytes >= intermediate)
  }

  @Test(arguments: shapes.indices) func nothingIsAllocatedAfterTheFirstStep(_ index: Int) throws {
    let shape = Self.shapes[index]
    let optimizer = try optimizer(shape, rows: 512)
    let batch = batch(shape, sequences: 8 * 512 / shape.context)
    _ = try optimizer.step(batch, learningRate: 1e-3, context: WorkContext(threads: 2))
    let allocations = optimizer.systemAllocations
    for _ in 0..<3 {
      _ = try optimizer.step(batch, learningRate: 1e-3, context: WorkContext(threads: 2))
    }
    #expect(optimizer.systemAllocations == allocations)
  }
}
