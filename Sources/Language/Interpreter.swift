import Diagnostics

/// Runs statements on what is known of values: an abstract interpreter. It reports what must go
/// wrong, and collects the paths that verbs are given.
///
/// A function is run for each different set of arguments, once: results are kept. Work is bounded
/// by steps, so that a hostile text is refused rather than followed.
final class Interpreter {
  /// Expressions visited for one statement at most.
  static let stepLimit = 100_000
  /// Expressions visited for a notebook at most.
  static let totalStepLimit = 5_000_000
  /// How many expressions may be open at once, through all calls.
  static let depthLimit = 500
  /// A list of at most so many elements is gone through one by one.
  static let enumerationLimit = 64

  /// What running something has found.
  struct Outcome {
    var findings: [Finding] = []
    var inputs: [InputPath] = []
    /// Whether a path was not known, which going through a list one by one may mend.
    var hasUnknownPath = false
    var isExhausted = false
    var value = Abstract.any
  }

  struct CallKey: Hashable {
    let function: Int
    let arguments: [Abstract]
    let isGeneric: Bool
  }

  var table: NameTable
  let artifacts: ArtifactMembers
  var outcome = Outcome()
  var locals: [(name: String, value: Abstract)] = []
  /// Where the names of the current function begin among the locals.
  var frame = 0
  /// The function that runs: its body sees only what was bound before it.
  var function: Int?
  /// More than 0 in a branch that is not taken with what is known.
  var deadBranches = 0
  /// Whether a function is checked by itself, its arguments unknown.
  var isGeneric = false
  var memo: [CallKey: Outcome] = [:]
  private(set) var steps = 0
  private(set) var totalSteps = 0
  private var depth = 0

  init(table: NameTable, artifacts: ArtifactMembers) {
    self.table = table
    self.artifacts = artifacts
  }

  /// Begins a statement with nothing found yet.
  func reset() {
    outcome = Outcome()
    locals.removeAll(keepingCapacity: true)
    frame = 0
    function = nil
    deadBranches = 0
    isGeneric = false
    totalSteps += steps
    steps = 0
    depth = 0
  }

  /// Whether enough steps are left to go through lists one by one.
  var mayEnumerate: Bool { steps < Interpreter.stepLimit / 2 }

  func spend(_ count: Int) { steps += count }

  func report(
    _ problem: CheckProblem, _ span: SourceSpan, related: [Diagnostic.Related] = []
  ) {
    if deadBranches > 0, !problem.isStructural { return }
    outcome.findings.append(Finding(problem, span, related: related))
  }

  /// Takes over what a part that ran by itself has found.
  func merge(_ part: Outcome) {
    if deadBranches > 0 {
      outcome.findings += part.findings.filter(\.isStructural)
      return
    }
    outcome.findings += part.findings
    outcome.inputs += part.inputs
    outcome.hasUnknownPath = outcome.hasUnknownPath || part.hasUnknownPath
    outcome.isExhausted = outcome.isExhausted || part.isExhausted
  }

  /// Runs a branch that is not taken: only what is wrong whatever the values is reported.
  func runDead(_ body: () -> Void) {
    deadBranches += 1
    body()
    deadBranches -= 1
  }

  /// The binding that a name means where the current function, or the statement, stands.
  func global(_ name: String) -> Int? {
    guard let function else { return table.indices[name] }
    if let captures = table.globals[function].captures { return captures[name] }
    guard let index = table.indices[name], index < function else { return nil }
    return index
  }

  /// What the text of a statement gives.
  func run(_ expression: Expression) -> Abstract {
    steps += 1
    guard depth < Interpreter.depthLimit, steps < Interpreter.stepLimit,
      totalSteps < Interpreter.totalStepLimit
    else {
      outcome.isExhausted = true
      return .any
    }
    depth += 1
    defer { depth -= 1 }
    switch expression.kind {
    case .number(let value): return .number(value)
    case .string(let parts): return runString(parts)
    case .boolean(let value): return .boolean(value)
    case .none: return .none
    case .name(let name): return runName(name)
    case .list(let elements): return .elements(elements.map { run($0) })
    case .comprehension(let comprehension): return runComprehension(comprehension, expression.span)
    case .record(let fields): return runRecord(fields)
    case .call(let callee, let arguments): return runCall(callee, arguments)
    case .member(let base, let name, let nameSpan):
      return member(name, of: run(base), at: nameSpan)
    case .index(let base, let index): return runIndex(base, index)
    case .negate(let operand): return runNegate(operand)
    case .not(let operand): return runNot(operand)
    case .arithmetic(let left, let operation, let right):
      return runArithmetic(left, operation, right, expression.span)
    case .logical(let left, let operation, let right): return runLogical(left, operation, right)
    case .comparison(let first, let rest): return runComparison(first, rest)
    case .range(let lower, let upper): return runRange(lower, upper, expression.span)
    case .conditional(let condition, let then, let otherwise):
      return runConditional(condition, then, otherwise)
    case .missing: return .any
    }
  }

  private func runName(_ name: String) -> Abstract {
    var index = locals.count - 1
    while index >= frame {
      if locals[index].name == name { return locals[index].value }
      index -= 1
    }
    // Functions and unknown names are no values; the resolver has reported them.
    guard let global = global(name) else { return .any }
    return table.globals[global].value
  }

  private func runString(_ parts: [StringPart]) -> Abstract {
    var text = ""
    var isKnown = true
    for part in parts {
      switch part {
      case .text(let piece): if isKnown { text += piece }
      case .interpolation(let expression):
        let value = run(expression)
        if isKnown, let piece = value.constant?.interpolatedText {
          text += piece
        } else {
          isKnown = false
        }
      }
    }
    return isKnown ? .string(text) : .string
  }

  private func runRecord(_ fields: [RecordField]) -> Abstract {
    var values: [Abstract.Field] = []
    values.reserveCapacity(fields.count)
    for field in fields {
      values.append(Abstract.Field(name: field.name, value: run(field.value)))
    }
    return .record(values)
  }
}
