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
        .init(
          "x", StaticType.string.optional, default: "none",
          "The column along the horizontal axis, numbers or strings; none for the first."),
        .init(
          "y", .union([.string, .list(.string), .none]), default: "none",
          "The column along the vertical axis, numbers, or several of them; none for the first "
            + "of numbers after x."),
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
    let axes = try Axes(arguments, rows)
    let series = try axes.series(rows)
    let kind: PlotSpec.Kind =
      switch try arguments.string("kind") {
      case "bar": .bar
      case "scatter": .scatter
      default: .line
      }
    let spec = PlotSpec(
      kind: kind, title: try arguments.optionalString("title"), xLabel: axes.x,
      yLabel: axes.yLabel,
      series: series, logX: try arguments.boolean("log_x"), logY: try arguments.boolean("log_y"))
    do {
      try spec.validate()
    } catch {
      throw VerbError("\(error)", parameter: "table")
    }
    return .plot(spec)
  }
}

/// Which columns of a table are drawn.
private struct Axes {
  let x: String
  let y: [String]
  let by: String?

  init(_ arguments: Arguments, _ rows: [Record]) throws {
    let columns = rows.first?.fields ?? []
    guard let x = try arguments.optionalString("x") ?? columns.first?.name else {
      throw VerbError("the table has no columns", parameter: "table")
    }
    self.x = x
    by = try arguments.optionalString("by")
    if arguments.isNone("y") {
      let by = by
      let numbers = columns.first { $0.name != x && $0.name != by && $0.value.point != nil }
      guard let numbers else {
        throw VerbError("the table has no column of numbers besides '\(x)'", parameter: "y")
      }
      y = [numbers.name]
    } else {
      y = try arguments.strings("y")
    }
    guard !y.isEmpty else { throw VerbError("there is no column to draw", parameter: "y") }
    if y.count > 1, by != nil {
      throw VerbError(
        "several columns and 'by' both make series", parameter: "by",
        help: "give one column, or leave 'by' out")
    }
  }

  /// What the vertical axis is called; several columns are named by their series.
  var yLabel: String { y.count == 1 ? y[0] : "" }

  func series(_ rows: [Record]) throws -> [PlotSpec.Series] {
    if let by {
      return try TableOperations.groups(rows, by: by).map { group in
        try series(group.key.interpolated, group.rows, y[0])
      }
    }
    return try y.map { try series($0, rows, $0) }
  }

  /// Rows that have nothing in the column are left out.
  private func series(_ name: String, _ rows: [Record], _ y: String) throws -> PlotSpec.Series {
    let filled = try rows.filter { row in
      if case .none = try TableOperations.field(y, of: row, parameter: "y") { false } else { true }
    }
    return PlotSpec.Series(name: name, points: try filled.map { try point($0, y) })
  }

  private func point(_ row: Record, _ y: String) throws -> PlotSpec.Point {
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
