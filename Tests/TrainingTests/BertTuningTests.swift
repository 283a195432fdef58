import Bytes
import Corpora
import Execution
import LanguageModels
import Testing
import TextEncoders
import Tokenizers
import Training

/// Tuning of a small BERT with random weights.
@Suite struct BertTuningTests {
  private static func encoder() throws -> BertEncoder {
    let words = (0..<8).flatMap { ["q\($0)", "d\($0)"] } + (0..<40).map { "n\($0)" }
    let tokenizer = try Tokenizer.trainWords(words, split: .whitespace, context: WorkContext())
    let configuration = EncoderConfiguration(
      vocabularySize: tokenizer.vocabularySize, width: 24, layers: 2, heads: 2,
      feedForwardWidth: 32, positions: 16)
    let layout = EncoderLayout(configuration)
    let weights = FloatBuffer(count: layout.count)
    var stream = RandomStream(seed: 6, purpose: "tests/bert")
    for tensor in layout.tensors where !tensor.name.hasSuffix("bias") {
      for place in tensor.offset..<tensor.offset + tensor.count {
        weights.base[place] =
          tensor.name.hasSuffix("LayerNorm.weight") ? 1 : Float(stream.uniform() - 0.5) * 0.2
      }
    }
    let model = try EncoderModel(
      configuration: configuration, weights: weights.shared(), tokenizer: tokenizer)
    return BertEncoder(model, name: "small")
  }

  private static func examples() throws -> ContrastiveExamples {
    try ContrastiveExamples(pairs: Synonyms.pairs(200, words: 8, seed: 1))
  }

  private static let tuning = EncoderTuning(
    epochs: 2, batchSize: 16, heldOut: 0.1, seed: 2, learningRate: 1e-2, groupRows: 64)

  @Test func theLossFallsOnUnseenQueries() throws {
    var tuning = Self.tuning
    tuning.epochs = 12
    let encoder = try Self.encoder()
    let result = try tuning.run(
      encoder, on: Self.examples(), context: WorkContext(threads: 2))
    let points = result.summary.curve.points
    let first = try #require(points.first?.validationLoss)
    let last = try #require(points.last?.validationLoss)
    #expect(last < 0.6 * first)
    #expect(result.encoder.name == "small")
    let before = try encoder.encode(["q1 q2"], as: .query, context: WorkContext())
    let after = try result.encoder.encode(["q1 q2"], as: .query, context: WorkContext())
    #expect(before[0] != after[0])
  }

  @Test func threadsMakeNoDifference() throws {
    let encoder = try Self.encoder()
    var tuning = Self.tuning
    tuning.negatives = .mined(NegativeWindow(ranks: 0..<5, perQuery: 2))
    let runs = try (1...3).map { threads in
      try tuning.run(encoder, on: Self.examples(), context: WorkContext(threads: threads))
    }
    #expect(runs[0].encoder.model.weights == runs[1].encoder.model.weights)
    #expect(runs[0].encoder.model.weights == runs[2].encoder.model.weights)
    #expect(runs[0].summary == runs[2].summary)
  }

  @Test func frozenPartsStay() throws {
    let encoder = try Self.encoder()
    var tuning = Self.tuning
    tuning.method = .full(freeze: [.embeddings, .norms, .layers(below: 1)])
    let result = try tuning.run(encoder, on: Self.examples(), context: WorkContext())
    let (old, new) = (encoder.model.weights.copied(), result.encoder.model.weights.copied())
    for tensor in encoder.model.layout.tensors {
      let bytes = 4 * tensor.offset..<4 * (tensor.offset + tensor.count)
      let isStill = old[bytes] == new[bytes]
      let shouldBe =
        tensor.name.hasPrefix("embeddings.") || tensor.name.contains("LayerNorm")
        || tensor.name.hasPrefix("encoder.layer.0.")
      // Keys' biases shift all scores of a row alike: they have no gradient but rounding's.
      if !tensor.name.hasSuffix("key.bias") { #expect(isStill == shouldBe, "\(tensor.name)") }
    }
    tuning.method = .full(freeze: [.embeddings, .norms, .attention, .feedForward])
    #expect(throws: TrainingError.nothingTrained) {
      try tuning.run(encoder, on: Self.examples(), context: WorkContext())
    }
  }

  @Test func theEstimateIsAboutWhatIsDone() throws {
    let encoder = try Self.encoder()
    var tuning = Self.tuning
    tuning.negatives = .mined(NegativeWindow(ranks: 0..<5))
    let estimate = try tuning.estimate(encoder, on: Self.examples())
    let summary = try tuning.run(encoder, on: Self.examples(), context: WorkContext()).summary
    #expect(estimate.steps == summary.steps)
    #expect(abs(estimate.operations / summary.operations - 1) < 0.15)
  }
}
