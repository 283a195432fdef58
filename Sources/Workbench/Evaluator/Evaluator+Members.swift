import Diagnostics
import Language

extension Evaluator {
  /// `subject.name`: a field of a record, a column of a table, a member of an engine object.
  func member(_ name: String, of subject: Value, at span: SourceSpan) throws -> Value {
    switch subject {
    case .record(let record):
      guard let value = record[name] else {
        throw missing(name, in: "this record", among: record.names, at: span)
      }
      return value
    case .list(let items) where Value.isTable(items):
      return .list(try items.map { try member(name, of: $0, at: span) })
    case .artifact(let handle):
      do {
        if let value = try handle.member(name) { return value }
      } catch let error as VerbError {
        throw Diagnostic(.error, error.message, at: span, help: error.help)
      }
      throw missing(name, in: handle.kind.article, among: handle.memberNames, at: span)
    case .option(let option):
      guard let value = option.arguments[name] else {
        throw missing(name, in: "\(option.verb)(…)", among: option.arguments.names, at: span)
      }
      return value
    case .across(let across):
      return try Value.merging(
        across.parts.map { try member(name, of: $0, at: span) }, across.seeds)
    default:
      throw Diagnostic(.error, "\(subject.typeName) has no members", at: span)
    }
  }

  /// `subject[index]`: an element counted from 0 (from the end where negative), a field by name,
  /// or a metric of a report.
  func element(_ index: Value, of subject: Value, at span: SourceSpan) throws -> Value {
    switch subject {
    case .list(let items):
      if let name = index.text, Value.isTable(items) {
        return try member(name, of: subject, at: span)
      }
      guard let number = index.point, let position = Int(exactly: number) else {
        throw Diagnostic(
          .error, "a list is indexed by a whole number, got \(index.interpolated)", at: span)
      }
      let offset = position < 0 ? items.count + position : position
      guard items.indices.contains(offset) else {
        throw Diagnostic(
          .error, "index \(position) is outside the list, which has \(items.count) items",
          at: span)
      }
      return items[offset]
    case .record:
      guard let name = index.text else {
        throw Diagnostic(
          .error, "a record is indexed by a string, got \(index.typeName)", at: span)
      }
      return try member(name, of: subject, at: span)
    case .artifact(let handle):
      guard let name = index.text else {
        throw Diagnostic(
          .error, "\(handle.kind.article) is indexed by a string, got \(index.typeName)",
          at: span)
      }
      do {
        return try handle.element(name)
      } catch let error as VerbError {
        throw Diagnostic(.error, error.message, at: span, help: error.help)
      }
    case .across(let across):
      return try Value.merging(
        across.parts.map { try element(index, of: $0, at: span) }, across.seeds)
    default:
      throw Diagnostic(.error, "\(subject.typeName) can't be indexed", at: span)
    }
  }

  private func missing(
    _ name: String, in what: String, among names: [String], at span: SourceSpan
  ) -> Diagnostic {
    let help: String? =
      if let close = closestName(to: name, among: names) {
        "did you mean '\(close)'?"
      } else if names.isEmpty {
        nil
      } else {
        "it has \(names.prefix(12).joined(separator: ", "))"
      }
    return Diagnostic(.error, "\(what) has no '\(name)'", at: span, help: help)
  }
}
