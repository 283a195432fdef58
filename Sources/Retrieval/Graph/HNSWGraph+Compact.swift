public import Execution

/// A part of what a compacted graph is made of.
public struct GraphPart: Sendable {
  /// The part's graph, if it has one; else its rows are put in one by one.
  public var graph: HNSWGraph?
  /// For each row of the part, its number among the new rows; `UInt32.max` where it is deleted.
  public var newRows: [UInt32]

  /// A part of its graph and where its rows go.
  public init(graph: HNSWGraph?, newRows: [UInt32]) {
    self.graph = graph
    self.newRows = newRows
  }
}

extension HNSWGraph {
  /// A graph over the rows that are left of several parts, and over those that no part has.
  ///
  /// The graph with the most rows left is repaired: a node that lost a neighbour chooses anew
  /// among the neighbours left and those of the ones it lost. The other rows, and those that lost
  /// most of their neighbours, are then put in as they are into a new graph. Where the repaired
  /// graph would be the smaller part of the result, or most of its rows are deleted, a new graph is
  /// built instead.
  ///
  /// - Parameters:
  ///   - rows: All rows of the result, in their new order.
  ///   - parts: What there is already. New rows that are in no part are taken as added.
  ///   - options: How to build; a graph of another `m` is not repaired.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: A graph that depends on the arguments only, not on threads.
  /// - Throws: ``GraphError``, or `CancellationRequested`.
  /// - Complexity: Of building, for the rows that are put in; for the others about a tenth of it
  ///   where they lost neighbours, and next to nothing where not.
  public static func compact(
    _ rows: VectorRows, parts: [GraphPart], options: HNSWOptions, context: WorkContext
  ) throws -> HNSWGraph {
    try check(rows)
    try check(parts, count: rows.count)
    var best: (graph: HNSWGraph, newRows: [UInt32], kept: Int)?
    for part in parts {
      guard let graph = part.graph, graph.options.m == options.m,
        graph.dimension == rows.dimension
      else { continue }
      let kept = part.newRows.count { $0 != GraphLayout.none }
      if kept > best?.kept ?? 0 { best = (graph, part.newRows, kept) }
    }
    guard let best, best.kept * 2 >= rows.count, best.kept * 2 >= best.graph.count else {
      return try build(rows, options: options, context: context)
    }
    let staying = withoutLonely(best.newRows, in: best.graph)
    guard staying.count(where: { $0 != GraphLayout.none }) * 2 >= rows.count else {
      return try build(rows, options: options, context: context)
    }
    return try repair(best.graph, newRows: staying, rows: rows, options: options, context)
  }

  /// Where rows go, less those that lost more than three in four of their neighbours: what is left
  /// of a region that is gone is put in as if it were new, since its links tell too little of what
  /// is near now.
  private static func withoutLonely(_ newRows: [UInt32], in graph: HNSWGraph) -> [UInt32] {
    var staying = newRows
    for node in 0..<graph.count {
      var links = 0
      var lost = 0
      graph.forEachLink(of: node, level: 0) { neighbour in
        links += 1
        if newRows[Int(graph.rowOfNode[Int(neighbour)])] == GraphLayout.none { lost += 1 }
      }
      if 4 * lost > 3 * links { staying[Int(graph.rowOfNode[node])] = GraphLayout.none }
    }
    return staying
  }

  private static func check(_ parts: [GraphPart], count: Int) throws(GraphError) {
    var taken = [Bool](repeating: false, count: count)
    for (index, part) in parts.enumerated() {
      if let graph = part.graph, graph.count != part.newRows.count {
        throw .otherRows(
          expectedCount: graph.count, expectedDimension: graph.dimension,
          gotCount: part.newRows.count, gotDimension: graph.dimension)
      }
      for (row, new) in part.newRows.enumerated() where new != GraphLayout.none {
        guard Int(new) < count, !taken[Int(new)] else { throw .badMapping(part: index, row: row) }
        taken[Int(new)] = true
      }
    }
  }

  private static func repair(
    _ graph: HNSWGraph, newRows: [UInt32], rows: VectorRows, options: HNSWOptions,
    _ context: WorkContext
  ) throws -> HNSWGraph {
    // Kept nodes keep their levels and their order; the others get both as in a new graph.
    var levels = drawLevels(rows.count, options: options)
    var isOld = [Bool](repeating: false, count: rows.count)
    var oldOrder: [UInt32] = []
    for node in 0..<graph.count {
      let row = newRows[Int(graph.rowOfNode[node])]
      if row == GraphLayout.none { continue }
      isOld[Int(row)] = true
      levels[Int(row)] = UInt8(graph.level(of: node))
      oldOrder.append(row)
    }
    let added = insertionOrder(rows.count, options: options).filter { !isOld[Int($0)] }
    let nodeRows = sortedByLevel(oldOrder + added, level: { levels[Int($0)] })
    let builder = try GraphBuilder(
      rows: rows, nodeRows: nodeRows, levelCounts: levelCounts(of: levels), options: options,
      context: context)
    var nodeOfRow = [UInt32](repeating: GraphLayout.none, count: rows.count)
    for (node, row) in nodeRows.enumerated() { nodeOfRow[Int(row)] = UInt32(node) }
    let newNodes = (0..<graph.count).map { node in
      let row = newRows[Int(graph.rowOfNode[node])]
      return row == GraphLayout.none ? row : nodeOfRow[Int(row)]
    }
    try builder.adopt(graph, newNodes: newNodes, context: context)
    let new = (0..<rows.count).filter { !isOld[Int(nodeRows[$0])] }
    try builder.connect(present: nodeRows.map { isOld[Int($0)] }, context: context)
    try builder.insert(new.map { UInt32($0) }, context: context)
    return try builder.finish(inserted: new.count, context: context)
  }

  /// The highest level of a node.
  func level(of node: Int) -> Int {
    (layout.levelCounts.lastIndex { node < $0 }) ?? 0
  }
}

extension GraphBuilder {
  /// Takes over the links of a graph's nodes.
  ///
  /// - Parameters:
  ///   - graph: The old graph.
  ///   - newNodes: The new number of each of its nodes, or `GraphLayout.none` where it is gone.
  ///   - context: Threads, cancellation.
  /// - Throws: `CancellationRequested`.
  func adopt(_ graph: HNSWGraph, newNodes: [UInt32], context: WorkContext) throws {
    let chunk = 256
    for level in graph.layout.levelCounts.indices {
      let nodes = graph.layout.levelCounts[level]
      _ = try parallelMap((nodes + chunk - 1) / chunk, context: context) { index in
        self.selections.with(stride: self.layout.stride) { scratch in
          for node in index * chunk..<min(nodes, (index + 1) * chunk)
          where newNodes[node] != GraphLayout.none {
            self.adoptLinks(
              of: node, in: graph, level: level, newNodes: newNodes, scratch: scratch)
          }
        }
      }
    }
  }

  private func adoptLinks(
    of old: Int, in graph: HNSWGraph, level: Int, newNodes: [UInt32], scratch: SelectionScratch
  ) {
    let node = Int(newNodes[old])
    var kept: [UInt32] = []
    var lost: [UInt32] = []
    graph.forEachLink(of: old, level: level) { neighbour in
      if newNodes[Int(neighbour)] == GraphLayout.none {
        lost.append(neighbour)
      } else {
        kept.append(newNodes[Int(neighbour)])
      }
    }
    guard !lost.isEmpty else {
      let (base, capacity) = links(of: node, level: level)
      kept.withUnsafeBufferPointer { kept in
        if let start = kept.baseAddress { write(start, kept.count, to: base, capacity: capacity) }
      }
      return
    }
    // The neighbours of those that are gone; and theirs in turn, where all of them are gone too.
    var seen = Set(kept)
    seen.insert(UInt32(node))
    var visited = Set(lost)
    var at = 0
    while at < lost.count, at < Self.longestDetour {
      var further: [UInt32] = []
      graph.forEachLink(of: Int(lost[at]), level: level) { neighbour in
        let new = newNodes[Int(neighbour)]
        if new == GraphLayout.none {
          if visited.insert(neighbour).inserted { further.append(neighbour) }
        } else if seen.insert(new).inserted {
          kept.append(new)
        }
      }
      if kept.count < links(of: node, level: level).capacity { lost += further }
      at += 1
    }
    relink(node, level: level, among: kept, scratch: scratch)
  }

  /// How many nodes that are gone a repair looks behind.
  private static let longestDetour = 256
}

extension HNSWGraph {
  /// Calls `body` for each node that one links to on a level.
  func forEachLink(of node: Int, level: Int, _ body: (UInt32) -> Void) {
    let (base, capacity) = view.links(of: node, level: level)
    for at in 0..<capacity {
      if Int(base[at]) >= count { return }
      body(base[at])
    }
  }
}
