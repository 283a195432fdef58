import Evaluation
import Language
import Plotting

extension VerbLibrary {
  /// Pictures of tables.
  static var plotVerbs: [Verb] { [plot] }

  private static let plot = Verb(
    VerbSignature(
      "plot", topic: "plots", .describe,
      summary: "Draws a table: lines, bars or points, with the intervals of measured numbers.",
      example: "plot(table({k: [1, 5], recall: [0.4, 0.8]}), x: \"k\", y: \"recall\")",
      parameters: [
        .init("table", .table, positional: true, "A list of records."),
        .init("x", .string, "The column along the horizontal axis; numbers or strings."),
        .init("y", .string, "The column along the vertical axis; numbers."),
        .init("by", StaticType.string.optional, default: "none", "A column: a series each value."),
        .init(
          "kind", .string, default: "\"line\"", choices: ["line", "bar", "scatter"],
          "How points are drawn."),
        .init("title", StaticType.string.optional, default: "none", "Above the plot."),
        .init("log_x", .boolean, default: "false", "A logarithmic horizontal axis."),
        .init("log_y", .boolean, default: "false", "A logarithmic vertical axis."),
      ],
      result: { _ in .any })
  ) { arguments, _ in
    let rows = try arguments.table("table")
    guard !rows.isEmpty else { throw VerbError("the table is empty", parameter: "table") }
    let x = try arguments.string("x")
    let y = try arguments.string("y")
    let by = try arguments.optionalString("by")
    let groups =
      if let by {
        try TableOperations.groups(rows, by: by).map { (name: $0.key.interpolated, rows: $0.rows) }
      } else {
        [(name: y, rows: rows)]
      }
    let series = try groups.map { name, rows in
      PlotSpec.Series(name: name, points: try rows.map { try point($0, x: x, y: y) })
    }
    let kind: PlotSpec.Kind =
      switch try arguments.string("kind") {
      case "bar": .bar
      case "scatter": .scatter
      default: .line
      }
    let spec = PlotSpec(
      kind: kind, title: try arguments.optionalString("title"), xLabel: x, yLabel: y,
      series: series, logX: try arguments.boolean("log_x"), logY: try arguments.boolean("log_y"))
    do {
      try spec.validate()
    } catch {
      throw VerbError("\(error)", parameter: "table")
    }
    return .plot(spec)
  }

  private static func point(_ row: Record, x: String, y: String) throws -> PlotSpec.Point {
    let across = try TableOperations.field(x, of: row, parameter: "x")
    let up = try TableOperations.field(y, of: row, parameter: "y")
    let position: PlotSpec.Position
    if let number = across.point {
      position = .number(number)
    } else if let text = across.text {
      position = .category(text)
    } else {
      throw VerbError("column '\(x)' holds \(across.typeName)", parameter: "x")
    }
    guard let value = up.point else {
      throw VerbError(
        "column '\(y)' holds \(up.typeName), expected numbers", parameter: "y")
    }
    if case .measured(let measured) = up, !measured.isExact {
      return PlotSpec.Point(
        x: position, y: value, low: measured.interval.lower, high: measured.interval.upper)
    }
    return PlotSpec.Point(x: position, y: value)
  }
}
