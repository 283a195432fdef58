extension PlotSpec {
  /// The most points in all series together.
  public static let pointLimit = 100_000
  /// The most series.
  public static let seriesLimit = 24
  /// The most categories on the x axis.
  public static let categoryLimit = 500
  /// The longest label, in bytes of UTF-8. Shorter ones are still cut to what fits.
  public static let labelLimit = 4_096
  /// The largest magnitude of a number: beyond it, padded axis ranges overflow.
  public static let magnitudeLimit = 1e200

  /// Why a plot can't be drawn. Series are named, points counted from 0.
  public enum Failure: Error, Sendable, Hashable {
    /// There is no point at all.
    case noPoints
    /// More points than ``PlotSpec/pointLimit``.
    case tooManyPoints(got: Int, limit: Int)
    /// More series than ``PlotSpec/seriesLimit``.
    case tooManySeries(got: Int, limit: Int)
    /// More categories than ``PlotSpec/categoryLimit``.
    case tooManyCategories(got: Int, limit: Int)
    /// A label longer than ``PlotSpec/labelLimit`` bytes.
    case labelTooLong(bytes: Int, limit: Int)
    /// A number that is NaN, infinite or beyond ``PlotSpec/magnitudeLimit``.
    case notPlottable(series: String, index: Int, value: Double)
    /// Only one end of an interval, or ends in the wrong order.
    case interval(series: String, index: Int)
    /// Numbers and categories on the same axis.
    case mixedAxis(series: String)
    /// A line or bar that has two values in the same place.
    case repeatedPosition(series: String, position: String)
    /// A number that is not above 0 on a logarithmic axis.
    case notPositive(axis: String, series: String, index: Int)
    /// A logarithmic axis of categories, or under bars, whose length would mean nothing.
    case logarithmicAxis(axis: String)
  }

  /// Checks that the plot can be drawn, before any program is started.
  ///
  /// - Throws: ``Failure``.
  /// - Complexity: linear in the number of points.
  public func validate() throws {
    guard series.count <= Self.seriesLimit else {
      throw Failure.tooManySeries(got: series.count, limit: Self.seriesLimit)
    }
    let count = series.reduce(0) { $0 + $1.points.count }
    guard count > 0 else { throw Failure.noPoints }
    guard count <= Self.pointLimit else {
      throw Failure.tooManyPoints(got: count, limit: Self.pointLimit)
    }
    for label in [title ?? "", xLabel, yLabel] + series.map(\.name) { try check(label: label) }

    let isCategorical = isCategorical
    if logX, isCategorical || kind == .bar { throw Failure.logarithmicAxis(axis: "x") }
    if logY, kind == .bar { throw Failure.logarithmicAxis(axis: "y") }
    for series in series { try check(series, isCategorical: isCategorical) }
    if isCategorical || kind == .bar {
      let categories = Set(series.flatMap { $0.points.map(\.x) }).count
      guard categories <= Self.categoryLimit else {
        throw Failure.tooManyCategories(got: categories, limit: Self.categoryLimit)
      }
    }
  }

  /// Whether the first point has a category; all others must then have one too.
  var isCategorical: Bool {
    if case .category = series.lazy.compactMap(\.points.first).first?.x { return true }
    return false
  }

  private func check(label: String) throws {
    let bytes = label.utf8.count
    guard bytes <= Self.labelLimit else {
      throw Failure.labelTooLong(bytes: bytes, limit: Self.labelLimit)
    }
  }

  private func check(_ series: Series, isCategorical: Bool) throws {
    var seen: Set<Position> = []
    for (index, point) in series.points.enumerated() {
      var numbers = [point.y]
      guard (point.low == nil) == (point.high == nil) else {
        throw Failure.interval(series: series.name, index: index)
      }
      if let low = point.low, let high = point.high { numbers += [low, high] }
      switch point.x {
      case .number(let x):
        if isCategorical { throw Failure.mixedAxis(series: series.name) }
        try check(finite: [x], series, index)
        if logX, x <= 0 { throw Failure.notPositive(axis: "x", series: series.name, index: index) }
      case .category(let name):
        if !isCategorical { throw Failure.mixedAxis(series: series.name) }
        try check(label: name)
      }
      try check(finite: numbers, series, index)
      if let low = point.low, let high = point.high, low > high {
        throw Failure.interval(series: series.name, index: index)
      }
      if logY, numbers.contains(where: { $0 <= 0 }) {
        throw Failure.notPositive(axis: "y", series: series.name, index: index)
      }
      if kind != .scatter, !seen.insert(point.x).inserted {
        throw Failure.repeatedPosition(series: series.name, position: point.x.label)
      }
    }
  }

  private func check(finite numbers: [Double], _ series: Series, _ index: Int) throws {
    for value in numbers where !(abs(value) <= Self.magnitudeLimit) {
      throw Failure.notPlottable(series: series.name, index: index, value: value)
    }
  }
}

extension PlotSpec.Position {
  /// The category's name, or the number as text: `3` rather than `3.0`.
  var label: String {
    switch self {
    case .category(let name): return name
    case .number(let value):
      let text = "\(value)"
      return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
  }
}

extension PlotSpec.Failure: CustomStringConvertible {
  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .noPoints: "there is nothing to plot"
    case .tooManyPoints(let got, let limit): "at most \(limit) points can be plotted, got \(got)"
    case .tooManySeries(let got, let limit): "at most \(limit) series can be plotted, got \(got)"
    case .tooManyCategories(let got, let limit):
      "at most \(limit) categories fit an axis, got \(got)"
    case .labelTooLong(let bytes, let limit):
      "a label has \(bytes) bytes, and at most \(limit) are allowed"
    case .notPlottable(let series, let index, let value):
      "point \(index + 1) of '\(series)' can't be plotted: \(value)"
    case .interval(let series, let index):
      "the interval of point \(index + 1) of '\(series)' needs both ends, the lower one first"
    case .mixedAxis(let series): "'\(series)' mixes numbers and categories on the x axis"
    case .repeatedPosition(let series, let position):
      "'\(series)' has two values at \(position)"
    case .notPositive(let axis, let series, let index):
      "a logarithmic \(axis) axis needs numbers above 0; point \(index + 1) of '\(series)' isn't"
    case .logarithmicAxis(let axis):
      "the \(axis) axis can't be logarithmic here: bars start at 0, and categories have no logarithm"
    }
  }
}
