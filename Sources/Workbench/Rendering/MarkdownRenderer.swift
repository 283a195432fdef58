import Artifacts
import Plotting

/// Writes output blocks as the Markdown of an output region.
package struct MarkdownRenderer {
  /// A file that belongs to an output, by its name within the assets folder.
  package struct Asset: Sendable, Hashable {
    package let name: String
    package let bytes: [UInt8]
  }

  /// More lines than this go into `<details>`.
  package static let visibleLines = 50
  /// More bytes than this go into a file of the assets folder.
  package static let inlineBytes = 64 * 1024

  /// The cell's id, from which assets are named.
  package let cell: String
  /// The assets folder as links name it: `NAME.assets`.
  package let assetsFolder: String
  package let plots: any PlotRenderer
  package private(set) var assets: [Asset] = []

  /// What could not be shown, such as a plot without gnuplot: the output is not the cell's then.
  package private(set) var problem: String?

  package init(cell: String, assetsFolder: String, plots: any PlotRenderer) {
    self.cell = cell
    self.assetsFolder = assetsFolder
    self.plots = plots
  }

  /// The body of a region, lines separated by LF, without one at its end.
  package mutating func body(of blocks: [OutputBlock]) -> String {
    var parts: [String] = []
    for block in blocks { parts.append(markdown(block)) }
    let body = parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    if body.utf8.count > Self.inlineBytes {
      let link = asset(Array(body.utf8), ending: "md")
      return "[the output, \(body.utf8.count) bytes](\(link))"
    }
    let lines = body.utf8.lazy.filter { $0 == 0x0A }.count + 1
    if lines > Self.visibleLines {
      return "<details>\n<summary>\(lines) lines</summary>\n\n\(body)\n\n</details>"
    }
    return body
  }

  private mutating func markdown(_ block: OutputBlock) -> String {
    switch block {
    case .line(let text): return Self.paragraph(text)
    case .text(let text): return Self.fenced(text)
    case .diagnostic(let text): return Self.fenced(text)
    case .table(let layout): return Self.table(layout)
    case .verdict(let line):
      var text = "**\(line.word)**"
      if let claim = line.text { text += ": \(Self.escaped(claim))" }
      if let evidence = line.evidence { text += " (\(Self.escaped(evidence)))" }
      return text
    case .plot(let spec):
      do {
        let link = asset(try plots.svg(spec), ending: "svg")
        let text = Self.escaped(spec.title ?? "plot of \(cell)", isInBrackets: true)
        return "![\(text)](\(link))"
      } catch {
        problem = "the plot could not be drawn: \(error)"
        return Self.fenced("error: the plot could not be drawn: \(error)")
      }
    }
  }

  private mutating func asset(_ bytes: [UInt8], ending: String) -> String {
    let name = "\(cell)-\(Digest(hashing: bytes).short).\(ending)"
    if !assets.contains(where: { $0.name == name }) {
      assets.append(Asset(name: name, bytes: bytes))
    }
    return "\(Self.percentEncoded(assetsFolder))/\(name)"
  }

  private static func paragraph(_ text: InlineText) -> String {
    // Four spaces would begin a code block, and fewer would hide what stands behind them.
    let line = String(inline(text).drop { $0 == " " })
    // What would open a block at the start of a line is escaped, so that a paragraph stays one.
    guard let first = line.first else { return "" }
    if "#>+-=".contains(first) || first.isNumber { return protectedStart(line) }
    return line
  }

  private static func protectedStart(_ line: String) -> String {
    if let first = line.first, !first.isNumber {
      // A sign begins a list only before white space, and a rule only among its like.
      let isNumber = "-+".contains(first) && line.dropFirst().first?.isNumber == true
      return isNumber ? line : "\\" + line
    }
    let digits = line.prefix { $0.isNumber }
    let rest = line.dropFirst(digits.count)
    guard let mark = rest.first, mark == "." || mark == ")" else { return line }
    // `1.` and `1)` begin a list only before white space or the end of the line.
    let after = rest.dropFirst().first
    return after == nil || after == " " ? "\(digits)\\\(rest)" : line
  }

  package static func table(_ layout: TableLayout) -> String {
    var lines = [
      "| " + layout.headers.map { cellText(InlineText($0)) }.joined(separator: " | ") + " |"
    ]
    lines.append(
      "| " + layout.isNumeric.map { $0 ? "-:" : ":-" }.joined(separator: " | ") + " |")
    for row in layout.rows {
      lines.append("| " + row.map { cellText($0) }.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n")
  }

  private static func cellText(_ text: InlineText) -> String { inline(text) }

  private static func inline(_ text: InlineText) -> String {
    text.pieces.enumerated().map { index, piece in
      // What follows a piece is not known to it, so that a bracket at its end counts as one
      // that could make a link.
      let isLast = index == text.pieces.count - 1
      let escaped = escaped(piece.text, isLast: isLast)
      return piece.isMarked && !escaped.isEmpty ? "**\(escaped)**" : escaped
    }.joined()
  }

  /// Text as it stands: whatever Markdown would read as markup is escaped, and line ends are
  /// spaces, so that data can't open a block, a comment or a link.
  ///
  /// A closing bracket makes a link, an image or a definition only before `(`, `[` or `:`, so that
  /// the brackets of an interval stay as they are.
  ///
  /// - Parameters:
  ///   - text: What is to be read as it stands.
  ///   - isLast: Whether nothing follows the text in its line.
  ///   - isInBrackets: Whether the text stands between the brackets of a link or an image.
  /// - Returns: Markdown for the text.
  package static func escaped(
    _ text: String, isLast: Bool = true, isInBrackets: Bool = false
  ) -> String {
    var result = ""
    let scalars = text.unicodeScalars
    var index = scalars.startIndex
    while index < scalars.endIndex {
      let scalar = scalars[index]
      scalars.formIndex(after: &index)
      switch scalar {
      case "\\", "`", "*", "_", "<", "|", "~", "&":
        result += "\\"
        result.unicodeScalars.append(scalar)
      case "[", "^":
        // `[^` begins a footnote.
        if isInBrackets { result += "\\" }
        result.unicodeScalars.append(scalar)
      case "]":
        let next = index < scalars.endIndex ? scalars[index] : nil
        let mayLink = next.map { $0 == "(" || $0 == "[" || $0 == ":" } ?? !isLast
        result += mayLink || isInBrackets ? "\\]" : "]"
      case "\n", "\r", "\t": result += " "
      default:
        if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) {
          result += "\u{FFFD}"
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return unescapingWords(result)
  }

  /// The name of a folder in a link: everything but unreserved characters (RFC 3986) as `%XX`.
  private static func percentEncoded(_ name: String) -> String {
    name.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        return String(UnicodeScalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        return "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }.joined()
  }

  /// An underscore between letters or digits is no markup, and names are full of them.
  private static func unescapingWords(_ text: String) -> String {
    guard text.contains("\\_") else { return text }
    let characters = Array(text)
    var result = ""
    var index = 0
    while index < characters.count {
      if characters[index] == "\\", index + 1 < characters.count, characters[index + 1] == "_",
        index > 0, isWord(characters[index - 1]), index + 2 < characters.count,
        isWord(characters[index + 2])
      {
        result += "_"
        index += 2
      } else {
        result.append(characters[index])
        index += 1
      }
    }
    return result
  }

  private static func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber
  }

  /// A `text` fence longer than any run of backticks in the text.
  package static func fenced(_ text: String) -> String {
    var longest = 0
    var run = 0
    var clean = ""
    for scalar in text.unicodeScalars {
      run = scalar == "`" ? run + 1 : 0
      longest = max(longest, run)
      if scalar == "\n" || scalar == "\t" || scalar.value >= 0x20, scalar.value != 0x7F {
        clean.unicodeScalars.append(scalar)
      } else if scalar != "\r" {
        clean += "\u{FFFD}"
      }
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)text\n\(clean)\(clean.hasSuffix("\n") ? "" : "\n")\(fence)"
  }
}
