import Dispatch
import Glibc
import Workbench

/// Turns Ctrl-C into the session's two steps: stop the running cell, then leave.
final class Interruption {
  private let source: any DispatchSourceSignal

  init(_ core: SessionCore) {
    // The default action would end the process before the source is told.
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler {
      if core.interrupt() {
        Terminal.printError("\nleft; everything that was finished is saved")
        _exit(ExitStatus.interrupted.rawValue)
      }
    }
    source.resume()
  }

  deinit { source.cancel() }
}
