import Execution
import Retrieval
import Testing

@Suite struct GraphFilterTests {
  static let count = 6000

  static func set(_ holds: (Int) -> Bool) -> DocumentSet {
    var set = DocumentSet(capacity: count)
    for row in 0..<count where holds(row) { set.insert(row) }
    return set
  }

  struct Fixture {
    let base = GraphVectors.clustered(count, dimension: 24, seed: 5)
    let queries = GraphVectors.clustered(60, dimension: 24, seed: 6)
    let graph: HNSWGraph

    init() throws { graph = try GraphBuildTests.build(base) }
  }

  @Test func holdsRecallAtEverySelectivity() throws {
    let fixture = try Fixture()
    var stream = RandomStream(seed: 4, purpose: "tests/graph/filter")
    for share in [0.9, 0.7, 0.5, 0.35, 0.2, 0.1, 0.01, 0.001] {
      let allowed = Self.set { _ in stream.uniform() < share }
      for ef in [20, 64] {
        let recall = try fixture.graph.recall(
          fixture.queries, in: fixture.base, efSearch: ef, allowed: allowed)
        #expect(recall >= (ef == 20 ? 0.9 : 0.95), "\(share) at \(ef)")
      }
      let found = try fixture.graph.search(
        query: fixture.queries[0], k: 50, efSearch: 64, allowed: allowed)
      #expect(found.count == min(50, allowed.count))
      #expect(found.allSatisfy { allowed.contains($0.row) })
    }
  }

  /// Of 20,000 rows a tenth, a hundredth, a thousandth: drawn at random, around each query's best
  /// rows, and far from the query. Recall is against all allowed rows compared.
  @Test func holdsRecallOfFewRowsOfMany() throws {
    let base = GraphVectors.clustered(20_000, dimension: 16, seed: 5)
    let queries = GraphVectors.clustered(30, dimension: 16, seed: 6)
    let graph = try HNSWGraph.build(
      base.rows, options: try HNSWOptions(m: 8, efConstruction: 60),
      context: WorkContext(threads: 2))
    let exact = ExactSearcher(
      try VectorMatrix(rows: (0..<20_000).map { row in (0..<16).map { base[row][$0] } }))
    var stream = RandomStream(seed: 4, purpose: "tests/graph/few")
    for share in [0.3, 0.1, 0.01, 0.001] {
      let wanted = Int(share * 20_000)
      var drawn = DocumentSet(capacity: 20_000)
      while drawn.count < wanted { drawn.insert(stream.below(20_000)) }
      var found = ["random": 0, "near": 0, "far": 0]
      for query in 0..<30 {
        let scored = exact.search(queries[query], k: 20_000, allowed: nil)
        let ranking = scored.map(\.row)
        let scores = Dictionary(uniqueKeysWithValues: scored.map { ($0.row, $0.score) })
        // Every second one, so that what is not allowed lies between.
        var near = DocumentSet(capacity: 20_000)
        for row in ranking.prefix(2 * wanted).enumerated() where row.offset % 2 == 0 {
          near.insert(row.element)
        }
        var far = DocumentSet(capacity: 20_000)
        for row in ranking.suffix(wanted) { far.insert(row) }
        for (name, set) in [("random", drawn), ("near", near), ("far", far)] {
          let truth = exact.search(queries[query], k: 10, allowed: set)
          #expect(truth.map(\.row) == ranking.filter(set.contains).prefix(10).map { $0 })
          let got = try graph.search(
            query: queries[query], k: 10, efSearch: 40, allowed: set)
          #expect(got.count == 10 && got.allSatisfy { set.contains($0.row) })
          found[name, default: 0] += Set(got.map(\.row)).intersection(truth.map(\.row)).count
          // More than candidates are kept otherwise: each is found once.
          let many = try graph.search(query: queries[query], k: 100, efSearch: 40, allowed: set)
          #expect(Set(many.map(\.row)).count == min(100, set.count))
          // Scores are those of an exact search.
          for row in got {
            #expect(row.score == scores[row.row])
          }
        }
      }
      for (name, hits) in found {
        // Many rows far from the query score alike, nearer to each other than their codes tell.
        #expect(hits >= 294, "\(name) \(share): \(hits) of 300")
      }
    }
  }

  /// Rows that are equal come in ascending order also where codes tell them apart from others.
  @Test func tiesAmongFewRowsBreakByRow() throws {
    let base = GraphVectors(count: 3000, dimension: 8) { row, component in
      component == row % 2 ? 1 : 0
    }
    let graph = try GraphBuildTests.build(base)
    var allowed = DocumentSet(capacity: 3000)
    for row in 500..<2600 { allowed.insert(row) }
    let found = try graph.search(query: base[0], k: 5, efSearch: 100, allowed: allowed)
    #expect(found.map(\.row) == [500, 502, 504, 506, 508])
  }

  @Test func allowedRowsFarFromTheQuery() throws {
    let fixture = try Fixture()
    // Rows of the last clusters only; the queries of the first half are near the first ones.
    for first in [5900, 5000, 3000] {
      let allowed = Self.set { $0 >= first }
      #expect(
        try fixture.graph.recall(
          fixture.queries, in: fixture.base, efSearch: 40, allowed: allowed) >= 0.95, "\(first)")
    }
    // All but the query's surroundings.
    let others = Self.set { !(0..<1500).contains($0) }
    #expect(
      try fixture.graph.recall(fixture.queries, in: fixture.base, efSearch: 40, allowed: others)
        >= 0.95)
  }

  @Test func setsThatSayLittle() throws {
    let fixture = try Fixture()
    let query = fixture.queries[3]
    let none = DocumentSet(capacity: Self.count)
    #expect(try fixture.graph.search(query: query, k: 5, efSearch: 30, allowed: none) == [])
    let all = DocumentSet(capacity: Self.count, isFull: true)
    #expect(
      try fixture.graph.search(query: query, k: 5, efSearch: 30, allowed: all)
        == fixture.graph.search(query: query, k: 5, efSearch: 30))
    // Of other capacities: rows past them are not allowed, and rows past the graph are ignored.
    let short = DocumentSet(capacity: 100, isFull: true)
    let few = try fixture.graph.search(query: query, k: 200, efSearch: 30, allowed: short)
    #expect(few.count == 100)
    let long = DocumentSet(capacity: 100_000, isFull: true)
    #expect(
      try fixture.graph.search(query: query, k: 5, efSearch: 30, allowed: long)
        == fixture.graph.search(query: query, k: 5, efSearch: 30))
    var outside = DocumentSet(capacity: 100_000)
    for row in 50_000..<60_000 { outside.insert(row) }
    #expect(try fixture.graph.search(query: query, k: 5, efSearch: 30, allowed: outside) == [])
  }
}
