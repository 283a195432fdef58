import Diagnostics
import Execution
import Language

/// Evaluates the statements of a notebook by name, on demand, on one thread.
///
/// Names are immutable, so each is evaluated at most once; a cell that is fresh is only evaluated
/// where a stale one reads it.
final class Evaluator {
  /// Where a name of the notebook comes from.
  enum Definition {
    case binding(Expression)
    case function(FunctionSyntax)
    case parameter(Value?)
  }

  struct Global {
    let cell: String
    let definition: Definition
    /// How many names were bound before it: those are what its text may mean.
    let order: Int
  }

  /// Thrown where an evaluation needs a cell that failed, or a parameter without a value.
  enum Blocked: Error {
    case byFailure(cell: String)
    case byParameter(String)
  }

  /// Values of the names inside functions and comprehensions.
  typealias Scope = [String: Value]

  /// Ranges and grids hold at most this many elements.
  static let elementLimit = 100_000
  /// Calls nest at most this deep; functions can't recurse, so this bounds hostile chains only.
  static let depthLimit = 200
  /// Expressions nest at most this deep through calls, which bounds the stack.
  static let heightLimit = 2_000

  let verbs: VerbLibrary
  let runner: NodeRunner
  let resolver: InputResolver
  let work: WorkContext
  private(set) var globals: [String: Global] = [:]
  /// How many names, in the order of the notebook, what is being evaluated may mean: a name that is
  /// bound further down stands before no verb above it.
  private(set) var horizon = Int.max
  /// How many names were bound before each cell.
  private var origins: [String: Int] = [:]
  /// Names bound in cells that can't run, with those cells.
  var failedCells: Set<String> = []
  /// Those of the failed cells that failed because the store could not be written, or because
  /// they read such a cell: nothing about them belongs in the document.
  var unstoredCells: Set<String> = []
  private var memo: [String: Value] = [:]
  private var failures: [String: any Error] = [:]
  /// The cell being run, to tell its own failures from those of others.
  var currentCell = ""
  var depth = 0
  /// Expressions being evaluated within each other, through calls and names.
  var height = 0

  /// The paths that the checker met, as the notebook has them.
  var knownPaths: Set<String> = []

  /// Parameters that are only ever read as paths.
  var pathParameters: Set<String> = []

  init(verbs: VerbLibrary, runner: NodeRunner, resolver: InputResolver, work: WorkContext) {
    self.verbs = verbs
    self.runner = runner
    self.resolver = resolver
    self.work = work
  }

  /// Makes the names of a cell known; nothing is evaluated.
  func define(cell: String, statements: [Statement], parameters: [String: Value]) {
    origins[cell] = globals.count
    for statement in statements {
      // A second binding is an error of its own cell; the first one keeps its meaning.
      guard let name = statement.boundName, globals[name] == nil else { continue }
      let definition: Definition
      switch statement.kind {
      case .binding(_, let expression): definition = .binding(expression)
      case .function(let function): definition = .function(function)
      case .parameter(let parameter):
        definition = .parameter(parameters[parameter.name.text])
      case .claim, .expression: continue
      }
      globals[name] = Global(cell: cell, definition: definition, order: globals.count)
    }
  }

  /// What a name of the notebook means where it is read. One that is also a verb's means the verb
  /// above its binding; other names are found wherever they are bound, as a prompt may bind them anew.
  func global(_ name: String) -> Global? {
    guard let global = globals[name] else { return nil }
    return global.order < horizon || verbs[name] == nil ? global : nil
  }

  /// Evaluates something that may mean only so many of the notebook's names.
  func seeing<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
    let outer = horizon
    horizon = count
    defer { horizon = outer }
    return try body()
  }

  /// How many names a statement of a cell may mean: those bound before it.
  func names(before index: Int, of statements: [Statement], in cell: String) -> Int {
    let own = Set(statements[..<index].compactMap(\.boundName))
    return (origins[cell] ?? globals.count) + own.count { globals[$0]?.cell == cell }
  }

  /// The value of a name of the notebook, evaluated at the first call.
  func value(ofGlobal name: String, at span: SourceSpan) throws -> Value {
    guard let global = global(name) else { throw unknown(name, at: span) }
    if let value = memo[name] { return value }
    if global.cell != currentCell, failedCells.contains(global.cell) || failures[name] != nil {
      throw Blocked.byFailure(cell: global.cell)
    }
    if let failure = failures[name] { throw failure }
    switch global.definition {
    case .parameter(let value):
      guard let value else { throw Blocked.byParameter(name) }
      return value
    case .function:
      throw Diagnostic(
        .error, "'\(name)' is a function and has no value of its own", at: span,
        help: "call it, or pass it by name to a verb's labelled argument")
    case .binding(let expression):
      try descend(at: span)
      defer { depth -= 1 }
      do {
        let value = try seeing(global.order) {
          try bounded(try evaluate(expression, in: [:]), at: expression.span)
        }
        memo[name] = value
        return value
      } catch let error where !Self.isTransient(error) {
        failures[name] = error
        if global.cell != currentCell, !(error is Blocked) {
          throw Blocked.byFailure(cell: global.cell)
        }
        throw error
      }
    }
  }

  /// Drops what was evaluated, keeping definitions: stored results come from the store again.
  func forgetValues() {
    memo = [:]
    failures = [:]
  }

  /// Takes over the values of names whose cells are the same as in another evaluator.
  func adoptValues(of other: Evaluator, where isSame: (_ cell: String) -> Bool) {
    for (name, value) in other.memo {
      guard memo[name] == nil, let global = globals[name], case .binding = global.definition,
        global.cell == other.globals[name]?.cell, isSame(global.cell)
      else { continue }
      memo[name] = value
    }
  }

  /// The value of a name if it has been evaluated already; nothing runs.
  func knownValue(of name: String) -> Value? { memo[name] }

  func descend(at span: SourceSpan) throws {
    depth += 1
    guard depth <= Self.depthLimit else {
      depth -= 1
      throw Diagnostic(.error, "calls nest more than \(Self.depthLimit) deep", at: span)
    }
  }

  func unknown(_ name: String, at span: SourceSpan) -> Diagnostic {
    let known = Array(globals.keys) + verbs.all.map(\.signature.name)
    return Diagnostic(
      .error, "unknown name '\(name)'", at: span,
      help: closestName(to: name, among: known).map { "did you mean '\($0)'?" })
  }

  /// Whether an error says nothing about the expression itself, so that it is worth another try.
  static func isTransient(_ error: any Error) -> Bool {
    error is CancellationRequested || error is ArtifactLost || error is NodeRunner.NotStored
  }
}
