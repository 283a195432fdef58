import Execution

extension GraphBuilder {
  /// Makes every present node reachable from the first present one on the lowest level: many
  /// equal rows, or repairs, can leave nodes that no link leads to.
  ///
  /// Links that a tree of paths from the entry goes along are kept; a node off the tree takes the
  /// place of another link, of the nearest node that has one to spare. So nothing gets lost again.
  func connect(present: [Bool], context: WorkContext) throws {
    guard let entry = present.firstIndex(of: true) else { return }
    var parents = [UInt32](repeating: GraphLayout.none, count: layout.count)
    parents[entry] = UInt32(entry)
    try reach(from: entry, parents: &parents, context: context)
    for node in 0..<layout.count where present[node] && parents[node] == GraphLayout.none {
      try context.check()
      guard let host = host(for: node, entry: entry, parents: parents) else { continue }
      links(of: host.node, level: 0).base[host.slot] = UInt32(node)
      parents[node] = UInt32(host.node)
      try reach(from: node, parents: &parents, context: context)
    }
  }

  /// Follows links from a node to all that was not reached before.
  private func reach(
    from start: Int, parents: inout [UInt32], context: WorkContext
  ) throws {
    var open = [UInt32(start)]
    var expanded = 0
    while let node = open.popLast() {
      expanded += 1
      if expanded % 8192 == 0 { try context.check() }
      let (base, capacity) = links(of: Int(node), level: 0)
      for at in 0..<capacity {
        let neighbour = base[at]
        if neighbour == GraphLayout.none { break }
        if parents[Int(neighbour)] != GraphLayout.none { continue }
        parents[Int(neighbour)] = node
        open.append(neighbour)
      }
    }
  }

  /// A reached node near to one that is not, and the link that it can spare for it.
  private func host(
    for node: Int, entry: Int, parents: [UInt32]
  ) -> (node: Int, slot: Int)? {
    let near = searches.with { scratch -> [Int] in
      let query = query(of: node, signed: scratch.signed)
      let width = max(options.efConstruction, layout.degree)
      view.enter(
        at: entry, level: level(of: entry), width: width, query: query, scratch: scratch)
      return (0..<scratch.keyCount).map { CandidateKey.node(scratch.keys[$0]) }
    }
    for candidate in near where candidate != node {
      if let slot = spareLink(of: candidate, parents: parents) { return (candidate, slot) }
    }
    // There are fewer links on the tree than nodes, so some node always has one to spare.
    for candidate in 0..<layout.count where parents[candidate] != GraphLayout.none {
      if let slot = spareLink(of: candidate, parents: parents) { return (candidate, slot) }
    }
    return nil
  }

  /// An unused link of a reached node, or else its last one that is not on the tree.
  private func spareLink(of node: Int, parents: [UInt32]) -> Int? {
    guard parents[node] != GraphLayout.none else { return nil }
    let (base, capacity) = links(of: node, level: 0)
    let count = linkCount(of: node, level: 0)
    if count < capacity { return count }
    for at in stride(from: count - 1, through: 0, by: -1)
    where parents[Int(base[at])] != UInt32(node) {
      return at
    }
    return nil
  }
}
