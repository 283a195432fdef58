import Workbench

extension Commands {
  static let plan = CommandSpec(
    name: "plan", operands: "NOTEBOOK.md…", operandCount: 1...1000,
    summary: "tell what would run, what is stored, what each call took before and would take",
    options: SessionArguments.options + [.flag("--json", "print for programs")]
  ) { arguments in
    var statuses: [ExitStatus] = []
    for path in arguments.operands {
      let session = try NotebookSession(
        path: path, options: try SessionArguments.parse(arguments), observer: QuietReporter())
      statuses.append(DiagnosticReport.print(session) ? .failed : .success)
      let plan = session.plan()
      if arguments.has("--json") {
        Terminal.print(try JSONText.of(PlanJSON(notebook: path, plan: plan)))
      } else {
        Terminal.print(plan.text)
      }
    }
    return ExitStatus.first(of: statuses).rawValue
  }

  static let explain = CommandSpec(
    name: "explain", operands: "NOTEBOOK.md CELL", operandCount: 2...2,
    summary: "tell which part of a cell's key changed",
    options: SessionArguments.options
  ) { arguments in
    let session = try NotebookSession(
      path: arguments.operands[0], options: try SessionArguments.parse(arguments),
      observer: QuietReporter())
    Terminal.print(try session.explain(arguments.operands[1]).text)
    return ExitStatus.success.rawValue
  }
}

/// A plan for programs.
struct PlanJSON: Encodable {
  struct Step: Encodable {
    let call: String
    let stored: Bool
    let secondsBefore: Double?
    let memoryBytes: Int?
    let operations: Double?
    let secondsExpected: Double?
    let note: String?
    let waitsFor: String?

    init(_ step: RunPlan.Step) {
      call = step.label
      stored = step.isStored
      secondsBefore = step.secondsBefore
      memoryBytes = step.expected?.memoryBytes
      operations = step.expected?.operations
      secondsExpected = step.expected?.seconds
      note = step.expected?.note
      waitsFor = step.expected?.waitsFor
    }
  }

  struct Cell: Encodable {
    let cell: String
    let state: String
    let runs: Bool
    let steps: [Step]
    let open: Bool
  }

  let notebook: String
  let cells: [Cell]

  init(notebook: String, plan: RunPlan) {
    self.notebook = notebook
    cells = plan.cells.map { cell in
      Cell(
        cell: cell.id, state: cell.state.word, runs: cell.wouldRun,
        steps: cell.steps.map(Step.init), open: cell.isOpen)
    }
  }
}
