/// How texts are continued.
public struct GenerationOptions: Hashable, Sendable {
  /// Tokens to add at most.
  public var maxTokens: Int
  /// Tokens to add at least: until then no end of the text is chosen.
  public var minTokens: Int
  /// How the next token is chosen.
  public var sampling: Sampling
  /// Texts that end a continuation; they are cut off. They may span tokens.
  public var stops: [String]
  /// What random choices are drawn by. Sequence i has a stream of its own, so what it becomes does
  /// not depend on the others.
  public var seed: UInt64
  /// Sequences that are continued at once. The result does not depend on it.
  public var batch: Int

  /// Options from their parts.
  ///
  /// - Parameters:
  ///   - maxTokens: Tokens to add at most.
  ///   - minTokens: Tokens to add at least.
  ///   - sampling: How the next token is chosen.
  ///   - stops: Texts that end a continuation.
  ///   - seed: What random choices are drawn by.
  ///   - batch: Sequences that are continued at once.
  public init(
    maxTokens: Int, minTokens: Int = 0, sampling: Sampling = .greedy, stops: [String] = [],
    seed: UInt64 = 0, batch: Int = 16
  ) {
    self.maxTokens = maxTokens
    self.minTokens = minTokens
    self.sampling = sampling
    self.stops = stops
    self.seed = seed
    self.batch = batch
  }
}

/// A continuation.
public struct Generated: Hashable, Sendable {
  /// Why it ended.
  public enum Reason: String, Hashable, Sendable {
    /// A token that ends a text.
    case end
    /// A text that was asked to stop at.
    case stop
    /// As many tokens as were asked for.
    case length
    /// The model's context is full.
    case context
  }

  /// The new tokens; the token that ended the text is not among them.
  public var tokens: [Int32]
  /// Their text, cut before a stop; empty for a model without a tokenizer.
  public var text: String
  /// Why it ended.
  public var reason: Reason
  /// log p of each new token, in nats, by the model's own distribution.
  public var logProbabilities: [Double]
  /// The entropy before each new token, in nats.
  public var entropies: [Double]
  /// Tokens of the prompt that were read.
  public var promptTokens: Int
  /// Tokens cut from the prompt's start, since the context has no room for them.
  public var droppedTokens: Int
}
