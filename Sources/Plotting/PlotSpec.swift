/// What a plot shows, apart from how it is drawn.
///
/// ```swift
/// let recall = PlotSpec.Series(name: "bm25", points: [
///   .init(x: .number(1), y: 0.41, low: 0.36, high: 0.46),
///   .init(x: .number(10), y: 0.72, low: 0.68, high: 0.76),
/// ])
/// let spec = PlotSpec(kind: .line, xLabel: "k", yLabel: "recall", series: [recall])
/// let bytes = try GnuplotRenderer().svg(spec)
/// ```
public struct PlotSpec: Sendable, Hashable {
  /// How points become marks.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Points joined in the order of x; intervals are ribbons.
    case line
    /// Bars from 0, side by side for several series; intervals are error bars.
    case bar
    /// Points alone; intervals are error bars.
    case scatter
  }

  /// Where a point lies on the x axis.
  public enum Position: Sendable, Hashable {
    /// A place on a number line.
    case number(Double)
    /// One of a list of names, shown in the order of their first appearance.
    case category(String)
  }

  /// One value, with its interval where it has one.
  public struct Point: Sendable, Hashable {
    /// Where on the x axis.
    public var x: Position
    /// The value.
    public var y: Double
    /// The lower end of the value's interval; given together with ``high``.
    public var low: Double?
    /// The upper end of the value's interval.
    public var high: Double?

    /// A point.
    public init(x: Position, y: Double, low: Double? = nil, high: Double? = nil) {
      self.x = x
      self.y = y
      self.low = low
      self.high = high
    }
  }

  /// Points that belong together: one colour, one entry in the legend.
  public struct Series: Sendable, Hashable {
    /// What the legend says.
    public var name: String
    /// The points; for lines in any order.
    public var points: [Point]

    /// A series.
    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  /// How points become marks.
  public var kind: Kind
  /// Above the plot.
  public var title: String?
  /// Below the x axis.
  public var xLabel: String
  /// Beside the y axis.
  public var yLabel: String
  /// What is plotted; the legend is left out for a single series.
  public var series: [Series]
  /// Whether the x axis is logarithmic.
  public var logX: Bool
  /// Whether the y axis is logarithmic.
  public var logY: Bool

  /// A plot; ``validate()`` says whether it can be drawn.
  public init(
    kind: Kind, title: String? = nil, xLabel: String, yLabel: String, series: [Series],
    logX: Bool = false, logY: Bool = false
  ) {
    self.kind = kind
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
    self.logX = logX
    self.logY = logY
  }
}
