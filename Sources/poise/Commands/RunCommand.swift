import Synchronization
import Workbench

extension Commands {
  static let run = CommandSpec(
    name: "run", operands: "NOTEBOOK.md…", operandCount: 1...1000,
    summary: "run what is not fresh, and write outputs back",
    options: SessionArguments.options + [
      .value("-o", "FILE", "write the notebook with its outputs to FILE instead"),
      .value("--cell", "ID", "run this cell only"),
      .value("--until", "ID", "run up to and including this cell"),
      .flag("--no-cache", "ignore stored results, and tell where new ones differ"),
      .flag("--accept", "write over outputs that were edited by hand"),
      .flag("--dry-run", "tell what would run, and run nothing"),
      .flag("--json", "print for programs: one line a notebook"),
    ]
  ) { arguments in
    var statuses: [ExitStatus] = []
    for path in arguments.operands {
      let status = try runOne(path, arguments)
      statuses.append(status)
      if status == .interrupted { break }
    }
    return ExitStatus.first(of: statuses).rawValue
  }

  private static func runOne(_ path: String, _ arguments: ParsedArguments) throws -> ExitStatus {
    var options = try SessionArguments.parse(arguments)
    options.outputFile = arguments.value("-o")
    options.ignoresStored = arguments.has("--no-cache")
    options.accepts = arguments.has("--accept")
    let reporter = RunReporter(printsOutputs: !arguments.has("--json"))
    let session = try NotebookSession(
      path: path, options: options, terminal: Terminal.style, observer: reporter)
    let hasErrors = DiagnosticReport.print(session)
    let selection = try self.selection(arguments, session)
    if arguments.has("--dry-run") {
      let plan = session.plan(selection)
      Terminal.print(
        arguments.has("--json") ? try JSONText.of(PlanJSON(notebook: path, plan: plan)) : plan.text)
      return hasErrors ? .failed : .success
    }
    let interruption = Interruption(session.core)
    defer { withExtendedLifetime(interruption) {} }
    let tally = session.run(selection)
    reporter.finish(session, tally)
    let status = ExitStatus.first(of: [tally.status, hasErrors ? .failed : .success])
    if arguments.has("--json") {
      Terminal.print(
        try JSONText.of(
          RunJSON(
            notebook: path, status: status.rawValue, ran: reporter.ran,
            cells: session.cells.map { RunJSON.Cell(cell: $0.id, state: $0.state.word) })))
    }
    return status
  }

  private static func selection(
    _ arguments: ParsedArguments, _ session: NotebookSession
  ) throws -> SessionState.Selection {
    if let id = arguments.value("--cell") { return .only([try session.position(of: id)]) }
    if let id = arguments.value("--until") {
      let last = try session.position(of: id)
      let wanted = (0...last).filter { session.cells[$0].state != .fresh }
      return arguments.has("--no-cache") ? .only(Array(0...last)) : .only(wanted)
    }
    // A copy has assets of its own, so every output is rendered for it; results come from the store.
    return arguments.has("--no-cache") || session.writesCopy ? .all : .stale
  }
}

/// Prints a notebook's diagnostics on standard error.
enum DiagnosticReport {
  /// - Returns: Whether any is an error.
  static func print(_ session: NotebookSession) -> Bool {
    let colour = Terminal.usesColour(isTerminal: Terminal.errorIsTerminal)
    for text in session.renderedDiagnostics(colour: colour) { Terminal.printError(text) }
    return session.notebook.hasErrors
  }
}

/// Tells a run's story: outputs on standard output, progress and notes on standard error.
final class RunReporter: SessionObserver {
  private let progress = ProgressLine()
  private let printsOutputs: Bool
  private let finished = Mutex<[RunJSON.Ran]>([])

  init(printsOutputs: Bool = true) { self.printsOutputs = printsOutputs }

  /// What has run so far, for programs.
  var ran: [RunJSON.Ran] { finished.withLock { $0 } }

  func willRun(cell: String, index: Int, of count: Int) { progress.begin(cell) }

  func didRun(cell: String, status: CellResult.Status, output: String, seconds: Double) {
    progress.end()
    finished.withLock {
      $0.append(RunJSON.Ran(cell: cell, status: "\(status)", seconds: seconds, output: output))
    }
    guard printsOutputs else { return }
    let colour = Terminal.usesColour(isTerminal: Terminal.outputIsTerminal)
    let head = colour ? "\u{1B}[1;36m\(cell)\u{1B}[0m" : "[\(cell)]"
    let time = seconds >= 1 && Terminal.outputIsTerminal ? "  \(formatDuration(seconds))" : ""
    Terminal.print("\(head)\(time)\n\(output)\n")
  }

  func didFail(cell: String, diagnostics: String) {
    progress.end()
    // On a terminal the output that follows says the same.
    if !(Terminal.outputIsTerminal && Terminal.errorIsTerminal) {
      Terminal.printError(diagnostics)
    }
  }

  func didProgress(_ progress: WorkProgress) { self.progress.update(progress) }

  func note(_ message: String) {
    progress.end()
    Terminal.printError("poise: \(message)")
  }

  /// The last line of a run.
  func finish(_ session: NotebookSession, _ tally: RunTally) {
    progress.end()
    Terminal.printError(RunSummary.text(session, tally))
  }
}

/// A run for programs: what ran with its output as text, and how every cell stands now.
struct RunJSON: Encodable {
  struct Ran: Encodable, Sendable {
    let cell: String
    let status: String
    let seconds: Double
    let output: String
  }

  struct Cell: Encodable {
    let cell: String
    let state: String
  }

  let notebook: String
  let status: Int32
  let ran: [Ran]
  let cells: [Cell]
}
