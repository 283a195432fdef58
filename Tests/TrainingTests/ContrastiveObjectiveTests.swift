import Bytes
import Execution
import Glibc
import Tensors
import Testing
import TextEncoders
import Training

/// Vectors that are their own parameters: token i of the vocabulary is row i of a table.
private func tableGraph(_ rows: Int, _ dimension: Int) -> StaticGraph {
  StaticGraph(vocabularySize: rows, dimension: dimension)
}

private func batch(_ queries: [[Int32]], _ documents: [[Int32]], _ contrast: Contrast) -> Batch {
  var batch = Batch()
  for tokens in queries + documents {
    batch.append(tokens: tokens, labels: tokens.map { _ in -1 })
  }
  batch.contrast = contrast
  return batch
}

/// An optimizer over a run of numbers, to ask for losses and steps.
private func optimizer<Graph: EmbeddingGraph>(
  _ graph: Graph, _ weights: [Float], temperature: Double, options: AdamW = AdamW(),
  groupRows: Int = 512
) throws -> Optimizer<ContrastiveObjective<Graph>> {
  let state = TrainingState(count: weights.count)
  for (place, weight) in weights.enumerated() { state.parameters[place] = weight }
  return try Optimizer(
    ContrastiveObjective(graph, temperature: temperature), state: state, options: options,
    clip: nil, groupRows: groupRows, cancellation: Cancellation())
}

/// The gradient of a batch by taking one step of plain descent: AdamW's first step with a huge ε
/// moves each number by rate · g / ε.
private func gradient<Graph: EmbeddingGraph>(
  _ graph: Graph, _ weights: [Float], temperature: Double, _ batch: Batch, threads: Int = 2
) throws -> (loss: Double, gradient: [Double]) {
  let optimizer = try optimizer(
    graph, [Float](repeating: 0, count: weights.count), temperature: temperature,
    options: AdamW(epsilon: 1e6, weightDecay: 0))
  for (place, weight) in weights.enumerated() { optimizer.state.parameters[place] = weight }
  let loss = try optimizer.step(
    batch, learningRate: 0, context: WorkContext(threads: threads)
  ).loss
  // The first moment after one step is (1 - β₁) g.
  return (loss, (0..<weights.count).map { Double(optimizer.state.firstMoments[$0]) / 0.1 })
}

@Suite struct ContrastiveObjectiveTests {
  /// Two queries and three documents in the plane, by hand.
  @Test func theLossByHand() throws {
    // Rows: two queries, three documents; of length 1 but the last, which is brought to it.
    let table: [Float] = [1, 0, 0, 1, 0.6, 0.8, 0.8, 0.6, 0, -3]
    let example = batch(
      [[0], [1]], [[2], [3], [4]], Contrast(positives: [1, 0], ignored: [[1], [0, 2]]))
    let found = try optimizer(tableGraph(5, 2), table, temperature: 0.5)
      .measure([example], context: WorkContext())
    // Cosines: query 0 with .6, .8, 0; query 1 with .8, .6, -1, of which the last is ignored.
    let first = -log(exp(0.8 / 0.5) / (exp(0.6 / 0.5) + exp(0.8 / 0.5) + exp(0)))
    let second = -log(exp(0.8 / 0.5) / (exp(0.8 / 0.5) + exp(0.6 / 0.5)))
    #expect(abs(found - (first + second) / 2) < 1e-6)
  }

  @Test func ignoredDocumentsGetNoGradient() throws {
    var stream = RandomStream(seed: 1, purpose: "tests/contrast")
    let table = (0..<6 * 4).map { _ in Float(stream.uniform() - 0.5) }
    let example = batch(
      [[0], [1]], [[2], [3], [4], [5]],
      Contrast(positives: [0, 1], ignored: [[0, 3], [1, 3]]))
    let (_, gradient) = try gradient(tableGraph(6, 4), table, temperature: 0.1, example)
    #expect(gradient[20..<24].allSatisfy { $0 == 0 })
    #expect(gradient[16..<20].contains { abs($0) > 1e-3 })
  }

  @Test func gradientsAreDifferencesOfLosses() throws {
    var stream = RandomStream(seed: 2, purpose: "tests/contrast")
    let table = (0..<9 * 5).map { _ in Float(stream.uniform() - 0.5) }
    let example = batch(
      [[0, 1], [2], [3, 3, 4]], [[5, 6], [7], [8, 0], [1]],
      Contrast(positives: [0, 2, 1], ignored: [[0], [2, 3], [1]]))
    let graph = tableGraph(9, 5)
    let (_, gradient) = try gradient(graph, table, temperature: 0.3, example)
    let step: Float = 4e-3
    for place in table.indices {
      func loss(_ change: Float) throws -> Double {
        var moved = table
        moved[place] += change
        return try optimizer(graph, moved, temperature: 0.3)
          .measure([example], context: WorkContext())
      }
      let slope = try (loss(step) - loss(-step)) / Double(2 * step)
      #expect(abs(slope - gradient[place]) < 5e-3 * max(1, abs(slope)))
    }
  }

  /// Loss, vectors and all gradients of a BERT, of either pooling.
  @Test(arguments: ["mean", "cls"]) func asPyTorchComputesIt(_ pooling: String) throws {
    let fixture = try ContrastiveFixture.load()
    let expected = try #require(fixture.cases.first { $0.pooling == pooling })
    let kind = try #require(EncoderModel.Pooling(rawValue: pooling))
    let graph = TinyEncoder.graph(kind)
    let weights = TinyEncoder.weights()
    let run = Array(UnsafeBufferPointer(start: weights.base, count: weights.count))
    let (loss, gradient) = try gradient(
      graph, run, temperature: fixture.temperature, fixture.batch)
    #expect(abs(loss - expected.loss) < 1e-4 * expected.loss)
    try #require(gradient.count == expected.gradients.count)
    let largest = expected.gradients.reduce(0) { max($0, abs($1)) }
    for (place, value) in gradient.enumerated() {
      #expect(abs(value - Double(expected.gradients[place])) < 1e-4 * Double(largest))
    }
    let tape = try Tape(recordsGradients: false)
    let texts = fixture.batch
    let vectors = try texts.tokens.withUnsafeBufferPointer {
      try graph.vectors(
        tape, weights: weights.base, gradients: nil, tokens: $0, starts: texts.starts)
    }
    for (got, want) in zip(tape.values(of: vectors), expected.queries + expected.documents) {
      #expect(abs(got - want) < 1e-5)
    }
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let weights = TinyEncoder.weights()
    let start = Array(UnsafeBufferPointer(start: weights.base, count: weights.count))
    var stream = RandomStream(seed: 3, purpose: "tests/contrast")
    func texts(_ count: Int) -> [[Int32]] {
      (0..<count).map { _ in (0..<4 + stream.below(8)).map { _ in Int32(stream.below(32)) } }
    }
    let example = batch(
      texts(40), texts(80),
      Contrast(positives: (0..<40).map { $0 }, ignored: (0..<40).map { [$0] }))
    func trained(_ threads: Int) throws -> [UInt32] {
      let optimizer = try optimizer(
        TinyEncoder.graph(), start, temperature: 0.05, groupRows: 64)
      for _ in 0..<3 {
        _ = try optimizer.step(
          example, learningRate: 1e-2, context: WorkContext(threads: threads))
      }
      return (0..<start.count).map { optimizer.state.parameters[$0].bitPattern }
    }
    let one = try trained(1)
    #expect(try trained(2) == one)
    #expect(try trained(3) == one)
    #expect(one != start.map(\.bitPattern))
  }

  @Test func nothingIsAllocatedAfterTheFirstSteps() throws {
    let weights = TinyEncoder.weights()
    let start = Array(UnsafeBufferPointer(start: weights.base, count: weights.count))
    let optimizer = try optimizer(TinyEncoder.graph(), start, temperature: 0.05, groupRows: 64)
    let example = try ContrastiveFixture.load().batch
    for _ in 0..<2 {
      _ = try optimizer.step(example, learningRate: 1e-3, context: WorkContext())
    }
    let before = optimizer.systemAllocations
    for _ in 0..<3 {
      _ = try optimizer.step(example, learningRate: 1e-3, context: WorkContext())
    }
    #expect(optimizer.systemAllocations == before)
  }

  /// What an estimate of memory is made from is what a step takes.
  @Test func floatsPerTokenAreWhatTapesHold() throws {
    let weights = TinyEncoder.weights()
    let start = Array(UnsafeBufferPointer(start: weights.base, count: weights.count))
    let graph = TinyEncoder.graph()
    let optimizer = try optimizer(graph, start, temperature: 0.05, groupRows: 512)
    let text = (0..<12).map { Int32($0) }
    let example = batch(
      (0..<500).map { _ in text }, (0..<500).map { _ in text },
      Contrast(positives: (0..<500).map { $0 }, ignored: []))
    _ = try optimizer.step(example, learningRate: 1e-3, context: WorkContext(threads: 2))
    let expected = 4 * example.tokens.count * graph.floatsPerToken
    #expect(optimizer.tapeBytes < 2 * expected)
    #expect(2 * optimizer.tapeBytes > expected)
  }

  @Test func aDocumentThatIsNotThereIsRefused() throws {
    let example = batch([[0]], [[1], [2]], Contrast(positives: [0], ignored: [[7]]))
    #expect(throws: TensorError.self) {
      try optimizer(tableGraph(3, 2), [1, 0, 0, 1, 1, 1], temperature: 1)
        .measure([example], context: WorkContext())
    }
  }
}
