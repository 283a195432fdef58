/// Logits with the token that followed, and which answer each belongs to.
package struct LogitSamples: Sendable {
  /// V
  package let vocabulary: Int
  /// samples × V
  package private(set) var logits: [Float] = []
  /// The token that followed each row of logits.
  package private(set) var tokens: [Int32] = []
  /// The answer that each row belongs to.
  package private(set) var answers: [Int] = []
  /// Floats that are kept at most.
  private let limit: Int
  /// Whether there was no room for some.
  package private(set) var isFull = false

  /// No samples yet, with room for 256 MiB of them.
  package init(vocabulary: Int, limit: Int = 1 << 26) {
    self.vocabulary = vocabulary
    self.limit = limit
  }

  /// How many there are.
  package var count: Int { tokens.count }

  /// One more; left out where there is no room.
  ///
  /// - Returns: Whether it was kept.
  @discardableResult
  package mutating func append(
    _ row: UnsafeBufferPointer<Float>, token: Int32, answer: Int
  ) -> Bool {
    guard row.count == vocabulary, token >= 0, Int(token) < vocabulary,
      logits.count + vocabulary <= limit
    else {
      isFull = true
      return false
    }
    logits.append(contentsOf: row)
    tokens.append(token)
    answers.append(answer)
    return true
  }
}
