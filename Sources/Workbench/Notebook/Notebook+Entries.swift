import Diagnostics
import Language
import NotebookFormat

extension Notebook {
  /// Reads a notebook together with what a session has bound beside it.
  ///
  /// - Parameters:
  ///   - document: The notebook's text.
  ///   - entries: In the order in which they were typed.
  ///   - verbs: What calls are checked against, and what expands paths into files.
  ///   - overrides: Values of parameters given from outside.
  ///   - resolver: What may be read, and its digests.
  init(
    document: NotebookDocument, entries: [SessionEntry], verbs: VerbLibrary,
    overrides: Overrides, resolver: InputResolver
  ) {
    let text = SessionText(document.file, entries)
    let file = text.file
    let ownCount = document.cells.count
    let own = document.cells.map { parseCell(file, $0.contentRange, margin: $0.margin) }
    let typed = zip(entries, text.ranges).map { parseCell(file, $1, margin: $0.margin) }
    var diagnostics = document.diagnostics + document.broken.map(\.diagnostic)
    diagnostics += (own + typed).flatMap(\.diagnostics)

    let ids = Self.ids(document, own, &diagnostics) + entries.map(\.id)
    let names = ids.enumerated().map { $1.isEmpty ? "cell \($0 + 1)" : $1 }
    let session = SessionOrder(own + typed, notebookCount: ownCount)
    let order = session.order
    let checker = Checker(
      verbs: verbs.all.map(\.signature), artifacts: ArtifactKind.allMembers,
      overrides: overrides.values)
    let checked = checker.check(
      order.map { CellSource(id: names[$0], statements: session.cells[$0].statements) })
    diagnostics += checked.diagnostics

    let parsed = order.map { session.cells[$0] }
    let paths = namesUsedAsPathsOnly(Set(checked.parameters.map(\.name)), in: parsed, verbs: verbs)
    let keys = CellKeys(
      cells: checked.cells, parsed: parsed, parameters: checked.parameters,
      pathParameters: paths, verbs: verbs, resolver: resolver)
    pathParameters = paths
    var places = [Int](repeating: 0, count: order.count)
    for (place, index) in order.enumerated() { places[index] = place }
    cells = ids.indices.map { index in
      let block =
        index < ownCount ? document.cells[index].blockRange : text.ranges[index - ownCount]
      let content =
        index < ownCount ? document.cells[index].contentRange : text.ranges[index - ownCount]
      let errors = diagnostics.filter { diagnostic in
        diagnostic.severity == .error && (diagnostic.span.map { block.contains($0.lower) } ?? false)
      }
      var cell = NotebookCell(
        id: ids[index], index: index, contentRange: content,
        statements: session.cells[index].statements, checked: checked.cells[places[index]],
        key: keys.keys[places[index]], errors: errors)
      cell.replacedBy = session.replacedBy[index].map { ids[$0] }
      cell.isTouched = session.touched.contains(index)
      return cell
    }
    name = document.file.name
    self.document = document
    self.file = file
    self.diagnostics = diagnostics.sorted {
      ($0.span?.lower ?? 0, $0.message) < ($1.span?.lower ?? 0, $1.message)
    }
    parameters = checked.parameters
    cycle = session.cycle
    self.order = order
  }

  /// The entries among the cells.
  var entryCells: ArraySlice<NotebookCell> { cells.dropFirst(document.cells.count) }

  /// The entries so that each comes after those that it reads.
  var orderedEntries: [NotebookCell] { order.filter(isEntry).map { cells[$0] } }

  /// Whether a position is that of an entry.
  func isEntry(_ index: Int) -> Bool { index >= document.cells.count }
}

extension NotebookCell {
  /// Whether entries have taken over all that the cell binds, so that nothing is left to run.
  var isReplaced: Bool { statements.isEmpty && !replacedBy.isEmpty }

  /// The state of an entry that has not run yet. One whose input can't be read runs all the same:
  /// the evaluator says what is wrong, and where.
  var entryState: CellState {
    if isReplaced { return .fresh }
    if !waitsFor.isEmpty { return .waiting(waitsFor) }
    return .stale
  }
}
