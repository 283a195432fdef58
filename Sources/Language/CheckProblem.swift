import Diagnostics

/// What can be wrong with names and values before anything runs. The wording is here, beside the
/// rule it states.
enum CheckProblem: Hashable, Sendable {
  // Names.
  case unknownName(String, suggestion: String?)
  case usedBeforeBound(String)
  case ownBinding(String)
  case recursion(String)
  case boundTwice(String)
  case functionAsValue(String)
  case verbAsValue(String)
  case notAFunction(String)
  case methodCall(String, isKnown: Bool)
  case notCallable
  case duplicateField(String)
  case duplicateLocal(String)
  // Calls.
  case tooManyArguments(String, expected: Int, got: Int)
  case needsLabel(String, label: String, positional: Int)
  case unknownLabel(String, callee: String, suggestion: String?, known: [String])
  case givenTwice(String, callee: String)
  case missingArgument(String, callee: String, isPositional: Bool)
  case argumentType(callee: String, parameter: String, expected: String, got: String)
  case functionNotTaken(String, callee: String, parameter: String)
  case unknownPath(callee: String)
  case unknownMetric(String, suggestion: String?, patterns: [String])
  case unknownChoice(String, parameter: String, suggestion: String?, choices: [String])
  /// What a verb's own rule says.
  case misfit(String)
  // Members and indexes.
  case unknownMember(String, of: String, suggestion: String?, known: [String])
  case noMembers(String, got: String)
  case notIndexable(got: String)
  case indexType(of: String, expected: String, got: String)
  case fractionalIndex(String)
  case indexOutOfRange(String, count: Int)
  case unknownKey(String, suggestion: String?, known: [String])
  // Operators.
  case arithmeticType(ArithmeticOperator, left: String, right: String)
  case joinWithString(left: String, right: String)
  case negateType(got: String)
  case scalar(Scalars.Problem)
  case notComparable(left: String, right: String)
  case noOrder(got: String)
  case conditionType(word: String, got: String)
  case rangeType(got: String)
  case rangeFraction
  case tooManyElements(what: String, count: Int)
  case notAList(got: String)
  // Statements.
  case claimType(got: String)
  case marginType(got: String)
  case negativeMargin
  case claimTextType(got: String)
  case domainType(got: String)
  case unknownDomain
  case emptyDomain
  case defaultOutsideDomain(String, domain: String)
  case overrideOutsideDomain(String, value: String, domain: String)
  case overrideType(String, expected: String, got: String)
  case unknownOverride(String, suggestion: String?)
  case tooComplex

  /// One sentence, as diagnostics have it.
  var message: String {
    switch self {
    case .unknownName(let name, _): "unknown name '\(name)'"
    case .usedBeforeBound(let name): "'\(name)' is used before it is bound"
    case .ownBinding(let name): "'\(name)' is used in its own binding"
    case .recursion(let name): "'\(name)' calls itself, and there is no recursion"
    case .boundTwice(let name): "'\(name)' is bound a second time"
    case .functionAsValue(let name): "the function '\(name)' is not a value"
    case .verbAsValue(let name): "the verb '\(name)' is not a value"
    case .notAFunction(let name): "'\(name)' is not a function"
    case .methodCall: "a value has no functions of its own"
    case .notCallable: "only a function or a verb can be called"
    case .duplicateField(let name): "the field '\(name)' is given twice"
    case .duplicateLocal(let name): "the name '\(name)' is given twice"
    case .tooManyArguments(let callee, let expected, let got):
      "'\(callee)' takes \(CheckProblem.arguments(expected)), got \(got)"
    case .needsLabel(let callee, _, let positional):
      positional == 0
        ? "'\(callee)' takes no argument without a label"
        : "'\(callee)' takes \(CheckProblem.arguments(positional)) without a label"
    case .unknownLabel(let label, let callee, _, _): "'\(callee)' has no argument '\(label)'"
    case .givenTwice(let name, let callee): "the argument '\(name)' of '\(callee)' is given twice"
    case .missingArgument(let name, let callee, _): "'\(callee)' needs its argument '\(name)'"
    case .argumentType(let callee, let parameter, let expected, let got):
      "the argument '\(parameter)' of '\(callee)' is \(expected), got \(got)"
    case .functionNotTaken(_, let callee, let parameter):
      "the argument '\(parameter)' of '\(callee)' is not a function"
    case .unknownPath: "the path has to be known before the run"
    case .unknownMetric(let name, _, _): "unknown metric '\(name)'"
    case .unknownChoice(let word, let parameter, _, _): "'\(word)' is no choice for '\(parameter)'"
    case .misfit(let message): message
    case .unknownMember(let name, let owner, _, _): "\(owner) has no member '\(name)'"
    case .noMembers(_, let got): "\(got) has no members"
    case .notIndexable(let got): "\(got) can't be indexed"
    case .indexType(let owner, let expected, let got):
      "\(owner) is indexed by \(expected), got \(got)"
    case .fractionalIndex(let text): "the index \(text) is not a whole number"
    case .indexOutOfRange(let text, let count):
      "the index \(text) is outside a list of \(count)"
    case .unknownKey(let name, _, _): "the record has no field '\(name)'"
    case .arithmeticType(let operation, let left, let right):
      "'\(operation.rawValue)' does not work on \(left) and \(right)"
    case .joinWithString(let left, let right): "'+' does not join \(left) and \(right)"
    case .negateType(let got): "'-' does not work on \(got)"
    case .scalar(let problem): problem.message
    case .notComparable(let left, let right): "\(left) can't be compared with \(right)"
    case .noOrder(let got): "\(got) has no order"
    case .conditionType(let word, let got): "'\(word)' takes true or false, got \(got)"
    case .rangeType(let got): "a range runs between numbers, got \(got)"
    case .rangeFraction: "a range runs between whole numbers"
    case .tooManyElements(let what, let count):
      "this \(what) has \(CheckProblem.grouped(count)) elements, at most "
        + "\(CheckProblem.grouped(Scalars.elementLimit)) are allowed"
    case .notAList(let got): "'for' runs over a list, got \(got)"
    case .claimType(let got): "a claim is true or false, got \(got)"
    case .marginType(let got): "the margin of a claim is a number, got \(got)"
    case .negativeMargin: "the margin of a claim can't be negative"
    case .claimTextType(let got): "the text of a claim is a string, got \(got)"
    case .domainType(let got): "a parameter's domain is a range or a list, got \(got)"
    case .unknownDomain: "a parameter's domain has to be known before the run"
    case .emptyDomain: "this parameter's domain is empty"
    case .defaultOutsideDomain(let value, let domain): "the default \(value) is not in \(domain)"
    case .overrideOutsideDomain(let name, let value, let domain):
      "'\(name)' can't be \(value): it is not in \(domain)"
    case .overrideType(let name, let expected, let got):
      "'\(name)' is \(expected), and is set to \(got)"
    case .unknownOverride(let name, _): "the notebook has no parameter '\(name)'"
    case .tooComplex: "this is too complex to check before the run"
    }
  }

  /// What to write instead, where that can be told.
  var help: String? {
    switch self {
    case .unknownName(_, let suggestion), .unknownOverride(_, let suggestion):
      suggestion.map { "did you mean '\($0)'?" }
    case .usedBeforeBound: "names refer backwards only: move the binding above"
    case .ownBinding: "a name is bound once: bind a new one"
    case .recursion: "write a list with 'for', and 'from' for what carries over"
    case .boundTwice: "a name is bound once in a notebook: choose another"
    case .functionAsValue(let name), .verbAsValue(let name):
      "call it, as \(name)(…), or pass its name to a verb that takes a function"
    case .methodCall(let name, let isKnown): isKnown ? "write \(name)(…)" : nil
    case .needsLabel(_, let label, _): "write \(label): …"
    case .unknownLabel(_, _, let suggestion, let known):
      suggestion.map { "did you mean '\($0):'?" } ?? CheckProblem.list("it has", known)
    case .missingArgument(let name, _, let isPositional): isPositional ? nil : "write \(name): …"
    case .functionNotTaken(let name, _, _): "call it, as \(name)(…)"
    case .unknownPath: "write it as text, or as a param"
    case .unknownMetric(_, let suggestion, let patterns):
      suggestion.map { "did you mean '\($0)'?" } ?? CheckProblem.list("there are", patterns)
    case .unknownChoice(_, _, let suggestion, let choices):
      suggestion.map { "did you mean '\($0)'?" } ?? CheckProblem.list("there are", choices)
    case .unknownMember(_, _, let suggestion, let known),
      .unknownKey(_, let suggestion, let known):
      suggestion.map { "did you mean '\($0)'?" } ?? CheckProblem.list("it has", known)
    case .joinWithString: "to put a value into a string, write \"{value}\""
    case .tooComplex: "split it into several statements"
    default: nil
    }
  }

  /// Whether the problem is in the text itself, whatever the values: it counts in a branch that is
  /// not taken as well.
  var isStructural: Bool {
    switch self {
    case .tooManyArguments, .needsLabel, .unknownLabel, .givenTwice, .missingArgument,
      .functionNotTaken:
      true
    default: false
    }
  }

  private static func arguments(_ count: Int) -> String {
    count == 0 ? "no arguments" : count == 1 ? "1 argument" : "\(count) arguments"
  }

  private static func list(_ start: String, _ names: [String]) -> String? {
    guard !names.isEmpty else { return nil }
    return "\(start) \(names.prefix(12).joined(separator: ", "))\(names.count > 12 ? ", …" : "")"
  }

  /// A count with commas between thousands.
  static func grouped(_ count: Int) -> String {
    var result = ""
    let digits = String(count)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result
  }
}

/// A problem that the checker found, ready to show.
struct Finding: Sendable {
  var diagnostic: Diagnostic
  let isStructural: Bool

  init(_ problem: CheckProblem, _ span: SourceSpan?, related: [Diagnostic.Related] = []) {
    diagnostic = Diagnostic(
      .error, problem.message, at: span, help: problem.help, related: related)
    isStructural = problem.isStructural
  }
}
