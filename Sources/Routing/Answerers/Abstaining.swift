public import Corpora
public import Evaluation
public import Execution

/// Refuses what another answerer is not sure enough of.
public struct Abstaining: Answerer {
  /// What answers.
  public let base: any Answerer
  /// The least confidence of an answer that is given.
  public let below: Double

  /// An answerer that refuses below a confidence.
  ///
  /// - Throws: ``RoutingError/setting(name:got:allowed:)`` for what is no probability.
  public init(_ base: any Answerer, below: Double) throws(RoutingError) {
    guard (0...1).contains(below) else {
      throw .setting(name: "below", got: below, allowed: "from 0 to 1")
    }
    self.base = base
    self.below = below
  }

  /// The base's answers; those it does not say its confidence of are given.
  public func answers(to questions: [Query], context: WorkContext) throws -> [GivenAnswer] {
    try base.answers(to: questions, context: context).map(refusing)
  }

  /// The base's trace with what became of the answer.
  public func trace(_ question: Query, context: WorkContext) throws -> AnswerTrace {
    var trace = try base.trace(question, context: context)
    trace.answer = refusing(trace.answer)
    return trace
  }

  private func refusing(_ answer: GivenAnswer) -> GivenAnswer {
    guard let confidence = answer.confidence, confidence < below else { return answer }
    var refused = answer
    refused.text = ""
    refused.refused = true
    return refused
  }
}
