import Workbench

extension Commands {
  static let artifacts = CommandSpec(
    name: "artifacts", operands: "list | show KEY | verify | gc | pin KEY | unpin KEY",
    operandCount: 1...2,
    summary: "look at the store, check it, or make room in it",
    options: [
      .value("--store", "DIR", "the store; by default the one of the current folder"),
      .value("--keep", "SIZE", "gc: how much may stay, such as 5GB"),
      .flag("--repair", "verify: delete what is damaged, so that it is computed again"),
      .flag("--json", "list: print for programs"),
    ]
  ) { arguments in
    let store = try StoreInspection(
      store: arguments.value("--store") ?? Workspace.environment("POISE_STORE"),
      folder: StoreInspection.currentFolder)
    let action = arguments.operands[0]
    let operand = arguments.operands.dropFirst().first
    switch (action, operand) {
    case ("list", nil):
      let rows = try store.rows()
      Terminal.print(
        arguments.has("--json")
          ? try JSONText.of(rows) : StoreInspection.text(of: rows, style: Terminal.style))
      let unfinished = try store.unfinishedText()
      if !unfinished.isEmpty, !arguments.has("--json") { Terminal.print(unfinished) }
    case ("show", let key?): Terminal.print(try store.show(key))
    case ("verify", nil):
      let report = try store.verify(repairs: arguments.has("--repair"))
      Terminal.print(report.text)
      return (report.isSound ? ExitStatus.success : .failed).rawValue
    case ("gc", nil):
      guard let text = arguments.value("--keep") else {
        throw UsageError.missingOption("--keep SIZE", command: "artifacts gc")
      }
      Terminal.print(try store.collect(keeping: text))
    case ("pin", let key?): Terminal.print(try store.pin(key))
    case ("unpin", let key?): Terminal.print(try store.unpin(key))
    default:
      throw UsageError.unknownAction(
        action, command: "artifacts", known: ["list", "show", "verify", "gc", "pin", "unpin"])
    }
    return ExitStatus.success.rawValue
  }
}
