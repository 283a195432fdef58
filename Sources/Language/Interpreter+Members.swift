import Diagnostics

extension Interpreter {
  /// What `value.name` is. Reports a member that can't be there.
  func member(_ name: String, of value: Abstract, at span: SourceSpan) -> Abstract {
    switch lookUp(name, in: value) {
    case .success(let member): return member
    case .failure(let missing):
      report(missing.problem, span)
      return .any
    }
  }

  private struct Missing: Error {
    let problem: CheckProblem
  }

  private func lookUp(_ name: String, in value: Abstract) -> Result<Abstract, Missing> {
    switch value.kind {
    case .any: return .success(.any)
    case .record(let fields, let isOpen):
      if let field = fields.last(where: { $0.name == name }) { return .success(field.value) }
      return isOpen ? .success(.any) : unknown(name, "the record", fields.map(\.name))
    case .elements(let rows):
      var column: [Abstract] = []
      for row in rows {
        guard isRow(row) else { return noMembers(name, value) }
        switch lookUp(name, in: row) {
        case .success(let cell): column.append(cell)
        case .failure(let missing): return .failure(missing)
        }
      }
      return .success(.elements(column))
    case .list(let row):
      guard isRow(row) else { return noMembers(name, value) }
      return lookUp(name, in: row).map { .list(of: $0) }
    case .artifact(let kind):
      guard let members = artifacts.kinds[kind]?.members else { return .success(.any) }
      if let member = members.first(where: { $0.name == name }) {
        return .success(Abstract(member.type))
      }
      return unknown(name, StaticType.artifact(kind).words, members.map(\.name))
    case .union(let options):
      let found = options.compactMap { try? lookUp(name, in: $0).get() }
      if !found.isEmpty { return .success(Abstract.joined(found)) }
      // The first that has members at all says best what is wrong.
      for option in options where isRow(option) { return lookUp(name, in: option) }
      return noMembers(name, value)
    case .option(let verb):
      // An option's members are the arguments that it was made with.
      guard let parameters = table.verbs[verb]?.parameters else { return .success(.any) }
      if let parameter = parameters.first(where: { $0.name == name }) {
        return .success(Abstract(parameter.type))
      }
      return unknown(name, StaticType.option(verb).words, parameters.map(\.name))
    case .number, .string, .boolean, .none, .range, .function:
      return noMembers(name, value)
    }
  }

  /// Whether a list of it is a table whose columns are lists.
  private func isRow(_ value: Abstract) -> Bool {
    switch value.kind {
    case .any, .record: true
    case .union(let options): options.contains(where: isRow)
    default: false
    }
  }

  private func unknown(
    _ name: String, _ owner: String, _ known: [String]
  ) -> Result<Abstract, Missing> {
    let suggestion = likelyName(to: name, among: known)
    return .failure(
      Missing(problem: .unknownMember(name, of: owner, suggestion: suggestion, known: known)))
  }

  private func noMembers(_ name: String, _ value: Abstract) -> Result<Abstract, Missing> {
    .failure(Missing(problem: .noMembers(name, got: value.words)))
  }

  // MARK: Indexes

  func runIndex(_ base: Expression, _ index: Expression) -> Abstract {
    let value = run(base)
    let key = run(index)
    return element(key, of: value, base: base, index: index)
  }

  private func element(
    _ key: Abstract, of value: Abstract, base: Expression, index: Expression
  ) -> Abstract {
    switch value.kind {
    case .any: return .any
    case .elements, .list, .range: return listElement(key, of: value, at: index.span)
    case .record(let fields, let isOpen):
      guard key.fits(.string) else {
        report(
          .indexType(of: "a record", expected: "a field's name", got: key.words), index.span)
        return .any
      }
      guard case .string(let name?, _) = key.kind else {
        return isOpen ? .any : Abstract.joined(fields.map(\.value)).widened
      }
      if let field = fields.last(where: { $0.name == name }) { return field.value }
      if !isOpen {
        let known = fields.map(\.name)
        report(
          .unknownKey(name, suggestion: likelyName(to: name, among: known), known: known),
          index.span)
      }
      return .any
    case .artifact(let kind):
      guard let members = artifacts.kinds[kind] else { return .any }
      guard members.isIndexedByString else {
        report(.notIndexable(got: value.words), base.span)
        return .any
      }
      guard key.fits(.string) else {
        report(
          .indexType(of: value.words, expected: "a metric's name", got: key.words), index.span)
        return .any
      }
      return .number
    case .union(let options):
      let fitting = options.filter(isIndexable)
      if fitting.isEmpty { report(.notIndexable(got: value.words), base.span) }
      guard fitting.count == 1, let only = fitting.first else { return .any }
      return element(key, of: only, base: base, index: index)
    case .number, .string, .boolean, .none, .option, .function:
      report(.notIndexable(got: value.words), base.span)
      return .any
    }
  }

  private func isIndexable(_ value: Abstract) -> Bool {
    switch value.kind {
    case .any, .elements, .list, .range, .record: true
    case .artifact(let kind): artifacts.kinds[kind]?.isIndexedByString ?? true
    default: false
    }
  }

  private func listElement(_ key: Abstract, of list: Abstract, at span: SourceSpan) -> Abstract {
    // A table is indexed by a column's name where `.name` can't spell it: `["ndcg@10"]`.
    if case .string(let name, _) = key.kind, list.element.map(isRow) ?? false {
      guard let name else { return .list(of: .any) }
      return member(name, of: list, at: span)
    }
    guard key.fits(.number) else {
      report(.indexType(of: "a list", expected: "a number", got: key.words), span)
      return .any
    }
    guard case .number(let known?) = key.kind else { return (list.element ?? .any).widened }
    guard Scalars.wholeNumber(known) != nil else {
      report(.fractionalIndex(formatNumber(known)), span)
      return .any
    }
    guard let count = list.count else { return list.element ?? .any }
    guard let position = Scalars.position(known, count: count) else {
      report(.indexOutOfRange(formatNumber(known), count: count), span)
      return .any
    }
    switch list.kind {
    case .elements(let elements): return elements[position]
    case .range(let lower, _): return .number(Double(lower + position))
    default: return .any
    }
  }
}
