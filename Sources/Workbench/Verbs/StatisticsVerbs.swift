import Evaluation
import Execution
import Language

extension VerbLibrary {
  /// Numbers from lists and tables.
  static var statisticsVerbs: [Verb] {
    [
      summarising("mean", "The mean of a list, or of each numeric column of a table.") {
        try Numbers.mean($0)
      },
      summarising("sum", "The sum of a list, or of each numeric column of a table.") {
        try Numbers.sum($0)
      },
      summarising("min", "The smallest of a list, or of each numeric column of a table.") {
        try Numbers.extreme($0) { $0 < $1 }
      },
      summarising("max", "The largest of a list, or of each numeric column of a table.") {
        try Numbers.extreme($0) { $0 > $1 }
      },
      summarising("median", "The median of a list, or of each numeric column of a table.") {
        try Numbers.median($0)
      },
      log, round, bins, spearman, fit,
    ]
  }

  /// A verb that makes one number of many: of a list, of each column, of each group's columns.
  private static func summarising(
    _ name: String, _ summary: String, _ apply: @escaping @Sendable ([Value]) throws -> Value
  ) -> Verb {
    Verb(
      VerbSignature(
        name, topic: "statistics", .describe, summary: summary,
        example: "\(name)([0.2, 0.4, 0.9])",
        parameters: [
          .init("values", .list(.any), positional: true, "Numbers, or a table."),
          .init(
            "by", StaticType.string.optional, default: "none",
            "The column to group a table by: a row a group."),
        ],
        result: { types in
          if types["by"] != nil { return .table }
          if case .list(.number)? = types["values"] { return .number }
          return .any
        })
    ) { arguments, _ in
      let items = try arguments.list("values")
      guard Value.isTable(items) else {
        guard arguments.isNone("by") else {
          throw VerbError("only a table can be grouped", parameter: "by")
        }
        return try apply(try Numbers.checked(items))
      }
      let rows = try arguments.table("values")
      guard let column = try arguments.optionalString("by") else {
        return .record(Record(try Numbers.columns(rows, apply)))
      }
      return .list(
        try TableOperations.groups(rows, by: column).map { key, rows in
          .record(
            Record([(column, key)] + (try Numbers.columns(rows, apply).filter { $0.0 != column })))
        })
    }
  }

  private static let log = Verb(
    VerbSignature(
      "log", topic: "statistics", .describe,
      summary: "The natural logarithm of a number or of each number of a list, or to a base.",
      example: "log(8, base: 2)",
      parameters: [
        .init("value", .union([.number, .list(.number)]), positional: true, "Above 0."),
        .init("base", StaticType.number.optional, default: "none", "The base, or e."),
      ],
      result: { $0["value"] ?? .number })
  ) { arguments, _ in
    var scale = 1.0
    if !arguments.isNone("base") {
      let base = try arguments.number("base")
      guard base > 0, base != 1 else {
        throw VerbError(
          "expected a base above 0 other than 1, got \(formatNumber(base))", parameter: "base")
      }
      scale = 1 / Numbers.logarithm(base)
    }
    return try Numbers.each(arguments["value"], parameter: "value") { value in
      guard value > 0 else {
        throw VerbError(
          "the logarithm needs numbers above 0, got \(formatNumber(value))", parameter: "value")
      }
      return Numbers.logarithm(value) * scale
    }
  }

  private static let round = Verb(
    VerbSignature(
      "round", topic: "statistics", .describe,
      summary: "A number, or each number of a list, rounded to some decimals.",
      example: "round(2 / 3, decimals: 2)",
      parameters: [
        .init("value", .union([.number, .list(.number)]), positional: true, "What to round."),
        .init("decimals", .number, default: "0", "From 0 to 12."),
      ],
      result: { $0["value"] ?? .number })
  ) { arguments, _ in
    let decimals = try arguments.integer("decimals", in: 0...12)
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    return try Numbers.each(arguments["value"], parameter: "value") {
      ($0 * scale).rounded() / scale
    }
  }

  private static let bins = Verb(
    VerbSignature(
      "bins", topic: "statistics", .describe,
      summary: "Sorts numbers into bins: how many lie in each, and the means of a table's columns.",
      example: "bins([1, 2, 2, 9], count: 2)",
      parameters: [
        .init("values", .list(.any), positional: true, "Numbers, or a table."),
        .init("count", .number, default: "10", "How many bins, from 1 to 1,000."),
        .init(
          "column", StaticType.string.optional, default: "none",
          "The column of a table that decides the bin."),
        .init(
          "width", .string, default: "\"equal\"", choices: ["equal", "quantile"],
          "Bins of equal width, or of equal numbers of items."),
      ],
      result: { _ in .table })
  ) { arguments, _ in
    let items = try arguments.list("values")
    let count = try arguments.integer("count", in: 1...1_000)
    let column = try arguments.optionalString("column")
    let keys = try items.map { item -> Double in
      var value = item
      if let column {
        guard case .record(let row) = item else { throw arguments.mismatch("values", "a table") }
        value = try TableOperations.field(column, of: row, parameter: "column")
      }
      guard let number = value.point, number.isFinite else {
        throw VerbError(
          "expected numbers, got \(value.typeName)",
          parameter: column == nil ? "values" : "column",
          help: Value.isTable(items) && column == nil ? "name a column: column: \"…\"" : nil)
      }
      return number
    }
    guard let least = keys.min(), let most = keys.max() else {
      throw VerbError("the list is empty", parameter: "values")
    }
    guard least < most else {
      throw VerbError(
        "all \(keys.count) numbers are \(formatNumber(least)), so there is nothing to divide",
        parameter: column == nil ? "values" : "column")
    }
    let edges =
      try arguments.string("width") == "quantile"
      ? try Statistics.equalCountEdges(keys, bins: count)
      : try Statistics.equalWidthEdges(keys, bins: count)
    return .list(
      try Numbers.assign(keys, to: edges).enumerated().map { index, members in
        var record = Record([
          ("low", .number(edges[index])), ("high", .number(edges[index + 1])),
          ("count", .number(Double(members.count))),
        ])
        if column != nil {
          let rows = members.compactMap { member -> Record? in
            if case .record(let row) = items[member] { row } else { nil }
          }
          for (name, value) in try Numbers.columns(rows, Numbers.mean) where record[name] == nil {
            record[name] = value
          }
        }
        return .record(record)
      })
  }

  private static let spearman = Verb(
    VerbSignature(
      "spearman", topic: "statistics", .describe,
      summary: "Spearman's rank correlation of two lists, with replicates over the pairs.",
      example: "spearman([1, 2, 3, 4], [2, 1, 3, 5])",
      parameters: [
        .init("first", .list(.any), positional: true, "Numbers, or a table."),
        .init(
          "second", StaticType.list(.number).optional, positional: true, default: "none",
          "As many numbers."),
        .init("x", StaticType.string.optional, default: "none", "The first column of a table."),
        .init("y", StaticType.string.optional, default: "none", "The second column."),
      ],
      result: { _ in .number })
  ) { arguments, _ in
    let (x, y) = try Numbers.pairs(arguments)
    if (x + y).contains(where: { if case .measured = $0 { true } else { false } }) {
      return .measured(
        try Statistics.spearman(x.map { Measured($0) }, y.map { Measured($0) }))
    }
    let first = x.compactMap(\.point)
    let second = y.compactMap(\.point)
    // Defined for the whole list, or an error; a resample without variation has none.
    _ = try Statistics.spearman(first, second)
    return .measured(
      try Measured.statistic(
        count: first.count, identity: Numbers.identity(first, second), seeds: 0, range: -1...1
      ) { indices in
        (try? Statistics.spearman(indices.map { first[$0] }, indices.map { second[$0] })) ?? .nan
      })
  }

  private static let fit = Verb(
    VerbSignature(
      "fit", topic: "statistics", .describe,
      summary: "Fits a line, or a polynomial, by least squares.",
      example: "fit([1, 2, 3], [2.1, 3.9, 6.2]).slope",
      parameters: [
        .init("first", .list(.any), positional: true, "The x values, or a table."),
        .init(
          "second", StaticType.list(.number).optional, positional: true, default: "none",
          "The y values."),
        .init("x", StaticType.string.optional, default: "none", "The x column of a table."),
        .init("y", StaticType.string.optional, default: "none", "The y column."),
        .init("degree", .number, default: "1", "Of the polynomial, from 1 to 6."),
        .init("log_x", .boolean, default: "false", "Whether to fit on log10 of x."),
        .init("log_y", .boolean, default: "false", "Whether to fit log10 of y."),
      ],
      result: { _ in
        .record(
          [.init("slope", .number), .init("intercept", .number), .init("r2", .number)],
          isOpen: true)
      })
  ) { arguments, _ in
    let (x, y) = try Numbers.pairs(arguments)
    let result = try Statistics.fit(
      x.compactMap(\.point), y.compactMap(\.point),
      degree: try arguments.integer("degree", in: 1...6),
      logX: try arguments.boolean("log_x"), logY: try arguments.boolean("log_y"))
    return .record(
      Record([
        ("slope", .number(result.coefficients.count > 1 ? result.coefficients[1] : .nan)),
        ("intercept", .number(result.coefficients.first ?? .nan)), ("r2", .number(result.r2)),
        ("coefficients", .list(result.coefficients.map { .number($0) })),
      ]))
  }
}
