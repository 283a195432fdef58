import Glibc
import Workbench

extension Commands {
  /// `poise` and `poise NOTEBOOK.md`.
  static let replSpec = CommandSpec(
    name: "[NOTEBOOK.md]", operands: "", operandCount: 0...1,
    summary: "the prompt, empty or with a notebook open",
    options: SessionArguments.options + [
      .flag("--accept", "write over outputs that were edited by hand")
    ]
  ) { arguments in
    var options = try SessionArguments.parse(arguments)
    options.accepts = arguments.has("--accept")
    return try Repl(path: arguments.operands.first, options: options).run()
  }

  static func repl(_ path: String?, words: [String]) throws -> Int32 {
    try replSpec.run(try ParsedArguments(words, for: replSpec))
  }
}

/// The prompt: reads entries and commands, one after the other, until it is left.
final class Repl {
  let options: SessionOptions
  let observer = ReplObserver()
  let ledger = SessionLedger()
  private(set) var session: NotebookSession
  private let signals: PromptSignals
  private var source: any LineSource = PlainLines()
  private var reader = EntryReader()
  /// How the entries and commands so far ended.
  private var statuses: [ExitStatus] = []
  private let isInteractive = isatty(STDIN_FILENO) == 1 && Terminal.outputIsTerminal

  init(path: String?, options: SessionOptions) throws {
    guard let signals = PromptSignals() else {
      throw SessionError("no pipe could be made for signals", status: .failed)
    }
    self.signals = signals
    self.options = options
    session = try Self.makeSession(path, options, observer)
  }

  private static func makeSession(
    _ path: String?, _ options: SessionOptions, _ observer: ReplObserver
  ) throws -> NotebookSession {
    guard let path else {
      return try NotebookSession.untitled(
        in: NotebookSession.currentFolder, options: options, terminal: Terminal.style,
        observer: observer)
    }
    return try NotebookSession(
      path: path, options: options, terminal: Terminal.style, observer: observer)
  }

  /// - Returns: The exit status: 1 if an entry or command of a script failed.
  func run() -> Int32 {
    signals.listen(isInteractive: isInteractive)
    begin(session)
    if isInteractive {
      let colour = Terminal.usesColour(isTerminal: true)
      if session.isUntitled {
        Terminal.print("Poise \(poiseVersion). ':help' tells what can be done here.")
      }
      source = ReadlineSource(signals: signals, history: .ofUser(), colour: colour) {
        [unowned self] in session.completion(pending: $0, line: $1)
      }
    }
    greet()
    loop()
    return isInteractive ? 0 : ExitStatus.first(of: statuses).rawValue
  }

  private func loop() {
    while true {
      let step: EntryReader.Step
      var isLast = false
      switch source.next(pending: reader.pending) {
      case .interrupted:
        reader.drop()
        continue
      case .end:
        step = reader.finish()
        isLast = true
      case .line(let line): step = reader.add(line) { source.peek() }
      }
      if case .complete(let text) = step {
        source.remember(text)
        if perform(text) { return }
        // An interrupted script does not go on with its next line.
        if !isInteractive, statuses.last == .interrupted { return }
      }
      if isLast { return }
    }
  }

  /// Does what was asked for. No error ends the session.
  ///
  /// - Returns: Whether to leave.
  private func perform(_ text: String) -> Bool {
    session.terminal = Terminal.style
    do {
      let word = text.drop { $0 == " " || $0 == "\t" }
      if word.hasPrefix(":") || word.hasPrefix("?") {
        let command = try ReplCommand(String(word))
        if command == .quit { return true }
        if reads(command) { refresh() }
        statuses.append(try perform(command))
      } else {
        refresh()
        statuses.append(try enter(text))
      }
    } catch {
      observer.stop()
      report("\(error)")
      statuses.append(
        (error as? SessionError).map { $0.status == .usage ? .failed : $0.status }
          ?? .failed)
    }
    return false
  }

  /// Whether a command has to do with the notebook's file.
  private func reads(_ command: ReplCommand) -> Bool {
    switch command {
    case .open, .doc, .help, .quit, .artifacts, .ledger: false
    default: true
    }
  }

  private func enter(_ text: String) throws -> ExitStatus {
    observer.show(.entry)
    let colour = Terminal.usesColour(isTerminal: Terminal.errorIsTerminal)
    let outcome = try session.enter(text, colour: colour)
    observer.stop()
    for text in outcome.diagnostics { Terminal.printError(text) }
    for note in outcome.notes { Terminal.print(note) }
    switch outcome.status {
    case .accepted, .empty: return .success
    case .rejected: return .failed
    case .interrupted:
      Terminal.printError("interrupted; the entry binds nothing")
      return .interrupted
    }
  }

  func report(_ message: String) {
    let colour = Terminal.usesColour(isTerminal: Terminal.errorIsTerminal)
    Terminal.printError((colour ? "\u{1B}[1;31merror:\u{1B}[0m " : "error: ") + message)
  }

  /// Takes another session in place of the one so far.
  func replace(with path: String) throws {
    let next = try Self.makeSession(path, options, observer)
    session = next
    begin(next)
    greet()
  }

  private func begin(_ session: NotebookSession) {
    session.record(in: ledger)
    signals.direct(to: session.core)
  }

  /// One line about the notebook, and what is wrong with it.
  private func greet() {
    guard !session.isUntitled else { return }
    Terminal.print(session.overview)
    printDiagnostics()
  }

  private func printDiagnostics() {
    let colour = Terminal.usesColour(isTerminal: Terminal.errorIsTerminal)
    for text in session.renderedDiagnostics(colour: colour) { Terminal.printError(text) }
  }

  /// Reads the file again where somebody else changed it.
  private func refresh() {
    do {
      guard try session.refresh() else { return }
      Terminal.print("the file has changed and was read again")
      greet()
    } catch {
      report("\(error)")
    }
  }
}
