import Glibc

extension Measured {
  /// The number and its interval, such as `0.83 [0.79, 0.87]`; alone where it is exact or was the
  /// same every time.
  ///
  /// Decimals follow the half width by the Particle Data Group's rule: two of its digits where they
  /// are 35 or less, else one (so .04 shows hundredths, .012 thousandths); at most four decimals,
  /// and at least two where the number and its interval lie within -1…1.
  public func formatted() -> String {
    let interval = interval
    guard !isExact, interval.halfWidth != 0 else {
      return Self.fixed(point, decimals: decimals(halfWidth: 0))
    }
    let decimals = decimals(halfWidth: interval.halfWidth)
    let ends = [interval.lower, interval.upper].map { Self.fixed($0, decimals: decimals) }
    return "\(Self.fixed(point, decimals: decimals)) [\(ends[0]), \(ends[1])]"
  }

  /// How many decimals ``formatted()`` shows for a half width.
  private func decimals(halfWidth: Double) -> Int {
    let isShare = abs(point) <= 1 && !(halfWidth > 1)
    let least = isShare ? 2 : 0
    guard halfWidth > 0, halfWidth.isFinite else {
      return max(least, point == point.rounded() ? 0 : 2)
    }
    var exponent = Int(floor(log10(halfWidth)))
    let leading = halfWidth / pow(10, Double(exponent))
    var digits = 1
    if leading < 3.55 { digits = 2 }
    if leading >= 9.5 {
      exponent += 1
      digits = 2
    }
    return min(4, max(least, digits - 1 - exponent))
  }

  /// A number with a fixed number of decimals, rounded half away from zero; no `-0.00`.
  static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-∞" : "∞" }
    let scale = pow(10, Double(decimals))
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let digits = String(Int(scaled))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }
}
