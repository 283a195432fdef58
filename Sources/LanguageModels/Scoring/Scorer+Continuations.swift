public import Execution
import Tokenizers

extension Scorer {
  /// How likely one text is after each of several others.
  ///
  /// What comes before is cut at its end where both together are longer than the context.
  ///
  /// - Parameters:
  ///   - continuation: What is predicted.
  ///   - prompts: What comes before, one at a time.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: The mean log-probability of the continuation's tokens after each prompt, in nats,
  ///   and the floating-point operations.
  /// - Throws: ``InferenceError``, also where the continuation has no token or fills the context by
  ///   itself; cancellation.
  public func meanLogProbabilities(
    of continuation: String, after prompts: [String], context: WorkContext
  ) throws -> (values: [Double], operations: Double) {
    guard let tokenizer = model.tokenizer else { throw InferenceError.noTokenizer }
    let wanted = tokenizer.encode(continuation, addingSpecialTokens: false)
    guard !wanted.isEmpty else { throw InferenceError.tooFewTokens(got: 0, needed: 1) }
    let start = model.startToken.map { [$0] } ?? []
    let room = model.configuration.context - wanted.count - start.count
    guard room >= 1 else {
      throw InferenceError.tooFewTokens(
        got: model.configuration.context, needed: wanted.count + start.count + 1)
    }
    let sequences = prompts.map { prompt in
      start + tokenizer.encode(prompt, addingSpecialTokens: false).prefix(room) + wanted
    }
    var sums = [Double](repeating: 0, count: prompts.count)
    let operations = try run(sequences, context: context) { index, position, token, logits in
      guard position >= sequences[index].count - wanted.count else { return }
      sums[index] += try TokenStatistics(logits, position: position).logProbability(token, logits)
    }
    return (sums.map { $0 / Double(wanted.count) }, operations)
  }
}
