/// What operators do to plain numbers and strings; the checker and the evaluator share it, so that
/// what is known before a run is what the run computes.
public enum Scalars {
  /// An arithmetic operation without a result.
  public enum Problem: Error, Hashable, Sendable {
    /// `x / 0`.
    case divisionByZero
    /// `x % 0`.
    case remainderByZero

    /// One sentence, as diagnostics have it.
    public var message: String {
      switch self {
      case .divisionByZero: "division by zero"
      case .remainderByZero: "remainder of a division by zero"
      }
    }
  }

  /// The result of an arithmetic operation. The remainder is floored: it has the sign of the
  /// divisor, so that `-1 % 7` is 6.
  ///
  /// - Throws: ``Problem`` for a divisor of zero.
  public static func apply(
    _ operation: ArithmeticOperator, _ left: Double, _ right: Double
  ) throws(Problem) -> Double {
    switch operation {
    case .add: return left + right
    case .subtract: return left - right
    case .multiply: return left * right
    case .divide:
      guard right != 0 else { throw .divisionByZero }
      return left / right
    case .remainder:
      guard right != 0 else { throw .remainderByZero }
      let rest = left.truncatingRemainder(dividingBy: right)
      return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest
    }
  }

  /// Whether the comparison holds between two values that have an order: numbers, or strings by
  /// their Unicode scalars.
  public static func compare<Value: Comparable>(
    _ operation: ComparisonOperator, _ left: Value, _ right: Value
  ) -> Bool {
    switch operation {
    case .equal: left == right
    case .notEqual: left != right
    case .less: left < right
    case .lessOrEqual: left <= right
    case .greater: left > right
    case .greaterOrEqual: left >= right
    }
  }

  /// The largest number of elements that a range or a grid may have.
  public static let elementLimit = 100_000

  /// The whole number that a double is, or nil for a fraction and for what no index can be.
  public static func wholeNumber(_ value: Double) -> Int? {
    guard value == value.rounded(), abs(value) <= 9_007_199_254_740_992 else { return nil }
    return Int(value)
  }

  /// The position that an index means in a list of so many elements: from 0, and from the end for
  /// a negative one. Nil outside the list, and for a fraction.
  public static func position(_ index: Double, count: Int) -> Int? {
    guard let whole = wholeNumber(index) else { return nil }
    let position = whole < 0 ? whole + count : whole
    return position >= 0 && position < count ? position : nil
  }
}

/// A number as outputs and strings show it, without noise: a whole number below 10^15 exactly,
/// anything else to four significant digits, and to one decimal at least where it has a fraction.
///
/// `0.1 + 0.2` is `0.3`, two thirds `0.6667`, `1234.567` is `1234.6`. Below 10^-4 and from 10^15 on
/// it has an exponent: `1e-7`, `1.5e20`.
public func formatNumber(_ value: Double) -> String {
  if value.isNaN { return "nan" }
  if value.isInfinite { return value < 0 ? "-inf" : "inf" }
  if let whole = Scalars.wholeNumber(value), abs(whole) <= 1_000_000_000_000_000 {
    return String(whole)
  }
  let decimal = DecimalDigits(value.magnitude)
  let sign = value < 0 ? "-" : ""
  let magnitude = decimal.rounded(to: max(4, decimal.exponent + 2))
  if magnitude.exponent >= 15 || magnitude.exponent < -4 {
    return sign + decimal.rounded(to: 4).scientific
  }
  return sign + magnitude.plain
}

/// The shortest decimal digits that read back as a number: `0.d₀d₁d₂… × 10^(exponent + 1)`.
///
/// They come from the standard library's description, which is exact, so rounding them never
/// meets the errors of scaling by a power of ten.
private struct DecimalDigits {
  /// Digits 0 to 9; the first is not 0.
  var digits: [UInt8] = []
  /// The power of ten of the first digit.
  var exponent = 0

  /// - Parameter value: A positive, finite number.
  init(_ value: Double) {
    var pointAt: Int?
    var power = 0
    var leadingZeros = 0
    var text = Substring("\(value)")
    if let mark = text.firstIndex(of: "e") {
      power = Int(text[text.index(after: mark)...]) ?? 0
      text = text[..<mark]
    }
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") {
        pointAt = digits.count + leadingZeros
      } else if byte == UInt8(ascii: "0"), digits.isEmpty {
        leadingZeros += 1
      } else {
        digits.append(byte - UInt8(ascii: "0"))
      }
    }
    let integerDigits = pointAt ?? digits.count + leadingZeros
    exponent = integerDigits - leadingZeros - 1 + power
    trim()
  }

  private mutating func trim() {
    while digits.count > 1, digits.last == 0 { digits.removeLast() }
  }

  /// The same number with at most so many digits; halves go away from zero.
  func rounded(to count: Int) -> DecimalDigits {
    guard digits.count > count else { return self }
    var result = self
    result.digits = Array(digits[..<count])
    if digits[count] >= 5 {
      var index = count - 1
      while index >= 0, result.digits[index] == 9 {
        result.digits[index] = 0
        index -= 1
      }
      if index >= 0 {
        result.digits[index] += 1
      } else {
        result.digits.insert(1, at: 0)
        result.exponent += 1
      }
    }
    result.trim()
    return result
  }

  private func text(_ digits: some Sequence<UInt8>) -> String {
    String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
  }

  var scientific: String {
    let fraction = digits.dropFirst()
    return text(digits.prefix(1)) + (fraction.isEmpty ? "" : "." + text(fraction)) + "e\(exponent)"
  }

  var plain: String {
    if exponent < 0 {
      return "0." + String(repeating: "0", count: -exponent - 1) + text(digits)
    }
    let integer = digits.prefix(exponent + 1)
    let padding = String(repeating: "0", count: max(0, exponent + 1 - digits.count))
    let fraction = digits.dropFirst(exponent + 1)
    return text(integer) + padding + (fraction.isEmpty ? "" : "." + text(fraction))
  }
}
