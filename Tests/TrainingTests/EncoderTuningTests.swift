import Bytes
import Corpora
import Execution
import Tensors
import Testing
import TextEncoders
import Tokenizers
import Training

/// A world in which queries and documents name the same things by different words.
enum Synonyms {
  /// Query word qN means document word dN; documents have noise words too.
  static func pairs(_ count: Int, words: Int, seed: UInt64) -> [(query: String, document: String)] {
    var stream = RandomStream(seed: seed, purpose: "tests/synonyms")
    return (0..<count).map { _ in
      let meaning = (0..<3).map { _ in stream.below(words) }
      let noise = (0..<4).map { _ in "n\(stream.below(40))" }
      return (
        meaning.map { "q\($0)" }.joined(separator: " "),
        (meaning.map { "d\($0)" } + noise).joined(separator: " ")
      )
    }
  }

  /// An encoder of these words with random vectors.
  static func encoder(words: Int, dimension: Int = 24) throws -> StaticEncoder {
    let texts = (0..<words).flatMap { ["q\($0)", "d\($0)"] } + (0..<40).map { "n\($0)" }
    let tokenizer = try Tokenizer.trainWords(texts, split: .whitespace, context: WorkContext())
    let size = tokenizer.vocabularySize
    var stream = RandomStream(seed: 5, purpose: "tests/vectors")
    let vectors = FloatBuffer(count: size * dimension)
    for place in 0..<vectors.count { vectors.base[place] = Float(stream.uniform() - 0.5) }
    let weights = FloatBuffer(count: size)
    for token in 0..<size where Int32(token) != tokenizer.unknown { weights.base[token] = 1 }
    return try StaticEncoder(
      tokenizer: tokenizer, lowercases: true, dimension: dimension, vectors: vectors.shared(),
      weights: weights.shared())
  }

  /// How often a query's own document is nearest.
  static func accuracy(
    _ encoder: StaticEncoder, _ pairs: [(query: String, document: String)]
  ) throws -> Double {
    let queries = try encoder.encode(pairs.map(\.query), as: .query, context: WorkContext())
    let documents = try encoder.encode(
      pairs.map(\.document), as: .document, context: WorkContext())
    var right = 0
    for query in pairs.indices {
      let scores = pairs.indices.map { document in
        zip(queries[query], documents[document]).reduce(0) { $0 + $1.0 * $1.1 }
      }
      if scores.indices.max(by: { scores[$0] < scores[$1] }) == query { right += 1 }
    }
    return Double(right) / Double(pairs.count)
  }
}

@Suite struct EncoderTuningTests {
  private static let settings = EncoderTuning(
    epochs: 6, batchSize: 16, heldOut: 0.1, seed: 3, learningRate: 2e-2)

  @Test(arguments: [
    Negatives.inBatch, .bm25(NegativeWindow(ranks: 0..<10)), .mined(NegativeWindow(ranks: 0..<10)),
  ]) func synonymsAreLearned(_ negatives: Negatives) throws {
    let encoder = try Synonyms.encoder(words: 30)
    var tuning = Self.settings
    tuning.negatives = negatives
    let examples = try ContrastiveExamples(pairs: Synonyms.pairs(300, words: 30, seed: 1))
    let result = try tuning.run(encoder, on: examples, context: WorkContext(threads: 2))
    let unseen = Synonyms.pairs(60, words: 30, seed: 2)
    let before = try Synonyms.accuracy(encoder, unseen)
    let after = try Synonyms.accuracy(result.encoder, unseen)
    #expect(before < 0.15)
    #expect(after > 0.8)
    let points = result.summary.curve.points
    let first = try #require(points.first?.validationLoss)
    let last = try #require(points.last?.validationLoss)
    #expect(last < first / 2)
    #expect(result.summary.steps == 6 * 17)
    // A tenth of the queries is held out; a few of the 300 are the same by chance.
    #expect((6 * 260...6 * 270).contains(result.summary.labelledTokens))
    #expect(result.summary.operations > 0)
  }

  @Test func threadsMakeNoDifference() throws {
    let encoder = try Synonyms.encoder(words: 10)
    var tuning = Self.settings
    tuning.epochs = 2
    tuning.negatives = .mined(NegativeWindow(ranks: 0..<5, perQuery: 2))
    let examples = try ContrastiveExamples(pairs: Synonyms.pairs(80, words: 10, seed: 1))
    let runs = try (1...3).map { threads in
      try tuning.run(encoder, on: examples, context: WorkContext(threads: threads))
    }
    #expect(runs[0].encoder.encoded() == runs[1].encoder.encoded())
    #expect(runs[0].encoder.encoded() == runs[2].encoder.encoded())
    #expect(runs[0].summary == runs[2].summary)
    tuning.seed = 4
    let other = try tuning.run(encoder, on: examples, context: WorkContext())
    #expect(other.encoder.encoded() != runs[0].encoder.encoded())
  }

  @Test func aResumedTuningGivesTheSameBits() throws {
    let encoder = try Synonyms.encoder(words: 10)
    var tuning = Self.settings
    tuning.negatives = .bm25(NegativeWindow(ranks: 0..<5))
    let examples = try ContrastiveExamples(pairs: Synonyms.pairs(200, words: 10, seed: 1))
    let whole = try tuning.run(encoder, on: examples, context: WorkContext())
    let checkpoints = MemoryCheckpoints()
    let cancellation = Cancellation()
    let context = WorkContext(cancellation: cancellation) { progress in
      if progress.task == "training", progress.completed == 20 { cancellation.cancel() }
    }
    #expect(throws: CancellationRequested.self) {
      try tuning.run(encoder, on: examples, checkpoints: checkpoints, context: context)
    }
    #expect(checkpoints.count > 0)
    let resumed = try tuning.run(
      encoder, on: examples, checkpoints: checkpoints, context: WorkContext(threads: 2))
    #expect(resumed.encoder.encoded() == whole.encoder.encoded())
    #expect(resumed.summary == whole.summary)
  }

  @Test func theEstimateIsAboutWhatIsDone() throws {
    let encoder = try Synonyms.encoder(words: 30)
    var tuning = Self.settings
    tuning.negatives = .mined(NegativeWindow(ranks: 0..<10))
    let examples = try ContrastiveExamples(pairs: Synonyms.pairs(300, words: 30, seed: 1))
    let estimate = try tuning.estimate(encoder, on: examples)
    let summary = try tuning.run(encoder, on: examples, context: WorkContext()).summary
    #expect(estimate.steps == summary.steps)
    #expect(abs(estimate.tokens / Double(summary.tokens) - 1) < 0.1)
    #expect(abs(estimate.operations / summary.operations - 1) < 0.1)
    #expect(estimate.bytes > 4 * encoder.graph.parameterCount * 4)
  }

  @Test func earlyStoppingKeepsTheBest() throws {
    let encoder = try Synonyms.encoder(words: 30)
    var tuning = Self.settings
    tuning.epochs = 60
    tuning.patience = 2
    let examples = try ContrastiveExamples(pairs: Synonyms.pairs(60, words: 30, seed: 1))
    let summary = try tuning.run(encoder, on: examples, context: WorkContext()).summary
    #expect(summary.stoppedEarly)
    #expect(summary.keptStep == summary.curve.best?.step)
  }

  @Test func tooHighALearningRateIsNoSilentResult() throws {
    let encoder = try Synonyms.encoder(words: 30)
    var tuning = Self.settings
    tuning.learningRate = 1e38
    let examples = try ContrastiveExamples(pairs: Synonyms.pairs(300, words: 30, seed: 1))
    #expect(throws: TrainingError.self) {
      try tuning.run(encoder, on: examples, context: WorkContext())
    }
  }
}
