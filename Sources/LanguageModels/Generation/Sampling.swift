import CKernels
public import Execution

/// How the next token is chosen.
///
/// The order is that of `transformers`: temperature, then top-k, then top-p. Of logits that are
/// equal to the k-th largest, those with the lowest ids make up the k (there all of them stay).
public struct Sampling: Hashable, Sendable {
  /// What logits are divided by; 0 takes the likeliest token.
  public var temperature: Double
  /// Only so many of the likeliest tokens; nil for all.
  public var topK: Int?
  /// Only the likeliest tokens until their probabilities add up to this (Holtzman et al. 2020, the
  /// nucleus); nil for all.
  public var topP: Double?

  /// The likeliest token.
  public static let greedy = Sampling(temperature: 0)

  /// A way to choose from its parts.
  ///
  /// - Parameters:
  ///   - temperature: What logits are divided by; 0 takes the likeliest token.
  ///   - topK: Only so many of the likeliest tokens.
  ///   - topP: Only the likeliest tokens until their probabilities add up to this.
  public init(temperature: Double = 1, topK: Int? = nil, topP: Double? = nil) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
  }

  func validate() throws(InferenceError) {
    guard temperature >= 0, temperature <= 1000 else {
      throw .option(name: "the temperature", got: "\(temperature)", allowed: "from 0 to 1000")
    }
    if let topK, topK < 1 {
      throw .option(name: "top-k", got: "\(topK)", allowed: "at least 1")
    }
    if let topP, !(topP > 0 && topP <= 1) {
      throw .option(name: "top-p", got: "\(topP)", allowed: "above 0 and at most 1")
    }
  }

  /// Chooses a token. Ties go to the lower id.
  ///
  /// O(V); with top-k O(V + k log k) for logits in no particular order. With top-p the likeliest
  /// are put in order only until they suffice.
  ///
  /// - Parameters:
  ///   - logits: One for each token; minus infinity for one that is out of the question.
  ///   - stream: Where a random number is taken from, one a call; none when greedy.
  /// - Returns: The token's id.
  public func choose(
    _ logits: UnsafeBufferPointer<Float>, _ stream: inout RandomStream
  ) -> Int32 {
    let best = Self.largest(logits)
    guard temperature > 0, best < logits.count else { return Int32(best) }
    let top = logits[best]
    let draw = stream.uniform()
    let most = min(topK ?? logits.count, logits.count)
    let nucleus = topP.flatMap { $0 < 1 ? $0 : nil }
    if most == logits.count, nucleus == nil {
      return withWeights(logits, top) { weights, total in
        Int32(Self.place(of: draw * total, in: weights) ?? best)
      }
    }
    let candidates =
      most < logits.count
      ? cut(LikeliestTokens.of(logits, count: most), logits, top, at: nucleus)
      : withWeights(logits, top) { weights, total in
        var count = Self.firstGuess
        while true {
          let tokens = LikeliestTokens.of(logits, count: count)
          let sum = tokens.reduce(0.0) { $0 + Double(weights[Int($1)]) }
          // Nothing is known to lie beyond the nucleus until it is left room behind it.
          if sum >= (nucleus ?? 1) * total || tokens.count == logits.count {
            return cut(tokens, logits, top, at: nucleus, of: total)
          }
          count = count > logits.count / 8 ? logits.count : 8 * count
        }
      }
    let chosen = candidates.map { logits[Int($0)] }.withUnsafeBufferPointer { kept in
      withWeights(kept, top) { Self.place(of: draw * $1, in: $0) }
    }
    return candidates[chosen ?? 0]
  }

  /// Tokens that the nucleus is looked for among at first.
  private static let firstGuess = 64

  /// The first of some tokens, the likeliest in front, whose probabilities add up to `share` of
  /// `total`, or of all of them; one at least.
  private func cut(
    _ tokens: [Int32], _ logits: UnsafeBufferPointer<Float>, _ top: Float, at share: Double?,
    of total: Double? = nil
  ) -> [Int32] {
    guard let share else { return tokens }
    return tokens.map { logits[Int($0)] }.withUnsafeBufferPointer { kept in
      withWeights(kept, top) { weights, sum in
        let wanted = share * (total ?? sum)
        var sum = 0.0
        let last = weights.firstIndex { weight in
          sum += Double(weight)
          return sum >= wanted
        }
        return Array(tokens.prefix((last ?? weights.count) + 1))
      }
    }
  }

  /// exp((logit - top) / temperature) of each, and their sum.
  private func withWeights<R>(
    _ logits: UnsafeBufferPointer<Float>, _ top: Float,
    _ body: (UnsafeMutableBufferPointer<Float>, Double) -> R
  ) -> R {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: logits.count) { weights in
      if let source = logits.baseAddress, let target = weights.baseAddress {
        // A factor beyond what a float holds would make the top's own weight 0 × ∞.
        ck_exp_shifted(Int64(logits.count), source, top, Float(min(1 / temperature, 1e30)), target)
      }
      return body(weights, weights.reduce(0.0) { $0 + Double($1) })
    }
  }

  /// Where a sum of weights first exceeds `threshold`; the last that weighs anything where
  /// rounding keeps it from that.
  private static func place(
    of threshold: Double, in weights: UnsafeMutableBufferPointer<Float>
  ) -> Int? {
    var rest = threshold
    var last: Int?
    for (place, weight) in weights.enumerated() where weight > 0 {
      rest -= Double(weight)
      if rest < 0 { return place }
      last = place
    }
    return last
  }

  private static func largest(_ logits: UnsafeBufferPointer<Float>) -> Int {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return best
  }
}

/// The likeliest of many tokens without an order of all.
private enum LikeliestTokens {
  /// At most `count` tokens, the likeliest first, ties by id.
  static func of(_ logits: UnsafeBufferPointer<Float>, count: Int) -> [Int32] {
    var kept: [(logit: Float, token: Int32)] = []
    let room = count < logits.count ? 2 * count : logits.count
    kept.reserveCapacity(room)
    var least = -Float.infinity
    func shorten() {
      kept.sort { $0.logit > $1.logit || ($0.logit == $1.logit && $0.token < $1.token) }
      kept.removeLast(max(0, kept.count - count))
    }
    for token in logits.indices {
      let logit = logits[token]
      // Of equal ones those that came first stay.
      guard logit > least || kept.count < count else { continue }
      kept.append((logit, Int32(token)))
      if kept.count == room, room > count {
        shorten()
        least = kept.last?.logit ?? least
      }
    }
    shorten()
    return kept.map(\.token)
  }
}
