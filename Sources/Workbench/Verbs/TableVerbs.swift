import Corpora
import Language

extension VerbLibrary {
  /// Working with lists and tables; plain values, so nothing is stored but the parts
  /// of a corpus.
  static var tableVerbs: [Verb] {
    [table, count, sort, distinct, join, split, contains, describe]
  }

  private static let table = Verb(
    VerbSignature(
      "table", topic: "tables", .describe,
      summary: "A table from a record of columns, or some columns of a table.",
      example: "table({k: [1, 5], recall: [0.4, 0.8]})",
      parameters: [
        .init(
          "columns", .union([.record([], isOpen: true), .table]), positional: true,
          "A record of lists of equal length, or a table."),
        .init(
          "only", StaticType.list(.string).optional, default: "none",
          "The columns to keep, in this order."),
      ], result: { _ in .table })
  ) { arguments, _ in
    var rows: [Record]
    if case .record(let record) = arguments["columns"] {
      rows = try TableOperations.rows(fromColumns: record, parameter: "columns")
    } else {
      rows = try arguments.table("columns")
    }
    if !arguments.isNone("only") {
      let names = try arguments.strings("only")
      rows = try rows.map { row in
        Record(
          try names.map { name in
            (name, try TableOperations.field(name, of: row, parameter: "only"))
          })
      }
    }
    return .list(rows.map { .record($0) })
  }

  private static let count = Verb(
    VerbSignature(
      "count", topic: "tables", .describe,
      summary: "How many items a list, table, record or string has; by a column, a row a group.",
      example: "count([1, 2, 3])",
      parameters: [
        .init("items", .any, positional: true, "A list, table, record or string."),
        .init(
          "by", StaticType.string.optional, default: "none", "The column to group a table by."),
      ], result: { $0["by"] == nil ? .number : .any })
  ) { arguments, _ in
    if let column = try arguments.optionalString("by") {
      let groups = try TableOperations.groups(try arguments.table("items"), by: column)
      return .table(
        columns: [column, "count"],
        rows: groups.map { [$0.key, .number(Double($0.rows.count))] })
    }
    switch arguments["items"] {
    case .list(let items): return .number(Double(items.count))
    case .record(let record): return .number(Double(record.names.count))
    default:
      guard let text = arguments["items"].text else {
        throw arguments.mismatch("items", "a list, table, record or string")
      }
      return .number(Double(text.count))
    }
  }

  private static let sort = Verb(
    VerbSignature(
      "sort", topic: "tables", .describe,
      summary: "Sorts a list, or a table by a column; equal items keep their order.",
      example: "sort(rows, by: \"recall\", descending: true)",
      parameters: [
        .init("items", .list(.any), positional: true, "A list or table."),
        .init("by", StaticType.string.optional, default: "none", "The column of a table."),
        .init("descending", .boolean, default: "false", "Whether the largest comes first."),
      ], result: { $0["items"] ?? .list(.any) })
  ) { arguments, _ in
    let items = try arguments.list("items")
    let descending = try arguments.boolean("descending")
    let column = try arguments.optionalString("by")
    let keys = try items.map { item -> Value in
      guard let column else { return item }
      guard case .record(let row) = item else { throw arguments.mismatch("items", "a table") }
      return try TableOperations.field(column, of: row, parameter: "by")
    }
    let order = try TableOperations.order(keys, parameter: column == nil ? "items" : "by")
    return .list(
      (descending ? TableOperations.reversedStable(order, keys) : order).map { items[$0] })
  }

  private static let distinct = Verb(
    VerbSignature(
      "distinct", topic: "tables", .describe,
      summary: "The different items of a list, or the first row of each value of a column.",
      example: "distinct([3, 1, 3])",
      parameters: [
        .init("items", .list(.any), positional: true, "A list or table."),
        .init("by", StaticType.string.optional, default: "none", "The column of a table."),
      ], result: { $0["items"] ?? .list(.any) })
  ) { arguments, _ in
    let column = try arguments.optionalString("by")
    var seen: Set<String> = []
    return .list(
      try arguments.list("items").filter { item in
        var key = item
        if let column {
          guard case .record(let row) = item else { throw arguments.mismatch("items", "a table") }
          key = try TableOperations.field(column, of: row, parameter: "by")
        }
        return seen.insert(key.quoted).inserted
      })
  }

  private static let join = Verb(
    VerbSignature(
      "join", topic: "tables", .describe,
      summary: "Joins two tables on a column, or the strings of a list with a separator.",
      example: "join(left, right, by: \"query\")",
      parameters: [
        .init("first", .list(.any), positional: true, "A table, or a list to join as text."),
        .init(
          "second", .union([.list(.any), .string]), positional: true,
          "Another table, or the separator."),
        .init("by", StaticType.string.optional, default: "none", "The column both tables have."),
      ], result: { $0["second"] == .string ? .string : .any })
  ) { arguments, _ in
    if let separator = arguments["second"].text {
      let pieces = try arguments.list("first").map(\.interpolated)
      var size = 0
      for piece in pieces {
        size += piece.utf8.count + separator.utf8.count
        guard size <= ValueBudget.stringLimit else {
          throw VerbError(
            "the joined text would have more than \(ValueBudget.stringLimit >> 20) MiB")
        }
      }
      return .string(pieces.joined(separator: separator))
    }
    guard let column = try arguments.optionalString("by") else {
      throw VerbError("joining tables needs a column", help: "say by: \"column\"")
    }
    return try TableOperations.join(
      try arguments.table("first"), try arguments.table("second"), by: column)
  }

  private static let contains = Verb(
    VerbSignature(
      "contains", topic: "tables", .describe,
      summary: "Whether a list has an item, a record a field, or a string another string.",
      example: "contains(\"retrieval\", \"trie\")",
      parameters: [
        .init("items", .any, positional: true, "A list, record or string."),
        .init("item", .any, positional: true, "What to look for."),
      ], result: { _ in .boolean })
  ) { arguments, _ in
    let wanted = arguments["item"]
    switch arguments["items"] {
    case .list(let items): return .boolean(items.contains { $0.isEqual(to: wanted) })
    case .record(let record): return .boolean(record[try arguments.string("item")] != nil)
    default:
      guard let text = arguments["items"].text else {
        throw arguments.mismatch("items", "a list, record or string")
      }
      let part = try arguments.string("item")
      return .boolean(part.isEmpty || text.contains(part))
    }
  }

  private static let describe = Verb(
    VerbSignature(
      "describe", topic: "tables", .describe,
      summary:
        "What a value holds: columns of a table with their ranges, facts of an object; times are in "
        + "ledger(…).",
      example: "describe(lexical)",
      parameters: [.init("value", .any, positional: true, "Any value.")],
      result: { _ in .table })
  ) { arguments, _ in try Description.table(of: arguments["value"]) }
}
