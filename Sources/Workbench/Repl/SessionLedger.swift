import Artifacts
import Corpora
import Synchronization

/// What a session computed and what it took from the store, with the time that both took.
package final class SessionLedger: Sendable {
  struct Line: Sendable, Equatable {
    let label: String
    let isReused: Bool
    let seconds: Double
  }

  private let lines = Mutex<[Line]>([])

  /// An empty ledger.
  package init() {}

  func note(_ event: NodeRunner.Event) {
    let isReused: Bool
    switch event.kind {
    case .reused: isReused = true
    case .computed, .differs: isReused = false
    case .wanted: return
    }
    let line = Line(label: event.label, isReused: isReused, seconds: event.cost?.seconds ?? 0)
    lines.withLock { $0.append(line) }
  }

  /// For people: a line a call, in order, and the totals.
  package var text: String {
    let lines = lines.withLock { $0 }
    guard !lines.isEmpty else { return "nothing has been computed or reused yet" }
    var counted: [Line] = []
    var counts: [Int] = []
    var positions: [String: Int] = [:]
    for line in lines {
      let key = "\(line.isReused) \(line.label)"
      if let position = positions[key] {
        counts[position] += 1
      } else {
        positions[key] = counted.count
        counted.append(line)
        counts.append(1)
      }
    }
    var text = zip(counted, counts).map { line, count in
      "  \(line.isReused ? "reused  " : "computed")  \(line.label)"
        + (count > 1 ? ", \(count) times" : "")
        + "  (\(line.isReused ? "took " : "")\(RunPlan.seconds(line.seconds)))"
    }
    let made = lines.filter { !$0.isReused }
    let reused = lines.filter(\.isReused)
    text.append(
      "computed \(made.count) in \(Self.total(made)), reused \(reused.count) that took "
        + "\(Self.total(reused)) when they were computed")
    return text.joined(separator: "\n")
  }

  private static func total(_ lines: [Line]) -> String {
    RunPlan.seconds(lines.reduce(0) { $0 + $1.seconds })
  }
}

extension NotebookSession {
  /// Has a ledger kept of what this session computes and reuses from now on.
  package func record(in ledger: SessionLedger) { runner.onEvent = { ledger.note($0) } }

  /// What the session's store holds: the latest results, and how much there is.
  ///
  /// - Throws: ``SessionError``.
  package func artifactSummary(limit: Int = 20) throws -> String {
    let rows: [ArtifactRow]
    do {
      rows = try store.list().filter { $0.verb != "cell" }
    } catch {
      throw SessionError("\(error)", status: .failed)
    }
    let place = store.folder ?? "memory"
    guard !rows.isEmpty else { return "\(place) is empty" }
    let latest = rows.sorted { ($0.lastUsed, $0.createdAt) > ($1.lastUsed, $1.createdAt) }
    var lines = latest.prefix(limit).map { row in
      "  \(row.key.short)  \(row.label)  (\(ByteSize.format(row.outputBytes)), took "
        + "\(RunPlan.seconds(row.seconds)))"
    }
    if rows.count > limit { lines.append("  … \(counted(rows.count - limit, "older result"))") }
    let bytes = rows.reduce(0) { $0 + $1.outputBytes }
    lines.append("\(place): \(counted(rows.count, "result")), \(ByteSize.format(bytes))")
    return lines.joined(separator: "\n")
  }
}
