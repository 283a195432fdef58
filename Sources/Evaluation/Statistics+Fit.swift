import Glibc

extension Statistics {
  /// A polynomial fitted by least squares, on plain or logarithmic axes.
  public struct Fit: Sendable, Hashable {
    /// The constant, then the factors of x, x², … On a logarithmic axis x, y or both stand for
    /// their logarithms to base 10.
    public let coefficients: [Double]
    /// The share of the variance of y (of its logarithm on a logarithmic axis) that is explained;
    /// 1 where y is constant. For a polynomial with as many terms as points it is 1 whatever the
    /// data, so it says little about the form of a law.
    public let r2: Double
    /// Whether x was taken as its logarithm to base 10.
    public let logX: Bool
    /// Whether y was taken as its logarithm to base 10.
    public let logY: Bool

    /// The value at 0 of the (logarithmic) x axis.
    public var intercept: Double { coefficients.first ?? .nan }
    /// The factor of x; with both axes logarithmic the exponent of a power law.
    public var slope: Double { coefficients.count > 1 ? coefficients[1] : 0 }

    /// The fitted y at an x, on the original axes; NaN where x has no logarithm.
    public func predict(_ x: Double) -> Double {
      let position = logX ? log10(x) : x
      let value = coefficients.reversed().reduce(0) { $0 * position + $1 }
      return logY ? pow(10, value) : value
    }
  }

  /// The highest degree that ``fit(_:_:degree:logX:logY:)`` takes.
  public static let degreeLimit = 8

  /// Fits a polynomial by least squares.
  ///
  /// Solved by orthogonalising the powers of x, centred and scaled to -1…1 (modified Gram-Schmidt,
  /// twice over), which keeps its digits where normal equations lose half of them.
  ///
  /// - Parameters:
  ///   - x: Where.
  ///   - y: What, as many as `x`.
  ///   - degree: 1 for a line, up to ``degreeLimit``.
  ///   - logX: Whether to fit on log10 x.
  ///   - logY: Whether to fit log10 y.
  /// - Returns: The fit.
  /// - Throws: ``Failure``: fewer distinct x than coefficients, numbers that are not finite, or not
  ///   positive on a logarithmic axis.
  /// - Complexity: O(n x degree²).
  public static func fit(
    _ x: [Double], _ y: [Double], degree: Int = 1, logX: Bool = false, logY: Bool = false
  ) throws -> Fit {
    guard (1...degreeLimit).contains(degree) else {
      throw Failure.count(got: degree, allowed: 1...degreeLimit)
    }
    try checkPairs(x, y, atLeast: degree + 1)
    let positions = logX ? try logarithms(x) : x
    let targets = logY ? try logarithms(y) : y
    let distinct = Set(positions).count
    guard distinct > degree, let low = positions.min(), let high = positions.max() else {
      throw Failure.underdetermined(distinct: distinct, needed: degree + 1)
    }
    let centre = low / 2 + high / 2
    let half = high / 2 - low / 2
    let scaled = positions.map { ($0 - centre) / half }

    guard let solved = leastSquares(scaled, targets, degree: degree) else {
      throw Failure.underdetermined(distinct: distinct, needed: degree + 1)
    }
    let mean = try mean(targets)
    var residual = 0.0
    var total = 0.0
    for (position, target) in zip(scaled, targets) {
      let fitted = solved.reversed().reduce(0) { $0 * position + $1 }
      residual += (target - fitted) * (target - fitted)
      total += (target - mean) * (target - mean)
    }
    return Fit(
      coefficients: unscaled(solved, centre: centre, half: half),
      r2: total > 0 ? 1 - residual / total : 1, logX: logX, logY: logY)
  }

  private static func logarithms(_ values: [Double]) throws -> [Double] {
    if let index = values.firstIndex(where: { $0 <= 0 }) {
      throw Failure.notPositive(index: index)
    }
    return values.map { log10($0) }
  }

  /// The coefficients in powers of `x`, or nil where the powers are not independent.
  private static func leastSquares(_ x: [Double], _ y: [Double], degree: Int) -> [Double]? {
    var basis: [[Double]] = []
    // Row k holds basis vector k in powers of x.
    var inPowers: [[Double]] = []
    var result = [Double](repeating: 0, count: degree + 1)
    for power in 0...degree {
      var vector = x.map { position in (0..<power).reduce(1.0) { product, _ in product * position }
      }
      var row = [Double](repeating: 0, count: degree + 1)
      row[power] = 1
      for _ in 0..<2 {
        for (known, knownRow) in zip(basis, inPowers) {
          let share = dot(vector, known)
          for index in vector.indices { vector[index] -= share * known[index] }
          for index in row.indices { row[index] -= share * knownRow[index] }
        }
      }
      let length = dot(vector, vector).squareRoot()
      guard length > 1e-12 * Double(x.count).squareRoot() else { return nil }
      vector = vector.map { $0 / length }
      row = row.map { $0 / length }
      let share = dot(vector, y)
      for index in row.indices { result[index] += share * row[index] }
      basis.append(vector)
      inPowers.append(row)
    }
    return result
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Coefficients in x of a polynomial in (x - centre) / half, by Horner's scheme.
  private static func unscaled(_ scaled: [Double], centre: Double, half: Double) -> [Double] {
    var result: [Double] = []
    for coefficient in scaled.reversed() {
      var next = [Double](repeating: 0, count: result.count + 1)
      for (power, value) in result.enumerated() {
        next[power + 1] += value / half
        next[power] -= value * centre / half
      }
      next[0] += coefficient
      result = next
    }
    return result
  }
}
