import Artifacts
import Evaluation
import Language

extension Value {
  /// The name of the value's type in messages, with an article: `a number`.
  package var typeName: String {
    switch self {
    case .none: "none"
    case .boolean: "true or false"
    case .number: "a number"
    case .measured: "a measured number"
    case .string, .marked: "a string"
    case .list(let items): Value.isTable(items) ? "a table" : "a list"
    case .record: "a record"
    case .artifact(let handle): handle.kind.article
    case .option(let option): "\(option.verb)(…)"
    case .plot: "a plot"
    case .function: "a function"
    case .across: "values across seeds"
    }
  }

  /// Whether a list is a table: not empty, and records only.
  package static func isTable(_ items: [Value]) -> Bool {
    !items.isEmpty && items.allSatisfy { if case .record = $0 { true } else { false } }
  }

  /// The text of a string or marked text.
  package var text: String? {
    switch self {
    case .string(let text): text
    case .marked(let marked): marked.text
    default: nil
    }
  }

  /// The point estimate of a number or measured number.
  package var point: Double? {
    switch self {
    case .number(let value): value
    case .measured(let value): value.point
    default: nil
    }
  }

  /// A table from columns in order and rows of values.
  package static func table(columns: [String], rows: [[Value]]) -> Value {
    .list(rows.map { .record(Record(Array(zip(columns, $0)))) })
  }

  /// How the value reads inside a string.
  package var interpolated: String {
    switch self {
    case .none: "none"
    case .boolean(let value): value ? "true" : "false"
    case .number(let value): formatNumber(value)
    case .measured(let value): value.formatted()
    case .string(let text): text
    case .marked(let marked): marked.text
    case .list(let items): "[" + items.map(\.quoted).joined(separator: ", ") + "]"
    case .record(let record):
      "{" + record.fields.map { "\($0.name): \($0.value.quoted)" }.joined(separator: ", ") + "}"
    case .artifact(let handle): "\(handle.kind.rawValue) \(handle.digest.hex.prefix(8))"
    case .option(let option):
      "\(option.verb)("
        + option.arguments.fields.map { "\($0.name): \($0.value.quoted)" }.joined(separator: ", ")
        + ")"
    case .plot: "a plot"
    case .function(let function): function.name
    case .across(let across):
      "across \(across.seeds.count) seeds: "
        + across.parts.map(\.quoted).joined(separator: ", ")
    }
  }

  /// As ``interpolated``, with strings in quotes.
  package var quoted: String {
    guard let text else { return interpolated }
    var quoted = "\""
    for character in text {
      switch character {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "{": quoted += "\\{"
      default: quoted.append(character)
      }
    }
    return quoted + "\""
  }

  /// Structural equality; artifacts are equal when their contents are, measured numbers by point.
  func isEqual(to other: Value) -> Bool {
    switch (self, other) {
    case (.none, .none): return true
    case (.boolean(let a), .boolean(let b)): return a == b
    case (.list(let a), .list(let b)):
      return a.count == b.count && zip(a, b).allSatisfy { $0.isEqual(to: $1) }
    case (.record(let a), .record(let b)):
      return a.names.count == b.names.count
        && a.fields.allSatisfy { field in b[field.name].map(field.value.isEqual(to:)) ?? false }
    case (.artifact(let a), .artifact(let b)): return a.digest == b.digest && a.kind == b.kind
    case (.option, .option), (.plot, .plot), (.function, .function), (.across, .across):
      return interpolated == other.interpolated
    default:
      if let a = point, let b = other.point { return a == b }
      if let a = text, let b = other.text { return a == b }
      return false
    }
  }
}
