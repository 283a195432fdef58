import Glibc

extension Measured {
  /// Applies a function to the point, to every replicate and to every seed's result.
  ///
  /// - Parameters:
  ///   - range: What the result can be, where that is known.
  ///   - transform: Such as a logarithm.
  /// - Returns: The transformed number.
  public func map(
    range: ClosedRange<Double>? = nil, _ transform: (Double) -> Double
  ) -> Measured {
    let mapped = transform(point)
    return Measured(
      unchecked: mapped, replicates.map(transform), seeds: seeds, questions: questions,
      spreads: spreads.map { spread in
        SeedSpread(
          list: spread.list, deviations: spread.deviations.map { transform(point + $0) - mapped })
      }, range: range)
  }

  /// Applies a function to two numbers: replicate with replicate, seed with the same seed.
  /// An exact number takes part in every replicate as it is.
  ///
  /// - Parameters:
  ///   - other: The second argument.
  ///   - range: What the result can be, where that is known.
  ///   - operation: Such as a quotient.
  /// - Returns: The combined number.
  public func combined(
    with other: Measured, range: ClosedRange<Double>? = nil,
    _ operation: (Double, Double) -> Double
  ) -> Measured {
    let point = operation(self.point, other.point)
    let replicates: [Double]
    switch (self.isExact, other.isExact) {
    case (true, true): replicates = []
    case (true, false): replicates = other.replicates.map { operation(self.point, $0) }
    case (false, true): replicates = self.replicates.map { operation($0, other.point) }
    case (false, false): replicates = zip(self.replicates, other.replicates).map(operation)
    }
    return Measured(
      unchecked: point, replicates,
      seeds: Self.smallerButNotZero(seeds, other.seeds),
      questions: Self.smallerButNotZero(questions, other.questions),
      spreads: SeedSpread.combine(spreads, other.spreads) {
        operation(self.point + $0, other.point + $1) - point
      }, range: replicates.isEmpty ? nil : range)
  }

  private static func smallerButNotZero(_ a: Int, _ b: Int) -> Int {
    a == 0 || b == 0 ? max(a, b) : min(a, b)
  }

  /// The sum, replicate by replicate.
  public static func + (left: Measured, right: Measured) -> Measured {
    left.combined(
      with: right,
      range: Self.bounds(left, right) {
        Self.range($0.lowerBound + $1.lowerBound, $0.upperBound + $1.upperBound)
      }, +)
  }

  /// The difference, replicate by replicate: a paired one for results on the same questions.
  public static func - (left: Measured, right: Measured) -> Measured {
    left.combined(
      with: right,
      range: Self.bounds(left, right) {
        Self.range($0.lowerBound - $1.upperBound, $0.upperBound - $1.lowerBound)
      }, -)
  }

  /// The product, replicate by replicate.
  public static func * (left: Measured, right: Measured) -> Measured {
    left.combined(
      with: right,
      range: Self.bounds(left, right) { a, b in
        let corners = [
          a.lowerBound * b.lowerBound, a.lowerBound * b.upperBound,
          a.upperBound * b.lowerBound, a.upperBound * b.upperBound,
        ]
        return Self.range(corners.min() ?? .nan, corners.max() ?? .nan)
      }, *)
  }

  /// The quotient, replicate by replicate; infinite or NaN where a divisor is 0.
  public static func / (left: Measured, right: Measured) -> Measured {
    if right.isExact, right.point != 0 {
      return left.combined(
        with: right,
        range: left.range.flatMap {
          let ends = [$0.lowerBound / right.point, $0.upperBound / right.point]
          return Self.range(min(ends[0], ends[1]), max(ends[0], ends[1]))
        }, /)
    }
    return left.combined(with: right, /)
  }

  /// The remainder of a truncating division, replicate by replicate.
  public static func % (left: Measured, right: Measured) -> Measured {
    left.combined(with: right) { fmod($0, $1) }
  }

  /// The number with its sign changed.
  public static prefix func - (value: Measured) -> Measured {
    value.map(range: value.range.flatMap { Self.range(-$0.upperBound, -$0.lowerBound) }, -)
  }

  /// The range of a result; an exact number's range is the number itself.
  private static func bounds(
    _ left: Measured, _ right: Measured,
    _ combine: (ClosedRange<Double>, ClosedRange<Double>) -> ClosedRange<Double>?
  ) -> ClosedRange<Double>? {
    guard let left = left.bounds, let right = right.bounds else { return nil }
    return combine(left, right)
  }

  private var bounds: ClosedRange<Double>? {
    isExact && point.isFinite ? point...point : range
  }

  private static func range(_ lower: Double, _ upper: Double) -> ClosedRange<Double>? {
    lower <= upper ? lower...upper : nil
  }
}

extension Measured {
  /// The sum with an exact number.
  public static func + (left: Measured, right: Double) -> Measured { left + Measured(exact: right) }
  /// The sum with an exact number.
  public static func + (left: Double, right: Measured) -> Measured { Measured(exact: left) + right }
  /// The difference to an exact number.
  public static func - (left: Measured, right: Double) -> Measured { left - Measured(exact: right) }
  /// The difference to an exact number.
  public static func - (left: Double, right: Measured) -> Measured { Measured(exact: left) - right }
  /// The product with an exact number.
  public static func * (left: Measured, right: Double) -> Measured { left * Measured(exact: right) }
  /// The product with an exact number.
  public static func * (left: Double, right: Measured) -> Measured { Measured(exact: left) * right }
  /// The quotient by an exact number.
  public static func / (left: Measured, right: Double) -> Measured { left / Measured(exact: right) }
  /// The quotient of an exact number.
  public static func / (left: Double, right: Measured) -> Measured { Measured(exact: left) / right }
  /// The remainder by an exact number.
  public static func % (left: Measured, right: Double) -> Measured { left % Measured(exact: right) }
  /// The remainder of an exact number.
  public static func % (left: Double, right: Measured) -> Measured { Measured(exact: left) % right }
}
