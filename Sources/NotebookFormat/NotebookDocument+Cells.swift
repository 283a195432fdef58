import Diagnostics

extension NotebookDocument {
  /// The bytes of the notebook with ids written into the info strings of cells.
  ///
  /// - Parameter ids: By index of the cell; none of them may have an id yet.
  /// - Returns: The whole text. Linear in its length.
  /// - Throws: ``NotebookError`` where the text would read differently.
  public func addingIDs(_ ids: [Int: String]) throws(NotebookError) -> [UInt8] {
    guard !ids.isEmpty else { return file.bytes }
    var edits: [SpliceEdit] = []
    for (index, id) in ids.sorted(by: { $0.key < $1.key }) {
      guard cells.indices.contains(index) else {
        throw .noSuchCell(index: index, count: cells.count)
      }
      let cell = cells[index]
      guard isValidCellID(id) else { throw .invalidID(id, line: cell.line) }
      if let explicit = cell.explicitID { throw .alreadyHasID(explicit, line: cell.line) }
      if let other = cells.firstIndex(where: { $0.explicitID == id })
        ?? ids.first(where: { $0.key < index && $0.value == id })?.key
      {
        throw .duplicateID(
          id, line: max(cell.line, cells[other].line), otherLine: min(cell.line, cells[other].line))
      }
      if let brace = cell.braceEnd {
        let isLast = file.bytes[brace] == Ascii.closeBrace
        edits.append(
          SpliceEdit(range: brace..<brace, bytes: Array("#\(id)\(isLast ? "" : " ")".utf8)))
      } else {
        let end = cell.infoSpan.lower + "poise".utf8.count
        edits.append(SpliceEdit(range: end..<end, bytes: Array(" {#\(id)}".utf8)))
      }
    }
    let result = try splice(edits, into: file.bytes)
    let after = try NotebookDocument(name: file.name, bytes: result)
    try expectOutputs(of: after)
    for (index, cell) in cells.enumerated() {
      guard after.cells.indices.contains(index),
        after.cells[index].explicitID == ids[index] ?? cell.explicitID,
        after.content(of: after.cells[index]) == content(of: cell)
      else {
        throw .wouldChangeDocument(detail: "the cell in line \(cell.line) would read differently")
      }
    }
    return result
  }

  /// The bytes of the notebook with new source in some cells.
  ///
  /// Each line gets the margin of its cell (an empty one none) and the line ending of the cell's
  /// opening fence.
  ///
  /// - Parameter contents: By index of the cell: lines with LF, with or without one at the end.
  /// - Returns: The whole text. Linear in its length.
  /// - Throws: ``NotebookError`` where the text would read differently.
  public func replacingContents(_ contents: [Int: String]) throws(NotebookError) -> [UInt8] {
    var edits: [SpliceEdit] = []
    for (index, content) in contents.sorted(by: { $0.key < $1.key }) {
      guard cells.indices.contains(index) else {
        throw .noSuchCell(index: index, count: cells.count)
      }
      let cell = cells[index]
      guard cell.isClosed else { throw .cellNotClosed(line: cell.line) }
      let bytes = try source(content, for: cell)
      if !bytes.elementsEqual(file.bytes[cell.contentRange]) {
        edits.append(SpliceEdit(range: cell.contentRange, bytes: bytes))
      }
    }
    guard !edits.isEmpty else { return file.bytes }
    let result = try splice(edits, into: file.bytes)
    let after = try NotebookDocument(name: file.name, bytes: result)
    try expectOutputs(of: after)
    for (index, cell) in cells.enumerated() {
      let expected = contents[index].map { $0.isEmpty || $0.hasSuffix("\n") ? $0 : $0 + "\n" }
      guard after.cells.indices.contains(index),
        after.content(of: after.cells[index]) == expected ?? content(of: cell),
        after.cells[index].explicitID == cell.explicitID
      else {
        throw .wouldChangeDocument(detail: "the cell in line \(cell.line) would read differently")
      }
    }
    return result
  }

  private func source(_ content: String, for cell: CellBlock) throws(NotebookError) -> [UInt8] {
    let ending = (file.lineEnding(ofLine: cell.line - 1) ?? file.dominantLineEnding).bytes
    let margin = [UInt8](repeating: Ascii.space, count: cell.margin)
    var lines = Array(content.utf8).split(
      separator: Ascii.lineFeed, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    let opening = FenceOpening(line: cell.line - 1, in: file)
    var result: [UInt8] = []
    for (number, line) in lines.enumerated() {
      let single = SourceFile(name: "", bytes: Array(line))
      guard single.lineCount == 1, opening?.isClosed(byLine: 0, in: single) == false else {
        throw .unfitContent(line: number + 1)
      }
      if !line.isEmpty { result += margin }
      result += line
      result += ending
    }
    return result
  }

  /// Expects the regions of another text to be these, byte for byte.
  private func expectOutputs(of after: NotebookDocument) throws(NotebookError) {
    guard after.cells.count == cells.count,
      after.regions.map({ after.file.text($0.range) }) == regions.map({ file.text($0.range) }),
      after.broken.map({ after.file.text($0.range) }) == broken.map({ file.text($0.range) }),
      after.conflicts.map(\.id) == conflicts.map(\.id)
    else { throw .wouldChangeDocument(detail: "cells or outputs would be lost or gained") }
  }
}
