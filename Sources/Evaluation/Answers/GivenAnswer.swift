/// What an answerer gave to one question, and what that took.
public struct GivenAnswer: Sendable, Hashable {
  /// The question's id.
  public var question: String
  /// The answer's text; empty where it was refused.
  public var text: String
  /// Whether the answerer said that it does not know.
  public var refused: Bool
  /// Ids of the passages that were put before the model, best first.
  public var evidence: [String]
  /// How sure the answerer is that it is right, from 0 to 1; nil where it does not say.
  public var confidence: Double?
  /// What was counted on the way.
  public var usage: AnswerUsage

  /// An answer of its parts.
  public init(
    question: String, text: String, refused: Bool = false, evidence: [String] = [],
    confidence: Double? = nil, usage: AnswerUsage = AnswerUsage()
  ) {
    self.question = question
    self.text = text
    self.refused = refused
    self.evidence = evidence
    self.confidence = confidence
    self.usage = usage
  }
}
