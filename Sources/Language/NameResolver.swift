import Diagnostics

/// Finds what each name of a statement means, without regard to values: which bindings and verbs
/// the statement reads, in every branch of it.
struct NameResolver {
  /// What was found.
  struct Resolution {
    /// Indices of the bindings that are read.
    var reads: Set<Int> = []
    /// The verbs called or passed, with their versions.
    var verbs: [String: Int] = [:]
    var callsMeasured = false
    var findings: [Finding] = []
    /// How many suggestions may still be looked for; each costs a walk over all names.
    var suggestions: Int
  }

  private(set) var resolution: Resolution
  private let table: NameTable
  /// The name that the statement binds; its own text may not read it.
  private let bound: String?
  private let bindsFunction: Bool
  private var locals: [String] = []

  init(table: NameTable, statement: Statement, suggestions: Int) {
    self.table = table
    resolution = Resolution(suggestions: suggestions)
    bound = statement.boundName?.text
    if case .function = statement.kind { bindsFunction = true } else { bindsFunction = false }
    visit(statement)
  }

  private mutating func report(
    _ problem: CheckProblem, _ span: SourceSpan, related: [Diagnostic.Related] = []
  ) {
    resolution.findings.append(Finding(problem, span, related: related))
  }

  // MARK: Statements

  private mutating func visit(_ statement: Statement) {
    switch statement.kind {
    case .binding(_, let value), .expression(let value): visit(value)
    case .function(let function):
      for parameter in function.parameters { declare(parameter) }
      for local in function.locals {
        visit(local.value)
        declare(local.name)
      }
      visit(function.body)
    case .parameter(let parameter):
      if let value = parameter.defaultValue { visit(value) }
      if let domain = parameter.domain { visit(domain) }
    case .claim(let claim):
      visit(claim.condition)
      if let margin = claim.margin { visit(margin) }
      if let text = claim.text { visit(text) }
    }
  }

  private mutating func declare(_ name: NameSyntax) {
    if locals.contains(name.text) { report(.duplicateLocal(name.text), name.span) }
    locals.append(name.text)
  }

  // MARK: Expressions

  private mutating func visit(_ expression: Expression) {
    switch expression.kind {
    case .number, .boolean, .none, .missing: break
    case .string(let parts):
      for part in parts {
        if case .interpolation(let value) = part { visit(value) }
      }
    case .name(let name): visitValue(name, expression.span)
    case .list(let elements):
      for element in elements { visit(element) }
    case .comprehension(let comprehension): visit(comprehension)
    case .record(let fields): visit(fields)
    case .call(let callee, let arguments): visitCall(callee, arguments)
    case .member(let base, _, _), .negate(let base), .not(let base): visit(base)
    case .index(let left, let right), .arithmetic(let left, _, let right),
      .logical(let left, _, let right), .range(let left, let right):
      visit(left)
      visit(right)
    case .comparison(let first, let rest):
      visit(first)
      for link in rest { visit(link.operand) }
    case .conditional(let condition, let then, let otherwise):
      visit(condition)
      visit(then)
      visit(otherwise)
    }
  }

  private mutating func visit(_ fields: [RecordField]) {
    var names: Set<String> = []
    for field in fields {
      if !names.insert(field.name).inserted {
        report(.duplicateField(field.name), field.nameSpan)
      }
      visit(field.value)
    }
  }

  private mutating func visit(_ comprehension: Comprehension) {
    let outer = locals.count
    // The fold's start stands outside the loop and sees none of its names.
    if let fold = comprehension.fold { visit(fold.source) }
    for generator in comprehension.generators {
      visit(generator.source)
      locals.append(generator.name)
    }
    if let fold = comprehension.fold { locals.append(fold.name) }
    if let condition = comprehension.condition { visit(condition) }
    visit(comprehension.body)
    locals.removeSubrange(outer...)
  }

  private mutating func visitCall(_ callee: Expression, _ arguments: [Argument]) {
    var takesFunctions = false
    switch callee.kind {
    case .name(let name):
      if locals.contains(name) {
        report(.notAFunction(name), callee.span)
      } else if name == bound {
        report(bindsFunction ? .recursion(name) : .ownBinding(name), callee.span)
      } else if let index = table.indices[name] {
        resolution.reads.insert(index)
        if table.globals[index].kind != .function { report(.notAFunction(name), callee.span) }
      } else if reportForward(name, callee.span) {
        break
      } else if let verb = table.verbs[name] {
        use(verb)
        takesFunctions = true
      } else {
        reportUnknown(name, callee.span)
      }
    case .member(let base, let name, let nameSpan):
      visit(base)
      let isKnown =
        table.verbs[name] != nil
        || table.indices[name].map { table.globals[$0].kind == .function } ?? false
      report(.methodCall(name, isKnown: isKnown), nameSpan)
    case .missing: break
    default:
      visit(callee)
      report(.notCallable, callee.span)
    }
    for argument in arguments {
      if takesFunctions, case .name(let name) = argument.value.kind, visitFunction(name) {
        continue
      }
      visit(argument.value)
    }
  }

  /// Whether the argument of a verb names a function or a verb; whether the verb takes one is
  /// checked with its signature.
  private mutating func visitFunction(_ name: String) -> Bool {
    if locals.contains(name) || name == bound { return false }
    if let index = table.indices[name] {
      guard table.globals[index].kind == .function else { return false }
      resolution.reads.insert(index)
      return true
    }
    guard let verb = table.verbs[name] else { return false }
    use(verb)
    return true
  }

  private mutating func use(_ verb: VerbSignature) {
    resolution.verbs[verb.name] = verb.version
    if verb.isMeasured { resolution.callsMeasured = true }
  }

  private mutating func visitValue(_ name: String, _ span: SourceSpan) {
    if locals.contains(name) { return }
    if name == bound {
      report(bindsFunction ? .recursion(name) : .ownBinding(name), span)
    } else if let index = table.indices[name] {
      resolution.reads.insert(index)
      if table.globals[index].kind == .function { report(.functionAsValue(name), span) }
    } else if reportForward(name, span) {
      return
    } else if table.verbs[name] != nil {
      report(.verbAsValue(name), span)
    } else {
      reportUnknown(name, span)
    }
  }

  /// Reports a name that is bound further down, unless a verb of that name is meant until then.
  private mutating func reportForward(_ name: String, _ span: SourceSpan) -> Bool {
    guard let place = table.places[name], table.verbs[name] == nil else { return false }
    report(
      .usedBeforeBound(name), span, related: [Diagnostic.Related("it is bound here", at: place)])
    return true
  }

  private mutating func reportUnknown(_ name: String, _ span: SourceSpan) {
    var suggestion: String?
    if resolution.suggestions > 0 {
      resolution.suggestions -= 1
      suggestion = table.suggestion(for: name, locals: locals)
    }
    report(.unknownName(name, suggestion: suggestion), span)
  }
}
