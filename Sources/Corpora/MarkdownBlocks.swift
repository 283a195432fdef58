/// The headings and blocks of a text, as far as splitting it into passages needs them: ATX and
/// setext headings, fenced code, front matter, and paragraphs between blank lines.
enum MarkdownBlock: Hashable {
  case heading(level: Int, text: String)
  /// A fenced code block with its fences; never split.
  case code(String)
  case paragraph(String)

  /// The blocks of a file. In plain text only blank lines mean anything.
  static func blocks(of text: String, isMarkdown: Bool) -> [MarkdownBlock] {
    var parser = BlockParser(isMarkdown: isMarkdown)
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
    if isMarkdown { skipFrontMatter(&lines) }
    for line in lines { parser.take(line) }
    parser.flush()
    return parser.blocks
  }

  /// Front matter is a first line of `---`, and all up to the next `---` or `...`.
  private static func skipFrontMatter(_ lines: inout ArraySlice<Substring>) {
    guard lines.first?.trimmingBlanks() == "---" else { return }
    guard
      let end = lines.dropFirst().firstIndex(where: {
        let line = $0.trimmingBlanks()
        return line == "---" || line == "..."
      })
    else { return }
    lines = lines[(end + 1)...]
  }
}

private struct BlockParser {
  let isMarkdown: Bool
  var blocks: [MarkdownBlock] = []
  private var paragraph: [Substring] = []
  private var code: [Substring] = []
  private var fence: (character: Character, length: Int)?

  init(isMarkdown: Bool) { self.isMarkdown = isMarkdown }

  mutating func take(_ line: Substring) {
    if let fence {
      code.append(line)
      if closes(line, fence) { flush() }
      return
    }
    if line.allSatisfy(\.isWhitespace) { return flush() }
    guard isMarkdown, let content = unindented(line) else {
      paragraph.append(line)
      return
    }
    if let opened = fenceStart(content) {
      flush()
      fence = opened
      code = [line]
    } else if let heading = atxHeading(content) {
      flush()
      blocks.append(heading)
    } else if !paragraph.isEmpty, let level = setextLevel(content) {
      let text = paragraph.map { $0.trimmingBlanks() }.joined(separator: " ")
      paragraph = []
      blocks.append(.heading(level: level, text: plainHeading(text)))
    } else {
      paragraph.append(line)
    }
  }

  /// Ends the block that is open; a fence that is never closed runs to the end of the file.
  mutating func flush() {
    if !code.isEmpty { blocks.append(.code(code.joined(separator: "\n"))) }
    if !paragraph.isEmpty { blocks.append(.paragraph(paragraph.joined(separator: "\n"))) }
    code = []
    paragraph = []
    fence = nil
  }

  /// The line without up to three spaces; nil where there are more.
  private func unindented(_ line: Substring) -> Substring? {
    let content = line.drop { $0 == " " }
    return line.utf8.count - content.utf8.count < 4 ? content : nil
  }

  private func fenceStart(_ content: Substring) -> (Character, Int)? {
    guard let first = content.first, first == "`" || first == "~" else { return nil }
    let length = content.prefix { $0 == first }.count
    guard length >= 3 else { return nil }
    // Backticks after the opening ones make it code within a line.
    if first == "`", content.dropFirst(length).contains("`") { return nil }
    return (first, length)
  }

  private func closes(_ line: Substring, _ fence: (character: Character, length: Int)) -> Bool {
    guard let content = unindented(line) else { return false }
    let length = content.prefix { $0 == fence.character }.count
    return length >= fence.length && content.dropFirst(length).allSatisfy(\.isWhitespace)
  }

  private func atxHeading(_ content: Substring) -> MarkdownBlock? {
    let level = content.prefix { $0 == "#" }.count
    guard (1...6).contains(level) else { return nil }
    let rest = content.dropFirst(level)
    guard rest.isEmpty || rest.first == " " || rest.first == "\t" else { return nil }
    var text = rest.trimmingBlanks()
    let closing = text.reversed().prefix { $0 == "#" }.count
    if closing > 0 {
      let before = text.dropLast(closing)
      if before.isEmpty || before.last == " " || before.last == "\t" {
        text = before.trimmingBlanks()
      }
    }
    return .heading(level: level, text: plainHeading(text))
  }

  private func setextLevel(_ content: Substring) -> Int? {
    let line = content.trimmingBlanks()
    if line.allSatisfy({ $0 == "=" }) { return 1 }
    return line.allSatisfy { $0 == "-" } ? 2 : nil
  }

  /// A heading's text without emphasis and code marks, and links by their text.
  private func plainHeading(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let character = rest.first {
      rest = rest.dropFirst()
      switch character {
      case "*", "`": continue
      case "[":
        guard let close = rest.firstIndex(of: "]") else {
          result.append(character)
          continue
        }
        let after = rest[rest.index(after: close)...]
        guard after.first == "(", let end = after.firstIndex(of: ")") else {
          result.append(character)
          continue
        }
        result += rest[..<close].filter { $0 != "*" && $0 != "`" }
        rest = after[after.index(after: end)...]
      default: result.append(character)
      }
    }
    return result.trimmingBlanks()
  }
}
