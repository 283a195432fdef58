extension HNSWGraph {
  /// How many links the graph has on all levels.
  ///
  /// - Complexity: One pass over the links.
  public var linkCount: Int {
    var links = 0
    for (level, nodes) in layout.levelCounts.enumerated() {
      for node in 0..<nodes { forEachLink(of: node, level: level) { _ in links += 1 } }
    }
    return links
  }

  /// The rows that no path of links of the lowest level leads to from the entry, ascending; none in
  /// a graph that was built or compacted here.
  ///
  /// - Complexity: One pass over the links.
  public var unreachedRows: [Int] {
    guard count > 0 else { return [] }
    var reached = [Bool](repeating: false, count: count)
    reached[0] = true
    var open: [UInt32] = [0]
    while let node = open.popLast() {
      forEachLink(of: Int(node), level: 0) { neighbour in
        if !reached[Int(neighbour)] {
          reached[Int(neighbour)] = true
          open.append(neighbour)
        }
      }
    }
    return (0..<count).filter { !reached[$0] }.map { Int(rowOfNode[$0]) }.sorted()
  }

  /// The rows that have no link on one of their levels although others are there, ascending; none
  /// in a graph that was built here.
  ///
  /// - Complexity: One pass over the links.
  public var unlinkedRows: [Int] {
    var rows: Set<Int> = []
    for (level, nodes) in layout.levelCounts.enumerated() where nodes > 1 {
      for node in 0..<nodes {
        var links = 0
        forEachLink(of: node, level: level) { _ in links += 1 }
        if links == 0 { rows.insert(Int(rowOfNode[node])) }
      }
    }
    return rows.sorted()
  }
}
