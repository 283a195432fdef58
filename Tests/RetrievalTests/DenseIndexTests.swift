import Bytes
import Corpora
import Execution
import Retrieval
import Testing

@Suite struct DenseIndexTests {
  let encoder = FakeEncoder()

  static func corpus(_ texts: [(String, String)]) throws -> Corpus {
    try Corpus(name: "t", documents: texts.map { Document(id: $0.0, text: $0.1) })
  }

  func index(_ texts: [(String, String)]) throws -> DenseIndex {
    try DenseIndex(try Self.corpus(texts), encoder: encoder, context: WorkContext())
  }

  @Test func ranksByCosineAndBreaksTiesByID() throws {
    let index = try index([
      ("d9", "mill"), ("d10", "mill"), ("é", "mill"), ("b", "river mill"), ("z", "stone"),
      ("D", "mill"),
    ])
    let hits = try index.search("mill", k: 5)
    #expect(hits.map(\.documentID) == ["D", "d10", "d9", "é", "b"])
    #expect(abs(hits[0].score - 1) < 1e-6)
    let expected = zip(encoder.vector("mill"), encoder.vector("river mill")).reduce(0) {
      $0 + $1.0 * $1.1
    }
    #expect(abs(hits[4].score - Double(expected)) < 1e-6)
    #expect(try index.search("mill", k: 2).map(\.documentID) == ["D", "d10"])
    #expect(index.name == "flat")
  }

  @Test func titleAndTextAreEncodedTogether() throws {
    let corpus = try Corpus(
      name: "t", documents: [Document(id: "a", title: "river", text: "mill")])
    let index = try DenseIndex(corpus, encoder: encoder, context: WorkContext())
    #expect(abs(try index.search("river mill", k: 1)[0].score - 1) < 1e-6)
  }

  @Test func countsTokensCutAndEmptyTexts() throws {
    let long = Array(repeating: "word", count: 15).joined(separator: " ")
    let corpus = try Self.corpus([("a", long), ("b", ""), ("c", "two words")])
    let vectors = try VectorMatrix.embed(corpus, encoder: encoder, context: WorkContext())
    #expect(vectors.count == 3 && vectors.dimension == 24)
    #expect(vectors.tokenCount == 14)
    #expect(vectors.truncatedCount == 1)
    #expect(vectors.emptyCount == 1)
    #expect(vectors[1] == [Float](repeating: 0, count: 24))
    #expect(vectors[2] == encoder.vector("two words"))
    #expect(vectors[3] == [] && vectors[-1] == [])
  }

  @Test func emptyQueriesAndEmptyIndexesFindNothing() throws {
    let index = try index([("a", "mill"), ("b", "")])
    #expect(try index.search("", k: 5) == [])
    #expect(try index.search("mill", k: 0) == [])
    #expect(try index.search("mill", k: -1) == [])
    #expect(try index.search("mill", k: .max).map(\.documentID) == ["a", "b"])
    #expect(try index.searchAll(["", "mill"], k: 1, filter: nil, context: WorkContext())[0] == [])
    #expect(try self.index([]).search("mill", k: 5) == [])
    #expect(try index.searchAll([], k: 5, filter: nil, context: WorkContext()).isEmpty)
  }

  @Test func neighboursLeaveTheDocumentOut() throws {
    let index = try index([("a", "mill"), ("b", "mill"), ("c", "mill river"), ("d", "stone")])
    #expect(try index.neighbours(ofDocument: "b", k: 2).map(\.documentID) == ["a", "c"])
    #expect(throws: UnknownDocuments.self) { try index.neighbours(ofDocument: "x", k: 2) }
    #expect(try index.neighbours(ofDocument: "a", k: 0) == [])
  }

  @Test func filtersAreHeld() throws {
    var versions = RandomVersions(seed: 8)
    let corpus = try versions.corpus(60, replacing: [])
    let index = try DenseIndex(corpus, encoder: encoder, context: WorkContext())
    let filter = DocumentFilter(["user": .oneOf(["u1"])])
    let all = try index.search("w1 w2", k: 100)
    let some = try index.search("w1 w2", k: 100, filter: filter)
    #expect(
      some
        == all.filter { hit in
          corpus.document(id: hit.documentID)?.fields.values(of: "user") == ["u1"]
        })
    #expect(!some.isEmpty && some.count < all.count)
    let nothing = DocumentFilter(["user": .oneOf(["nobody"])])
    #expect(try index.search("w1", k: 5, filter: nothing) == [])
  }

  /// Adding and deleting gives what an index of the documents that are left gives.
  @Test(arguments: 0..<6) func versionsEqualFreshIndexes(_ seed: Int) throws {
    var versions = RandomVersions(seed: UInt64(seed))
    var documents = IndexedDocuments(try versions.corpus(40, replacing: []))
    func part(_ corpus: Corpus) throws -> DensePart {
      DensePart(
        vectors: try VectorMatrix.embed(corpus, encoder: encoder, context: WorkContext()))
    }
    var parts = [try part(documents.parts[0].corpus)]
    for _ in 0..<5 {
      let corpus = try versions.corpus(1 + versions.stream.below(20), replacing: documents.liveIDs)
      documents = documents.adding(corpus)
      parts.append(try part(corpus))
      let ids = documents.liveIDs
      let gone = Set(
        (0..<versions.stream.below(6)).map { _ in ids[versions.stream.below(ids.count)] })
      documents = try documents.removing(gone.sorted())
      let index = try DenseIndex(documents: documents, parts: parts, encoder: encoder)
      let fresh = try DenseIndex(
        try documents.liveCorpus(), encoder: encoder, context: WorkContext())
      #expect(index.documentCount == fresh.documentCount)
      let queries = (0..<20).map { _ in versions.text() }
      for filter in [nil, DocumentFilter(["user": .oneOf(["u0", "u2"])])] {
        let expected = try fresh.searchAll(queries, k: 7, filter: filter, context: WorkContext())
        let got = try index.searchAll(
          queries, k: 7, filter: filter, context: WorkContext(threads: 3))
        #expect(got == expected)
        for (query, hits) in zip(queries.prefix(5), expected) {
          #expect(try index.search(query, k: 7, filter: filter) == hits)
        }
      }
      for id in documents.liveIDs.prefix(4) {
        #expect(
          try index.neighbours(ofDocument: id, k: 5) == fresh.neighbours(ofDocument: id, k: 5))
      }
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let corpus = try Self.corpus([("a", "x"), ("b", "y")])
    #expect(throws: VectorError.dimension(what: "row 1", expected: 2, got: 3)) {
      try VectorMatrix(rows: [[1, 2], [1, 2, 3]])
    }
    for bad in [Float.nan, .infinity, -.infinity, 1e30] {
      #expect(throws: VectorError.notFinite(what: "vectors", row: 1)) {
        try VectorMatrix(rows: [[1, 2], [bad, 2]])
      }
    }
    #expect(throws: VectorError.parts(expected: 1, got: 0)) {
      try DenseIndex(documents: IndexedDocuments(corpus), parts: [], encoder: encoder)
    }
    #expect(throws: VectorError.count(what: "corpus t", expected: 2, got: 1)) {
      try DenseIndex(
        documents: IndexedDocuments(corpus),
        parts: [DensePart(vectors: try VectorMatrix(rows: [[1]]))], encoder: encoder)
    }
    #expect(
      throws: VectorError.dimension(what: "corpus t for encoder fake", expected: 24, got: 1)
    ) {
      try DenseIndex(
        documents: IndexedDocuments(corpus),
        parts: [DensePart(vectors: try VectorMatrix(rows: [[1], [2]]))], encoder: encoder)
    }
    let index = try DenseIndex(corpus, encoder: encoder, context: WorkContext())
    #expect(throws: VectorError.dimension(what: "query", expected: 24, got: 2)) {
      try index.search(vector: [1, 2], k: 3)
    }
    #expect(throws: VectorError.notFinite(what: "query", row: 0)) {
      try index.search(vector: [Float](repeating: .nan, count: 24), k: 3)
    }
  }

  @Test func refusesEncodersThatBreakTheirWord() throws {
    let corpus = try Self.corpus([("a", "x"), ("b", "y")])
    #expect(throws: VectorError.dimension(what: "encoder broken", expected: 4, got: 3)) {
      try VectorMatrix.embed(
        corpus, encoder: BrokenEncoder(fault: .dimension), context: WorkContext())
    }
    #expect(throws: VectorError.count(what: "encoder broken", expected: 2, got: 3)) {
      try VectorMatrix.embed(corpus, encoder: BrokenEncoder(fault: .count), context: WorkContext())
    }
    #expect(throws: VectorError.notFinite(what: "encoder broken", row: 0)) {
      try VectorMatrix.embed(
        corpus, encoder: BrokenEncoder(fault: .notANumber), context: WorkContext())
    }
  }

  @Test func recallCountsWhatIsFound() throws {
    let documents = try Self.corpus([
      ("a", "mill"), ("b", "mill river"), ("c", "river"), ("d", "stone"),
    ])
    let exact = try DenseIndex(documents, encoder: encoder, context: WorkContext())
    let other = try DenseIndex(
      documents: exact.documents.removing(["a"]), parts: exact.parts, encoder: encoder)
    let shares = try recall(
      of: other, against: exact, queries: ["mill", "", "stone"], k: 2, context: WorkContext())
    #expect(shares[0] == 0.5)
    #expect(shares[1] == 1)
    #expect(shares.count == 3)
  }

  /// A graph that a part has is asked, but not where few documents may be returned.
  @Test func graphsAreAskedWhereManyDocumentsPass() throws {
    struct Reversed: VectorSearcher {
      let count: Int
      func search(
        _ query: UnsafePointer<Float>, k: Int, allowed: DocumentSet?, deleted: Int
      ) -> [(row: Int, score: Float)] {
        (0..<count).reversed().filter { allowed?.contains($0) ?? true }.prefix(k).map {
          ($0, Float(deleted))
        }
      }
    }
    var versions = RandomVersions(seed: 9)
    let corpus = try versions.corpus(50, replacing: [])
    let vectors = try VectorMatrix.embed(corpus, encoder: encoder, context: WorkContext())
    let parts = [DensePart(vectors: vectors, graph: Reversed(count: corpus.count))]
    let graph = try DenseIndex(
      documents: IndexedDocuments(corpus), parts: parts, encoder: encoder,
      options: DenseIndex.Options(exactBelow: 40))
    #expect(graph.name == "hnsw")
    let last = IndexedDocuments(corpus).parts[0].id(ofRank: corpus.count - 1)
    #expect(try graph.search("w1", k: 1).map(\.documentID) == [last])
    // It is told how many documents are gone, and what a filter leaves out is not.
    #expect(try graph.search("w1", k: 1).map(\.score) == [0])
    let less = try DenseIndex(
      documents: graph.documents.removing([last]), parts: parts, encoder: encoder,
      options: graph.options)
    #expect(try less.search("w1", k: 1).map(\.score) == [1])
    let filter = DocumentFilter(["user": .oneOf(["u1"])])
    let exact = try DenseIndex(corpus, encoder: encoder, context: WorkContext())
    #expect(
      try graph.search("w1", k: 3, filter: filter) == exact.search("w1", k: 3, filter: filter))
  }
}
