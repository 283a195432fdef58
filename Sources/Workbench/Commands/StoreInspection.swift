import Artifacts
import Corpora
import Language
import Plotting

/// `poise artifacts`: a store, looked at from outside a notebook.
package struct StoreInspection {
  /// One stored result, for programs.
  package struct Row: Sendable, Encodable {
    package let key: String
    package let verb: String
    package let call: String
    package let bytes: Int
    package let seconds: Double
    package let lastUsed: Int
    package let isPinned: Bool
  }

  package struct Verification: Sendable {
    package let text: String
    package let isSound: Bool
  }

  private let store: ArtifactStore

  package static var currentFolder: String { NotebookFile.currentFolder() }

  /// Opens the store that notebooks in a folder use; none is made.
  ///
  /// - Parameters:
  ///   - store: A store named by the user.
  ///   - folder: Where to look otherwise.
  /// - Throws: ``SessionError``.
  package init(store: String?, folder: String) throws {
    let workspace = Workspace(notebookFolder: folder, store: store, granted: [])
    guard ArtifactStore.isStore(workspace.storeFolder) else {
      throw SessionError(
        store.map { "there is no store at '\($0)'" }
          ?? "no folder from here upwards has a store; name one with --store", status: .usage)
    }
    self.store = try Self.translating {
      try ArtifactStore.open(at: workspace.storeFolder, create: false)
    }
  }

  /// All results, the last used first.
  package func rows() throws -> [Row] {
    try Self.translating { try store.list() }.map { row in
      Row(
        key: row.key.hex, verb: row.verb, call: row.label, bytes: row.outputBytes,
        seconds: row.seconds, lastUsed: row.lastUsed, isPinned: row.isPinned)
    }
  }

  /// Rows as a table for people.
  package static func text(of rows: [Row], style: NotebookSession.TerminalStyle) -> String {
    guard !rows.isEmpty else { return "the store is empty" }
    let values = rows.map { row in
      Value.record(
        Record([
          ("key", .string(String(row.key.prefix(12)) + (row.isPinned ? " pinned" : ""))),
          ("call", .string(row.call)), ("size", .string(ByteSize.format(row.bytes))),
          ("seconds", .number((row.seconds * 1000).rounded() / 1000)),
        ]))
    }
    return TerminalRenderer(
      usesColour: style.usesColour, width: style.width, plots: NoPlots(), visibleRows: .max
    ).text(of: [.table(TableLayout(rows: values))])
  }

  /// What was begun and can be resumed, a line each; empty where there is nothing.
  package func unfinishedText() throws -> String {
    try Self.translating { try store.unfinishedWork() }.map { work in
      "unfinished  \(work.key.short)  \(work.call.isEmpty ? "an unknown call" : work.call)  "
        + "(\(ByteSize.format(work.bytes)); goes on where it stopped when it is run again)"
    }.joined(separator: "\n")
  }

  /// Everything about one result or object.
  package func show(_ prefix: String) throws -> String {
    switch try Self.translating({ try store.show(prefix) }) {
    case .action(let action, _, let isPinned, let missing):
      var lines = [
        action.label,
        "  key       \(action.key.hex)" + (isPinned ? " (pinned)" : ""),
        "  verb      \(action.verb), version \(action.verbVersion)",
        "  output    \(action.output.hex), \(ByteSize.format(action.outputBytes))",
        "  took      \(RunPlan.seconds(action.cost.seconds)), "
          + "\(RunPlan.seconds(action.cost.cpuSeconds)) of processor time, "
          + "peak memory \(ByteSize.format(action.cost.peakMemoryBytes))",
        "  made by   poise \(action.provenance.poiseVersion) on \(action.provenance.cpu), "
          + counted(action.provenance.threads, "thread")
          + (action.provenance.kernel.isEmpty ? "" : ", kernels \(action.provenance.kernel)"),
      ]
      for (name, count) in action.cost.counts.sorted(by: { $0.key < $1.key }) {
        lines.append("  \(name)  \(formatNumber(count))")
      }
      for input in action.inputs {
        lines.append("  from      \(input.short)  \(store.action(input)?.label ?? "not recorded")")
      }
      for object in missing { lines.append("  missing   \(object.hex)") }
      return lines.joined(separator: "\n")
    case .object(let digest, let bytes, let users):
      return
        (["object \(digest.hex), \(ByteSize.format(bytes))"]
        + users.map { "  needed by \($0.short)  \(store.action($0)?.label ?? "")" })
        .joined(separator: "\n")
    }
  }

  /// Reads everything in the store.
  package func verify(repairs: Bool) throws -> Verification {
    let report = try Self.translating { try store.verify(removeCorrupt: repairs) }
    var lines = [
      "\(counted(report.objects, "object")), \(ByteSize.format(report.bytes)), "
        + counted(report.actions, "result")
    ]
    lines += report.corrupt.map { "corrupt object: \($0.hex)" }
    lines += report.malformed.map { "damaged record: \($0.hex)" }
    lines += report.missing.keys.sorted().map { "objects are missing for: \($0.hex)" }
    lines += report.unreadable.map { "unreadable object: \($0.hex)" }
    if !report.orphans.isEmpty {
      lines.append(
        "\(counted(report.orphans.count, "object")) that nothing needs; 'gc' removes them")
    }
    if report.removed > 0 { lines.append("deleted \(counted(report.removed, "damaged file"))") }
    lines.append(report.isSound ? "sound" : "damaged parts are computed again when wanted")
    return Verification(text: lines.joined(separator: "\n"), isSound: report.isSound)
  }

  /// Makes room.
  package func collect(keeping size: String) throws -> String {
    guard let bytes = ByteSize.parse(size) else {
      throw SessionError("'\(size)' is not a size; write one such as 500MB or 5GB", status: .usage)
    }
    let report = try Self.translating { try store.gc(keepBytes: bytes) }
    return "removed \(counted(report.removedActions.count, "result")) and "
      + "\(counted(report.removedObjects, "object")), freed \(ByteSize.format(report.freedBytes)); "
      + "\(ByteSize.format(report.remainingBytes)) are left"
      + (report.removedUnfinished > 0
        ? ", \(counted(report.removedUnfinished, "unfinished computation")) can't be resumed" : "")
      + (report.keptPinned > 0 ? ", \(counted(report.keptPinned, "result")) pinned" : "")
  }

  package func pin(_ prefix: String) throws -> String {
    "pinned \(try Self.translating { try store.pin(prefix) }.hex)"
  }

  package func unpin(_ prefix: String) throws -> String {
    "unpinned \(try Self.translating { try store.unpin(prefix) }.hex)"
  }

  private static func translating<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch {
      throw SessionError("\(error)", status: .failed)
    }
  }
}

/// A listing has no plots.
private struct NoPlots: PlotRenderer {
  struct Unavailable: Error {}

  func svg(_ spec: PlotSpec) throws -> [UInt8] { throw Unavailable() }
  func text(_ spec: PlotSpec, columns: Int, rows: Int) throws -> String { throw Unavailable() }
}
