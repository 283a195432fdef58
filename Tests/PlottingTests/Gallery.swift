import Plotting

/// Plots of every kind, as the tests draw them.
enum Gallery {
  typealias Point = PlotSpec.Point
  typealias Series = PlotSpec.Series

  static let line = PlotSpec(
    kind: .line, title: "Recall by depth", xLabel: "k", yLabel: "recall",
    series: [
      ("BM25", 0.31, 0.05), ("MiniLM", 0.36, 0.04),
      ("MiniLM, tuned on the train split", 0.42, 0.03),
    ].map { name, start, half in
      Series(
        name: name,
        points: [1, 3, 5, 10, 20, 50].enumerated().map { step, k in
          let y = start + 0.09 * Double(step)
          return Point(x: .number(k), y: y, low: y - half, high: y + half)
        })
    })

  static let logarithmic = PlotSpec(
    kind: .line, title: "Break-even in queries", xLabel: "queries", yLabel: "cost (GFLOP)",
    series: [("retrieval", 0.0, 3.0), ("fine-tuning", 4e4, 0.4)].map { name, start, slope in
      Series(
        name: name,
        points: [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map {
          Point(x: .number($0), y: start + slope * $0)
        })
    }, logX: true, logY: true)

  static let bars = PlotSpec(
    kind: .bar, title: "Accuracy by arm", xLabel: "arm", yLabel: "accuracy",
    series: [
      Series(
        name: "accuracy",
        points: [("never", 0.29), ("always", 0.44), ("router", 0.43), ("oracle", 0.49)].map {
          Point(x: .category($0.0), y: $0.1, low: $0.1 - 0.04, high: $0.1 + 0.04)
        })
    ])

  static let clustered = PlotSpec(
    kind: .bar, xLabel: "question type", yLabel: "accuracy",
    series: ["in context", "top-k retrieval", "SQL"].enumerated().map { index, name in
      Series(
        name: name,
        points: [
          "lookup of one attribute", "join over two tables", "count with a condition",
          "superlative",
          "comparison", "unanswerable",
        ].enumerated().map { place, type in
          let y = 0.9 - 0.12 * Double(place * (3 - index)) / 2
          return Point(x: .category(type), y: y, low: max(0, y - 0.06), high: min(1, y + 0.06))
        })
    })

  static let scatter = PlotSpec(
    kind: .scatter, title: "Popularity and accuracy", xLabel: "log popularity", yLabel: "gain",
    series: ["known", "unknown"].enumerated().map { index, name in
      Series(
        name: name,
        points: (0..<120).map { step in
          let x = Double(step) / 12
          let wave = Double((step * 7919 + index * 31) % 100) / 100 - 0.5
          return Point(x: .number(x), y: 0.1 * x * (index == 0 ? 1 : -0.6) + wave)
        })
    })

  static let negative = PlotSpec(
    kind: .bar, title: "Change after tuning", xLabel: "set", yLabel: "change in ndcg@10",
    series: [
      Series(
        name: "change",
        points: [("SciFact", 0.06), ("Cranfield", -0.03), ("CACM", -0.08)].map {
          Point(x: .category($0.0), y: $0.1, low: $0.1 - 0.02, high: $0.1 + 0.02)
        })
    ])

  static let many = PlotSpec(
    kind: .line, title: "Capacity by dimension", xLabel: "documents", yLabel: "share",
    series: (0..<16).map { index in
      Series(
        name: "d = \(index + 2)",
        points: (1...12).map {
          Point(x: .number(Double($0) * 20), y: 1 / (1 + Double($0 * $0) / Double(index + 2)))
        })
    })

  static let single = PlotSpec(
    kind: .scatter, xLabel: "x", yLabel: "y",
    series: [Series(name: "only", points: [Point(x: .number(0), y: 0)])])

  static let all: [(name: String, spec: PlotSpec)] = [
    ("line", line), ("logarithmic", logarithmic), ("bars", bars), ("clustered", clustered),
    ("scatter", scatter), ("negative", negative), ("many", many), ("single", single),
  ]
}
