import Execution
import Synchronization

/// The part of a session that other threads may touch: the state behind a lock, the flag that
/// stops running work, and who is told of what happens.
package final class SessionCore: Sendable {
  let cancellation = Cancellation()
  let observer: (any SessionObserver)?
  private let guarded: Mutex<SessionState>

  init(accepts: Bool, observer: (any SessionObserver)?) {
    self.observer = observer
    guarded = Mutex(SessionState(accepts: accepts))
  }

  /// The state as it is now.
  package var state: SessionState { guarded.withLock { $0 } }

  /// Gives the reducer an event.
  func send(_ event: SessionEvent) -> [SessionEffect] { guarded.withLock { $0.reduce(event) } }

  /// Ctrl-C: the first asks the running cell to stop, the second wants to leave.
  ///
  /// - Returns: Whether to leave at once. All that was finished is saved by then.
  package func interrupt() -> Bool {
    let effects = send(.interrupted)
    if effects.contains(.cancelRunning) { cancellation.cancel() }
    return effects.contains(.leave)
  }
}
