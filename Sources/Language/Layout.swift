/// A text with places where it may break, after Wadler's "A prettier printer" (2003): a group is
/// laid on one line where it fits, and broken at all of its own places where not.
indirect enum Layout {
  case text(String)
  /// A space, or a line break in a broken group.
  case line
  /// Nothing, or a line break in a broken group.
  case softLine
  /// A comma in a broken group.
  case trailingComma
  /// A comment behind a token; whatever follows begins a new line.
  case comment(String)
  /// A comment on a line of its own.
  case ownLine(String)
  /// Parts whose new lines are indented more.
  case nest(Layout)
  case concat([Layout])
  /// `mustBreak`: broken whether it fits or not.
  case group(Layout, mustBreak: Bool)
}

/// Lays a text out within a width.
struct LayoutPrinter {
  static let width = 100
  static let indentation = 2

  private struct Command {
    let indent: Int
    let isFlat: Bool
    let layout: Layout
  }

  private(set) var output = ""
  private var column = 0
  private var isAtLineStart = true
  /// After a comment: how far what follows is indented, on its new line.
  private var pendingIndent: Int?

  /// Lays out one statement, which begins a line; ends within its last line.
  mutating func print(_ layout: Layout) {
    var stack = [Command(indent: 0, isFlat: false, layout: layout)]
    while let command = stack.popLast() {
      switch command.layout {
      case .text(let text): append(text)
      case .line, .softLine:
        if command.isFlat, pendingIndent == nil {
          if case .line = command.layout { append(" ") }
        } else {
          breakLine(command.indent)
        }
      case .trailingComma: if !command.isFlat { append(",") }
      case .comment(let text):
        // A second comment behind the same token goes on the next line.
        if let indent = pendingIndent { breakLine(indent) }
        pendingIndent = isAtLineStart ? column : command.indent + LayoutPrinter.indentation
        output += isAtLineStart ? text : "  " + text
        isAtLineStart = false
      case .ownLine(let text):
        if let indent = pendingIndent {
          breakLine(indent)
        } else if !isAtLineStart {
          breakLine(command.indent + LayoutPrinter.indentation)
        }
        output += text
        isAtLineStart = false
        pendingIndent = column
      case .nest(let inner):
        stack.append(
          Command(
            indent: command.indent + LayoutPrinter.indentation, isFlat: command.isFlat,
            layout: inner))
      case .concat(let parts):
        for part in parts.reversed() {
          stack.append(Command(indent: command.indent, isFlat: command.isFlat, layout: part))
        }
      case .group(let inner, let mustBreak):
        let flat = Command(indent: command.indent, isFlat: true, layout: inner)
        let isFlat = command.isFlat || !mustBreak && fits(flat, stack)
        stack.append(Command(indent: command.indent, isFlat: isFlat, layout: inner))
      }
    }
  }

  /// Ends the line, with an empty one behind it where asked.
  mutating func endLine() {
    output += "\n"
    column = 0
    isAtLineStart = true
    pendingIndent = nil
  }

  private mutating func append(_ text: String) {
    // A space between tokens is not needed where a line begins.
    guard !text.isEmpty, text != " " || !isAtLineStart && pendingIndent == nil else { return }
    if let indent = pendingIndent { breakLine(indent) }
    output += text
    column += text.count
    isAtLineStart = false
  }

  private mutating func breakLine(_ indent: Int) {
    while output.utf8.last == UInt8(ascii: " ") { output.removeLast() }
    output += "\n" + String(repeating: " ", count: indent)
    column = indent
    isAtLineStart = true
    pendingIndent = nil
  }

  /// Whether the command and what follows it up to the next possible break fit into the line.
  private func fits(_ first: Command, _ rest: [Command]) -> Bool {
    var remaining = LayoutPrinter.width - column
    var stack = [first]
    var next = rest.count
    while remaining >= 0 {
      let command: Command
      if let top = stack.popLast() {
        command = top
      } else if next > 0 {
        next -= 1
        command = rest[next]
      } else {
        return true
      }
      switch command.layout {
      case .text(let text): remaining -= text.count
      case .line, .softLine:
        if !command.isFlat { return true }
        if case .line = command.layout { remaining -= 1 }
      case .trailingComma: if !command.isFlat { remaining -= 1 }
      case .comment, .ownLine: return true
      case .nest(let inner):
        stack.append(Command(indent: 0, isFlat: command.isFlat, layout: inner))
      case .concat(let parts):
        for part in parts.reversed() {
          stack.append(Command(indent: 0, isFlat: command.isFlat, layout: part))
        }
      case .group(let inner, let mustBreak):
        if mustBreak, command.isFlat { return false }
        stack.append(Command(indent: 0, isFlat: command.isFlat, layout: inner))
      }
    }
    return false
  }
}
