import Corpora
import Diagnostics
import Evaluation

/// Bounds on what one value may hold.
///
/// Values share their parts, so sixty statements of `b = [a, a]` make a value of little memory and
/// 2⁶⁰ leaves: whoever prints, compares or hashes it has to visit each. What a binding, a function
/// or a comprehension gives is therefore walked once, within these bounds.
package struct ValueBudget {
  /// What a value has too much of.
  package enum Excess: Error, Hashable, Sendable {
    case parts(limit: Int)
    case text(limit: Int)
    case nesting(limit: Int)
  }

  /// Values within a value; a measured number counts as its replicates.
  package static let partLimit = 10_000_000
  /// Bytes of text within a value.
  package static let textLimit = 512 << 20
  /// Lists and records within each other.
  package static let nestingLimit = 100
  /// Items of a list that `+` or a verb makes.
  package static let itemLimit = 1_000_000
  /// Bytes of a string that `+`, an interpolation or a verb makes.
  package static let stringLimit = 16 << 20

  private var parts: Int
  private var text: Int

  package init(parts: Int = Self.partLimit, text: Int = Self.textLimit) {
    self.parts = parts
    self.text = text
  }

  /// Counts a value against what is left.
  ///
  /// - Throws: ``Excess``.
  /// - Complexity: linear in the parts of the value, and never more than what is left.
  package mutating func take(_ value: Value, nesting: Int = 0) throws(Excess) {
    switch value {
    case .none, .boolean, .number, .artifact, .function, .plot: try take(parts: 1)
    case .measured(let measured):
      try take(parts: 1 + measured.replicates.count)
    case .string(let string): try take(text: string)
    case .marked(let marked): try take(text: marked.text)
    case .list(let items):
      try check(nesting)
      try take(parts: 1)
      for item in items { try take(item, nesting: nesting + 1) }
    case .record(let record): try take(record, nesting: nesting)
    case .option(let option): try take(option.arguments, nesting: nesting)
    case .across(let across):
      try check(nesting)
      for part in across.parts { try take(part, nesting: nesting + 1) }
    }
  }

  private mutating func take(_ record: Record, nesting: Int) throws(Excess) {
    try check(nesting)
    try take(parts: 1)
    for value in record.values { try take(value, nesting: nesting + 1) }
  }

  private func check(_ nesting: Int) throws(Excess) {
    guard nesting < Self.nestingLimit else { throw .nesting(limit: Self.nestingLimit) }
  }

  private mutating func take(parts count: Int) throws(Excess) {
    parts -= count
    guard parts >= 0 else { throw .parts(limit: Self.partLimit) }
  }

  private mutating func take(text string: String) throws(Excess) {
    try take(parts: 1)
    text -= string.utf8.count
    guard text >= 0 else { throw .text(limit: Self.textLimit) }
  }
}

extension ValueBudget.Excess: CustomStringConvertible {
  /// What is wrong, in one sentence.
  package var description: String {
    switch self {
    case .parts(let limit): "this value would hold more than \(grouped(limit)) parts"
    case .text(let limit): "this value would hold more than \(grouped(limit >> 20)) MiB of text"
    case .nesting(let limit): "this value would nest lists and records more than \(limit) deep"
    }
  }
}

extension Evaluator {
  /// The value itself where it is within bounds.
  func bounded(_ value: Value, at span: SourceSpan) throws -> Value {
    switch value {
    case .none, .boolean, .number, .measured, .artifact, .function, .plot: return value
    default:
      var budget = ValueBudget()
      do {
        try budget.take(value)
      } catch {
        throw Diagnostic(.error, "\(error)", at: span)
      }
      return value
    }
  }

  /// The items of two lists, which together may not be too many.
  func joined(_ a: [Value], _ b: [Value], at span: SourceSpan) throws -> [Value] {
    guard a.count + b.count <= ValueBudget.itemLimit else {
      throw Diagnostic(
        .error,
        "a list holds at most \(grouped(ValueBudget.itemLimit)) items, this one would have "
          + grouped(a.count + b.count), at: span)
    }
    return a + b
  }

  /// One text of two, which together may not be too long.
  func joined(_ a: String, _ b: String, at span: SourceSpan) throws -> String {
    let size = a.utf8.count + b.utf8.count
    guard size <= ValueBudget.stringLimit else {
      throw Diagnostic(
        .error,
        "a string holds at most \(ValueBudget.stringLimit >> 20) MiB, this one would have "
          + "\(grouped(size)) bytes", at: span)
    }
    return a + b
  }
}
