import Diagnostics

/// Checks a notebook before anything runs: names, calls against the verbs' signatures, and types as
/// far as values are known. Pure; linear in the notebook but for functions, which are run for each
/// different set of arguments within a bound.
public struct Checker: Sendable {
  private let verbs: [VerbSignature]
  private let artifacts: ArtifactMembers
  private let overrides: [String: Constant]
  private let redefinitionAllowed: Bool

  /// - Parameters:
  ///   - verbs: The signatures of all verbs.
  ///   - artifacts: The members of the engine's objects.
  ///   - overrides: Values of parameters given from outside (`-p`).
  ///   - redefinitionAllowed: Whether a name may be bound again, as in the REPL; what comes later
  ///     reads the last binding before it.
  public init(
    verbs: [VerbSignature], artifacts: ArtifactMembers = ArtifactMembers(),
    overrides: [String: Constant] = [:], redefinitionAllowed: Bool = false
  ) {
    self.verbs = verbs
    self.artifacts = artifacts
    self.overrides = overrides
    self.redefinitionAllowed = redefinitionAllowed
  }

  /// Checks the cells in their order. Never fails: what is wrong is in the diagnostics, and an
  /// expression with an error counts as anything, so that one error makes no others.
  public func check(_ cells: [CellSource]) -> CheckedNotebook {
    var run = CheckRun(
      table: NameTable(verbs: verbs, cells: cells), artifacts: artifacts, overrides: overrides,
      redefinitionAllowed: redefinitionAllowed)
    return run.check(cells)
  }
}

/// One check of a notebook.
private struct CheckRun {
  private let interpreter: Interpreter
  private let overrides: [String: Constant]
  private let redefinitionAllowed: Bool
  private var parameters: [ParameterInfo] = []
  private var cells: [CheckedCell] = []
  /// What was reported already: a function's problem shows once, whoever calls it.
  private var reported: Set<Report> = []
  private var suggestions = 50
  private var cell = CellState()

  private struct Report: Hashable {
    let span: SourceSpan?
    let message: String
  }

  /// What is gathered of the cell at hand.
  private struct CellState {
    var id = ""
    var index = 0
    var binds: [String] = []
    var reads: Set<Int> = []
    var defines: Set<String> = []
    var verbs: [String: Int] = [:]
    var inputs: [InputPath] = []
    var isMeasured = false
    var diagnostics: [Diagnostic] = []
    var hasErrors = false
  }

  init(
    table: NameTable, artifacts: ArtifactMembers, overrides: [String: Constant],
    redefinitionAllowed: Bool
  ) {
    interpreter = Interpreter(table: table, artifacts: artifacts)
    self.overrides = overrides
    self.redefinitionAllowed = redefinitionAllowed
  }

  mutating func check(_ sources: [CellSource]) -> CheckedNotebook {
    for (index, source) in sources.enumerated() {
      cell = CellState()
      cell.id = source.id
      cell.index = index
      for statement in source.statements { check(statement) }
      cells.append(finishCell())
    }
    let known = parameters.map(\.name)
    let unknown = overrides.keys.filter { !known.contains($0) }.sorted().map { name in
      let suggestion = likelyName(to: name, among: known)
      return Finding(.unknownOverride(name, suggestion: suggestion), nil).diagnostic
    }
    let names = interpreter.table.globals.map { global in
      NameInfo(
        name: global.name, cell: cells[global.cell].id, span: global.span,
        functionParameters: global.function?.parameters.map(\.text), value: global.value)
    }
    return CheckedNotebook(
      cells: cells, diagnostics: unknown + cells.flatMap(\.diagnostics), parameters: parameters,
      names: names)
  }

  private mutating func finishCell() -> CheckedCell {
    let globals = interpreter.table.globals
    let read = cell.reads.sorted().map { globals[$0] }
    let dependencies = Set(read.map(\.cell)).subtracting([cell.index]).sorted()
    let readParameters = read.filter { $0.kind == .parameter }
    let names = cell.defines.union(readParameters.map(\.name))
    var waits = Set(readParameters.filter(\.isWaiting).map(\.name))
    for dependency in dependencies { waits.formUnion(cells[dependency].waitsFor) }
    if !waits.isEmpty {
      // A path that hangs on a parameter without a value is not known yet; that is no mistake.
      cell.diagnostics.removeAll { $0.message == CheckProblem.unknownPath(callee: "").message }
      cell.hasErrors = cell.diagnostics.contains { $0.severity == .error }
    }
    var seen: Set<InputPath> = []
    return CheckedCell(
      id: cell.id, binds: cell.binds, dependencies: dependencies.map { cells[$0].id },
      parameters: ordered(names), waitsFor: ordered(waits), verbs: cell.verbs,
      inputs: cell.inputs.filter { seen.insert($0).inserted }, isMeasured: cell.isMeasured,
      hasErrors: cell.hasErrors,
      diagnostics: cell.diagnostics.enumerated()
        .sorted {
          ($0.element.span?.lower ?? 0, $0.offset) < ($1.element.span?.lower ?? 0, $1.offset)
        }
        .map(\.element))
  }

  private func ordered(_ names: Set<String>) -> [String] {
    guard !names.isEmpty else { return [] }
    var seen: Set<String> = []
    return parameters.map(\.name).filter { names.contains($0) && seen.insert($0).inserted }
  }

  private mutating func report(_ findings: [Finding]) {
    for finding in findings {
      cell.hasErrors = true
      let diagnostic = finding.diagnostic
      if reported.insert(Report(span: diagnostic.span, message: diagnostic.message)).inserted {
        cell.diagnostics.append(diagnostic)
      }
    }
  }

  private mutating func report(
    _ problem: CheckProblem, _ span: SourceSpan, related: [Diagnostic.Related] = []
  ) {
    report([Finding(problem, span, related: related)])
  }

  // MARK: Statements

  private mutating func check(_ statement: Statement) {
    // The resolver must be gone before a name is bound, or the table would be copied.
    let resolver = NameResolver(
      table: interpreter.table, statement: statement, suggestions: suggestions
    ).resolution
    suggestions = resolver.suggestions
    cell.reads.formUnion(resolver.reads)
    cell.verbs.merge(resolver.verbs) { first, _ in first }
    report(resolver.findings)
    let isMeasured =
      resolver.callsMeasured
      || resolver.reads.contains { interpreter.table.globals[$0].isMeasured }
    if isMeasured { cell.isMeasured = true }

    interpreter.reset()
    switch statement.kind {
    case .binding(let name, let value):
      bind(name, .value, interpreter.run(value), isMeasured: isMeasured)
    case .function(let function):
      let captures = redefinitionAllowed ? captures(resolver.reads) : nil
      let index = interpreter.table.globals.count
      let isBound = bind(
        function.name, .function, .any, isMeasured: isMeasured, function: function,
        captures: captures)
      if isBound { interpreter.checkGenerically(index, function) }
    case .parameter(let parameter): check(parameter, isMeasured: isMeasured)
    case .claim(let claim): check(claim)
    case .expression(let value): _ = interpreter.run(value)
    }
    report(interpreter.outcome.findings)
    cell.inputs += interpreter.outcome.inputs
    if interpreter.outcome.isExhausted { report(.tooComplex, statement.span) }
  }

  private func captures(_ reads: Set<Int>) -> [String: Int] {
    var captures: [String: Int] = [:]
    for index in reads { captures[interpreter.table.globals[index].name] = index }
    return captures
  }

  /// Binds a name. A second binding is reported and leaves the first as it is.
  @discardableResult
  private mutating func bind(
    _ name: NameSyntax, _ kind: Global.Kind, _ value: Abstract, isMeasured: Bool,
    function: FunctionSyntax? = nil, captures: [String: Int]? = nil, isWaiting: Bool = false
  ) -> Bool {
    if let first = interpreter.table.indices[name.text], !redefinitionAllowed {
      report(
        .boundTwice(name.text), name.span,
        related: [
          Diagnostic.Related("it is bound here first", at: interpreter.table.globals[first].span)
        ])
      return false
    }
    if !cell.binds.contains(name.text) { cell.binds.append(name.text) }
    interpreter.table.bind(
      Global(
        name: name.text, cell: cell.index, span: name.span, kind: kind, value: value,
        function: function, captures: captures, isMeasured: isMeasured, isWaiting: isWaiting))
    return true
  }

  private mutating func check(_ claim: ClaimSyntax) {
    let condition = interpreter.run(claim.condition)
    if !condition.fits(.boolean) {
      report(.claimType(got: condition.words), claim.condition.span)
    }
    if let margin = claim.margin {
      let value = interpreter.run(margin)
      if !value.fits(.number) { report(.marginType(got: value.words), margin.span) }
      if case .number(let known?) = value.kind, known < 0 { report(.negativeMargin, margin.span) }
    }
    if let text = claim.text {
      let value = interpreter.run(text)
      if !value.fits(.string) { report(.claimTextType(got: value.words), text.span) }
    }
  }

  // MARK: Parameters

  private mutating func check(_ parameter: ParameterSyntax, isMeasured: Bool) {
    let name = parameter.name.text
    let defaultValue = parameter.defaultValue.map { interpreter.run($0) }
    let domain = parameter.domain.flatMap { checkDomain($0) }
    let known = defaultValue?.constant
    if let known, let domain, !domain.contains(known) {
      report(
        .defaultOutsideDomain(known.shown, domain: domain.text),
        parameter.defaultValue?.span ?? parameter.name.span)
    }
    var override = overrides[name]
    if let value = override {
      if let domain, !domain.contains(value) {
        report(
          .overrideOutsideDomain(name, value: value.shown, domain: domain.text), parameter.name.span
        )
        override = nil
      } else if domain == nil, let defaultValue, !defaultValue.isLike(Abstract(value)),
        !defaultValue.mayBeNone
      {
        report(
          .overrideType(name, expected: defaultValue.words, got: Abstract(value).words),
          parameter.name.span)
        override = nil
      }
    }
    let isWaiting = override == nil && parameter.defaultValue == nil
    let value =
      override.map { Abstract($0, isOverride: true) } ?? defaultValue ?? Abstract(domain: domain)
    cell.defines.insert(name)
    let isBound = bind(
      parameter.name, .parameter, value, isMeasured: isMeasured, isWaiting: isWaiting)
    guard isBound else { return }
    parameters.removeAll { $0.name == name }
    parameters.append(
      ParameterInfo(
        name: name, cell: cell.id, span: parameter.name.span,
        hasDefault: parameter.defaultValue != nil, defaultValue: known, domain: domain,
        value: override ?? known, isOverridden: override != nil))
  }

  /// The domain that the expression behind `in` states. The ends of a range are all that counts, so
  /// it may be as long as it likes, and between fractions.
  private mutating func checkDomain(_ expression: Expression) -> ParameterDomain? {
    if case .range(let lower, let upper) = expression.kind {
      let ends = [interpreter.run(lower), interpreter.run(upper)]
      for (end, place) in zip(ends, [lower, upper]) where !end.fits(.number) {
        report(.rangeType(got: end.words), place.span)
        return nil
      }
      guard case .number(let first?) = ends[0].kind, case .number(let last?) = ends[1].kind else {
        report(.unknownDomain, expression.span)
        return nil
      }
      if first > last { report(.emptyDomain, expression.span) }
      return first > last ? nil : .interval(first, last)
    }
    let value = interpreter.run(expression)
    guard value.fits(.list(.any)) else {
      report(.domainType(got: value.words), expression.span)
      return nil
    }
    if value.isAny { return nil }
    guard case .list(let values) = value.constant else {
      report(.unknownDomain, expression.span)
      return nil
    }
    if values.isEmpty { report(.emptyDomain, expression.span) }
    return values.isEmpty ? nil : .values(values)
  }
}

extension Constant {
  /// The value as a message shows it.
  fileprivate var shown: String {
    if case .string(let text) = self { return "\"\(text)\"" }
    return interpolatedText ?? Abstract(self).words
  }
}

extension Abstract {
  /// What is known of a parameter that waits.
  fileprivate init(domain: ParameterDomain?) {
    switch domain {
    case .interval: self = .number
    case .values(let values): self = Abstract.joined(values.map { Abstract($0) }).widened
    case nil: self = .any
    }
  }
}
