import Artifacts
import Plotting

/// Writes output blocks as the Markdown of an output region.
struct MarkdownRenderer {
  /// A file that belongs to an output, by its name within the assets folder.
  struct Asset: Sendable, Hashable {
    let name: String
    let bytes: [UInt8]
  }

  /// More lines than this go into `<details>`.
  static let visibleLines = 50
  /// More bytes than this go into a file of the assets folder.
  static let inlineBytes = 64 * 1024

  /// The cell's id, from which assets are named.
  let cell: String
  /// The assets folder as links name it: `NAME.assets`.
  let assetsFolder: String
  let plots: any PlotRenderer
  private(set) var assets: [Asset] = []

  init(cell: String, assetsFolder: String, plots: any PlotRenderer) {
    self.cell = cell
    self.assetsFolder = assetsFolder
    self.plots = plots
  }

  /// The body of a region, lines separated by LF, without one at its end.
  mutating func body(of blocks: [OutputBlock]) -> String {
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
        return "![\(Self.escaped(spec.title ?? "plot of \(cell)"))](\(link))"
      } catch {
        return Self.fenced("error: the plot could not be drawn: \(error)")
      }
    }
  }

  private mutating func asset(_ bytes: [UInt8], ending: String) -> String {
    let name = "\(cell)-\(Digest(hashing: bytes).short).\(ending)"
    if !assets.contains(where: { $0.name == name }) {
      assets.append(Asset(name: name, bytes: bytes))
    }
    return "\(assetsFolder)/\(name)"
  }

  private static func paragraph(_ text: InlineText) -> String {
    let line = inline(text)
    // What would open a block at the start of a line is escaped, so that a paragraph stays one.
    guard let first = line.first else { return "" }
    if "#>+-=".contains(first) || first.isNumber { return protectedStart(line) }
    return line
  }

  private static func protectedStart(_ line: String) -> String {
    if let first = line.first, !first.isNumber { return "\\" + line }
    let digits = line.prefix { $0.isNumber }
    let rest = line.dropFirst(digits.count)
    guard let mark = rest.first, mark == "." || mark == ")" else { return line }
    // `1.` and `1)` begin a list only before white space or the end of the line.
    let after = rest.dropFirst().first
    return after == nil || after == " " ? "\(digits)\\\(rest)" : line
  }

  static func table(_ layout: TableLayout) -> String {
    var lines = ["| " + layout.headers.map { cellText(InlineText($0)) }.joined(separator: " | ") + " |"]
    lines.append(
      "| " + layout.isNumeric.map { $0 ? "-:" : ":-" }.joined(separator: " | ") + " |")
    for row in layout.rows {
      lines.append("| " + row.map { cellText($0) }.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n")
  }

  private static func cellText(_ text: InlineText) -> String { inline(text) }

  private static func inline(_ text: InlineText) -> String {
    text.pieces.map { piece in
      let escaped = escaped(piece.text)
      return piece.isMarked && !escaped.isEmpty ? "**\(escaped)**" : escaped
    }.joined()
  }

  /// Text as it stands: whatever Markdown would read as markup is escaped, and line ends are
  /// spaces, so that data can't open a block, a comment or a link.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\", "`", "*", "_", "[", "]", "<", "|", "~", "&", "!":
        // `!` matters only before `[`, which is escaped itself.
        if scalar != "!" { result += "\\" }
        result.unicodeScalars.append(scalar)
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
  static func fenced(_ text: String) -> String {
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
