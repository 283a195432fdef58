import Glibc

/// Costs of several answerers against how much is asked or how often facts change, and where one
/// overtakes another.
public struct BreakEven: Sendable {
  /// What varies.
  public enum Axis: String, Sendable, Hashable, CaseIterable {
    /// Questions over all days.
    case queries
    /// Changed facts a day.
    case updates = "updates_per_day"
  }

  /// The order of two answerers changes.
  public struct Crossing: Sendable, Hashable {
    /// The number of questions, or of changes a day.
    public let at: Measured
    /// Which is cheaper below.
    public let below: String
    /// Which is cheaper above.
    public let above: String
    /// What both cost there.
    public let cost: Measured
    /// Whether no third one is cheaper there.
    public let isCheapest: Bool
  }

  /// What varies.
  public let axis: Axis
  /// Each answerer's name and cost, in their order.
  public let curves: [(name: String, cost: PiecewiseLinear)]
  /// Where the order changes, by x.
  public let crossings: [Crossing]

  /// The costs of answerers, all but the axis as in the demand.
  ///
  /// - Complexity: quadratic in the number of answerers.
  public init(_ arms: [ArmCosts], along axis: Axis, _ prices: PriceSheet, _ demand: Demand) {
    self.axis = axis
    let curves = arms.map { arm in
      (
        name: arm.name,
        cost: axis == .queries ? arm.byQueries(prices, demand) : arm.byUpdates(prices, demand)
      )
    }
    self.curves = curves
    var crossings: [Crossing] = []
    for (index, first) in curves.enumerated() {
      for second in curves[(index + 1)...] {
        for crossing in first.cost.crossings(with: second.cost) {
          let isCheapest = curves.allSatisfy { other in
            other.name == first.name || other.name == second.name
              || other.cost.value(at: crossing.x.point).point >= crossing.value.point
          }
          crossings.append(
            Crossing(
              at: crossing.x,
              below: crossing.firstIsSmallerBelow ? first.name : second.name,
              above: crossing.firstIsSmallerBelow ? second.name : first.name,
              cost: crossing.value, isCheapest: isCheapest))
        }
      }
    }
    self.crossings = crossings.sorted {
      ($0.at.point, $0.below, $0.above) < ($1.at.point, $1.below, $1.above)
    }
  }

  /// Where to draw: 0 for changes, then four points a decade, and each crossing, up to `limit` or
  /// three times the last crossing; a million where nothing crosses.
  public func positions(upTo limit: Double?) -> [Double] {
    let last = crossings.last?.at.point
    let most = limit ?? min(1e15, max(10, last.map { $0 * 3 } ?? (axis == .queries ? 1e6 : 1e3)))
    // Seven decades at most, so that a crossing far out doesn't make a table of everything.
    let least = max(axis == .queries ? 1 : 0.01, most / 1e7)
    var positions = axis == .updates ? [0.0] : []
    let steps = Int((log10(most / least) * 4).rounded(.down))
    for step in 0...max(0, steps) { positions.append(least * pow(10, Double(step) / 4)) }
    positions.append(most)
    positions += crossings.map(\.at.point).filter { $0 <= most }
    if axis == .queries { positions = positions.map { max(1, $0.rounded()) } }
    return Set(positions).sorted()
  }
}
