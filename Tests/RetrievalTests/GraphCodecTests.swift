import Bytes
import Execution
import Retrieval
import Testing

@Suite struct GraphCodecTests {
  @Test func readsBackWhatWasBuilt() throws {
    for count in [0, 1, 700] {
      let base = GraphVectors.clustered(count, dimension: 20, seed: 7)
      let graph = try GraphBuildTests.build(base)
      let again = try HNSWGraph(decoding: SharedBytes(graph.bytes.copied()), rows: base.rows)
      #expect(again.options == graph.options)
      #expect(again.levelCounts == graph.levelCounts)
      for row in stride(from: 0, to: count, by: 50) {
        #expect(
          try again.search(query: base[row], k: 5, efSearch: 20)
            == graph.search(query: base[row], k: 5, efSearch: 20))
      }
    }
  }

  @Test func refusesOtherRows() throws {
    let base = GraphVectors.clustered(50, dimension: 4, seed: 7)
    let graph = try GraphBuildTests.build(base)
    let fewer = GraphVectors.clustered(49, dimension: 4, seed: 7)
    #expect(
      throws: GraphError.otherRows(
        expectedCount: 50, expectedDimension: 4, gotCount: 49, gotDimension: 4)
    ) {
      try HNSWGraph(decoding: graph.bytes, rows: fewer.rows)
    }
  }

  /// Whatever the bytes are, opening them fails with an error that says so, or gives a graph that
  /// can be searched, compacted and walked.
  @Test func damagedBytesNeverTrap() throws {
    let base = GraphVectors.clustered(120, dimension: 6, seed: 7)
    let options = try HNSWOptions(m: 4, efConstruction: 20)
    let graph = try HNSWGraph.build(base.rows, options: options, context: WorkContext())
    let bytes = graph.bytes.copied()
    var stream = RandomStream(seed: 1, purpose: "tests/graph/damage")
    var opened = 0
    var refused = 0
    var some = DocumentSet(capacity: 120)
    for row in stride(from: 0, to: 120, by: 2) { some.insert(row) }
    for trial in 0..<6000 {
      var damaged = bytes
      // Half of the trials hit the header, where sizes are.
      let reach = trial % 2 == 0 ? 128 : damaged.count
      for _ in 0...stream.below(3) {
        damaged[stream.below(reach)] = UInt8(truncatingIfNeeded: stream.next())
      }
      if trial % 5 == 0 { damaged.removeLast(stream.below(damaged.count)) }
      if trial % 7 == 0 { damaged += [UInt8](repeating: 0, count: stream.below(100)) }
      do {
        let again = try HNSWGraph(decoding: SharedBytes(damaged), rows: base.rows)
        opened += 1
        _ = try again.search(query: base[trial % 120], k: 5, efSearch: 10)
        _ = try again.search(query: base[trial % 120], k: 5, efSearch: 10, allowed: some)
        _ = again.unreachedRows
        if trial % 50 == 0 {
          let part = GraphPart(graph: again, newRows: (0..<120).map { UInt32($0) })
          _ = try HNSWGraph.compact(
            base.rows, parts: [part], options: again.options, context: WorkContext())
        }
      } catch is BinaryCodingError {
        refused += 1
      } catch is GraphError {
        refused += 1
      }
    }
    #expect(opened > 500)
    #expect(refused > 1500)
  }

  @Test func cutShortAtEveryPlace() throws {
    let base = GraphVectors.clustered(8, dimension: 3, seed: 7)
    let graph = try GraphBuildTests.build(base)
    let bytes = graph.bytes.copied()
    for length in 0..<bytes.count {
      #expect(throws: BinaryCodingError.self) {
        try HNSWGraph(decoding: SharedBytes(Array(bytes.prefix(length))), rows: base.rows)
      }
    }
  }
}
