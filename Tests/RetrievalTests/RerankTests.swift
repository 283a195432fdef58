import Corpora
import Execution
import Retrieval
import Synchronization
import Testing

/// An encoder that counts the documents it is given.
private final class CountingEncoder: TokenEncoder {
  let inner = FakeEncoder()
  let seen = Mutex<[String]>([])
  var name: String { "counting" }
  var dimension: Int { inner.dimension }
  var maximumLength: Int { inner.maximumLength }

  func encode(_ texts: [String], as role: TextRole, context: WorkContext) throws -> EncodedTexts {
    if role == .document { seen.withLock { $0 += texts } }
    return try inner.encode(texts, as: role, context: context)
  }

  func encodeTokens(
    _ texts: [String], as role: TextRole, context: WorkContext
  ) throws -> EncodedTokens {
    if role == .document { seen.withLock { $0 += texts } }
    return try inner.encodeTokens(texts, as: role, context: context)
  }
}

/// Finds what a list says, whatever is asked, in documents of several parts.
private struct ShuffledRetriever: Retriever {
  let documents: IndexedDocuments
  var name: String { "shuffled" }

  func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit] {
    var stream = RandomStream(seed: 2, purpose: "tests/candidates/\(query)")
    return Array(
      documents.liveIDs.sorted()
        .map { Hit(documentID: $0, score: Double(stream.below(1000))) }
        .sorted { ($1.score, $0.documentID) < ($0.score, $1.documentID) }.prefix(max(0, k)))
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

  /// Parts of which documents were replaced and deleted, with vectors of one kind for each.
  private func stored(_ tokens: Bool) throws -> (IndexedDocuments, CandidateVectors) {
    var versions = RandomVersions(seed: 41)
    let first = try versions.corpus(60, replacing: [])
    var documents = IndexedDocuments(first)
    let second = try versions.corpus(30, replacing: documents.liveIDs)
    documents = try documents.adding(second).removing([])
    documents = try documents.removing(Array(documents.liveIDs.prefix(4)))
    let encoder = FakeEncoder()
    let corpora = [first, second]
    return (
      documents,
      tokens
        ? try CandidateVectors(
          documents,
          tokens: try corpora.map {
            try TokenMatrix.embed($0, encoder: encoder, context: WorkContext())
          }, encoder: encoder)
        : try CandidateVectors(
          documents,
          vectors: try corpora.map {
            try VectorMatrix.embed($0, encoder: encoder, context: WorkContext())
          }, encoder: encoder)
    )
  }

  @Test(arguments: [false, true])
  func storedVectorsGiveWhatEncodingGives(_ tokens: Bool) throws {
    let (documents, stored) = try stored(tokens)
    let texts = ["mill", "stone w3", "w1 w2 w3", ""]
    let base = ShuffledRetriever(documents: documents)
    let counting = CountingEncoder()
    let by = { (encoder: CountingEncoder) -> Reranker in
      tokens ? .tokens(encoder, precision: .int8) : .vectors(encoder)
    }
    let ahead = RerankedIndex(base, by: by(counting), depth: 30, stored: stored)
    let fresh = CountingEncoder()
    let later = RerankedIndex(base, by: by(fresh), depth: 30)
    for threads in [1, 3] {
      let context = WorkContext(threads: threads)
      let expected = try later.searchAll(texts, k: 50, filter: nil, context: context)
      #expect(expected[1].count == 50)
      #expect(try ahead.searchAll(texts, k: 50, filter: nil, context: context) == expected)
      #expect(try ahead.search(texts[2], k: 50) == expected[2])
    }
    // Nothing but queries is encoded where vectors are stored.
    #expect(counting.seen.withLock { $0 } == [])
    #expect(fresh.seen.withLock { $0.count } > 30)
  }

  @Test func documentsWithoutStoredVectorsAreEncoded() throws {
    let base = try Self.base()
    let encoder = CountingEncoder()
    let some = try DenseIndexTests.corpus(Array(Self.texts.prefix(3)))
    let stored = try CandidateVectors(
      IndexedDocuments(some),
      vectors: [try VectorMatrix.embed(some, encoder: FakeEncoder(), context: WorkContext())],
      encoder: encoder)
    let mixed = RerankedIndex(base, by: .vectors(encoder), stored: stored)
    #expect(
      try mixed.search("mill", k: 5)
        == RerankedIndex(base, by: .vectors(FakeEncoder())).search("mill", k: 5))
    #expect(encoder.seen.withLock { $0.sorted() } == ["mill", "mill river stone"])
    // Vectors of documents are of no use for their tokens.
    #expect(
      try RerankedIndex(base, by: .tokens(FakeEncoder()), stored: stored).search("mill", k: 5)
        == RerankedIndex(base, by: .tokens(FakeEncoder())).search("mill", k: 5))
  }

  @Test func storedVectorsThatDoNotFitAreRefused() throws {
    let corpus = try DenseIndexTests.corpus([("a", "x"), ("b", "y")])
    let documents = IndexedDocuments(corpus)
    let encoder = FakeEncoder()
    #expect(throws: VectorError.parts(expected: 1, got: 0)) {
      try CandidateVectors(documents, vectors: [], encoder: encoder)
    }
    #expect(throws: VectorError.count(what: "corpus t", expected: 2, got: 1)) {
      try CandidateVectors(
        documents, vectors: [try VectorMatrix(rows: [[1]])], encoder: encoder)
    }
    #expect(
      throws: VectorError.dimension(
        what: "corpus t for encoder fake", expected: encoder.dimension, got: 1)
    ) {
      try CandidateVectors(
        documents, vectors: [try VectorMatrix(rows: [[1], [2]])], encoder: encoder)
    }
    #expect(throws: VectorError.count(what: "corpus t", expected: 2, got: 1)) {
      try CandidateVectors(
        documents, tokens: [try TokenMatrix(documents: [[[1]]], dimension: 1)], encoder: encoder)
    }
  }
}
