import Bytes
import Execution
import FoundationEssentials
import LanguageModels
import Tensors
import Testing
import Training

/// Ten steps of AdamW from the numbers in `Tests/Fixtures/peft`, against what PyTorch made of them.
@Suite struct PEFTTrainingTests {
  @Test(arguments: ["lora", "lora-layer", "prefix"])
  func tenStepsOfAdamWAreThoseOfPEFT(_ name: String) throws {
    let fixtures =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
      .joined(separator: "/") + "/Fixtures"
    let bytes = try Array(
      Data(contentsOf: URL(filePath: "\(fixtures)/peft/\(name)/expected.json")))
    let expected = try bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
    let base = try HuggingFaceFolder.load(
      "\(fixtures)/huggingface/" + #require(expected["base"]?.string), context: WorkContext())
    let adapter = try AdapterFolder.load(
      "\(fixtures)/peft/\(name)", for: base, context: WorkContext())
    func option(_ name: String) throws -> Double {
      try #require(expected["training"]?["optimizer"]?[name]?.double)
    }
    func rows(_ name: String) throws -> [[Int32]] {
      try #require(expected[name]?.list).map { row in
        try #require(row.list).map { try Int32(#require($0.integer)) }
      }
    }
    var batch = Batch()
    for (tokens, labels) in zip(try rows("tokens"), try rows("labels")) {
      batch.append(tokens: tokens, labels: labels.dropFirst() + [-100])
    }
    let state = TrainingState(count: adapter.layout.count)
    state.buffer.fill(from: adapter.weights.bytes)
    let optimizer = try Optimizer(
      AdapterObjective(base, adapter: adapter.layout, decaysAll: true), state: state,
      options: AdamW(
        beta1: Float(option("beta1")), beta2: Float(option("beta2")),
        epsilon: Float(option("epsilon")), weightDecay: Float(option("weight_decay"))),
      clip: option("clip_norm"), cancellation: Cancellation())
    var losses: [Double] = []
    for _ in 0..<10 {
      losses.append(
        try optimizer.step(batch, learningRate: option("learning_rate"), context: WorkContext())
          .loss)
    }
    losses.append(try optimizer.measure([batch], context: WorkContext()))
    let theirs = try #require(expected["training"]?["losses"]?.list).map {
      try #require($0.double)
    }
    #expect(losses.count == theirs.count)
    for (ours, theirs) in zip(losses, theirs) { #expect(abs(ours - theirs) < 1e-4) }
    #expect(try #require(losses.last) < #require(losses.first) - 0.1, "nothing was learned")
  }
}
