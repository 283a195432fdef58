import Language

extension Expression {
  /// The expressions directly within this one.
  var children: [Expression] {
    switch kind {
    case .number, .boolean, .none, .name, .missing: []
    case .string(let parts):
      parts.compactMap { if case .interpolation(let expression) = $0 { expression } else { nil } }
    case .list(let items): items
    case .record(let fields): fields.map(\.value)
    case .comprehension(let comprehension):
      comprehension.generators.map(\.source) + [comprehension.body]
        + [comprehension.condition, comprehension.fold?.source].compactMap { $0 }
    case .call(let callee, let arguments): [callee] + arguments.map(\.value)
    case .member(let subject, _, _): [subject]
    case .index(let subject, let index): [subject, index]
    case .negate(let operand), .not(let operand): [operand]
    case .arithmetic(let left, _, let right), .logical(let left, _, let right): [left, right]
    case .comparison(let first, let rest): [first] + rest.map(\.operand)
    case .range(let first, let last): [first, last]
    case .conditional(let test, let then, let otherwise): [test, then, otherwise]
    }
  }

  /// Visits this expression and all within it.
  func walk(_ visit: (Expression) -> Void) {
    visit(self)
    for child in children { child.walk(visit) }
  }
}

extension Statement {
  /// The outermost expressions of the statement.
  var expressions: [Expression] {
    switch kind {
    case .binding(_, let value): [value]
    case .function(let function): function.locals.map(\.value) + [function.body]
    case .parameter(let parameter): [parameter.defaultValue, parameter.domain].compactMap { $0 }
    case .claim(let claim): [claim.condition, claim.margin, claim.text].compactMap { $0 }
    case .expression(let expression): [expression]
    }
  }

  /// Every name that occurs in the statement, local ones too.
  var namesWithin: Set<String> {
    var names: Set<String> = []
    for expression in expressions {
      expression.walk { if case .name(let name) = $0.kind { names.insert(name) } }
    }
    return names
  }
}

/// The names among `candidates` whose every occurrence is a path argument of a verb.
func namesUsedAsPathsOnly(
  _ candidates: Set<String>, in cells: [ParsedCell], verbs: VerbLibrary
) -> Set<String> {
  var balance: [String: Int] = [:]
  for statement in cells.lazy.flatMap(\.statements) {
    for expression in statement.expressions {
      expression.walk { part in
        if case .name(let name) = part.kind { balance[name, default: 0] += 1 }
        guard case .call(let callee, let arguments) = part.kind,
          case .name(let verbName) = callee.kind, let verb = verbs[verbName]
        else { return }
        let parameters = verb.signature.parameters
        let positional = parameters.filter(\.isPositional)
        var next = 0
        for argument in arguments {
          let parameter: VerbSignature.Parameter?
          if let label = argument.label {
            parameter = parameters.first { $0.name == label }
          } else {
            parameter = positional.indices.contains(next) ? positional[next] : nil
            next += 1
          }
          if parameter?.type.takesPath == true, case .name(let name) = argument.value.kind {
            balance[name, default: 0] -= 1
          }
        }
      }
    }
  }
  return candidates.filter { balance[$0] == 0 }
}
