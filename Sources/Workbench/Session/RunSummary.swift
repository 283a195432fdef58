import Corpora

/// The last line of a run, for people.
package enum RunSummary {
  package static func text(_ session: NotebookSession, _ tally: RunTally) -> String {
    let cells = session.cells
    func names(_ indices: [Int]) -> String { indices.map { cells[$0].id }.joined(separator: ", ") }
    var parts: [String] = []
    let ran = tally.ran.count - tally.waiting.count { tally.ran.contains($0) }
    parts.append(ran == 0 ? "nothing to run" : "ran \(counted(ran, "cell"))")
    let fresh =
      cells.count { $0.state == .fresh } - (ran - tally.failed.count - tally.blocked.count)
    if fresh > 0 { parts.append("\(fresh) fresh") }
    if !tally.failed.isEmpty { parts.append("failed: \(names(tally.failed))") }
    if !tally.blocked.isEmpty { parts.append("blocked: \(names(tally.blocked))") }
    if !tally.waiting.isEmpty { parts.append("waiting: \(names(tally.waiting))") }
    if !tally.protected.isEmpty {
      parts.append(
        "left alone, since their output was edited or is broken: \(names(tally.protected))")
    }
    if !tally.unverifiable.isEmpty {
      parts.append("kept, since their input is absent: \(names(tally.unverifiable))")
    }
    if tally.isInterrupted { parts.append("interrupted; what was finished is saved") }
    if tally.couldNotSave { parts.append("not saved") }
    return "\(session.path): " + parts.joined(separator: "; ")
  }
}
