import Artifacts
import Glibc
import NotebookFormat

/// How a notebook's saved outputs compare with what its cells give now.
package struct ReplayReport: Sendable {
  package struct Cell: Sendable, Codable {
    package let cell: String
    /// `same`, `within`, `drifted`, `measured`, `failed`, or the state that kept it from being
    /// compared.
    package let outcome: String
    /// Verdicts that came out differently: `claim held → undecided: text`.
    package let verdicts: [String]
  }

  package let cells: [Cell]
  package let status: ExitStatus

  /// For people: one line a cell, and one a verdict that changed.
  package var text: String {
    cells.flatMap { cell in
      ["\(cell.cell): \(cell.outcome)"] + cell.verdicts.map { "  \($0)" }
    }.joined(separator: "\n")
  }
}

extension NotebookSession {
  /// Recomputes every cell in a scratch store and compares what it shows with what is saved.
  ///
  /// - Parameters:
  ///   - path: The notebook.
  ///   - options: As for running; the store and the output file are not touched.
  ///   - isStrict: Whether a refuted claim is a failure.
  ///   - observer: Told of what happens.
  ///   - interruptible: Handed the session's core before work begins.
  /// - Returns: One outcome a cell.
  /// - Throws: ``SessionError``.
  package static func replay(
    path: String, options: SessionOptions, isStrict: Bool,
    observer: (any SessionObserver)? = nil, interruptible: (SessionCore) -> Void = { _ in }
  ) throws -> ReplayReport {
    let scratch = try ScratchFolder()
    defer { scratch.remove() }
    var options = options
    options.store = scratch.path + "/artifacts"
    options.outputFile = nil
    options.writesOutputs = false
    options.ignoresStored = false
    let session = try NotebookSession(path: path, options: options, observer: observer)
    interruptible(session.core)
    let before = session.core.state.cells
    let comparable = before.indices.filter { index in
      switch before[index].state {
      case .fresh, .stale, .failed: true
      default: false
      }
    }
    let tally = session.run(.only(comparable))
    return session.comparison(before: before, tally: tally, isStrict: isStrict)
  }

  private func comparison(
    before: [SessionState.Cell], tally: RunTally, isStrict: Bool
  ) -> ReplayReport {
    let regions = Dictionary(notebook.document.regions.map { ($0.id, $0) }) { first, _ in first }
    var statuses: [ExitStatus] = tally.isInterrupted ? [.interrupted] : []
    let cells = before.indices.map { index -> ReplayReport.Cell in
      let id = before[index].id
      guard let region = regions[id], tally.ran.contains(index), let output = rendered[index] else {
        switch before[index].state {
        case .edited, .broken, .conflicted: statuses.append(.document)
        case .missing: statuses.append(.stale)
        default: break
        }
        return ReplayReport.Cell(cell: id, outcome: before[index].state.word, verdicts: [])
      }
      let old = SavedVerdict.all(in: region.body)
      let new = SavedVerdict.all(in: output.body)
      let changes = zip(old, new).filter { $0.word != $1.word }.map { old, new in
        "\(old.kind) \(old.word) → \(new.word)\(new.text)"
      }
      if !changes.isEmpty { statuses.append(.failed) }
      if isStrict, new.contains(where: \.isRefuted) { statuses.append(.failed) }
      var outcome = ReplayComparison.compare(
        saved: region.body, replayed: output.body, isSeeded: output.isSeeded
      ).word
      if region.isMeasured {
        outcome = "measured"
      } else if outcome == ReplayOutcome.drifted.word {
        statuses.append(.stale)
      }
      if tally.failed.contains(index) || tally.blocked.contains(index) {
        statuses.append(.failed)
        if outcome == ReplayOutcome.drifted.word { outcome = "failed" }
      }
      return ReplayReport.Cell(cell: id, outcome: outcome, verdicts: changes)
    }
    if notebook.hasErrors { statuses.append(.failed) }
    return ReplayReport(cells: cells, status: ExitStatus.first(of: statuses))
  }
}

/// A folder of its own in the system's temporary folder, removed after use.
struct ScratchFolder {
  let path: String

  init() throws {
    let root = Workspace.environment("TMPDIR") ?? "/tmp"
    var template = Array("\(root)/poise-replay-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw SessionError(
        "no temporary folder could be made in '\(root)': \(String(cString: strerror(errno)))",
        status: .failed)
    }
    path = String(
      decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes the folder with all that is in it; symbolic links are removed, not followed.
  func remove() { Self.remove(path) }

  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      unlink(path)
      return
    }
    if let folder = opendir(path) {
      var names: [String] = []
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
      }
      closedir(folder)
      for name in names { remove(path + "/" + name) }
    }
    rmdir(path)
  }
}
