import Dispatch
import Glibc
import Synchronization
import Workbench

/// Signals of a session at the terminal: at the prompt they become events that the line editor
/// waits for, during work Ctrl-C goes to the session.
final class PromptSignals: Sendable {
  enum Event {
    case interrupt
    case resize
    case resume
    case terminate(Int32)
  }

  private struct State {
    var core: SessionCore?
    var isAtPrompt = false
    var isInteractive = false
  }

  private let state = Mutex(State())
  /// Kept alive; only ``listen(isInteractive:)`` touches them, once, on the main thread.
  nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []
  private let ends: (read: Int32, write: Int32)

  /// The descriptor that is readable while an event waits.
  var descriptor: Int32 { ends.read }

  init?() {
    var pair: [Int32] = [0, 0]
    guard pipe(&pair) == 0 else { return nil }
    for end in pair {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    ends = (pair[0], pair[1])
  }

  /// Starts listening; the default actions of these signals end here.
  func listen(isInteractive: Bool) {
    state.withLock { $0.isInteractive = isInteractive }
    var numbers = [SIGINT]
    if isInteractive { numbers += [SIGWINCH, SIGCONT, SIGTERM, SIGHUP] }
    for number in numbers {
      // The default action would come before the source is told.
      if number == SIGINT || number == SIGTERM || number == SIGHUP { signal(number, SIG_IGN) }
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [weak self] in self?.received(number) }
      source.resume()
      sources.append(source)
    }
  }

  /// The session that Ctrl-C reaches during work.
  func direct(to core: SessionCore) { state.withLock { $0.core = core } }

  var isAtPrompt: Bool {
    get { state.withLock { $0.isAtPrompt } }
    set { state.withLock { $0.isAtPrompt = newValue } }
  }

  /// Forgets what came during work.
  func drain() { while take() != nil {} }

  /// The next event, nil where none waits.
  func take() -> Event? {
    var byte: UInt8 = 0
    guard read(ends.read, &byte, 1) == 1 else { return nil }
    switch Int32(byte) {
    case SIGINT: return .interrupt
    case SIGWINCH: return .resize
    case SIGCONT: return .resume
    default: return .terminate(Int32(byte))
    }
  }

  private func received(_ number: Int32) {
    let (core, isAtPrompt, isInteractive) = state.withLock {
      ($0.core, $0.isAtPrompt, $0.isInteractive)
    }
    if isAtPrompt {
      var byte = UInt8(truncatingIfNeeded: number)
      _ = write(ends.write, &byte, 1)
      return
    }
    switch number {
    case SIGINT:
      // A script that waits for its next line has nothing to cancel.
      if !isInteractive, core?.state.running == nil { _exit(ExitStatus.interrupted.rawValue) }
      if core?.interrupt() ?? true {
        Terminal.printError("\nleft; everything that was finished is saved")
        _exit(ExitStatus.interrupted.rawValue)
      }
    case SIGTERM, SIGHUP: _exit(128 + number)
    default: break
    }
  }
}
