import Plotting
import Testing

private func spec(
  _ points: [PlotSpec.Point], kind: PlotSpec.Kind = .line, logX: Bool = false, logY: Bool = false
) -> PlotSpec {
  PlotSpec(
    kind: kind, xLabel: "x", yLabel: "y", series: [.init(name: "s", points: points)], logX: logX,
    logY: logY)
}

private func point(
  _ x: Double, _ y: Double, _ low: Double? = nil, _ high: Double? = nil
) -> PlotSpec.Point {
  .init(x: .number(x), y: y, low: low, high: high)
}

@Suite struct SpecTests {
  @Test func galleryIsValid() throws {
    for (_, spec) in Gallery.all { try spec.validate() }
  }

  @Test func whatCannotBeDrawnIsRefused() {
    let category = PlotSpec.Point(x: .category("a"), y: 1)
    let cases: [(PlotSpec, PlotSpec.Failure)] = [
      (spec([]), .noPoints),
      (spec([point(1, .infinity)]), .notPlottable(series: "s", index: 0, value: .infinity)),
      (spec([point(1, 1), point(1e201, 1)]), .notPlottable(series: "s", index: 1, value: 1e201)),
      (spec([point(1, 1, 0, nil)]), .interval(series: "s", index: 0)),
      (spec([point(1, 1, 2, 1)]), .interval(series: "s", index: 0)),
      (
        spec([point(1, 1, 0, .infinity)]),
        .notPlottable(series: "s", index: 0, value: .infinity)
      ),
      (spec([point(1, 1), category]), .mixedAxis(series: "s")),
      (spec([category, point(1, 1)]), .mixedAxis(series: "s")),
      (spec([point(1, 1), point(1, 2)]), .repeatedPosition(series: "s", position: "1")),
      (spec([category, category], kind: .bar), .repeatedPosition(series: "s", position: "a")),
      (spec([point(0, 1)], logX: true), .notPositive(axis: "x", series: "s", index: 0)),
      (spec([point(1, 1, 0, 2)], logY: true), .notPositive(axis: "y", series: "s", index: 0)),
      (spec([point(1, 1)], kind: .bar, logY: true), .logarithmicAxis(axis: "y")),
      (spec([category], logX: true), .logarithmicAxis(axis: "x")),
      (
        spec((0...100_000).map { point(Double($0), 0) }),
        .tooManyPoints(got: 100_001, limit: 100_000)
      ),
      (
        spec((0...500).map { .init(x: .category("\($0)"), y: 0) }),
        .tooManyCategories(got: 501, limit: 500)
      ),
      (
        PlotSpec(
          kind: .line, xLabel: "", yLabel: "",
          series: (0..<25).map { .init(name: "\($0)", points: [point(1, 1)]) }),
        .tooManySeries(got: 25, limit: 24)
      ),
      (
        PlotSpec(
          kind: .line, title: String(repeating: "a", count: 5_000), xLabel: "", yLabel: "",
          series: [.init(name: "s", points: [point(1, 1)])]),
        .labelTooLong(bytes: 5_000, limit: 4_096)
      ),
    ]
    for (spec, failure) in cases {
      #expect(throws: failure) { try spec.validate() }
      #expect(throws: failure) { try GnuplotRenderer(program: "none").svg(spec) }
      #expect(!failure.description.isEmpty)
    }
    #expect(throws: PlotSpec.Failure.self) { try spec([point(.nan, 1)]).validate() }
    #expect(throws: Never.self) { try spec([point(1, 1), point(1, 1)], kind: .scatter).validate() }
  }
}
