import Diagnostics
import Evaluation
import Language

/// A claim or prediction after it was weighed.
struct WeighedClaim: Sendable {
  let isPrediction: Bool
  let text: String?
  let outcome: ClaimOutcome
}

extension Evaluator {
  /// Weighs a claim by three-valued logic over its comparisons.
  func weigh(_ claim: ClaimSyntax) throws -> WeighedClaim {
    var margin = 0.0
    if let expression = claim.margin {
      let value = try evaluate(expression, in: [:])
      guard let number = value.point, number >= 0 else {
        throw Diagnostic(
          .error, "a margin is a number of at least 0, got \(value.interpolated)",
          at: expression.span)
      }
      margin = number
    }
    let text = try claim.text.map { try evaluate($0, in: [:]).interpolated }
    let outcome = try weigh(claim.condition, margin: margin)
    return WeighedClaim(isPrediction: claim.isPrediction, text: text, outcome: outcome)
  }

  private func weigh(_ condition: Expression, margin: Double) throws -> ClaimOutcome {
    switch condition.kind {
    case .not(let operand): return try weigh(operand, margin: margin).not
    case .logical(let left, let operation, let right):
      let a = try weigh(left, margin: margin)
      // Both sides are weighed even where one decides, so that the evidence is complete.
      let b = try weigh(right, margin: margin)
      return operation == .and ? a.and(b) : a.or(b)
    case .comparison(let first, let rest):
      var left = try evaluate(first, in: [:])
      var outcome: ClaimOutcome?
      for link in rest {
        let right = try evaluate(link.operand, in: [:])
        let next = try weigh(left, link.operator, right, margin: margin, at: condition.span)
        outcome = outcome?.and(next) ?? next
        left = right
      }
      return outcome ?? ClaimOutcome(true)
    default:
      return ClaimOutcome(try self.condition(condition, in: [:]))
    }
  }

  private func weigh(
    _ left: Value, _ operation: ComparisonOperator, _ right: Value, margin: Double,
    at span: SourceSpan
  ) throws -> ClaimOutcome {
    guard left.point != nil, right.point != nil else {
      return ClaimOutcome(try compare(left, operation, right, at: span))
    }
    let relation: ClaimRelation =
      switch operation {
      case .less: .below
      case .lessOrEqual: .atMost
      case .greater: .above
      case .greaterOrEqual: .atLeast
      case .equal: .equal
      case .notEqual: .different
      }
    return try ClaimOutcome.compare(Measured(left), relation, Measured(right), by: margin)
  }
}
