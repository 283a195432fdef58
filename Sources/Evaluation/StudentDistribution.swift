import Glibc

/// Student's t distribution, as far as intervals need it.
package enum StudentDistribution {
  /// The 97.5 % point of the standard normal distribution.
  package static let normalPoint = 1.959963984540054

  /// The 97.5 % point for a positive, not necessarily whole number of degrees of freedom.
  ///
  /// Above 200 degrees by the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5), which is
  /// exact to seven digits there; else by bisection on the distribution function.
  package static func point975(degrees: Double) -> Double {
    guard degrees > 0 else { return .infinity }
    let z = normalPoint
    if degrees > 200 {
      let z3 = z * z * z
      let z5 = z3 * z * z
      let first = (z3 + z) / 4
      let second = (5 * z5 + 16 * z3 + 3 * z) / 96
      return z + first / degrees + second / (degrees * degrees)
    }
    var low = z
    var high = 1e8
    for _ in 0..<200 where high - low > 1e-12 * low {
      // Geometric steps, since the range spans many powers of ten.
      let middle = (low * high).squareRoot()
      if upperTail(middle, degrees: degrees) > 0.025 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The probability of a value above `t`, for `t` > 0 and at most 200 degrees of freedom.
  static func upperTail(_ t: Double, degrees: Double) -> Double {
    let x = degrees / (degrees + t * t)
    return incompleteBeta(x, degrees / 2) / 2
  }

  /// The regularised incomplete beta function I_x(a, 1/2), by its continued fraction
  /// (Abramowitz and Stegun 26.5.8), evaluated with Lentz's method.
  private static func incompleteBeta(_ x: Double, _ a: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    let b = 0.5
    // Gamma stays finite here: a is at most 100.
    let scale = tgamma(a + b) / (tgamma(a) * Double.pi.squareRoot())
    let front = scale * pow(x, a) * (1 - x).squareRoot()
    if x < (a + 1) / (a + b + 2) { return front * fraction(x, a, b) / a }
    return 1 - front * fraction(1 - x, b, a) / b
  }

  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    var c = 1.0
    var d = 1 - (a + b) * x / (a + 1)
    d = 1 / (abs(d) < tiny ? tiny : d)
    var result = d
    for step in 1...500 {
      let m = Double(step)
      for even in [true, false] {
        let factor =
          even
          ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
          : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 + factor * d
        c = 1 + factor / c
        d = 1 / (abs(d) < tiny ? tiny : d)
        if abs(c) < tiny { c = tiny }
        result *= d * c
      }
      if abs(d * c - 1) < 1e-15 { break }
    }
    return result
  }
}
