import Plotting

/// Reads a saved output back into blocks, so that a terminal shows it as it shows a new one.
///
/// Only what ``MarkdownRenderer`` writes is understood; anything else is shown as it stands.
enum SavedBody {
  static func blocks(of body: String) -> [OutputBlock] {
    var blocks: [OutputBlock] = []
    var lines = body.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while let line = lines.first {
      if line.hasPrefix("|") {
        let rows = lines.prefix { $0.hasPrefix("|") }
        lines = lines.dropFirst(rows.count)
        blocks.append(table(Array(rows)))
      } else if line.hasPrefix("```") {
        let fence = line.prefix { $0 == "`" }
        let inside = lines.dropFirst().prefix { $0 != fence }
        lines = lines.dropFirst(inside.count + 2)
        blocks.append(.text(inside.joined(separator: "\n")))
      } else {
        lines = lines.dropFirst()
        let isFrame =
          line.isEmpty || ["<details>", "</details>"].contains(line) || line.hasPrefix("<summary>")
        if !isFrame { blocks.append(.line(inline(line))) }
      }
    }
    return blocks
  }

  private static func table(_ rows: [Substring]) -> OutputBlock {
    let cells = rows.map(Self.cells)
    guard rows.count >= 2, let headers = cells.first,
      cells.allSatisfy({ $0.count == headers.count })
    else { return .text(rows.joined(separator: "\n")) }
    return .table(
      TableLayout(
        headers: headers.map { inline($0).plain },
        isNumeric: cells[1].map { $0.hasSuffix("-:") && !$0.hasPrefix(":") },
        rows: cells.dropFirst(2).map { $0.map(inline) }))
  }

  /// The cells of a row: what stands between bars that are not escaped.
  private static func cells(_ row: Substring) -> [Substring] {
    var cells: [Substring] = []
    var start = row.index(after: row.startIndex)
    var index = start
    while index < row.endIndex {
      if row[index] == "\\" {
        index = row.index(index, offsetBy: 2, limitedBy: row.endIndex) ?? row.endIndex
        continue
      }
      let next = row.index(after: index)
      if row[index] == "|" {
        cells.append(Substring(row[start..<index].trimmed))
        start = next
      }
      index = next
    }
    return cells
  }

  /// Text without escapes, bold stretches marked.
  private static func inline(_ text: Substring) -> InlineText {
    var result = InlineText("")
    result.pieces = []
    var piece = ""
    var isMarked = false
    func flush() {
      if !piece.isEmpty { result.pieces.append(.init(text: piece, isMarked: isMarked)) }
      piece = ""
    }
    var rest = text
    while let character = rest.popFirst() {
      if character == "\\", let next = rest.first, next.isASCII, next.isPunctuation || next.isSymbol
      {
        piece.append(next)
        rest.removeFirst()
      } else if character == "*", rest.first == "*" {
        rest.removeFirst()
        flush()
        isMarked.toggle()
      } else {
        piece.append(character)
      }
    }
    flush()
    return result
  }
}
