import CKernels
public import Execution

/// How the next token is chosen.
///
/// The order is that of `transformers`: temperature, then top-k, then top-p.
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

  /// Chooses a token. Ties go to the lower id. O(V), with top-k or top-p O(V log V) at worst.
  ///
  /// - Parameters:
  ///   - logits: One for each token, finite.
  ///   - stream: Where a random number is taken from, one a call; none when greedy.
  /// - Returns: The token's id.
  public func choose(
    _ logits: UnsafeBufferPointer<Float>, _ stream: inout RandomStream
  ) -> Int32 {
    guard temperature > 0 else { return Self.largest(logits) }
    let draw = stream.uniform()
    var candidates = self.candidates(logits)
    let top = candidates.first.map { logits[Int($0)] } ?? 0
    var weights = candidates.map { token in
      Self.exponential((Double(logits[Int(token)]) - Double(top)) / temperature)
    }
    var total = weights.reduce(0, +)
    if let topP, topP < 1 {
      var sum = 0.0
      let kept = weights.firstIndex { weight in
        sum += weight
        return sum >= topP * total
      }
      let count = (kept ?? weights.count - 1) + 1
      candidates.removeLast(candidates.count - count)
      weights.removeLast(weights.count - count)
      total = weights.reduce(0, +)
    }
    var rest = draw * total
    for (token, weight) in zip(candidates, weights) {
      rest -= weight
      if rest < 0 { return token }
    }
    return candidates.last ?? 0
  }

  /// Tokens that may be chosen, the likeliest first where that matters.
  private func candidates(_ logits: UnsafeBufferPointer<Float>) -> [Int32] {
    let all = (0..<Int32(logits.count)).map { $0 }
    let needsOrder = topK != nil || (topP ?? 1) < 1
    guard needsOrder else {
      // The largest first, as what all others are compared with.
      let largest = Self.largest(logits)
      return [largest] + all.filter { $0 != largest }
    }
    let sorted = all.sorted { a, b in
      let (x, y) = (logits[Int(a)], logits[Int(b)])
      return x > y || (x == y && a < b)
    }
    return Array(sorted.prefix(topK ?? sorted.count))
  }

  private static func largest(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return Int32(best)
  }

  private static func exponential(_ x: Double) -> Double {
    var (input, output) = (Float(max(x, -1e30)), Float(0))
    ck_exp(1, &input, &output)
    return Double(output)
  }
}
