import Corpora
import Execution
import Retrieval
import Synchronization
import Testing

/// An encoder that counts the documents it is given.
private final class CountingEncoder: TextEncoder {
  let inner = FakeEncoder()
  let seen = Mutex<[String]>([])
  var name: String { "counting" }
  var dimension: Int { inner.dimension }
  var maximumLength: Int { inner.maximumLength }

  func encode(_ texts: [String], as role: TextRole, context: WorkContext) throws -> EncodedTexts {
    if role == .document { seen.withLock { $0 += texts } }
    return try inner.encode(texts, as: role, context: context)
  }
}

/// Scores a document by the number of its characters.
private struct LengthScorer: PairScorer {
  var fault = false
  var short = false
  var name: String { "length" }

  func scores(
    of documents: [Document], for query: String, context: WorkContext
  ) throws -> [Double] {
    if short { return [] }
    return documents.map { fault ? .nan : Double($0.text.count) }
  }
}

@Suite struct RerankTests {
  static let texts = [
    ("a", "stone"), ("b", "river mill"), ("c", "mill"), ("d", "mill"), ("e", "mill river stone"),
  ]

  static func base() throws -> ListedRetriever {
    ListedRetriever(
      ["mill": [("a", 9), ("b", 8), ("d", 7), ("c", 6), ("e", 5)]],
      over: try DenseIndexTests.corpus(texts), name: "base")
  }

  @Test func vectorsOrderTheBestAndTheRestFollows() throws {
    let encoder = CountingEncoder()
    let reranked = RerankedIndex(try Self.base(), by: .vectors(encoder), depth: 4)
    #expect(reranked.name == "base>counting")
    let hits = try reranked.search("mill", k: 9)
    #expect(hits.map(\.documentID) == ["c", "d", "b", "a", "e"])
    #expect(abs(hits[0].score - 1) < 1e-6)
    #expect(hits[4].score == hits[3].score - 1)
    #expect(try reranked.search("mill", k: 2) == Array(hits.prefix(2)))
    // Candidates are encoded once, and what is beyond the depth never.
    #expect(
      encoder.seen.withLock { $0.sorted() } == ["mill", "mill", "river mill", "stone"])
  }

  @Test func scoresEqualThoseOfAnIndex() throws {
    let base = try Self.base()
    let corpus = try DenseIndexTests.corpus(Self.texts)
    let encoder = FakeEncoder()
    let dense = try DenseIndex(corpus, encoder: encoder, context: WorkContext())
    #expect(
      try RerankedIndex(base, by: .vectors(encoder)).search("mill", k: 5)
        == dense.search("mill", k: 5))
    let late = try LateInteractionIndex(
      documents: IndexedDocuments(corpus),
      parts: [
        try TokenMatrix.embed(corpus, encoder: encoder, precision: .float32, context: WorkContext())
      ], encoder: encoder)
    #expect(
      try RerankedIndex(base, by: .tokens(encoder)).search("mill", k: 5)
        == late.search("mill", k: 5))
  }

  @Test func pairsAreReadTogether() throws {
    let reranked = RerankedIndex(try Self.base(), by: .pairs(LengthScorer()), depth: 3)
    let hits = try reranked.searchAll(
      ["mill", "nothing"], k: 5, filter: nil, context: WorkContext(threads: 2))
    #expect(hits[0].map(\.documentID) == ["b", "a", "d", "c", "e"])
    #expect(hits[0].map(\.score) == [10, 5, 4, 3, 2])
    #expect(hits[1] == [])
    let filter = DocumentFilter(["id": .oneOf(["a", "e"])])
    #expect(
      try reranked.search("mill", k: 5, filter: filter).map(\.documentID) == ["e", "a"])
  }

  @Test func scorersThatBreakTheirWordAreRefused() throws {
    let base = try Self.base()
    #expect(throws: CombiningError.notFinite(scorer: "length", documentID: "a")) {
      try RerankedIndex(base, by: .pairs(LengthScorer(fault: true))).search("mill", k: 5)
    }
    #expect(throws: CombiningError.scores(scorer: "length", expected: 5, got: 0)) {
      try RerankedIndex(base, by: .pairs(LengthScorer(short: true))).search("mill", k: 5)
    }
  }

  @Test func theResultIsTheSameOneByOneAndOnManyThreads() throws {
    var versions = RandomVersions(seed: 40)
    let corpus = try versions.corpus(120, replacing: [])
    let encoder = FakeEncoder()
    let base = try DenseIndex(corpus, encoder: encoder, context: WorkContext())
    let reranked = RerankedIndex(base, by: .tokens(encoder), depth: 20)
    let queries = (0..<100).map { _ in versions.text() }
    let all = try reranked.searchAll(queries, k: 30, filter: nil, context: WorkContext(threads: 3))
    let fresh = RerankedIndex(base, by: .tokens(encoder), depth: 20)
    for (query, hits) in zip(queries, all) { #expect(try fresh.search(query, k: 30) == hits) }
  }
}
