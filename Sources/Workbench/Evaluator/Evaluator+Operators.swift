import Diagnostics
import Evaluation
import Language

extension Evaluator {
  func negate(_ value: Value, at span: SourceSpan) throws -> Value {
    switch value {
    case .number(let number): return .number(-number)
    case .measured(let measured): return .measured(-measured)
    case .across(let across):
      return try Value.merging(across.parts.map { try negate($0, at: span) }, across.seeds)
    default:
      throw Diagnostic(.error, "expected a number after '-', got \(value.typeName)", at: span)
    }
  }

  /// `+ - * / %` on numbers and replicates; `+` also joins strings, lists and records.
  func arithmetic(
    _ operation: ArithmeticOperator, _ left: Value, _ right: Value, at span: SourceSpan
  ) throws -> Value {
    switch (left, right) {
    case (.number(let a), .number(let b)):
      return .number(try scalar(operation, a, b, at: span))
    case (.number, .measured), (.measured, .number), (.measured, .measured):
      return .measured(try measured(operation, Measured(left), Measured(right), at: span))
    case (.across(let across), _):
      return try Value.merging(
        across.parts.enumerated().map { index, part in
          try arithmetic(operation, part, right.part(index, of: across.seeds), at: span)
        }, across.seeds)
    case (_, .across(let across)):
      return try Value.merging(
        across.parts.map { try arithmetic(operation, left, $0, at: span) }, across.seeds)
    case (.list(let a), .list(let b)) where operation == .add:
      return .list(try joined(a, b, at: span))
    case (.record(let a), .record(let b)) where operation == .add: return .record(a.merging(b))
    default:
      if operation == .add, let a = left.text, let b = right.text {
        return .string(try joined(a, b, at: span))
      }
      throw Diagnostic(
        .error, "'\(operation.rawValue)' can't combine \(left.typeName) and \(right.typeName)",
        at: span)
    }
  }

  private func measured(
    _ operation: ArithmeticOperator, _ a: Measured, _ b: Measured, at span: SourceSpan
  ) throws -> Measured {
    if operation == .divide || operation == .remainder, b.isExact, b.point == 0 {
      throw Diagnostic(.error, "division by zero", at: span)
    }
    return switch operation {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    // Floored, as for plain numbers.
    case .remainder: a.combined(with: b) { $0 - $1 * ($0 / $1).rounded(.down) }
    }
  }

  private func scalar(
    _ operation: ArithmeticOperator, _ a: Double, _ b: Double, at span: SourceSpan
  ) throws -> Double {
    do {
      return try Scalars.apply(operation, a, b)
    } catch let problem as Scalars.Problem {
      throw Diagnostic(.error, problem.message, at: span)
    }
  }

  /// One comparison, on point estimates.
  func compare(
    _ left: Value, _ operation: ComparisonOperator, _ right: Value, at span: SourceSpan
  ) throws -> Bool {
    switch operation {
    case .equal, .notEqual:
      let isEqual = try bounded(left, at: span).isEqual(to: try bounded(right, at: span))
      return isEqual == (operation == .equal)
    default: break
    }
    if let a = left.point, let b = right.point { return Scalars.compare(operation, a, b) }
    if let a = left.text, let b = right.text { return Scalars.compare(operation, a, b) }
    throw Diagnostic(
      .error,
      "'\(operation.rawValue)' can't compare \(left.typeName) with \(right.typeName)", at: span)
  }
}

extension Measured {
  /// A number or measured number as replicates; anything else is not a number.
  init(_ value: Value) {
    switch value {
    case .measured(let measured): self = measured
    default: self = Measured(exact: value.point ?? .nan)
    }
  }
}

extension Value {
  /// One value from the values under several seeds: numbers gain the spread over seeds, records
  /// and lists of equal form merge item by item, and what can't be merged yet stays apart.
  static func merging(_ parts: [Value], _ seeds: [Double]) throws -> Value {
    guard let first = parts.first else { return .none }
    if parts.allSatisfy({ $0.point != nil }) {
      return .measured(
        try Measured.overSeeds(
          parts.map { Measured($0) }, seeds: seeds.map { formatNumber($0) }))
    }
    if case .record(let record) = first {
      let records = parts.compactMap { if case .record(let record) = $0 { record } else { nil } }
      if records.count == parts.count, records.allSatisfy({ $0.names == record.names }) {
        return .record(
          Record(
            try record.names.indices.map { index in
              (record.names[index], try merging(records.map { $0.values[index] }, seeds))
            }))
      }
    }
    if case .list(let items) = first {
      let lists = parts.compactMap { if case .list(let items) = $0 { items } else { nil } }
      if lists.count == parts.count, lists.allSatisfy({ $0.count == items.count }) {
        return .list(
          try items.indices.map { index in try merging(lists.map { $0[index] }, seeds) })
      }
    }
    if parts.dropFirst().allSatisfy({ $0.isEqual(to: first) }) { return first }
    return .across(AcrossSeeds(seeds: seeds, parts: parts))
  }

  /// The part that belongs to one seed; values that do not vary over these seeds stand for all.
  func part(_ index: Int, of seeds: [Double]) -> Value {
    if case .across(let across) = self, across.seeds == seeds { return across.parts[index] }
    return self
  }
}
