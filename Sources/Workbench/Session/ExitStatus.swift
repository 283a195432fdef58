/// What the program ends with; of several that apply, the first in this order.
package enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Interrupted by the user.
  case interrupted = 130
  /// The command was not understood.
  case usage = 2
  /// The document is broken or edited, or changed during the run.
  case document = 3
  /// A cell failed, the notebook has a static error, or a verdict differs.
  case failed = 1
  /// Outputs are stale, or a replay came out different.
  case stale = 4
  case success = 0

  /// The one that is told where several apply.
  package static func first(of statuses: [ExitStatus]) -> ExitStatus {
    allCases.first(where: statuses.contains) ?? .success
  }
}

extension RunTally {
  /// How `run` ends.
  package var status: ExitStatus {
    if isInterrupted { return .interrupted }
    if changedUnderneath || !protected.isEmpty { return .document }
    return failed.isEmpty && blocked.isEmpty && !couldNotSave ? .success : .failed
  }
}
