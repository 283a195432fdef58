import Diagnostics

/// A change to the output of a notebook.
public enum RegionEdit: Hashable, Sendable {
  /// Writes the output of a cell: in place where the cell has a region, else after the cell.
  ///
  /// `key` is the cell key in lower-case hexadecimal, of which the first twelve digits are
  /// written. `body` has LF line endings; see ``NotebookDocument/validateBody(_:)``.
  case write(cell: Int, key: String, isMeasured: Bool, body: String)
  /// Removes an intact region that has no cell.
  case remove(region: Int)
}

extension NotebookDocument {
  /// The bytes of the notebook with some outputs changed and every other byte as it was.
  ///
  /// The result is read again, and the edits are refused unless every cell and every other region
  /// come out as they were and what was written reads back as given. Writing what is there gives
  /// identical bytes. Linear in the length of the text.
  ///
  /// - Parameters:
  ///   - edits: At most one for a cell or region.
  ///   - ids: The id of each cell; empty for a cell that has none and is not written to.
  ///   - acceptEdited: Whether a region whose body was edited may be written over.
  /// - Returns: The whole text.
  /// - Throws: ``NotebookError`` where an edit would not be safe.
  public func splicing(
    _ edits: [RegionEdit], ids: [String], acceptEdited: Bool = false
  ) throws(NotebookError) -> [UInt8] {
    guard ids.count == cells.count else {
      throw .idCount(got: ids.count, expected: cells.count)
    }
    var plan = SplicePlan(self, ids: ids)
    for edit in edits {
      switch edit {
      case .write(let cell, let key, let isMeasured, let body):
        try checkWrite(cell: cell, key: key, ids: ids, in: plan)
        let text = RegionText(
          id: ids[cell], key: key, isMeasured: isMeasured,
          body: try Self.validatedBody(body))
        try plan.addEdit(of: text.id, line: cells[cell].line)
        try add(text, cell: cells[cell], acceptEdited: acceptEdited, to: &plan)
      case .remove(let index):
        guard regions.indices.contains(index) else {
          throw .noSuchRegion(index: index, count: regions.count)
        }
        let region = regions[index]
        guard region.isIntact else { throw .regionEdited(id: region.id, line: region.openLine) }
        try plan.addEdit(of: region.id, line: region.openLine)
        plan.removals.append(removalRange(of: region))
        plan.removed.insert(region.id)
      }
    }
    guard !plan.isEmpty else { return file.bytes }
    let result = try plan.apply(to: file)
    try verify(result, after: plan)
    return result
  }

  private func checkWrite(
    cell: Int, key: String, ids: [String], in plan: SplicePlan
  ) throws(NotebookError) {
    guard cells.indices.contains(cell) else {
      throw .noSuchCell(index: cell, count: cells.count)
    }
    let id = ids[cell]
    let line = cells[cell].line
    guard isValidCellID(id) else { throw .invalidID(id, line: line) }
    if let (first, second) = plan.sharedIDs[id] {
      throw .duplicateID(id, line: cells[second].line, otherLine: cells[first].line)
    }
    guard cells[cell].isClosed else { throw .cellNotClosed(line: line) }
    guard isKeyPrefix(String(key.prefix(64))) else { throw .invalidKey(key, id: id) }
    if let line = plan.distrust.line(of: id, cells[cell].blockRange)
      ?? plan.distrust.line(of: id, plan.regions[id]?.range)
    {
      throw .regionBroken(id: id, line: line)
    }
  }

  private func add(
    _ text: RegionText, cell: CellBlock, acceptEdited: Bool, to plan: inout SplicePlan
  ) throws(NotebookError) {
    let ending = plan.lineEnding
    if let region = plan.regions[text.id] {
      guard region.isIntact || acceptEdited else {
        throw .regionEdited(id: text.id, line: region.openLine)
      }
      guard !text.matches(region) else { return }
      plan.replacements.append((region.range, text.bytes(ending)))
      plan.written[text.id] = text
    } else if let conflict = conflicts.first(where: { $0.id == text.id }) {
      var bytes = text.bytes(ending)
      if conflict.hasEmptyLineBefore { bytes = ending.bytes + bytes }
      if conflict.hasEmptyLineAfter { bytes += ending.bytes }
      plan.replacements.append((conflict.range, bytes))
      plan.written[text.id] = text
      plan.resolved.insert(text.id)
    } else {
      plan.insertions.append(
        (cell.blockRange.upperBound, text, insertionEnding(after: cell, dominant: ending)))
      plan.written[text.id] = text
    }
  }

  /// The line ending of a region inserted after a cell: the dominant one, unless the text mixes
  /// them such that it would join with a neighbour to one CR LF.
  private func insertionEnding(after cell: CellBlock, dominant: LineEnding) -> LineEnding {
    guard let own = file.lineEnding(ofLine: cell.lastLine - 1), own != dominant else {
      return dominant
    }
    let isSafe =
      dominant == .carriageReturnLineFeed || (dominant == .lineFeed && own != .carriageReturn)
    return isSafe ? dominant : own
  }

  /// The bytes that go with a region: the region, its line ending, and the empty line before it.
  ///
  /// That is what inserting adds, so that removing gives back the text from before. Where nothing
  /// ends the last line of the text, nothing did before either: then what ends the line before the
  /// empty one goes, too.
  private func removalRange(of region: OutputRegion) -> Range<Int> {
    let open = region.openLine - 1
    let close = region.closeLine - 1
    let upper = file.end(ofLine: close)
    let takesEmptyLine = hasOwnEmptyLine(before: open, nextLine: close + 1)
    if takesEmptyLine, upper == region.range.upperBound, open > 1 {
      return file.lineRange(open - 2).upperBound..<upper
    }
    let lower = file.textRange(ofLine: takesEmptyLine ? open - 1 : open).lowerBound
    if lower > 0, upper < file.bytes.count, file.bytes[lower - 1] == Ascii.carriageReturn,
      file.bytes[upper] == Ascii.lineFeed
    {
      return region.range
    }
    return lower..<upper
  }

  /// Whether the empty line before a region goes with it. In a region that was moved it may be
  /// all that keeps two paragraphs apart: then it stays.
  private func hasOwnEmptyLine(before open: Int, nextLine: Int) -> Bool {
    guard open > 0, file.isEmpty(line: open - 1) else { return false }
    guard open > 1, nextLine < file.lineCount, !file.isEmpty(line: nextLine) else { return true }
    let previous = file.bytes[file.textRange(ofLine: open - 2)]
    let start = previous.drop(while: Ascii.isBlank)
    return start.isEmpty || start.starts(with: "```".utf8) || start.starts(with: "~~~".utf8)
      || start.starts(with: "<!-- poise:end ".utf8)
  }
}
