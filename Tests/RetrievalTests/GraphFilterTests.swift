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
    for share in [0.9, 0.7, 0.5, 0.1, 0.01, 0.001] {
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
