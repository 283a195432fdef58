/// Why a model was not trained.
public enum TrainingError: Error, Hashable, Sendable {
  /// The text is too short to learn from.
  case tooFewTokens(got: Int, needed: Int)
  /// No example has anything to predict.
  case noExamples
  /// Training is to stop early, and nothing is held out to tell when.
  case nothingHeldOut
  /// All numbers are frozen.
  case nothingTrained
  /// A sequence is longer than the model's context.
  case tooLong(got: Int, context: Int)
  /// A token that the model has no embedding for.
  case token(got: Int, vocabulary: Int)
  /// The loss or the gradient is no number any more.
  case notFinite(step: Int, before: Double?, learningRate: Double)
  /// The loss rose far above where it began.
  case diverged(step: Int, first: Double, now: Double, learningRate: Double)
  /// A checkpoint is of another run.
  case checkpoint(what: String)
}

extension TrainingError: CustomStringConvertible {
  /// The message, with what to try.
  public var description: String {
    switch self {
    case .tooFewTokens(let got, let needed):
      "the text has \(got) tokens; at least \(needed) are needed"
    case .noExamples: "no example has anything to predict"
    case .nothingHeldOut:
      "early stopping needs a part that is held out, and there is too little for that"
    case .nothingTrained: "all parts are frozen, so there is nothing to train"
    case .tooLong(let got, let context):
      "a sequence of \(got) tokens is longer than the model's context of \(context)"
    case .token(let got, let vocabulary):
      "token \(got) is not in the model's vocabulary of \(vocabulary)"
    case .notFinite(let step, let before, let rate):
      """
      training broke down at step \(step): the loss is no number any more\
      \(before.map { " (it was \(Self.text($0)))" } ?? ""); \
      a learning rate below \(Self.number(rate)) may help
      """
    case .diverged(let step, let first, let now, let rate):
      """
      training diverged: the loss rose from \(Self.text(first)) to \(Self.text(now)) by step \
      \(step); a learning rate below \(Self.number(rate)) may help
      """
    case .checkpoint(let what): "the checkpoint is of another run: \(what)"
    }
  }

  /// A whole number without a point.
  private static func number(_ rate: Double) -> String {
    Int(exactly: rate).map { "\($0)" } ?? "\(rate)"
  }

  private static func text(_ loss: Double) -> String {
    guard loss.isFinite, abs(loss) < 1e12 else { return "\(loss)" }
    return "\((loss * 100).rounded() / 100)"
  }
}
