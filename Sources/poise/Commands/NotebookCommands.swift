import Workbench

extension Commands {
  static let fmt = CommandSpec(
    name: "fmt", operands: "NOTEBOOK.md…", operandCount: 1...1000,
    summary: "write the cells in one style; never changes a key",
    options: [
      .flag("--ids", "write an id into each cell that binds no name"),
      .flag("--check", "write nothing; status 4 where something would change"),
    ]
  ) { arguments in
    var statuses: [ExitStatus] = []
    for path in arguments.operands {
      let result = try NotebookFormatting.format(
        path: path, addsIDs: arguments.has("--ids"), writes: !arguments.has("--check"),
        colour: Terminal.usesColour(isTerminal: Terminal.errorIsTerminal))
      for problem in result.problems { Terminal.printError(problem) }
      if !result.problems.isEmpty { statuses.append(.failed) }
      if result.isChanged {
        Terminal.print("\(path): \(arguments.has("--check") ? "would change" : "formatted")")
        if arguments.has("--check") { statuses.append(.stale) }
      }
    }
    return ExitStatus.first(of: statuses).rawValue
  }

  static let new = CommandSpec(
    name: "new", operands: "NOTEBOOK.md", operandCount: 1...1,
    summary: "write a notebook to start from", options: []
  ) { arguments in
    try NotebookTemplate.create(at: arguments.operands[0])
    Terminal.print("wrote \(arguments.operands[0]); open it with: poise \(arguments.operands[0])")
    return ExitStatus.success.rawValue
  }

  static let save = CommandSpec(
    name: "save", operands: "NOTEBOOK.md NAME DIR", operandCount: 3...3,
    summary: "write a value out for other tools",
    options: SessionArguments.options + [
      .value(
        "--as", "FORMAT",
        ExportFormat.all.map { "\($0.name): \($0.summary)" }.joined(separator: "; "))
    ]
  ) { arguments in
    let names = ExportFormat.all.map(\.name)
    guard let name = arguments.value("--as") else {
      throw UsageError.missingOption("--as \(names.joined(separator: "|"))", command: "save")
    }
    guard let format = ExportFormat.all.first(where: { $0.name == name }) else {
      throw UsageError.badValue(
        option: "--as", got: name, expected: names.joined(separator: " or "))
    }
    let reporter = QuietReporter()
    let session = try NotebookSession(
      path: arguments.operands[0], options: try SessionArguments.parse(arguments),
      observer: reporter)
    let hasErrors = DiagnosticReport.print(session)
    let interruption = Interruption(session.core)
    defer { withExtendedLifetime(interruption) {} }
    let files = try session.save(arguments.operands[1], to: arguments.operands[2], as: format)
    reporter.end()
    for file in files { Terminal.print(file) }
    return (hasErrors ? ExitStatus.failed : .success).rawValue
  }

  static let doc = CommandSpec(
    name: "doc", operands: "[VERB | TOPIC]", operandCount: 0...1,
    summary: "explain a verb, or list all", options: []
  ) { arguments in
    guard let name = arguments.operands.first else {
      Terminal.print(VerbDocumentation.overview())
      return ExitStatus.success.rawValue
    }
    guard let text = VerbDocumentation.text(of: name) else {
      Terminal.printError("poise: \(VerbDocumentation.suggestion(for: name))")
      return ExitStatus.usage.rawValue
    }
    Terminal.print(text)
    return ExitStatus.success.rawValue
  }
}
