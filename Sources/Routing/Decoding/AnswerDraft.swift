import Evaluation
import Glibc

/// What a model wrote after a prompt, and how sure it was of each token.
public struct AnswerDraft: Sendable, Hashable {
  /// The first line, without white space around it.
  public var text: String
  /// All that was written, the token that ended it included.
  public var tokens: [Int32]
  /// log p of each token, in nats, at the temperature of the model's confidence.
  public var logProbabilities: [Double]
  /// The entropy before each token, in nats, at the same temperature.
  public var entropies: [Double]
  /// By how much each token's probability exceeds that of the likeliest other.
  public var margins: [Double]
  /// Tokens that were read before.
  public var promptTokens: Int
  /// Whether the model came to an end by itself.
  public var hasEnded: Bool

  /// A draft of its parts.
  public init(
    text: String, tokens: [Int32], logProbabilities: [Double], entropies: [Double],
    margins: [Double], promptTokens: Int, hasEnded: Bool
  ) {
    self.text = text
    self.tokens = tokens
    self.logProbabilities = logProbabilities
    self.entropies = entropies
    self.margins = margins
    self.promptTokens = promptTokens
    self.hasEnded = hasEnded
  }

  /// The probability of all its tokens.
  public var probability: Double { exp(logProbabilities.reduce(0, +)) }

  /// The geometric mean of its tokens' probabilities; 1 where there are none.
  public var meanProbability: Double {
    logProbabilities.isEmpty
      ? 1 : exp(logProbabilities.reduce(0, +) / Double(logProbabilities.count))
  }
}
