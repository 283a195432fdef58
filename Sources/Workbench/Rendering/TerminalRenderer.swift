import Corpora
import Plotting

/// Writes output blocks for a terminal: aligned tables, plots in characters, marks in bold.
package struct TerminalRenderer: Sendable {
  /// Whether ANSI colours and bold may be used.
  let usesColour: Bool
  /// Columns of the terminal; tables are cut to fit, nil where output is not a terminal.
  let width: Int?
  let plots: any PlotRenderer
  /// Rows of a long table that are shown before the rest is counted.
  let visibleRows: Int

  init(usesColour: Bool, width: Int?, plots: any PlotRenderer, visibleRows: Int = 40) {
    self.visibleRows = visibleRows
    self.usesColour = usesColour
    self.width = width
    self.plots = plots
  }

  func text(of blocks: [OutputBlock]) -> String {
    blocks.map(text(of:)).joined(separator: "\n")
  }

  private func text(of block: OutputBlock) -> String {
    switch block {
    case .line(let text): return line(text)
    case .text(let text): return Self.printable(text, keepsLines: true)
    case .diagnostic(let text): return colour("31", Self.printable(text, keepsLines: true))
    case .table(let layout): return table(layout)
    case .verdict(let verdict):
      let code =
        if verdict.word.hasSuffix("held") || verdict.word.hasSuffix("came true") {
          "32"
        } else if verdict.word.hasSuffix("undecided") {
          "33"
        } else {
          "31"
        }
      var text = colour(code, verdict.word)
      if let claim = verdict.text { text += ": " + Self.printable(claim) }
      if let evidence = verdict.evidence { text += " (\(Self.printable(evidence)))" }
      return text
    case .plot(let spec):
      do {
        return try plots.text(spec, columns: min(width ?? 80, 100), rows: 22)
      } catch {
        return "error: the plot could not be drawn: \(error)"
      }
    }
  }

  private func line(_ text: InlineText) -> String {
    text.pieces.map { piece in
      let clean = Self.printable(piece.text)
      return piece.isMarked && usesColour ? "\u{1B}[1m\(clean)\u{1B}[0m" : clean
    }.joined()
  }

  private func table(_ layout: TableLayout) -> String {
    let rows = layout.rows.prefix(visibleRows)
    var widths = layout.headers.map { displayWidth(of: Self.printable($0)) }
    for row in rows {
      for (column, text) in row.enumerated() {
        widths[column] = max(widths[column], displayWidth(of: Self.printable(text.plain)))
      }
    }
    if let width { Self.shrink(&widths, numeric: layout.isNumeric, to: width) }
    var lines = [
      row(layout.headers.map { InlineText($0) }, widths, layout.isNumeric),
      widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "),
    ]
    lines += rows.map { row($0, widths, layout.isNumeric) }
    if layout.rows.count > rows.count {
      lines.append("… \(counted(layout.rows.count - rows.count, "more row"))")
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ cells: [InlineText], _ widths: [Int], _ isNumeric: [Bool]) -> String {
    var parts: [String] = []
    for (column, cell) in cells.enumerated() {
      let text = Self.cut(cell, to: widths[column])
      let pad = String(
        repeating: " ", count: max(0, widths[column] - displayWidth(of: Self.printable(text.plain)))
      )
      parts.append(isNumeric[column] ? pad + line(text) : line(text) + pad)
    }
    var result = parts.joined(separator: "  ")
    while result.hasSuffix(" ") { result.removeLast() }
    return result
  }

  /// Takes width from the widest text columns until the table fits.
  private static func shrink(_ widths: inout [Int], numeric: [Bool], to total: Int) {
    let gaps = 2 * max(0, widths.count - 1)
    var excess = widths.reduce(0, +) + gaps - total
    while excess > 0 {
      let candidates = widths.indices.filter { !numeric[$0] && widths[$0] > 8 }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
      let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? 8
      let step = max(1, min(excess, widths[widest] - max(8, next)))
      widths[widest] -= step
      excess -= step
    }
  }

  private static func cut(_ text: InlineText, to width: Int) -> InlineText {
    guard displayWidth(of: printable(text.plain)) > width else { return text }
    var left = max(1, width - 1)
    var result = InlineText("")
    result.pieces = []
    for piece in text.pieces where left > 0 {
      var kept = ""
      for character in piece.text {
        let size = displayWidth(of: String(character))
        guard size <= left else {
          left = 0
          break
        }
        kept.append(character)
        left -= size
      }
      result.pieces.append(InlineText.Piece(text: kept, isMarked: piece.isMarked))
    }
    result.pieces.append(InlineText.Piece(text: "…", isMarked: false))
    return result
  }

  private func colour(_ code: String, _ text: String) -> String {
    usesColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  /// Control characters never reach the terminal: data can't steer it.
  static func printable(_ text: String, keepsLines: Bool = false) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          if scalar == "\n" { return keepsLines ? "\n" : " " }
          if scalar == "\t" { return " " }
          return scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? "\u{FFFD}" : scalar
        }))
  }
}

/// Columns that a text takes in a terminal: two for wide East Asian characters and emoji, none
/// for combining marks.
func displayWidth(of text: String) -> Int {
  var width = 0
  for character in text {
    guard let scalar = character.unicodeScalars.first else { continue }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      width += 2
    default:
      width += scalar.properties.generalCategory == .nonspacingMark ? 0 : 1
    }
  }
  return width
}
