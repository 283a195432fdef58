import Workbench

extension Commands {
  static let check = CommandSpec(
    name: "check", operands: "NOTEBOOK.md…", operandCount: 1...1000,
    summary: "tell whether saved outputs still belong to their cells; runs nothing",
    options: SessionArguments.options + [
      .flag("--replay", "recompute in a scratch store and compare what comes out"),
      .flag("--strict", "fail on a refuted claim"),
      .flag("--json", "print for programs"),
    ]
  ) { arguments in
    var statuses: [ExitStatus] = []
    for path in arguments.operands {
      let options = try SessionArguments.parse(arguments)
      let status =
        arguments.has("--replay")
        ? try replay(path, options, arguments) : try check(path, options, arguments)
      statuses.append(status)
      if status == .interrupted { break }
    }
    return ExitStatus.first(of: statuses).rawValue
  }

  private static func check(
    _ path: String, _ options: SessionOptions, _ arguments: ParsedArguments
  ) throws -> ExitStatus {
    let session = try NotebookSession(path: path, options: options, observer: QuietReporter())
    _ = DiagnosticReport.print(session)
    let report = session.check(isStrict: arguments.has("--strict"))
    if arguments.has("--json") {
      Terminal.print(try JSONText.of(CheckJSON(notebook: path, report: report)))
    } else {
      for finding in report.findings where finding.word != "fresh" {
        Terminal.print(
          "\(path): \(finding.cell): \(finding.word)" + (finding.detail.map { ", \($0)" } ?? ""))
      }
      let fresh = report.findings.count { $0.word == "fresh" }
      Terminal.printError("\(path): \(fresh) of \(report.findings.count) fresh")
    }
    return report.status
  }

  private static func replay(
    _ path: String, _ options: SessionOptions, _ arguments: ParsedArguments
  ) throws -> ExitStatus {
    let reporter = QuietReporter()
    var interruption: Interruption?
    let report = try NotebookSession.replay(
      path: path, options: options, isStrict: arguments.has("--strict"), observer: reporter
    ) { core in interruption = Interruption(core) }
    withExtendedLifetime(interruption) {}
    reporter.end()
    if arguments.has("--json") {
      Terminal.print(try JSONText.of(ReplayJSON(notebook: path, report: report)))
    } else {
      for line in report.text.split(separator: "\n") { Terminal.print("\(path): \(line)") }
    }
    return report.status
  }
}

private struct CheckJSON: Encodable {
  struct Cell: Encodable {
    let cell: String
    let state: String
    let detail: String?
  }

  let notebook: String
  let status: Int32
  let cells: [Cell]

  init(notebook: String, report: CheckReport) {
    self.notebook = notebook
    status = report.status.rawValue
    cells = report.findings.map { Cell(cell: $0.cell, state: $0.word, detail: $0.detail) }
  }
}

private struct ReplayJSON: Encodable {
  let notebook: String
  let status: Int32
  let cells: [ReplayReport.Cell]

  init(notebook: String, report: ReplayReport) {
    self.notebook = notebook
    status = report.status.rawValue
    cells = report.cells
  }
}

/// Shows progress and notes, but no outputs.
final class QuietReporter: SessionObserver {
  private let progress = ProgressLine()

  func willRun(cell: String, index: Int, of count: Int) { progress.begin(cell) }

  func didRun(cell: String, status: CellResult.Status, output: String, seconds: Double) {
    progress.end()
  }

  func didProgress(_ progress: WorkProgress) { self.progress.update(progress) }

  func note(_ message: String) {
    progress.end()
    Terminal.printError("poise: \(message)")
  }

  func end() { progress.end() }
}
