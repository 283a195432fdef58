import Artifacts
import Diagnostics
import Language
import NotebookFormat

/// What came of something typed at the prompt.
package struct EntryOutcome: Sendable, Equatable {
  /// Whether the entry counts from now on.
  package enum Status: Sendable, Equatable {
    case accepted
    /// It has static errors, or failed when it ran: it binds nothing.
    case rejected
    case interrupted
    /// There is nothing in it but comments.
    case empty
  }

  /// Whether the entry counts from now on.
  package let status: Status
  /// The entry's id, where it was accepted.
  package var id: String?
  /// Rendered diagnostics, if it was rejected before it ran.
  package var diagnostics: [String] = []
  /// What else is worth knowing: cells that became stale or broken by it.
  package var notes: [String] = []
}

extension NotebookSession {
  /// The entries of the session that are in force.
  package var entries: [SessionEntry] { prompted.entries }

  /// Whether the session has no file.
  package var isUntitled: Bool { prompted.isUntitled }

  /// Checks what was typed against the notebook and evaluates it. The observer is told of its
  /// output as of a cell's.
  ///
  /// - Parameters:
  ///   - text: One statement or several, without a prompt.
  ///   - colour: Whether diagnostics use ANSI colours.
  /// - Returns: Whether it was accepted, and what else it did.
  /// - Throws: ``SessionError`` where the session itself can't go on.
  package func enter(_ text: String, colour: Bool = false) throws -> EntryOutcome {
    let entry = SessionEntry(id: nextEntryID(), text: text)
    let alone = SourceFile(name: entry.id, text: text)
    let parsed = parseCell(alone, 0..<alone.bytes.count, margin: entry.margin)
    let renderer = DiagnosticRenderer(colour: colour)
    func rejected(_ diagnostics: [Diagnostic], in file: SourceFile) -> EntryOutcome {
      let line = file.bytes.count == alone.bytes.count ? 0 : firstLine(of: entry.id)
      let origin = DiagnosticRenderer.Origin(name: entry.id, firstLine: line)
      return EntryOutcome(
        status: .rejected,
        diagnostics: diagnostics.map { renderer.render($0, in: file, from: origin) })
    }
    if parsed.diagnostics.contains(where: { $0.severity == .error }) {
      return rejected(parsed.diagnostics, in: alone)
    }
    if parsed.statements.isEmpty { return EntryOutcome(status: .empty) }
    if let problem = selfReference(parsed.statements) { return rejected([problem], in: alone) }

    let before = (prompted: prompted, notebook: notebook, states: states())
    prompted.entries = remaining(beside: parsed.statements) + [entry]
    try reload(bytes: currentDocument.file.bytes)
    guard let cell = notebook.cell(entry.id), notebook.cycle.isEmpty, cell.errors.isEmpty else {
      let problems =
        notebook.cycle.isEmpty
        ? notebook.cell(entry.id)?.errors ?? [] : [circle(parsed.statements.first?.span)]
      let file = notebook.cycle.isEmpty ? notebook.file : alone
      let outcome = rejected(problems, in: file)
      try restore(before.prompted.entries)
      return outcome
    }
    let tally = run(.only([cell.index]))
    if tally.isInterrupted || !tally.failed.isEmpty || !tally.blocked.isEmpty {
      try restore(before.prompted.entries)
      return EntryOutcome(status: tally.isInterrupted ? .interrupted : .rejected)
    }
    prompted.count += 1
    var outcome = EntryOutcome(status: .accepted, id: entry.id)
    outcome.notes = changes(from: before.notebook, before.states, besides: entry.id)
    return outcome
  }

  /// Cells whose key is the same in two readings of a notebook.
  static func unchangedCells(_ before: Notebook, _ after: Notebook) -> (String) -> Bool {
    let keys = Dictionary(
      before.cells.map { ($0.name, $0.key.digest) }
    ) { first, _ in first }
    let now = Dictionary(after.cells.map { ($0.name, $0.key.digest) }) { first, _ in first }
    return { name in
      guard let old = keys[name], let new = now[name], let old, let new else { return false }
      return old == new
    }
  }

  /// Whether a cell's output is what the file's own text gives.
  func belongsToFile(_ index: Int) -> Bool {
    !notebook.isEntry(index) && !notebook.cells[index].isTouched && !prompted.isUntitled
  }

  private func nextEntryID() -> String {
    let taken = Set(notebook.ids)
    var number = prompted.count + 1
    while taken.contains("in\(number)") { number += 1 }
    prompted.count = number - 1
    return "in\(number)"
  }

  private func firstLine(of id: String) -> Int {
    guard let cell = notebook.cell(id) else { return 0 }
    return notebook.file.lineIndex(of: cell.contentRange.lowerBound)
  }

  /// The entries that stay in force beside new statements: not those that only show the same
  /// thing again, and not those whose names are all bound anew.
  private func remaining(beside statements: [Statement]) -> [SessionEntry] {
    let names = Set(statements.compactMap(\.boundName))
    let syntax = canonicalSyntax(statements)
    return prompted.entries.filter { entry in
      guard let cell = notebook.cell(entry.id) else { return true }
      if canonicalSyntax(cell.statements) == syntax { return false }
      return !cell.statements.allSatisfy { $0.boundName.map(names.contains) ?? false }
    }
  }

  private func restore(_ entries: [SessionEntry]) throws {
    prompted.entries = entries
    try reload(bytes: currentDocument.file.bytes)
  }

  /// `a = a + 1`: the old value is gone once the name is bound anew.
  private func selfReference(_ statements: [Statement]) -> Diagnostic? {
    for statement in statements {
      guard let name = statement.boundName, statement.freeNames.contains(name),
        notebook.cells.contains(where: { $0.checked.binds.contains(name) })
      else { continue }
      return Diagnostic(
        .error, "'\(name)' can't be made from its own old value", at: statement.span,
        help: "a second binding replaces the first; bind another name")
    }
    return nil
  }

  private func circle(_ span: SourceSpan?) -> Diagnostic {
    let names = notebook.cycle.map { notebook.cells[$0].name }
    let path = (names + names.prefix(1)).joined(separator: " → ")
    return Diagnostic(
      .error, "with this binding, cells would read each other in a circle: \(path)", at: span,
      help: "a second binding replaces the first; bind another name")
  }

  func states() -> [String: CellState] {
    Dictionary(cells.map { ($0.id, $0.state) }) { first, _ in first }
  }

  /// What a rebinding did to other cells, in words.
  private func changes(
    from before: Notebook, _ states: [String: CellState], besides id: String
  ) -> [String] {
    var stale: [String] = []
    var failing: [String] = []
    let hadErrors = Set(before.cells.filter { !$0.errors.isEmpty }.map(\.name))
    for (cell, now) in zip(notebook.cells, cells) where cell.id != id {
      if !cell.errors.isEmpty {
        if !hadErrors.contains(cell.name) { failing.append(cell.name) }
      } else if states[cell.name] == .fresh, now.state != .fresh {
        stale.append(cell.name)
      }
    }
    var notes: [String] = []
    if !stale.isEmpty { notes.append("now stale: \(stale.joined(separator: ", "))") }
    if !failing.isEmpty {
      notes.append("no longer valid with it: \(failing.joined(separator: ", "))")
    }
    return notes
  }
}
