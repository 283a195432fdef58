import Bytes
import CKernels
import Execution
import Retrieval
import Testing

@Suite struct GraphBuildTests {
  static let options = try? HNSWOptions(m: 8, efConstruction: 60, seed: 3)

  static func build(_ vectors: GraphVectors, threads: Int = 2) throws -> HNSWGraph {
    try HNSWGraph.build(
      vectors.rows, options: #require(options), context: WorkContext(threads: threads))
  }

  @Test(arguments: [true, false])
  func findsWhatAnExactSearchFinds(unit: Bool) throws {
    let base = GraphVectors.clustered(4000, dimension: 24, seed: 5, unit: unit)
    let queries = GraphVectors.clustered(100, dimension: 24, seed: 6)
    let graph = try Self.build(base)
    #expect(try graph.recall(queries, in: base, efSearch: 10) > (unit ? 0.9 : 0.65))
    #expect(try graph.recall(queries, in: base, efSearch: 80) > 0.985)
    // As many candidates as rows: nothing can be missed but by the codes' rounding.
    #expect(try graph.recall(queries, in: base, efSearch: 4000) > 0.998)
    #expect(graph.unreachedRows == [] && graph.unlinkedRows == [])
    #expect(graph.levelCounts[0] == 4000)
    #expect((300...800).contains(graph.levelCounts[1]))
    #expect(graph.linkCount > 4000 * 8)
  }

  @Test func scoresAreExactAndInOrder() throws {
    let base = GraphVectors.clustered(1500, dimension: 33, seed: 8)
    let graph = try Self.build(base)
    for query in 0..<30 {
      let found = try graph.search(query: base[query * 50], k: 20, efSearch: 60)
      #expect(found.count == 20)
      #expect(found.first?.row == query * 50)
      for (at, hit) in found.enumerated() {
        var score: Float = 0
        ck_linear(1, 33, base[hit.row], 1, base[query * 50], 33, nil, &score, 1, false)
        #expect(hit.score == score)
        if at > 0 {
          let before = found[at - 1]
          #expect(
            before.score > hit.score || (before.score == hit.score && before.row < hit.row))
        }
      }
    }
  }

  @Test func bytesDependOnNeitherThreadsNorCPU() throws {
    let base = GraphVectors.clustered(2600, dimension: 40, seed: 9, unit: false)
    let one = try Self.build(base, threads: 1)
    for threads in [2, 3] { #expect(try Self.build(base, threads: threads).bytes == one.bytes) }
    let usual = String(cString: ck_backend())
    defer { _ = ck_use_backend(usual) }
    let query = base[77]
    let found = try one.search(query: query, k: 10, efSearch: 30)
    for name in ["avx512", "avx2", "portable"] where ck_use_backend(name) {
      #expect(try Self.build(base, threads: 2).bytes == one.bytes, "\(name)")
      #expect(try one.search(query: query, k: 10, efSearch: 30) == found, "\(name)")
    }
  }

  @Test func seedsDiffer() throws {
    let base = GraphVectors.clustered(500, dimension: 8, seed: 9)
    let other = try HNSWOptions(m: 8, efConstruction: 60, seed: 4)
    let context = WorkContext()
    #expect(
      try HNSWGraph.build(base.rows, options: other, context: context).bytes
        != Self.build(base).bytes)
  }

  @Test(arguments: [0, 1, 2, 3, 20])
  func fewRows(_ count: Int) throws {
    let base = GraphVectors.clustered(count, dimension: 5, seed: 2)
    let graph = try Self.build(base)
    let query = GraphVectors.clustered(1, dimension: 5, seed: 3)
    for k in [-1, 0, 1, 2, 5, 100] {
      let found = try graph.search(query: query[0], k: k, efSearch: 1)
      #expect(
        found.map(\.row) == base.nearest(query[0], k: max(0, k)) { _ in true })
      #expect(found.count == min(max(0, k), count))
    }
  }

  @Test func equalRowsStayConnectedAndComeInOrder() throws {
    // Nine hundred equal rows, as many zeros, and some that differ.
    let base = GraphVectors(count: 2000, dimension: 6) { row, component in
      switch row % 20 {
      case 0..<9: component == 0 ? 1 : 0
      case 9..<18: 0
      default: Float((row * 31 + component * 17) % 23) / 23 - 0.5
      }
    }
    let graph = try Self.build(base)
    #expect(graph.unreachedRows == [])
    let query: [Float] = [1, 0, 0, 0, 0, 0]
    let all = try graph.search(query: query, k: 900, efSearch: 2000)
    #expect(all.map(\.row) == (0..<2000).filter { $0 % 20 < 9 })
    // Fewer: whatever is found is in order, and lower rows are not passed over for higher ones
    // among what was found.
    let some = try graph.search(query: query, k: 10, efSearch: 200)
    #expect(some.map(\.row) == some.map(\.row).sorted())
    #expect(some.allSatisfy { $0.score == 1 })
    let wider = try graph.search(query: query, k: 200, efSearch: 200)
    #expect(some == Array(wider.prefix(10)))
  }

  @Test func refusesWhatIsNotANumber() throws {
    for (value, row) in [(Float.nan, 3), (.infinity, 0), (-.infinity, 4999)] {
      let base = GraphVectors(count: 5000, dimension: 7) { at, component in
        at == row && component == 6 ? value : Float(at % 7 + component)
      }
      #expect(throws: GraphError.notFinite(row: row)) { try Self.build(base) }
    }
    let long = GraphVectors(count: 3, dimension: 2) { row, _ in row == 1 ? 3e19 : 1 }
    #expect(throws: GraphError.tooLong(row: 1, longest: 1e18)) { try Self.build(long) }
    let flat = GraphVectors(count: 3, dimension: 0) { _, _ in 0 }
    #expect(throws: GraphError.dimension(allowed: 1...65_536, got: 0)) { try Self.build(flat) }
    let graph = try Self.build(GraphVectors.clustered(10, dimension: 2, seed: 1))
    let query: [Float] = [1, .nan]
    #expect(throws: GraphError.badQuery(longest: 1e18)) {
      try graph.search(query: query, k: 1, efSearch: 1)
    }
    #expect(throws: GraphError.outOfRange(option: "m", allowed: 2...512, got: 1)) {
      try HNSWOptions(m: 1)
    }
    #expect(
      throws: GraphError.outOfRange(option: "ef_construction", allowed: 1...100_000, got: 0)
    ) {
      try HNSWOptions(efConstruction: 0)
    }
  }

  @Test func tinyAndHugeNumbers() throws {
    for scale in [Float(1e-38), 1e-20, 1e15] {
      let usual = GraphVectors.clustered(300, dimension: 12, seed: 4)
      let base = GraphVectors(count: 300, dimension: 12) { usual[$0][$1] * scale }
      let graph = try Self.build(base)
      #expect(graph.unreachedRows == [])
      #expect(try graph.search(query: usual[5], k: 3, efSearch: 300).first?.row == 5, "\(scale)")
    }
  }

  @Test func stopsWhenAsked() throws {
    let base = GraphVectors.clustered(2000, dimension: 16, seed: 5)
    let cancellation = Cancellation()
    let context = WorkContext(cancellation: cancellation, threads: 2) { progress in
      if progress.completed > 0 { cancellation.cancel() }
    }
    #expect(throws: CancellationRequested.self) {
      try HNSWGraph.build(base.rows, options: #require(Self.options), context: context)
    }
  }

  @Test func planIsNearWhatBuildingTakes() throws {
    let base = GraphVectors.clustered(3000, dimension: 50, seed: 5)
    let graph = try Self.build(base)
    let plan = try HNSWGraph.plan(count: 3000, dimension: 50, options: #require(Self.options))
    #expect(abs(Double(plan.storedBytes) / Double(graph.byteCount) - 1) < 0.05)
    #expect(plan.workingBytes > plan.storedBytes)
    #expect(plan.operations > 0)
    let more = try HNSWGraph.plan(count: 6000, dimension: 50, options: #require(Self.options))
    #expect(more.operations >= plan.operations * 2)
    #expect(
      try HNSWGraph.plan(count: -1, dimension: 50, options: #require(Self.options)).storedBytes
        == 0)
  }
}
