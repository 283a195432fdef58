import Corpora
import Diagnostics
import Language
import Retrieval

/// The `filter:` of searches: a record of fields and what they must be.
enum FilterArgument {
  static let parameter = VerbSignature.Parameter(
    "filter", StaticType.union([.record([], isOpen: true), .none]), default: "none",
    "What fields must be, such as {user: \"ann\", year: {from: 1990}}; id and title are fields, too."
  )

  /// The filter of a call; nil where there is none.
  ///
  /// A filter that no document passes is no error, unless it asks for a field that none has.
  static func filter(_ arguments: Arguments, of index: any Retriever) throws -> DocumentFilter? {
    guard let filter = try filter(arguments) else { return nil }
    let documents = index.documents
    guard documents.count > 0, documents.selection(filter).allSatisfy({ $0.count == 0 }) else {
      return filter
    }
    let known = documents.fieldNames
    for name in filter.conditions.keys.sorted() where !known.contains(name) {
      throw VerbError(
        "no document has a field '\(name)'", parameter: "filter",
        help: closestName(to: name, among: known).map { "did you mean '\($0)'?" }
          ?? "there are \(known.prefix(10).joined(separator: ", "))")
    }
    return filter
  }

  private static func filter(_ arguments: Arguments) throws -> DocumentFilter? {
    if arguments.isNone("filter") { return nil }
    guard case .record(let record) = arguments["filter"] else {
      throw arguments.mismatch("filter", "a record of fields")
    }
    var conditions: [String: DocumentFilter.Condition] = [:]
    for (name, value) in record.fields {
      conditions[name] = try condition(value, name)
    }
    return DocumentFilter(conditions)
  }

  private static func condition(
    _ value: Value, _ name: String
  ) throws -> DocumentFilter.Condition {
    switch value {
    case .record(let range):
      if let other = range.names.first(where: { $0 != "from" && $0 != "to" }) {
        throw VerbError(
          "a range of '\(name)' has 'from' and 'to', not '\(other)'", parameter: "filter")
      }
      for (end, bound) in range.fields where bound.point == nil {
        throw VerbError(
          "'\(end)' of '\(name)' is a number, got \(bound.typeName)", parameter: "filter")
      }
      return .range(atLeast: range["from"]?.point, atMost: range["to"]?.point)
    case .list(let items): return .oneOf(try items.map { try text($0, name) })
    default: return .oneOf([try text(value, name)])
    }
  }

  private static func text(_ value: Value, _ name: String) throws -> String {
    guard let text = FieldText.text(value) else {
      throw VerbError(
        "the field '\(name)' is compared with texts, numbers, lists of them or a range, got "
          + value.typeName, parameter: "filter")
    }
    return text
  }
}

/// Values of documents' fields as they are written.
enum FieldText {
  static func text(_ value: Value) -> String? {
    switch value {
    case .boolean(let flag): flag ? "true" : "false"
    case .number(let number): formatNumber(number)
    default: value.text
    }
  }
}
