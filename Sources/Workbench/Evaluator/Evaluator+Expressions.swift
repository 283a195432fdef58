import Diagnostics
import Evaluation
import Language

extension Evaluator {
  /// The value of an expression; names resolve in `scope`, then in the notebook.
  func evaluate(_ expression: Expression, in scope: Scope) throws -> Value {
    height += 1
    defer { height -= 1 }
    guard height <= Self.heightLimit else {
      throw Diagnostic(
        .error, "expressions nest more than \(Self.heightLimit) deep through calls",
        at: expression.span)
    }
    switch expression.kind {
    case .number(let value): return .number(value)
    case .boolean(let value): return .boolean(value)
    case .none: return .none
    case .string(let parts): return .string(try text(of: parts, in: scope))
    case .name(let name):
      if let value = scope[name] { return value }
      return try value(ofGlobal: name, at: expression.span)
    case .list(let items): return .list(try items.map { try evaluate($0, in: scope) })
    case .record(let fields):
      return .record(
        Record(try fields.map { ($0.name, try evaluate($0.value, in: scope)) }))
    case .comprehension(let comprehension):
      return try evaluate(comprehension, at: expression.span, in: scope)
    case .call(let callee, let arguments):
      return try call(callee, arguments, at: expression.span, in: scope)
    case .member(let subject, let name, let span):
      return try member(name, of: try evaluate(subject, in: scope), at: span)
    case .index(let subject, let index):
      return try element(
        try evaluate(index, in: scope), of: try evaluate(subject, in: scope), at: index.span)
    case .negate(let operand):
      return try negate(try evaluate(operand, in: scope), at: operand.span)
    case .not(let operand):
      return .boolean(!(try condition(operand, in: scope)))
    case .arithmetic(let left, let operation, let right):
      return try arithmetic(
        operation, try evaluate(left, in: scope), try evaluate(right, in: scope),
        at: expression.span)
    case .logical(let left, let operation, let right):
      let first = try condition(left, in: scope)
      switch operation {
      case .and: return .boolean(first ? try condition(right, in: scope) : false)
      case .or: return .boolean(first ? true : try condition(right, in: scope))
      }
    case .comparison(let first, let rest):
      var left = try evaluate(first, in: scope)
      for link in rest {
        let right = try evaluate(link.operand, in: scope)
        guard try compare(left, link.operator, right, at: expression.span) else {
          return .boolean(false)
        }
        left = right
      }
      return .boolean(true)
    case .range(let first, let last):
      return try range(first, last, at: expression.span, in: scope)
    case .conditional(let test, let then, let otherwise):
      return try evaluate(try condition(test, in: scope) ? then : otherwise, in: scope)
    case .missing:
      throw Diagnostic(.error, "this expression could not be read", at: expression.span)
    }
  }

  /// The value of an expression that has to be true or false.
  func condition(_ expression: Expression, in scope: Scope) throws -> Bool {
    let value = try evaluate(expression, in: scope)
    guard case .boolean(let result) = value else {
      throw Diagnostic(
        .error, "expected true or false, got \(value.typeName)", at: expression.span)
    }
    return result
  }

  private func text(of parts: [StringPart], in scope: Scope) throws -> String {
    var text = ""
    for part in parts {
      switch part {
      case .text(let literal): text += literal
      case .interpolation(let expression):
        let value = try bounded(try evaluate(expression, in: scope), at: expression.span)
        text = try joined(text, value.interpolated, at: expression.span)
      }
    }
    return text
  }

  private func range(
    _ first: Expression, _ last: Expression, at span: SourceSpan, in scope: Scope
  ) throws -> Value {
    let bounds = try [first, last].map { bound in
      let value = try evaluate(bound, in: scope)
      guard let number = value.point, let integer = Int(exactly: number) else {
        throw Diagnostic(
          .error, "a range runs between whole numbers, got \(value.interpolated)", at: bound.span)
      }
      return integer
    }
    guard bounds[0] <= bounds[1] else { return .list([]) }
    let (size, overflow) = bounds[1].subtractingReportingOverflow(bounds[0])
    guard !overflow, size < Self.elementLimit else {
      throw Diagnostic(
        .error, "a range holds at most \(Self.elementLimit) numbers", at: span)
    }
    return .list((bounds[0]...bounds[1]).map { .number(Double($0)) })
  }
}
