public import Execution
import Glibc
import Tokenizers

/// One of some given answers, and how likely a model finds it.
public struct Choice: Hashable, Sendable {
  /// The answer's place among those given.
  public var index: Int
  /// log p of its tokens after the prompt, in nats.
  public var logProbability: Double
  /// The same by token, so that long answers can be compared with short ones.
  public var meanLogProbability: Double
  /// Its share of the probability of all answers given.
  public var share: Double
}

extension Scorer {
  /// Ranks answers by their likelihood after a prompt, which is read once.
  ///
  /// - Returns: The likeliest first, ties in the order given; and the floating-point operations.
  /// - Throws: ``InferenceError``, also where prompt and answer are longer than the context;
  ///   cancellation.
  public func choose(
    _ prompt: String, among answers: [String], context: WorkContext
  ) throws -> (choices: [Choice], operations: Double) {
    guard let tokenizer = model.tokenizer else { throw InferenceError.noTokenizer }
    var read = tokenizer.encode(prompt)
    if read.isEmpty, let start = model.startToken { read = [start] }
    let continuations = answers.map { tokenizer.encode($0, addingSpecialTokens: false) }
    guard continuations.allSatisfy({ !$0.isEmpty }), !continuations.isEmpty else {
      throw InferenceError.tooFewTokens(got: 0, needed: 1)
    }
    let longest = continuations.reduce(0) { max($0, $1.count) }
    let length = read.count + longest
    let batch = min(Self.batch, continuations.count)
    let session = try DecoderSession(
      model,
      limits: DecoderSession.Limits(
        batch: batch, length: length, positions: read.count + batch * (longest + 64) + 64),
      context: context)
    let (sequences, first) = try session.prefill([read])
    let opening = try TokenStatistics(first[0], position: read.count)
    var sums = continuations.map { opening.logProbability($0[0], first[0]) }
    let longer = continuations.indices.filter { continuations[$0].count > 1 }
    for start in stride(from: 0, to: longer.count, by: batch) {
      let group = Array(longer[start..<min(longer.count, start + batch)])
      let forks = try group.map { _ in try session.fork(sequences[0]) }
      let rests = group.map { Array(continuations[$0].dropLast()) }
      try session.extend(forks, by: rests, wanting: .all) { place, offset, logits in
        let statistics = try TokenStatistics(logits, position: read.count + offset + 1)
        let next = continuations[group[place]][offset + 1]
        sums[group[place]] += statistics.logProbability(next, logits)
      }
      for fork in forks { try session.drop(fork) }
    }
    var choices = zip(continuations, sums).enumerated().map { index, scored in
      Choice(
        index: index, logProbability: scored.1,
        meanLogProbability: scored.1 / Double(scored.0.count), share: 0)
    }
    let top = choices.reduce(-Double.infinity) { max($0, $1.logProbability) }
    let total = choices.reduce(0) { $0 + exp($1.logProbability - top) }
    for place in choices.indices {
      choices[place].share = exp(choices[place].logProbability - top) / total
    }
    choices.sort { ($1.logProbability, $0.index) < ($0.logProbability, $1.index) }
    return (choices, session.operations)
  }
}
