import Diagnostics

/// A plain value that is known without running anything.
public indirect enum Constant: Hashable, Sendable {
  case number(Double)
  case string(String)
  case boolean(Bool)
  case none
  case list([Constant])
  /// Fields in the order they were written.
  case record([Field])

  /// A named value within a record.
  public struct Field: Hashable, Sendable {
    /// The field's name.
    public let name: String
    /// Its value.
    public let value: Constant

    /// A field.
    public init(_ name: String, _ value: Constant) {
      self.name = name
      self.value = value
    }
  }

  /// What a string with interpolation shows for the value, or nil for lists and records.
  public var interpolatedText: String? {
    switch self {
    case .number(let value): formatNumber(value)
    case .string(let value): value
    case .boolean(let value): value ? "true" : "false"
    case .none: "none"
    case .list, .record: nil
    }
  }
}

extension Constant {
  /// The value that an argument such as that of `-p k=10` means: a number, a truth value, `none`, a
  /// string in quotes, or a list of these as the language writes them; any other text is a string.
  public init(argument text: String) {
    let file = SourceFile(name: "", text: text)
    let cell = parseCell(file, 0..<file.bytes.count)
    if cell.diagnostics.isEmpty, cell.statements.count == 1,
      case .expression(let expression) = cell.statements[0].kind,
      let literal = Constant(literal: expression)
    {
      self = literal
    } else {
      self = .string(text)
    }
  }

  private init?(literal expression: Expression) {
    switch expression.kind {
    case .number(let value): self = .number(value)
    case .negate(let operand):
      guard case .number(let value) = operand.kind else { return nil }
      self = .number(-value)
    case .boolean(let value): self = .boolean(value)
    case .none: self = .none
    case .string(let parts):
      var text = ""
      for part in parts {
        guard case .text(let piece) = part else { return nil }
        text += piece
      }
      self = .string(text)
    case .list(let elements):
      let values = elements.compactMap { Constant(literal: $0) }
      guard values.count == elements.count else { return nil }
      self = .list(values)
    default: return nil
    }
  }
}

/// The values that a parameter may take, from the `in` of its statement.
public enum ParameterDomain: Hashable, Sendable {
  /// From a range: every number between its ends, both included.
  case interval(Double, Double)
  /// From a list: one of these.
  case values([Constant])

  /// Whether the parameter may have this value.
  public func contains(_ value: Constant) -> Bool {
    switch self {
    case .interval(let lower, let upper):
      if case .number(let number) = value { return number >= lower && number <= upper }
      return false
    case .values(let values): return values.contains(value)
    }
  }

  /// The domain as a message shows it, such as `1...20`; a long list is cut.
  public var text: String {
    switch self {
    case .interval(let lower, let upper): return "\(formatNumber(lower))...\(formatNumber(upper))"
    case .values(let values):
      let shown = values.prefix(8).map { value in
        if case .string(let text) = value { return "\"\(text)\"" }
        return value.interpolatedText ?? "…"
      }
      return "[\(shown.joined(separator: ", "))\(values.count > 8 ? ", …" : "")]"
    }
  }
}
