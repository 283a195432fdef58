import Execution
import Retrieval
import Testing

@Suite struct GraphCompactTests {
  /// 4,000 rows of which three in ten are deleted, and 800 new ones that come between them.
  struct Change {
    let before: GraphVectors
    let after: GraphVectors
    let newRows: [UInt32]

    init(share: Double = 0.3, added: Int = 800) {
      let old = GraphVectors.clustered(4000, dimension: 24, seed: 5)
      let new = GraphVectors.clustered(added, dimension: 24, seed: 15)
      var stream = RandomStream(seed: 2, purpose: "tests/graph/changes")
      var order: [(isOld: Bool, row: Int)] = []
      for row in 0..<4000 where stream.uniform() >= share { order.append((true, row)) }
      for row in 0..<added { order.insert((false, row), at: stream.below(order.count + 1)) }
      var newRows = [UInt32](repeating: .max, count: 4000)
      for (at, item) in order.enumerated() where item.isOld { newRows[item.row] = UInt32(at) }
      before = old
      after = GraphVectors(count: order.count, dimension: 24) { row, component in
        order[row].isOld ? old[order[row].row][component] : new[order[row].row][component]
      }
      self.newRows = newRows
    }
  }

  @Test func repairsAsWellAsANewGraph() throws {
    let queries = GraphVectors.clustered(150, dimension: 24, seed: 6)
    for (share, added) in [(0.3, 800), (0.0, 500), (0.45, 0), (0.05, 10)] {
      let change = Change(share: share, added: added)
      let old = try GraphBuildTests.build(change.before)
      let part = GraphPart(graph: old, newRows: change.newRows)
      let compacted = try HNSWGraph.compact(
        change.after.rows, parts: [part], options: old.options, context: WorkContext(threads: 2))
      let fresh = try GraphBuildTests.build(change.after)
      #expect(compacted.unreachedRows == [] && compacted.unlinkedRows == [])
      #expect(compacted.count == change.after.rows.count)
      for ef in [20, 50] {
        let recall = try compacted.recall(queries, in: change.after, efSearch: ef)
        let expected = try fresh.recall(queries, in: change.after, efSearch: ef)
        #expect(recall >= expected - 0.01, "\(share) \(added) \(ef)")
      }
      let opened = try HNSWGraph(decoding: compacted.bytes, rows: change.after.rows)
      #expect(opened.levelCounts == compacted.levelCounts)
      // The repaired graph is not the fresh one: something was kept.
      #expect(compacted.bytes != fresh.bytes)
    }
  }

  @Test func deletedRowsOnlyHideUntilThen() throws {
    let change = Change()
    let graph = try GraphBuildTests.build(change.before)
    var live = DocumentSet(capacity: 4000)
    for (row, new) in change.newRows.enumerated() where new != .max { live.insert(row) }
    let queries = GraphVectors.clustered(100, dimension: 24, seed: 6)
    #expect(try graph.recall(queries, in: change.before, efSearch: 50, allowed: live) > 0.97)
  }

  /// Where links lead to what is gone, more candidates are kept.
  @Test func deletedRowsCostNoRecall() throws {
    let queries = GraphVectors.clustered(150, dimension: 24, seed: 6)
    for share in [0.05, 0.18, 0.4, 0.8] {
      let change = Change(share: share, added: 0)
      let options = try HNSWOptions(m: 8, efConstruction: 60)
      let graph = try HNSWGraph.build(
        change.before.rows, options: options, context: WorkContext(threads: 2))
      let compacted = try HNSWGraph.compact(
        change.after.rows, parts: [GraphPart(graph: graph, newRows: change.newRows)],
        options: options, context: WorkContext(threads: 2))
      var live = DocumentSet(capacity: 4000)
      for (row, new) in change.newRows.enumerated() where new != .max { live.insert(row) }
      for ef in [10, 20, 50] {
        let recall = try graph.recall(
          queries, in: change.before, efSearch: ef, allowed: live, deleted: 4000 - live.count)
        let expected = try compacted.recall(queries, in: change.after, efSearch: ef)
        #expect(recall >= expected - 0.02, "\(share) \(ef): \(recall), \(expected)")
      }
    }
  }

  @Test func bytesDoNotDependOnThreads() throws {
    let change = Change()
    let graph = try GraphBuildTests.build(change.before)
    let part = GraphPart(graph: graph, newRows: change.newRows)
    let results = try [1, 2, 3].map { threads in
      try HNSWGraph.compact(
        change.after.rows, parts: [part], options: graph.options,
        context: WorkContext(threads: threads)
      ).bytes
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test func manyRoundsOfChange() throws {
    let queries = GraphVectors.clustered(80, dimension: 24, seed: 6)
    var vectors = GraphVectors.clustered(2000, dimension: 24, seed: 5)
    var graph = try GraphBuildTests.build(vectors)
    var stream = RandomStream(seed: 3, purpose: "tests/graph/rounds")
    for round in 0..<8 {
      let new = GraphVectors.clustered(200, dimension: 24, seed: UInt64(100 + round))
      let kept = (0..<vectors.rows.count).filter { _ in stream.below(10) > 0 }
      var newRows = [UInt32](repeating: .max, count: vectors.rows.count)
      for (at, row) in kept.enumerated() { newRows[row] = UInt32(at) }
      let old = vectors
      vectors = GraphVectors(count: kept.count + 200, dimension: 24) { row, component in
        row < kept.count ? old[kept[row]][component] : new[row - kept.count][component]
      }
      graph = try HNSWGraph.compact(
        vectors.rows, parts: [GraphPart(graph: graph, newRows: newRows)],
        options: graph.options, context: WorkContext(threads: 2))
      #expect(graph.unreachedRows == [])
    }
    let fresh = try GraphBuildTests.build(vectors)
    #expect(
      try graph.recall(queries, in: vectors, efSearch: 30)
        >= fresh.recall(queries, in: vectors, efSearch: 30) - 0.015)
  }

  @Test func partsAreMerged() throws {
    let vectors = GraphVectors.clustered(1500, dimension: 24, seed: 5)
    let (even, odd) = (0..<1500).reduce(into: ([Int](), [Int]())) { parts, row in
      if row % 3 != 0 { parts.0.append(row) } else { parts.1.append(row) }
    }
    let large = try GraphBuildTests.build(vectors.picked(even))
    let small = try GraphBuildTests.build(vectors.picked(odd))
    let parts = [
      GraphPart(graph: small, newRows: odd.map { UInt32($0) }),
      GraphPart(graph: large, newRows: even.map { UInt32($0) }),
    ]
    let merged = try HNSWGraph.compact(
      vectors.rows, parts: parts, options: large.options, context: WorkContext())
    let queries = GraphVectors.clustered(50, dimension: 24, seed: 6)
    #expect(try merged.recall(queries, in: vectors, efSearch: 50) > 0.97)
    // Without a graph worth repairing, it is the fresh one.
    let none = try HNSWGraph.compact(
      vectors.rows, parts: [parts[0]], options: large.options, context: WorkContext())
    #expect(try none.bytes == GraphBuildTests.build(vectors).bytes)
  }

  /// Where most rows are gone there is too little left to be repaired.
  @Test func whatIsMostlyGoneIsBuiltAnew() throws {
    let change = Change(share: 0.7, added: 0)
    let part = GraphPart(graph: try GraphBuildTests.build(change.before), newRows: change.newRows)
    let compacted = try HNSWGraph.compact(
      change.after.rows, parts: [part], options: #require(GraphBuildTests.options),
      context: WorkContext(threads: 2))
    #expect(try compacted.bytes == GraphBuildTests.build(change.after).bytes)
  }

  /// The few rows that are left of a region have links to what is gone and little else.
  @Test func whatIsLeftOfAClusterIsLinked() throws {
    let before = GraphVectors.clustered(4000, dimension: 24, seed: 5)
    // A cluster is a hundred rows; of nineteen in forty every twentieth one stays.
    let kept = (0..<4000).filter { $0 / 100 % 2 == 1 || $0 < 200 || $0 % 20 == 7 }
    var newRows = [UInt32](repeating: .max, count: 4000)
    for (at, row) in kept.enumerated() { newRows[row] = UInt32(at) }
    let after = before.picked(kept)
    let old = try GraphBuildTests.build(before)
    let compacted = try HNSWGraph.compact(
      after.rows, parts: [GraphPart(graph: old, newRows: newRows)], options: old.options,
      context: WorkContext(threads: 2))
    #expect(compacted.unreachedRows == [])
    let lonely = before.picked(kept.filter { $0 / 100 % 2 == 0 && $0 >= 200 })
    let fresh = try GraphBuildTests.build(after)
    #expect(compacted.bytes != fresh.bytes)
    for ef in [10, 20] {
      let recall = try compacted.recall(lonely, in: after, efSearch: ef)
      let expected = try fresh.recall(lonely, in: after, efSearch: ef)
      #expect(recall >= expected - 0.02, "\(recall), \(expected)")
    }
  }

  @Test func nothingLeftOrNothingThere() throws {
    let vectors = GraphVectors.clustered(30, dimension: 4, seed: 5)
    let graph = try GraphBuildTests.build(vectors)
    let gone = GraphPart(graph: graph, newRows: [UInt32](repeating: .max, count: 30))
    let empty = GraphVectors.clustered(0, dimension: 4, seed: 5)
    let result = try HNSWGraph.compact(
      empty.rows, parts: [gone], options: graph.options, context: WorkContext())
    #expect(result.count == 0)
    #expect(try result.search(query: vectors[0], k: 3, efSearch: 10) == [])
  }

  @Test func refusesMapsThatDoNotFit() throws {
    let vectors = GraphVectors.clustered(10, dimension: 4, seed: 5)
    let graph = try GraphBuildTests.build(vectors)
    func compact(_ newRows: [UInt32]) throws {
      _ = try HNSWGraph.compact(
        vectors.rows, parts: [GraphPart(graph: graph, newRows: newRows)],
        options: graph.options, context: WorkContext())
    }
    #expect(throws: GraphError.badMapping(part: 0, row: 3)) {
      try compact([0, 1, 2, 10, 4, 5, 6, 7, 8, 9])
    }
    #expect(throws: GraphError.badMapping(part: 0, row: 4)) {
      try compact([0, 1, 2, 3, 3, 5, 6, 7, 8, 9])
    }
    #expect(
      throws: GraphError.otherRows(
        expectedCount: 10, expectedDimension: 4, gotCount: 2, gotDimension: 4)
    ) { try compact([0, 1]) }
  }
}
