import Diagnostics
import Language

/// Tells the members of an expression without evaluating anything.
struct MemberResolver {
  let verbs: VerbLibrary
  /// The statements in force; of two that bind a name the later counts.
  let statements: [Statement]
  /// The value of a name, where it is known already.
  let known: (String) -> Value?

  private enum Subject {
    case value(Value)
    case type(StaticType)
    case unknown
  }

  /// The names that may follow `text.`.
  func members(of text: String) -> [String] {
    switch subject(text) {
    case .value(let value): Self.members(of: value)
    case .type(let type): Self.members(of: type)
    case .unknown: []
    }
  }

  /// The metrics that `text["…"]` may read, where it is a report.
  func metrics(of text: String) -> [String] {
    guard case .value(.artifact(let handle)) = subject(text), handle.kind == .report,
      let member = try? handle.member("metrics"), case .list(let names) = member
    else { return [] }
    return names.compactMap(\.text)
  }

  private func subject(_ text: String) -> Subject {
    let cell = parseCell(SourceFile(name: "completion", text: text), 0..<text.utf8.count)
    guard cell.diagnostics.isEmpty, cell.statements.count == 1,
      case .expression(let expression) = cell.statements[0].kind
    else { return .unknown }
    return subject(expression, depth: 0)
  }

  private func subject(_ expression: Expression, depth: Int) -> Subject {
    guard depth < 50 else { return .unknown }
    switch expression.kind {
    case .name(let name):
      if let value = known(name) { return .value(value) }
      for statement in statements.reversed() {
        if case .binding(let bound, let value) = statement.kind, bound.text == name {
          return subject(value, depth: depth + 1)
        }
      }
      return .unknown
    case .call(let callee, _):
      guard case .name(let name) = callee.kind else { return .unknown }
      for statement in statements.reversed() {
        if case .function(let function) = statement.kind, function.name.text == name {
          return subject(function.body, depth: depth + 1)
        }
      }
      return verbs[name].map { .type($0.signature.result([:])) } ?? .unknown
    case .member(let base, let name, _): return member(name, of: subject(base, depth: depth + 1))
    case .index(let base, _):
      switch subject(base, depth: depth + 1) {
      case .value(.list(let items)): return items.first.map { .value($0) } ?? .unknown
      case .type(.list(let element)): return .type(element)
      default: return .unknown
      }
    case .record(let fields):
      return .type(.record(fields.map { .init($0.name, .any) }, isOpen: false))
    case .list(let items):
      guard let first = items.first,
        case .type(let element) = subject(first, depth: depth + 1)
      else { return .unknown }
      return .type(.list(element))
    case .comprehension(let comprehension):
      guard case .type(let element) = subject(comprehension.body, depth: depth + 1) else {
        return .unknown
      }
      return .type(.list(element))
    default: return .unknown
    }
  }

  private func member(_ name: String, of subject: Subject) -> Subject {
    switch subject {
    case .value(.record(let record)): return record[name].map { .value($0) } ?? .unknown
    case .value(.artifact(let handle)):
      if handle.kind == .comparison, let value = try? handle.member(name) { return .value(value) }
      return member(name, of: .type(.artifact(handle.kind.rawValue)))
    case .value(.across(let across)):
      return across.parts.first.map { member(name, of: .value($0)) } ?? .unknown
    case .type(.record(let fields, _)):
      return fields.first { $0.name == name }.map { .type($0.type) } ?? .unknown
    case .type(.artifact(let kind)):
      let members = ArtifactKind(rawValue: kind)?.members ?? []
      return members.first { $0.name == name }.map { .type($0.type) } ?? .unknown
    default: return .unknown
    }
  }

  private static func members(of value: Value) -> [String] {
    switch value {
    case .record(let record): record.names
    case .artifact(let handle): handle.memberNames
    case .list(let items):
      if case .record(let record)? = items.first { record.names } else { [] }
    case .across(let across): across.parts.first.map(members(of:)) ?? []
    default: []
    }
  }

  private static func members(of type: StaticType) -> [String] {
    switch type {
    case .record(let fields, _), .list(.record(let fields, _)): fields.map(\.name)
    case .artifact(let kind): ArtifactKind(rawValue: kind)?.memberNames ?? []
    case .union(let types): types.flatMap(members(of:))
    default: []
    }
  }
}
