import Diagnostics
import Execution
import Language

extension Evaluator {
  /// A comprehension: one loop, a grid of several, or a fold whose results feed the next.
  func evaluate(
    _ comprehension: Comprehension, at span: SourceSpan, in scope: Scope
  ) throws -> Value {
    var results: [Value] = []
    var visited = 0
    // All results together are one value, and each may be larger than the one before.
    var budget = ValueBudget()
    var scope = scope
    if let fold = comprehension.fold {
      scope[fold.name] = try evaluate(fold.source, in: scope)
    }

    func loop(_ level: Int, _ scope: inout Scope) throws {
      guard level < comprehension.generators.count else {
        visited += 1
        guard visited <= Self.elementLimit else {
          throw Diagnostic(
            .error, "a grid has at most \(Self.elementLimit) elements", at: span)
        }
        try work.check()
        if let test = comprehension.condition, !(try condition(test, in: scope)) { return }
        let result = try evaluate(comprehension.body, in: scope)
        do {
          try budget.take(result, nesting: 1)
        } catch {
          throw Diagnostic(.error, "\(error)", at: span)
        }
        results.append(result)
        if let fold = comprehension.fold { scope[fold.name] = result }
        return
      }
      let generator = comprehension.generators[level]
      let source = try evaluate(generator.source, in: scope)
      guard case .list(let items) = source else {
        throw Diagnostic(
          .error, "expected a list to loop over, got \(source.typeName)",
          at: generator.source.span)
      }
      let shadowed = scope[generator.name]
      for item in items {
        scope[generator.name] = item
        try loop(level + 1, &scope)
      }
      scope[generator.name] = shadowed
    }
    try loop(0, &scope)
    return .list(results)
  }
}
