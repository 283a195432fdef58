/// The statements of a cell in a normal form that is equal exactly for equal trees: spacing,
/// comments, redundant parentheses, trailing commas and the spelling of numbers and escapes leave no
/// trace. It is hashed into cell keys, so a change of the form makes every saved output stale.
///
/// Every form is in parentheses with its word first, as in `(= x (+ 1.0 y))`. Linear in the size of
/// the tree.
public func canonicalSyntax(_ statements: [Statement]) -> String {
  var writer = CanonicalWriter()
  for statement in statements {
    writer.write(statement)
    writer.text += "\n"
  }
  return writer.text
}

/// The normal form of one statement; see ``canonicalSyntax(_:)-([Statement])``.
public func canonicalSyntax(_ statement: Statement) -> String {
  var writer = CanonicalWriter()
  writer.write(statement)
  return writer.text
}

/// The normal form of one expression; see ``canonicalSyntax(_:)-([Statement])``.
public func canonicalSyntax(_ expression: Expression) -> String {
  var writer = CanonicalWriter()
  writer.write(expression)
  return writer.text
}

private struct CanonicalWriter {
  var text = ""

  mutating func write(_ statement: Statement) {
    switch statement.kind {
    case .binding(let name, let value):
      text += "(= \(name.text) "
      write(value)
      text += ")"
    case .function(let function):
      text += "(fn \(function.name.text) ("
      text += function.parameters.map(\.text).joined(separator: " ")
      text += ") "
      write(function.body)
      for local in function.locals {
        text += " (\(local.name.text) "
        write(local.value)
        text += ")"
      }
      text += ")"
    case .parameter(let parameter):
      text += "(param \(parameter.name.text) "
      write(optional: parameter.defaultValue)
      text += " "
      write(optional: parameter.domain)
      text += ")"
    case .claim(let claim):
      text += claim.isPrediction ? "(predict " : "(claim "
      write(claim.condition)
      text += " "
      write(optional: claim.margin)
      text += " "
      write(optional: claim.text)
      text += ")"
    case .expression(let value): write(value)
    }
  }

  private mutating func write(optional expression: Expression?) {
    if let expression { write(expression) } else { text += "_" }
  }

  mutating func write(_ expression: Expression) {
    switch expression.kind {
    // A description is the shortest text that reads back as the same number.
    case .number(let value): text += "\(value)"
    case .string(let parts): write(parts)
    case .boolean(let value): text += value ? "true" : "false"
    case .none: text += "none"
    case .name(let name): text += name
    case .list(let elements): write("list", elements)
    case .comprehension(let comprehension): write(comprehension)
    case .record(let fields):
      text += "(record"
      for field in fields { write(label: field.name, field.value) }
      text += ")"
    case .call(let callee, let arguments):
      text += "(call "
      write(callee)
      for argument in arguments { write(label: argument.label, argument.value) }
      text += ")"
    case .member(let base, let name, _):
      text += "(. "
      write(base)
      text += " \(name))"
    case .index(let base, let index): write("at", [base, index])
    case .negate(let operand): write("neg", [operand])
    case .not(let operand): write("not", [operand])
    case .arithmetic(let left, let operation, let right): write(operation.rawValue, [left, right])
    case .logical(let left, let operation, let right): write(operation.rawValue, [left, right])
    case .comparison(let first, let rest):
      text += "(compare "
      write(first)
      for link in rest {
        text += " \(link.operator.rawValue) "
        write(link.operand)
      }
      text += ")"
    case .range(let lower, let upper): write("...", [lower, upper])
    case .conditional(let condition, let then, let otherwise):
      write("if", [condition, then, otherwise])
    case .missing: text += "?"
    }
  }

  private mutating func write(_ word: String, _ parts: [Expression]) {
    text += "(\(word)"
    for part in parts {
      text += " "
      write(part)
    }
    text += ")"
  }

  private mutating func write(label: String?, _ value: Expression) {
    text += " "
    if let label { text += "\(label):" }
    write(value)
  }

  private mutating func write(_ comprehension: Comprehension) {
    text += "(each "
    write(comprehension.body)
    for generator in comprehension.generators {
      text += " (for \(generator.name) "
      write(generator.source)
      text += ")"
    }
    if let condition = comprehension.condition {
      text += " (if "
      write(condition)
      text += ")"
    }
    if let fold = comprehension.fold {
      text += " (from \(fold.name) "
      write(fold.source)
      text += ")"
    }
    text += ")"
  }

  private mutating func write(_ parts: [StringPart]) {
    text += "\""
    for part in parts {
      switch part {
      case .text(let piece):
        for scalar in piece.unicodeScalars {
          if scalar == "\"" || scalar == "\\" || scalar == "{" { text += "\\" }
          text.unicodeScalars.append(scalar)
        }
      case .interpolation(let value):
        text += "{"
        write(value)
        text += "}"
      }
    }
    text += "\""
  }
}
