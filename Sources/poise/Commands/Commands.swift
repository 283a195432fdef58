/// All commands, in the order of the help.
enum Commands {
  static let all: [CommandSpec] = [
    run, check, plan, explain, fmt, doc, artifacts, new, save,
  ]

  static let help = """
    usage: poise [NOTEBOOK.md]          the REPL, empty or with a notebook open
           poise COMMAND [arguments]

    commands:
    \(all.map { "  " + $0.name.padded(to: 11) + $0.summary }.joined(separator: "\n"))

    'poise help COMMAND' tells a command's options; 'poise doc VERB' explains a verb.
    exit status: 0 done, 1 a cell failed, 2 usage, 3 document broken, edited or changed,
    4 stale or drifted (check), 130 interrupted
    """
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
