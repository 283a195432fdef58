public import Execution
import Tokenizers

/// A token of a text, and what the model thought of it.
public struct ScoredToken: Hashable, Sendable {
  /// The token.
  public var token: Int32
  /// log p given all tokens before it, in nats; nil for a first token that nothing precedes.
  public var logProbability: Double?
  /// The entropy of the distribution that it was drawn from, in nats.
  public var entropy: Double?
}

/// How well a model predicts a text.
public struct TextScore: Hashable, Sendable {
  /// Σ -log p, in nats.
  public var negativeLogLikelihood: Double
  /// Tokens that were predicted.
  public var tokens: Int
  /// Bytes of the text.
  public var bytes: Int
}

/// Measures how likely texts are under a model.
public struct Scorer: Sendable {
  /// What predicts.
  public let model: DecoderModel

  /// A scorer of one model.
  public init(_ model: DecoderModel) { self.model = model }

  /// Each token of a text with its log-probability and the entropy before it.
  ///
  /// Texts longer than the context are read in windows that overlap by half, and a token is scored
  /// in the first window that it is in. A text starts with the token for that, which is not among
  /// the results, where the tokenizer has one.
  ///
  /// - Returns: The tokens, and the floating-point operations.
  /// - Throws: ``InferenceError``; cancellation.
  public func score(
    _ text: String, context: WorkContext
  ) throws -> (tokens: [ScoredToken], operations: Double) {
    let (start, tokens) = try self.tokens(text)
    var scored = tokens.map { ScoredToken(token: $0) }
    let operations = try run([start + tokens], context: context) { _, position, token, logits in
      let statistics = try TokenStatistics(logits, position: position)
      scored[position - start.count].logProbability = statistics.logProbability(token, logits)
      scored[position - start.count].entropy = statistics.entropy
    }
    return (scored, operations)
  }

  /// How well each text is predicted; see ``score(_:context:)`` for windows and starts.
  ///
  /// - Returns: A score a text, and the floating-point operations.
  /// - Throws: ``InferenceError``; cancellation.
  public func likelihoods(
    of texts: [String], context: WorkContext
  ) throws -> (scores: [TextScore], operations: Double) {
    let sequences = try texts.map { text in
      let (start, tokens) = try self.tokens(text)
      return start + tokens
    }
    var scores = texts.map {
      TextScore(negativeLogLikelihood: 0, tokens: 0, bytes: $0.utf8.count)
    }
    let operations = try run(sequences, context: context) { index, position, token, logits in
      let statistics = try TokenStatistics(logits, position: position)
      scores[index].negativeLogLikelihood -= statistics.logProbability(token, logits)
      scores[index].tokens += 1
    }
    return (scores, operations)
  }

  /// The token that starts a text where there is one, and the text's own.
  private func tokens(_ text: String) throws -> (start: [Int32], tokens: [Int32]) {
    guard let tokenizer = model.tokenizer else { throw InferenceError.noTokenizer }
    let tokens = tokenizer.encode(text, addingSpecialTokens: false)
    return (model.startToken.map { [$0] } ?? [], tokens)
  }

  /// Calls `receive` with the sequence, the position and the token of everything that is
  /// predicted, and the logits that predict it.
  func run(
    _ sequences: [[Int32]], context: WorkContext,
    _ receive: (Int, Int, Int32, UnsafeBufferPointer<Float>) throws -> Void
  ) throws -> Double {
    // The last token of a window is predicted, not read: even a context of one reads windows of two.
    let limit = max(
      2, min(model.configuration.context, sequences.reduce(0) { max($0, $1.count) }))
    let windows = sequences.indices.flatMap { index in
      Self.windows(sequences[index].count, limit: limit).map { (index, $0) }
    }
    guard !windows.isEmpty else { return 0 }
    let session = try DecoderSession(
      model,
      limits: DecoderSession.Limits(batch: min(Self.batch, windows.count), length: limit - 1)
        .fitting(model.configuration, threads: context.threads),
      context: context)
    let batch = session.limits.batch
    for start in stride(from: 0, to: windows.count, by: batch) {
      let group = windows[start..<min(windows.count, start + batch)]
      let ids = group.map { _ in session.begin() }
      defer { for id in ids { try? session.drop(id) } }
      let parts = group.map { index, window in Array(sequences[index][window.read].dropLast()) }
      try session.extend(ids, by: parts, wanting: .all) { place, offset, logits in
        let (index, window) = group[group.startIndex + place]
        let position = window.read.lowerBound + offset + 1
        guard position >= window.scoredFrom else { return }
        try receive(index, position, sequences[index][position], logits)
      }
      context.report(
        Progress(
          task: "scoring", completed: min(windows.count, start + batch),
          total: windows.count, unit: "windows"))
    }
    return session.operations
  }

  /// Windows, or answers, that are read at once.
  static let batch = 16

  /// Stretches of a sequence, each with the first position that it scores.
  ///
  /// - Parameters:
  ///   - count: Tokens of the sequence.
  ///   - limit: Of a window, at least 2.
  /// - Returns: What each window reads, and the first position that it scores.
  package static func windows(
    _ count: Int, limit: Int
  ) -> [(read: Range<Int>, scoredFrom: Int)] {
    guard count > 1 else { return [] }
    var windows = [(read: 0..<min(count, limit), scoredFrom: 1)]
    let step = max(1, limit / 2)
    while let last = windows.last, last.read.upperBound < count {
      let start = last.read.lowerBound + step
      windows.append((start..<min(count, start + limit), last.read.upperBound))
    }
    return windows
  }
}
