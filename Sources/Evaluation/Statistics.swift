/// Plain statistics of lists of numbers. Each is a pure function that says why it can't answer.
public enum Statistics {
  /// Why a statistic is not defined for the numbers given.
  public enum Failure: Error, Sendable, Hashable {
    /// There are too few numbers.
    case tooFew(got: Int, needed: Int)
    /// Two lists that go together have different lengths.
    case lengths(Int, Int)
    /// The number at an index, from 0, is not finite.
    case notFinite(index: Int)
    /// All numbers are equal, so that there is nothing to relate them to.
    case constant
    /// A logarithmic axis needs numbers above 0.
    case notPositive(index: Int)
    /// A probability lies outside 0…1.
    case probability(got: Double)
    /// A count lies outside what is possible.
    case count(got: Int, allowed: ClosedRange<Int>)
    /// Equations that have no single solution, such as too few distinct x for a polynomial.
    case underdetermined(distinct: Int, needed: Int)
  }

  /// The arithmetic mean.
  ///
  /// - Throws: ``Failure/tooFew(got:needed:)`` for an empty list, ``Failure/notFinite(index:)``.
  public static func mean(_ values: [Double]) throws -> Double {
    try check(values, atLeast: 1)
    // Scaled first, so that a sum of large numbers does not overflow.
    let scale = 1 / Double(values.count)
    let sum = values.reduce(0, +)
    return sum.isFinite ? sum / Double(values.count) : values.reduce(0) { $0 + $1 * scale }
  }

  /// The mean of numbers that may be measured, replicate by replicate.
  ///
  /// - Throws: ``Failure/tooFew(got:needed:)`` for an empty list.
  public static func mean(_ values: [Measured]) throws -> Measured {
    guard let first = values.first else { throw Failure.tooFew(got: 0, needed: 1) }
    return values.dropFirst().reduce(first, +) / Double(values.count)
  }

  /// The unbiased sample variance.
  ///
  /// - Throws: ``Failure/tooFew(got:needed:)`` below two numbers, ``Failure/notFinite(index:)``.
  public static func variance(_ values: [Double]) throws -> Double {
    try check(values, atLeast: 2)
    let mean = try mean(values)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }

  /// The middle value; of an even number of values the mean of the middle two.
  ///
  /// - Throws: as ``quantile(_:_:)``.
  public static func median(_ values: [Double]) throws -> Double { try quantile(values, 0.5) }

  /// The value below which a share of the values lies, linear between neighbours (Hyndman and
  /// Fan's type 7, 1996).
  ///
  /// - Throws: ``Failure/tooFew(got:needed:)`` for an empty list, ``Failure/notFinite(index:)``,
  ///   ``Failure/probability(got:)``.
  /// - Complexity: O(n log n).
  public static func quantile(_ values: [Double], _ probability: Double) throws -> Double {
    try check(values, atLeast: 1)
    guard (0...1).contains(probability) else { throw Failure.probability(got: probability) }
    return sortedQuantile(values.sorted(), probability)
  }

  // MARK: Checks

  static func check(_ values: [Double], atLeast needed: Int) throws {
    guard values.count >= needed else { throw Failure.tooFew(got: values.count, needed: needed) }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw Failure.notFinite(index: index)
    }
  }

  static func checkPairs(_ x: [Double], _ y: [Double], atLeast needed: Int) throws {
    guard x.count == y.count else { throw Failure.lengths(x.count, y.count) }
    try check(x, atLeast: needed)
    try check(y, atLeast: needed)
  }
}

extension Statistics.Failure: CustomStringConvertible {
  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .tooFew(let got, let needed):
      "needs at least \(needed) \(needed == 1 ? "number" : "numbers"), got \(got)"
    case .lengths(let a, let b): "the two lists differ in length: \(a) and \(b)"
    case .notFinite(let index): "number \(index + 1) is not finite"
    case .constant: "all numbers are equal, so there is nothing to relate"
    case .notPositive(let index):
      "a logarithmic axis needs numbers above 0; number \(index + 1) isn't"
    case .probability(let got): "a probability lies within 0…1, got \(got)"
    case .count(let got, let allowed):
      "a count from \(allowed.lowerBound) to \(allowed.upperBound) is needed, got \(got)"
    case .underdetermined(let distinct, let needed):
      "needs \(needed) distinct x, got \(distinct)"
    }
  }
}
