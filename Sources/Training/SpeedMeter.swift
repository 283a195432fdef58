import Tensors

/// How fast training goes, for whoever watches; never part of a result.
struct SpeedMeter {
  private let threads: Int
  private var last = ContinuousClock.now
  private var tokensPerSecond = 0.0
  private var operationsPerSecond = 0.0

  init(threads: Int) { self.threads = threads }

  mutating func add(tokens: Int, operations: Double) {
    let now = ContinuousClock.now
    let (whole, fraction) = (now - last).components
    let seconds = max(1e-9, Double(whole) + Double(fraction) * 1e-18)
    last = now
    // About the last ten steps.
    let weight = tokensPerSecond == 0 ? 1 : 0.1
    tokensPerSecond += weight * (Double(tokens) / seconds - tokensPerSecond)
    operationsPerSecond += weight * (operations / seconds - operationsPerSecond)
  }

  /// Leaves out the time since the last step, which went into something else.
  mutating func skip() { last = .now }

  /// Such as `loss 1.93 · 12,400 tokens/s · 61 % of peak`.
  func detail(loss: Double) -> String {
    let rate = tokensPerSecond >= 1000 ? (tokensPerSecond / 100).rounded() * 100 : tokensPerSecond
    var text = "loss \(Self.decimals(loss)) · \(Self.grouped(Int(min(rate, 1e15)))) tokens/s"
    if let peak = ProductPeak.operationsPerSecond(threads: threads), peak > 0 {
      text += " · \(Int(min(999, 100 * operationsPerSecond / peak).rounded())) % of peak"
    }
    return text
  }

  private static func decimals(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    let hundredths = Int((value * 100).rounded())
    let rest = abs(hundredths % 100)
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  private static func grouped(_ value: Int) -> String {
    let digits = String(value)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }
}
