import Diagnostics
package import Language

/// Values given with `-p name=value` or `:set name value`.
package struct Overrides: Sendable {
  /// By name, in the order given.
  package private(set) var values: [String: Constant] = [:]
  /// What was typed, for paths.
  private var texts: [String: String] = [:]
  /// Absolute paths in use, with the parameters that they were given for.
  private(set) var paths: [String: String] = [:]

  package init() {}

  package var isEmpty: Bool { values.isEmpty }

  /// Gives a parameter a value: a number, true, false, none, a quoted string or a list of these,
  /// and anything else as the text it is.
  package mutating func set(_ name: String, to text: String) {
    values[name] = Self.constant(text)
    texts[name] = text
  }

  package mutating func remove(_ name: String) {
    values[name] = nil
    texts[name] = nil
  }

  /// Takes a parameter as a path, from the current folder.
  mutating func usePath(_ name: String, currentFolder: String) -> String? {
    guard let text = texts[name], !text.isEmpty else { return nil }
    let plain: String = if case .string(let value)? = values[name] { value } else { text }
    let path = plain.hasPrefix("/") ? plain : currentFolder + "/" + plain
    values[name] = .string(path)
    texts[name] = path
    paths[path] = name
    return path
  }

  private static func constant(_ text: String) -> Constant {
    let cell = parseCell(SourceFile(name: "value", text: text), 0..<text.utf8.count)
    if cell.diagnostics.isEmpty, cell.statements.count == 1,
      case .expression(let expression) = cell.statements[0].kind,
      let constant = constant(expression)
    {
      return constant
    }
    return .string(text)
  }

  private static func constant(_ expression: Expression) -> Constant? {
    switch expression.kind {
    case .number(let value): return .number(value)
    case .boolean(let value): return .boolean(value)
    case .none: return Constant.none
    case .negate(let operand):
      guard case .number(let value)? = constant(operand) else { return nil }
      return .number(-value)
    case .string(let parts):
      var text = ""
      for part in parts {
        guard case .text(let piece) = part else { return nil }
        text += piece
      }
      return .string(text)
    case .list(let items):
      let constants = items.compactMap { constant($0) }
      return constants.count == items.count ? .list(constants) : nil
    default: return nil
    }
  }
}
