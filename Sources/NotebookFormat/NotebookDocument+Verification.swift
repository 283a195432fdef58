import Diagnostics

extension NotebookDocument {
  /// Reads a spliced text again and compares: the second of two locks, for what the first has
  /// overlooked.
  func verify(_ result: [UInt8], after plan: SplicePlan) throws(NotebookError) {
    let after = try NotebookDocument(name: file.name, bytes: result)
    try expectCells(of: after)
    var found = Dictionary(
      after.regions.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    for (id, text) in plan.written {
      guard let region = found.removeValue(forKey: id), text.matches(region) else {
        throw .wouldChangeDocument(detail: "the output of '\(id)' would not read back")
      }
    }
    for region in regions where plan.written[region.id] == nil && !plan.removed.contains(region.id)
    {
      guard let same = found.removeValue(forKey: region.id),
        after.file.bytes[same.range].elementsEqual(file.bytes[region.range])
      else {
        throw .wouldChangeDocument(detail: "the output of '\(region.id)' would change")
      }
    }
    guard found.isEmpty, after.regions.count <= regions.count + plan.written.count else {
      throw .wouldChangeDocument(detail: "other text would become output")
    }
    let conflicted = conflicts.map(\.id).filter { !plan.resolved.contains($0) }
    guard after.conflicts.map(\.id) == conflicted,
      after.broken.map({ after.file.text($0.range) }) == broken.map({ file.text($0.range) })
    else {
      throw .wouldChangeDocument(detail: "other outputs would break")
    }
  }

  /// Expects the cells of another text to be these, apart from the line ending after the last.
  func expectCells(of after: NotebookDocument) throws(NotebookError) {
    guard after.cells.count == cells.count else {
      throw .wouldChangeDocument(
        detail: "it would have \(after.cells.count) cells in place of \(cells.count)")
    }
    for (before, after) in zip(cells.map(text), after.cells.map(after.text))
    where before != after {
      throw .wouldChangeDocument(detail: "another cell would change")
    }
  }

  private func text(of cell: CellBlock) -> ArraySlice<UInt8> {
    let end = file.lineRange(cell.lastLine - 1).upperBound
    return file.bytes[cell.blockRange.lowerBound..<max(end, cell.blockRange.lowerBound)]
  }
}
