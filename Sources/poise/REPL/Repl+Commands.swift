import Workbench

extension Repl {
  /// Carries out a command other than `:quit`.
  func perform(_ command: ReplCommand) throws -> ExitStatus {
    switch command {
    case .open(let path):
      let dropped = session.entries.count
      try replace(with: expanded(path))
      if dropped > 0 { Terminal.print("dropped \(dropped) entries of the session before") }
    case .cells: Terminal.print(session.listing(width: Terminal.width))
    case .run(let run): return runAndTell(try session.selection(run))
    case .show(let id):
      let output = try session.lastOutput(of: id)
      Terminal.print(output.text)
      if let note = output.note { Terminal.print("(\(note))") }
    case .set(let name, let value): return try set(name, value)
    case .plan: Terminal.print(session.plan().text)
    case .explain(let id): Terminal.print(try session.explain(id).text)
    case .add(let id): return try add(id)
    case .save(let path): return try save(path)
    case .artifacts: Terminal.print(try session.artifactSummary())
    case .ledger: Terminal.print(ledger.text)
    case .doc(let name): try explain(name)
    case .help: Terminal.print(ReplCommand.helpText)
    case .quit: break
    }
    return .success
  }

  private func runAndTell(_ selection: SessionState.Selection) -> ExitStatus {
    observer.show(.cells)
    let tally = session.run(selection)
    observer.stop()
    Terminal.printError(RunSummary.text(session, tally))
    return tally.status
  }

  private func set(_ name: String, _ value: String?) throws -> ExitStatus {
    let reach = try session.reach(ofParameter: name)
    let before = session.verdicts(of: reach)
    let shown = session.shown
    try session.turn(name, to: value)
    Terminal.print(reach.text(name))
    guard !reach.cells.isEmpty else { return .success }
    observer.show(.changes(before: shown))
    let tally = session.run(session.selection(reach))
    observer.stop()
    let changes = session.changes(since: before)
    if !changes.isEmpty {
      for change in changes { Terminal.print(change.line) }
    } else if !reach.claims.isEmpty, !tally.isInterrupted {
      Terminal.print("no verdict changed")
    }
    if tally.isInterrupted || !tally.failed.isEmpty || !tally.blocked.isEmpty {
      Terminal.printError(RunSummary.text(session, tally))
    }
    return tally.status
  }

  private func add(_ id: String?) throws -> ExitStatus {
    let ids = try session.add(id)
    Terminal.print("added to \(session.path): \(ids.joined(separator: ", "))")
    return runAndTell(.only(try ids.map { try session.position(of: $0) }))
  }

  private func save(_ path: String?) throws -> ExitStatus {
    guard session.isUntitled else {
      if let path, path != session.path {
        throw SessionError(
          "the notebook open here is '\(session.path)'; ':save' saves it there", status: .usage)
      }
      let status = runAndTell(.stale)
      if !session.entries.isEmpty {
        let ids = session.entries.map(\.id).joined(separator: ", ")
        Terminal.print("not in the notebook: \(ids); ':add ID' makes one a cell")
      }
      return status
    }
    guard let path else { throw SessionError("usage: :save FILE.md", status: .usage) }
    let file = expanded(path)
    try session.saveEntries(to: file)
    Terminal.print("wrote \(file)")
    try replace(with: file)
    return runAndTell(.stale)
  }

  private func explain(_ name: String?) throws {
    guard let name else {
      Terminal.print(VerbDocumentation.overview())
      return
    }
    guard let text = VerbDocumentation.text(of: name) else {
      throw SessionError(VerbDocumentation.suggestion(for: name), status: .usage)
    }
    Terminal.print(text)
  }

  private func expanded(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = Workspace.environment("HOME") else { return path }
    return home + path.dropFirst()
  }
}
