import Corpora
import Execution
import Retrieval
import Testing

/// A retriever whose lists are given.
struct ListedRetriever: Retriever {
  var name = "listed"
  let documents: IndexedDocuments
  let lists: [String: [(String, Double)]]

  init(_ lists: [String: [(String, Double)]], over corpus: Corpus, name: String = "listed") {
    self.lists = lists
    self.name = name
    documents = IndexedDocuments(corpus)
  }

  func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit] {
    let selected = documents.selection(filter)[0]
    let corpus = documents.parts[0].corpus
    return Array(
      (lists[query] ?? [])
        .filter { hit in
          (0..<corpus.count).contains {
            corpus.id(at: documents.parts[0].position(ofRank: $0)) == hit.0 && selected.contains($0)
          }
        }
        .map { Hit(documentID: $0.0, score: $0.1) }.prefix(max(0, k)))
  }
}

@Suite struct FusionTests {
  static func corpus() throws -> Corpus {
    try DenseIndexTests.corpus(["a", "b", "c", "d", "e"].map { ($0, "text \($0)") })
  }

  static func pair() throws -> [any Retriever] {
    let corpus = try corpus()
    return [
      ListedRetriever(["q": [("a", 10), ("b", 6), ("c", 2)]], over: corpus, name: "one"),
      ListedRetriever(["q": [("c", 0.9), ("a", 0.5), ("d", 0.1)]], over: corpus, name: "two"),
    ]
  }

  @Test func reciprocalRanksByHand() throws {
    let fused = try FusedIndex(try Self.pair())
    #expect(fused.name == "rrf(one+two)")
    let hits = try fused.search("q", k: 10)
    #expect(hits.map(\.documentID) == ["a", "c", "b", "d"])
    let expected = [1 / 61.0 + 1 / 62.0, 1 / 63.0 + 1 / 61.0, 1 / 62.0, 1 / 63.0]
    for (hit, score) in zip(hits, expected) { #expect(abs(hit.score - score) < 1e-15) }
    #expect(try fused.search("q", k: 2).map(\.documentID) == ["a", "c"])
    #expect(try fused.search("unknown", k: 2) == [])
    #expect(try fused.search("q", k: 0) == [])
    #expect(
      try fused.searchAll(["q", "x"], k: 3, filter: nil, context: WorkContext())
        == [Array(hits.prefix(3)), []])
  }

  @Test func weightsCount() throws {
    let fused = try FusedIndex(
      try Self.pair(), method: .reciprocalRank(constant: 0), weights: [1, 3])
    let hits = try fused.search("q", k: 10)
    // c: 1/3 + 3, a: 1 + 3/2, d: 3/3, b: 1/2
    #expect(hits.map(\.documentID) == ["c", "a", "d", "b"])
    #expect(abs(hits[0].score - (1.0 / 3 + 3)) < 1e-12)
  }

  @Test func rangesByHand() throws {
    let fused = try FusedIndex(try Self.pair(), method: .weighted(.range), weights: [0.4, 0.6])
    let hits = try fused.search("q", k: 10)
    // one: a 1, b .5, c 0; two: c 1, a .5, d 0
    #expect(hits.map(\.documentID) == ["a", "c", "b", "d"])
    for (hit, score) in zip(hits, [0.7, 0.6, 0.2, 0]) { #expect(abs(hit.score - score) < 1e-12) }
    #expect(fused.name == "weighted(one+two)")
  }

  @Test func deviationsByHand() throws {
    let fused = try FusedIndex(try Self.pair(), method: .weighted(.deviations))
    let hits = try fused.search("q", k: 10)
    // Each list is 1, 0, -1 times the root of 1.5; what is missing counts as -1.
    let unit = 1.5.squareRoot()
    #expect(hits.map(\.documentID) == ["a", "c", "b", "d"])
    for (hit, score) in zip(hits, [1, 0, -1, -2]) {
      #expect(abs(hit.score - Double(score) * unit) < 1e-12)
    }
  }

  @Test func equalScoresStayInTheOrderOfIDs() throws {
    let corpus = try Self.corpus()
    let flat = ListedRetriever(["q": [("e", 1), ("d", 1)]], over: corpus)
    for method in [FusionMethod.weighted(.range), .weighted(.deviations)] {
      let hits = try FusedIndex([flat], method: method).search("q", k: 5)
      #expect(hits.map(\.documentID) == ["d", "e"])
    }
  }

  @Test func filtersAndDepthsArePassedOn() throws {
    let filter = DocumentFilter(["id": .oneOf(["b", "d"])])
    let fused = try FusedIndex(try Self.pair())
    #expect(try fused.search("q", k: 5, filter: filter).map(\.documentID) == ["b", "d"])
    let shallow = try FusedIndex(try Self.pair(), depth: 1)
    #expect(try shallow.search("q", k: 1).map(\.documentID) == ["a"])
    #expect(try shallow.search("q", k: 2).count == 2)
  }

  @Test func documentsOfAllRetrieversAreKnown() throws {
    let first = try Self.corpus()
    let second = try DenseIndexTests.corpus([("a", "other"), ("z", "text z")])
    let fused = try FusedIndex([
      ListedRetriever(["q": [("a", 1)]], over: first),
      ListedRetriever(["q": [("z", 1)]], over: second),
    ])
    #expect(fused.documentCount == 6)
    #expect(fused.documents.document(id: "z")?.text == "text z")
    #expect(fused.documents.document(id: "a")?.text == "text a")
    #expect(try FusedIndex(try Self.pair()).documents.parts.count == 1)
  }

  @Test func badSettingsAreRefused() throws {
    let pair = try Self.pair()
    #expect(throws: CombiningError.nothing) { try FusedIndex([]) }
    #expect(throws: CombiningError.weights(expected: 2, got: 1)) {
      try FusedIndex(pair, weights: [1])
    }
    #expect(throws: CombiningError.badNumber(what: "a weight", got: -1)) {
      try FusedIndex(pair, weights: [1, -1])
    }
    #expect(throws: CombiningError.self) {
      try FusedIndex(pair, method: .reciprocalRank(constant: .nan))
    }
  }
}
