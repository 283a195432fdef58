import Corpora
import Diagnostics
import NotebookFormat

extension NotebookSession {
  /// One line a cell: its id, its state and the start of its source.
  package func listing(width: Int?) -> String {
    guard !cells.isEmpty else { return "there are no cells yet" }
    let states = zip(notebook.cells, cells).map { cell, state in
      cell.replacedBy.isEmpty || !cell.isReplaced
        ? state.state.word : "replaced by \(cell.replacedBy.joined(separator: ", "))"
    }
    let idWidth = cells.map { displayWidth(of: $0.id) }.max() ?? 0
    let stateWidth = states.map(\.count).max() ?? 0
    return zip(notebook.cells, zip(cells, states)).map { cell, pair in
      let (state, word) = pair
      let head =
        state.id + String(repeating: " ", count: idWidth - displayWidth(of: state.id)) + "  "
        + word + String(repeating: " ", count: stateWidth - word.count) + "  "
      let source = firstLine(of: cell)
      guard let width else { return head + source }
      let room = width - displayWidth(of: head)
      return head + Self.cut(source, to: max(10, room))
    }.joined(separator: "\n")
  }

  /// What a cell showed in this session, or has saved, with a note where that is not fresh.
  ///
  /// - Throws: ``SessionError`` where no cell has the id, or it has no output.
  package func lastOutput(of id: String) throws -> (text: String, note: String?) {
    let state = cells[try position(of: id)].state
    let note = state == .fresh ? nil : "the output is \(state.word)"
    if let text = shown[id] { return (text, note) }
    if let region = currentDocument.regions.first(where: { $0.id == id }) {
      let renderer = TerminalRenderer(
        usesColour: terminal.usesColour, width: terminal.width, plots: plots)
      return (renderer.text(of: SavedBody.blocks(of: region.body)), note)
    }
    throw SessionError("'\(id)' has no output yet; ':run \(id)' makes one", status: .usage)
  }

  /// One line about the notebook: how many cells it has and in which states.
  package var overview: String {
    guard !cells.isEmpty else { return "\(path): no cells" }
    var counts: [(word: String, count: Int)] = []
    for cell in cells {
      let word = cell.state.word
      if let index = counts.firstIndex(where: { $0.word == word }) {
        counts[index].count += 1
      } else {
        counts.append((word, 1))
      }
    }
    return "\(path): \(counted(cells.count, "cell")), "
      + counts.map { "\(grouped($0.count)) \($0.word)" }.joined(separator: ", ")
  }

  private func firstLine(of cell: NotebookCell) -> String {
    let source = notebook.file.text(cell.contentRange)
    let lines = source.split(whereSeparator: \.isNewline).map { $0.trimmed }
    let first = lines.first { !$0.isEmpty && !$0.hasPrefix("#") } ?? lines.first ?? ""
    let more = lines.count > 1 ? " …" : ""
    return TerminalRenderer.printable(first) + more
  }

  private static func cut(_ text: String, to width: Int) -> String {
    guard displayWidth(of: text) > width else { return text }
    var result = ""
    var left = width - 1
    for character in text {
      left -= displayWidth(of: String(character))
      if left < 0 { break }
      result.append(character)
    }
    return result + "…"
  }
}
