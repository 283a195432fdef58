import Artifacts
import Diagnostics
import NotebookFormat

/// Why a cell is fresh or stale: the parts of its key, then and now.
package struct KeyExplanation: Sendable, Equatable {
  package struct Change: Sendable, Equatable {
    package enum Kind: String, Sendable { case changed, added, removed }
    package let kind: Kind
    /// `syntax`, `cell a`, `param k`, `verb bm25`, `file docs`.
    package let part: String
  }

  package let cell: String
  package let state: String
  /// Names of all parts of the key as it is now.
  package let parts: [String]
  /// Nil where the store does not know what the saved output was made from.
  package let changes: [Change]?
  package let problem: String?

  /// For people.
  package var text: String {
    var lines = ["\(cell): \(state)"]
    if let problem { lines.append("  \(problem)") }
    if let changes {
      lines += changes.map { "  \($0.kind.rawValue): \($0.part)" }
      if changes.isEmpty, problem == nil {
        lines.append("  nothing that it depends on has changed")
      }
    } else {
      lines.append("  the store does not know what the saved output was made from")
    }
    lines.append("  the key is made of: \(parts.joined(separator: ", "))")
    return lines.joined(separator: "\n")
  }
}

extension NotebookSession {
  /// Which part of a cell's key changed since its saved output was made.
  package func explain(_ id: String) throws -> KeyExplanation {
    let index = try position(of: id)
    let cell = notebook.cells[index]
    let now = cell.key.parts
    var changes: [KeyExplanation.Change]?
    if let region = notebook.document.regions.first(where: { $0.id == cell.id }),
      let then = recordedParts(keyPrefix: region.keyPrefix)
    {
      changes = Self.changes(from: then, to: now)
    }
    return KeyExplanation(
      cell: id, state: cells[index].state.word, parts: now.map(\.name), changes: changes,
      problem: cell.key.problem)
  }

  private static func changes(
    from then: [CellKey.Part], to now: [CellKey.Part]
  ) -> [KeyExplanation.Change] {
    let before = Dictionary(then.map { ($0.name, $0.digest) }) { first, _ in first }
    let after = Dictionary(now.map { ($0.name, $0.digest) }) { first, _ in first }
    var changes: [KeyExplanation.Change] = []
    for part in now {
      if let digest = before[part.name] {
        if digest != part.digest { changes.append(.init(kind: .changed, part: part.name)) }
      } else {
        changes.append(.init(kind: .added, part: part.name))
      }
    }
    for part in then where after[part.name] == nil {
      changes.append(.init(kind: .removed, part: part.name))
    }
    return changes
  }

  /// Remembers what a cell's key was made of, so that a later change can be explained.
  func recordParts(of cell: NotebookCell, seconds: Double) {
    guard let key = cell.key.digest, !store.hasAction(key) else { return }
    var encoder = ValueEncoder()
    for part in cell.key.parts {
      encoder.append(part.name)
      encoder.append(part.digest.hex)
    }
    // Explaining is a help; that it can't be recorded must not fail a run.
    guard let output = try? store.put(encoder.bytes) else { return }
    try? store.record(
      Action(
        key: key, verb: "cell", verbVersion: 1, label: "cell \(cell.id)", output: output,
        outputBytes: encoder.bytes.count, cost: Cost(seconds: seconds),
        provenance: runner.provenance, createdAt: Int(CostMeter.wallClock())))
  }

  private func recordedParts(keyPrefix: String) -> [CellKey.Part]? {
    guard case .action(let action, _, _, _)? = try? store.show(keyPrefix),
      action.verb == "cell", let object = store.get(action.output)
    else { return nil }
    return object.withUnsafeBytes { bytes -> [CellKey.Part]? in
      var decoder = ValueDecoder(bytes) { kind, digest, isSeeded in
        ArtifactHandle(kind: kind, digest: digest, isSeeded: isSeeded) {
          throw ArtifactLost(digest: digest)
        }
      }
      var parts: [CellKey.Part] = []
      while !decoder.remaining.isEmpty {
        guard let name = try? decoder.string(), let hex = try? decoder.string(),
          let digest = Digest(hex: hex)
        else { return nil }
        parts.append(CellKey.Part(name: name, digest: digest))
      }
      return parts
    }
  }
}

extension SessionError {
  /// No cell has this id.
  static func unknownCell(_ id: String, among ids: [String]) -> SessionError {
    let close = closestName(to: id, among: ids).map { "; did you mean '\($0)'?" }
    let all =
      ids.isEmpty ? "; the notebook has no cells" : "; there are \(ids.joined(separator: ", "))"
    return SessionError("there is no cell '\(id)'" + (close ?? all), status: .usage)
  }
}
