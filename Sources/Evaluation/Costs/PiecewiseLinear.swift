/// A function of x ≥ 0 that is linear between knots, with measured coefficients.
public struct PiecewiseLinear: Sendable, Hashable {
  /// One stretch: intercept + slope · x, from `start` to the next one's.
  public struct Piece: Sendable, Hashable {
    /// The first x that it holds for.
    public let start: Double
    /// The value at x = 0 of the line that the stretch lies on.
    public let intercept: Measured
    /// The change with x.
    public let slope: Measured
  }

  /// At least one, the first from 0, starts ascending.
  public let pieces: [Piece]

  /// One line.
  public init(intercept: Measured, slope: Measured) {
    pieces = [Piece(start: 0, intercept: intercept, slope: slope)]
  }

  /// A line up to a knot, and the value at the knot from there on.
  public init(intercept: Measured, slope: Measured, levelFrom knot: Double) {
    let first = Piece(start: 0, intercept: intercept, slope: slope)
    guard knot > 0 else {
      pieces = [Piece(start: 0, intercept: intercept, slope: Measured(exact: 0))]
      return
    }
    let level = Piece(
      start: knot, intercept: intercept + slope * knot, slope: Measured(exact: 0))
    pieces = knot.isFinite ? [first, level] : [first]
  }

  /// The value at x.
  public func value(at x: Double) -> Measured {
    let piece = pieces.last { $0.start <= x } ?? pieces[0]
    return piece.intercept + piece.slope * x
  }

  /// Where one function overtakes another.
  public struct Crossing: Sendable, Hashable {
    /// The x at which both are equal.
    public let x: Measured
    /// Their common value there.
    public let value: Measured
    /// Whether the first function is the smaller one below x.
    public let firstIsSmallerBelow: Bool
  }

  /// All x above 0 at which two functions change order, ascending, in closed form: the stretches
  /// of both are cut at each other's knots, and on each the lines meet in
  /// x = -Δintercept / Δslope. Functions that touch or coincide don't cross.
  ///
  /// - Complexity: linear in the number of pieces.
  public func crossings(with other: PiecewiseLinear) -> [Crossing] {
    let starts = Set((pieces + other.pieces).map(\.start)).sorted()
    var result: [Crossing] = []
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : .infinity
      guard let a = pieces.last(where: { $0.start <= start }),
        let b = other.pieces.last(where: { $0.start <= start })
      else { continue }
      let intercept = a.intercept - b.intercept
      let slope = a.slope - b.slope
      guard slope.point != 0 else { continue }
      let x = -intercept.point / slope.point
      guard x > 0, x >= start, x < end else { continue }
      // At a knot, what lies before it decides whether the order changes.
      if x == start {
        let before = (value(at: start * (1 - 1e-9)) - other.value(at: start * (1 - 1e-9))).point
        guard before * slope.point < 0 else { continue }
      }
      let crossing = -intercept / slope
      result.append(
        Crossing(
          x: crossing, value: a.intercept + a.slope * x, firstIsSmallerBelow: slope.point > 0))
    }
    return result
  }
}
