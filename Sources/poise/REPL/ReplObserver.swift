import Dispatch
import Synchronization
import Workbench

/// Shows what a session does at the prompt: outputs of entries as they are, those of cells under
/// their ids.
final class ReplObserver: SessionObserver {
  /// What is being run.
  enum Mode: Sendable {
    case entry
    case cells
    /// Cells after a parameter changed, with what they showed before.
    case changes(before: [String: String])
  }

  private let progress = ProgressLine()
  private let mode = Mutex(Mode.cells)
  /// Shows that work goes on; kept alive and never touched after the start.
  nonisolated(unsafe) private let clock = DispatchSource.makeTimerSource(queue: .global())

  init() {
    let progress = progress
    clock.schedule(deadline: .now() + 1, repeating: 1, leeway: .milliseconds(100))
    clock.setEventHandler { progress.tick() }
    clock.activate()
  }

  func show(_ mode: Mode) { self.mode.withLock { $0 = mode } }

  func willRun(cell: String, index: Int, of count: Int) { progress.begin(cell) }

  func didRun(cell: String, status: CellResult.Status, output: String, seconds: Double) {
    progress.end()
    let isFailure = status == .failed || status == .blocked
    let print = isFailure ? Terminal.printError : Terminal.print
    let time = seconds >= 1 && Terminal.outputIsTerminal ? formatDuration(seconds) : nil
    switch mode.withLock({ $0 }) {
    case .entry:
      print(output)
      if let time { Terminal.print(Self.dim("(\(time))")) }
    case .changes(let before) where before[cell] == output:
      Terminal.print(Self.head(cell) + "  unchanged")
    case .cells, .changes:
      print(Self.head(cell) + (time.map { "  \($0)" } ?? "") + "\n" + output + "\n")
    }
  }

  func didProgress(_ progress: WorkProgress) { self.progress.update(progress) }

  func note(_ message: String) {
    progress.end()
    Terminal.printError("note: \(message)")
  }

  /// Clears the progress line after work that was cancelled.
  func stop() { progress.end() }

  private static var colour: Bool { Terminal.usesColour(isTerminal: Terminal.outputIsTerminal) }

  private static func head(_ cell: String) -> String {
    colour ? "\u{1B}[1;36m\(cell)\u{1B}[0m" : "[\(cell)]"
  }

  private static func dim(_ text: String) -> String {
    colour ? "\u{1B}[2m\(text)\u{1B}[0m" : text
  }
}
