import Language
package import NotebookFormat

/// How a cell's saved output stands to the cell.
package enum CellState: Hashable, Sendable {
  case fresh
  case stale
  case missing
  /// The saved output tells of a failed run.
  case failed
  /// The body is not what Poise wrote.
  case edited
  case broken
  /// A merge left two versions of the output.
  case conflicted
  /// An input can't be read, so the saved output can be neither confirmed nor replaced.
  case unverifiable(String)
  /// A parameter has no value; an output from a run that had one is kept.
  case waiting([String])

  /// One word for listings.
  package var word: String {
    switch self {
    case .fresh: "fresh"
    case .stale: "stale"
    case .missing: "missing"
    case .failed: "failed"
    case .edited: "edited"
    case .broken: "broken"
    case .conflicted: "conflicted"
    case .unverifiable: "unverifiable"
    case .waiting: "waiting"
    }
  }
}

extension Notebook {
  /// The state of each cell, and the regions that no cell owns.
  package func states() -> (cells: [CellState], orphans: [RegionStates.Orphan]) {
    let own = cells.prefix(document.cells.count)
    let states = document.states(ids: own.map(\.id), keys: own.map(\.key.hex))
    let regions = Dictionary(document.regions.map { ($0.id, $0) }) { first, _ in first }
    let refined = zip(own, states.cells).map { cell, state -> CellState in
      if cell.isReplaced { return .fresh }
      let region = cell.id.isEmpty ? nil : regions[cell.id]
      func matches(_ key: String?) -> Bool {
        guard let key, let region else { return false }
        return region.isIntact && key.hasPrefix(region.keyPrefix)
      }
      switch state {
      case .broken: return .broken
      case .conflicted: return .conflicted
      case .edited: return .edited
      case .missing: return .missing
      case .fresh, .stale, .orphanIntact, .orphanEdited:
        if matches(cell.key.failedHex) { return .failed }
        if !cell.waitsFor.isEmpty {
          return matches(cell.key.waitingHex) ? .fresh : .waiting(cell.waitsFor)
        }
        if let problem = cell.key.problem { return .unverifiable(problem) }
        return state == .fresh ? .fresh : .stale
      }
    }
    return (refined + cells.dropFirst(own.count).map(\.entryState), states.orphans)
  }
}
