/// A plot's numbers, ready to be drawn: categories as whole numbers, bars side by side, ranges with
/// room around the data.
struct PlotLayout {
  /// One mark. `low` and `high` are equal to `y` where there is no interval.
  struct Mark: Hashable {
    var x: Double
    var y: Double
    var low: Double
    var high: Double
    var hasInterval: Bool
  }

  /// The marks of each series, in ascending order of x for lines.
  let series: [[Mark]]
  /// The names along the x axis at 0, 1, …; empty for an axis of numbers.
  let categories: [String]
  /// How wide a bar is; the bars of one category fill .8.
  let barWidth: Double
  let xRange: ClosedRange<Double>
  let yRange: ClosedRange<Double>

  /// Lays out a plot that was validated.
  init(_ spec: PlotSpec) {
    let positions = Self.categoryPositions(spec)
    categories = positions.map(\.label)
    let places = Dictionary(
      zip(positions, 0...).map { ($0, Double($1)) }, uniquingKeysWith: { first, _ in first })
    let isBar = spec.kind == .bar
    let width = 0.8 / Double(max(1, spec.series.count))
    barWidth = width

    var laidOut: [[Mark]] = []
    for (index, series) in spec.series.enumerated() {
      let offset = isBar ? (Double(index) - Double(spec.series.count - 1) / 2) * width : 0
      var marks = series.points.map { point in
        var x = places[point.x] ?? 0
        if positions.isEmpty, case .number(let value) = point.x { x = value }
        return Mark(
          x: x + offset, y: point.y, low: point.low ?? point.y, high: point.high ?? point.y,
          hasInterval: point.low != nil)
      }
      if spec.kind == .line { marks.sort { $0.x < $1.x } }
      laidOut.append(marks)
    }
    series = laidOut
    let all = laidOut.flatMap { $0 }
    xRange =
      positions.isEmpty
      ? Self.padded(all.map(\.x), log: spec.logX, share: spec.kind == .scatter ? 0.04 : 0.02)
      : -0.6...(Double(positions.count) - 0.4)
    yRange = Self.valueRange(all, spec)
  }

  private static func categoryPositions(_ spec: PlotSpec) -> [PlotSpec.Position] {
    guard spec.isCategorical || spec.kind == .bar else { return [] }
    var seen: Set<PlotSpec.Position> = []
    var order = spec.series.flatMap { $0.points.map(\.x) }.filter { seen.insert($0).inserted }
    if !spec.isCategorical {
      // Bars over numbers: ascending.
      order.sort { left, right in
        guard case .number(let a) = left, case .number(let b) = right else { return false }
        return a < b
      }
    }
    return order
  }

  private static func valueRange(_ marks: [Mark], _ spec: PlotSpec) -> ClosedRange<Double> {
    let ends = marks.flatMap { [$0.y, $0.low, $0.high] }
    let low = ends.min() ?? 0
    let high = ends.max() ?? 1
    if spec.logY { return padded(ends, log: true, share: 0.05) }
    if spec.kind == .bar {
      if low >= 0 { return 0...(high > 0 ? high * 1.06 : 1) }
      if high <= 0 { return (low * 1.06)...0 }
      return padded(ends, log: false, share: 0.05)
    }
    // An axis that nearly reaches 0 should.
    if low >= 0, high > 0, low < high * 0.4 { return 0...(high * 1.05) }
    return padded(ends, log: false, share: 0.06)
  }

  /// The range of some values with a share of its width on either side; never empty.
  private static func padded(
    _ values: [Double], log: Bool, share: Double
  ) -> ClosedRange<Double> {
    guard let low = values.min(), let high = values.max() else { return 0...1 }
    if log {
      // The 32nd root: about a thirtieth of the axis on either side, without logarithms.
      let ratio = (0..<5).reduce(high / low) { root, _ in root.squareRoot() }
      let factor = ratio.isFinite ? max(ratio, 1.1) : 1e10
      let bottom = low / factor
      return (bottom > 0 ? bottom : low)...(high * factor)
    }
    let span = high - low
    let pad = span > 0 ? span * share : max(abs(high) * 0.1, low == 0 ? 1 : 1e-300)
    return (low - pad)...(high + pad)
  }
}
