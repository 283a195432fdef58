/// How the outputs of a document stand to its cells.
public struct RegionStates: Sendable {
  /// A region without a cell.
  public struct Orphan: Hashable, Sendable {
    /// The index in ``NotebookDocument/regions``.
    public let region: Int
    /// ``RegionState/orphanIntact`` or ``RegionState/orphanEdited``; ``RegionState/broken`` where
    /// the document can't be trusted to show all of its cells.
    public let state: RegionState
  }

  /// One state for each cell, in order.
  public let cells: [RegionState]
  /// The regions without a cell, in order.
  public let orphans: [Orphan]
}

extension NotebookDocument {
  /// Compares each cell's key with what its region says.
  ///
  /// - Parameters:
  ///   - ids: The id of each cell; empty for one that has none.
  ///   - keys: The key of each cell, in lower-case hexadecimal; nil where it can't be computed.
  ///     Missing entries count as empty and nil.
  /// - Returns: A state for each cell, and the regions that no cell owns. *Unverifiable* is for
  ///   the caller to tell, who knows which input files are absent: such a cell is *stale* here.
  public func states(ids: [String], keys: [String?]) -> RegionStates {
    let distrust = Distrust(broken)
    let byID = Dictionary(regions.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let conflicted = Set(conflicts.map(\.id))
    let states = cells.indices.map { index -> RegionState in
      let id = index < ids.count ? ids[index] : ""
      guard distrust.line(of: id, cells[index].blockRange) == nil,
        distrust.line(of: id, byID[id]?.range) == nil
      else { return .broken }
      if conflicted.contains(id) { return .conflicted }
      guard let region = byID[id] else { return .missing }
      guard region.isIntact else { return .edited }
      guard index < keys.count, let key = keys[index], key.utf8.starts(with: region.keyPrefix.utf8)
      else { return .stale }
      return .fresh
    }
    let owned = Set(ids)
    let orphans = regions.indices.compactMap { index -> RegionStates.Orphan? in
      let region = regions[index]
      guard !owned.contains(region.id) else { return nil }
      // A cell may be hidden by an open fence or inside a conflict.
      guard isWhole else { return RegionStates.Orphan(region: index, state: .broken) }
      return RegionStates.Orphan(
        region: index, state: region.isIntact ? .orphanIntact : .orphanEdited)
    }
    return RegionStates(cells: states, orphans: orphans)
  }

  /// Whether every cell is closed and no conflict is left open, so that a region without a cell
  /// is one indeed.
  var isWhole: Bool {
    cells.allSatisfy(\.isClosed) && conflicts.isEmpty
      && !broken.contains {
        if case .conflictMarkers = $0.reason { true } else { false }
      }
  }
}
