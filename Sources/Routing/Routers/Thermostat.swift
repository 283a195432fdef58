/// Switches retrieval on while a model is in doubt, and off when it no longer is.
///
/// It follows the entropies of the tokens as they are written. Its level is the largest of an
/// answer, blended with the level after the answers before it. While it is off, an answer is begun
/// from memory; the token at which the level passes `above` switches it on, and the question is
/// looked up. While it is on, every question is looked up at once; an answer that brings the level
/// under `below` switches it off for the next one. Between the two nothing changes: at most one
/// toggle an answer, and none for a level that stays between.
public struct Thermostat: Sendable, Hashable {
  /// The level, in nats, from which it switches on.
  public let above: Double
  /// The level, in nats, under which it switches off.
  public let below: Double
  /// The share of the level that stays from answer to answer.
  public let memory: Double
  /// Whether questions are looked up.
  public private(set) var isOn = false
  /// The level after the last answer, in nats.
  public private(set) var level = 0.0

  /// A thermostat that is off; see `Router/validate()` for what settings may be.
  public init(above: Double, below: Double, memory: Double = 0) {
    self.above = above
    self.below = below
    self.memory = memory
  }

  /// Takes note of an answer that was begun from memory.
  ///
  /// - Parameter entropies: Before each token, in nats.
  /// - Returns: How many tokens were written when it switched on; nil where it did not.
  public mutating func drafted(_ entropies: [Double]) -> Int? {
    var peak = 0.0
    for (place, entropy) in entropies.enumerated() {
      peak = max(peak, entropy)
      guard blended(peak) > above else { continue }
      level = blended(peak)
      isOn = true
      return place + 1
    }
    level = blended(peak)
    return nil
  }

  /// Takes note of an answer from passages.
  ///
  /// - Parameter entropies: Before each token, in nats.
  /// - Returns: Whether it switched off.
  public mutating func observe(_ entropies: [Double]) -> Bool {
    level = blended(entropies.max() ?? 0)
    guard level < below else { return false }
    isOn = false
    return true
  }

  private func blended(_ peak: Double) -> Double { memory * level + (1 - memory) * peak }
}
