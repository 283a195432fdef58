import Bytes
import CKernels
import Corpora
import Execution
import Retrieval
import Testing

@Suite struct LateInteractionTests {
  let encoder = FakeEncoder()

  func tokens(
    _ corpus: Corpus, precision: TokenMatrix.Precision = .float32, centroids: Int? = nil
  ) throws -> TokenMatrix {
    try TokenMatrix.embed(
      corpus, encoder: encoder, precision: precision, centroids: centroids, context: WorkContext())
  }

  func index(
    _ corpus: Corpus, precision: TokenMatrix.Precision = .float32,
    pruning: LateInteractionIndex.Pruning = .off, centroids: Int? = nil
  ) throws -> LateInteractionIndex {
    try LateInteractionIndex(
      documents: IndexedDocuments(corpus),
      parts: [try tokens(corpus, precision: precision, centroids: centroids)], encoder: encoder,
      pruning: pruning)
  }

  /// The definition, in double.
  func plainScore(_ query: String, _ document: String) -> Double {
    let rows = encoder.words(document).prefix(encoder.maximumLength).map(encoder.direction)
    return encoder.words(query).prefix(encoder.maximumLength).reduce(0) { sum, word in
      let token = encoder.direction(word)
      return sum
        + (rows.map { zip($0, token).reduce(0) { $0 + Double($1.0) * Double($1.1) } }.max() ?? 0)
    }
  }

  @Test(arguments: TokenMatrix.Precision.allCases)
  func scoresByTheDefinition(_ precision: TokenMatrix.Precision) throws {
    var versions = RandomVersions(seed: 3)
    let corpus = try versions.corpus(150, replacing: [])
    let index = try index(corpus, precision: precision)
    let tolerance = precision == .float32 ? 1e-5 : 0.03
    for _ in 0..<10 {
      let query = "w\(versions.stream.below(12)) " + versions.text()
      let hits = try index.search(query, k: 1000)
      for hit in hits {
        let document = try #require(corpus.document(id: hit.documentID))
        #expect(abs(hit.score - plainScore(query, document.encodedText)) < tolerance)
      }
      let withTokens = corpus.documents.filter { !$0.encodedText.isEmpty }
      #expect(Set(hits.map(\.documentID)) == Set(withTokens.map(\.id)))
      #expect(zip(hits, hits.dropFirst()).allSatisfy { $0.score >= $1.score })
    }
  }

  @Test func tiesBreakByIDAndEmptyDocumentsAreNotFound() throws {
    let corpus = try DenseIndexTests.corpus([
      ("d9", "mill"), ("d10", "mill"), ("é", "mill"), ("D", "mill"), ("e", ""), ("s", "stone mill"),
    ])
    let index = try index(corpus)
    // "stone mill" holds the query's token as well as the others do.
    #expect(try index.search("mill", k: 9).map(\.documentID) == ["D", "d10", "d9", "s", "é"])
    #expect(try index.search("mill", k: 2).map(\.documentID) == ["D", "d10"])
    #expect(try index.search("stone mill", k: 1).map(\.documentID) == ["s"])
    #expect(try index.search("", k: 3) == [])
    #expect(try index.search("mill", k: 0) == [])
    #expect(try index.search("mill", k: .max).count == 5)
    #expect(try self.index(try DenseIndexTests.corpus([])).search("mill", k: 3) == [])
  }

  @Test(arguments: 0..<4) func versionsEqualFreshIndexes(_ seed: Int) throws {
    var versions = RandomVersions(seed: 20 + UInt64(seed))
    var documents = IndexedDocuments(try versions.corpus(40, replacing: []))
    var parts = [try tokens(documents.parts[0].corpus, precision: .int8)]
    for _ in 0..<4 {
      let corpus = try versions.corpus(1 + versions.stream.below(20), replacing: documents.liveIDs)
      documents = documents.adding(corpus)
      parts.append(try tokens(corpus, precision: .int8))
      documents = try documents.removing(Array(documents.liveIDs.prefix(versions.stream.below(5))))
      let index = try LateInteractionIndex(
        documents: documents, parts: parts, encoder: encoder, pruning: .off)
      let fresh = try self.index(try documents.liveCorpus(), precision: .int8)
      let queries = (0..<20).map { _ in versions.text() }
      for filter in [nil, DocumentFilter(["user": .oneOf(["u0", "u2"])])] {
        let expected = try fresh.searchAll(queries, k: 7, filter: filter, context: WorkContext())
        #expect(
          try index.searchAll(queries, k: 7, filter: filter, context: WorkContext(threads: 2))
            == expected)
        #expect(try index.search(queries[0], k: 7, filter: filter) == expected[0])
      }
    }
  }

  @Test func pruningFindsNearlyAllAndScoresThemTheSame() throws {
    var stream = RandomStream(seed: 6, purpose: "tests/late")
    let corpus = try Corpus(
      name: "many",
      documents: (0..<1500).map { number in
        Document(
          id: "d\(number)",
          text: (0..<8).map { _ in "w\(stream.below(200))" }.joined(separator: " "))
      })
    let tokens = try tokens(corpus, precision: .int8, centroids: 128)
    #expect(tokens.centroidCount == 128)
    let documents = IndexedDocuments(corpus)
    let exact = try LateInteractionIndex(
      documents: documents, parts: [tokens], encoder: encoder, pruning: .off)
    let pruned = try LateInteractionIndex(
      documents: documents, parts: [tokens], encoder: encoder, pruning: .centroids(rescored: 200))
    let queries = (0..<40).map { _ in
      (0..<5).map { _ in "w\(stream.below(200))" }.joined(separator: " ")
    }
    let shares = try recall(
      of: pruned, against: exact, queries: queries, k: 10, context: WorkContext())
    #expect(shares.reduce(0, +) / 40 > 0.95)
    for query in queries.prefix(10) {
      let scores = Dictionary(
        uniqueKeysWithValues: try exact.search(query, k: 1500).map { ($0.documentID, $0.score) })
      for hit in try pruned.search(query, k: 10) { #expect(scores[hit.documentID] == hit.score) }
    }
    // Where all candidates are rescored, nothing is pruned.
    let whole = try LateInteractionIndex(
      documents: documents, parts: [tokens], encoder: encoder, pruning: .centroids(rescored: 1500))
    #expect(
      try whole.searchAll(queries, k: 10, filter: nil, context: WorkContext())
        == exact.searchAll(queries, k: 10, filter: nil, context: WorkContext()))
  }

  @Test(arguments: TokenMatrix.Precision.allCases)
  func rowsAreCodedByTheNearestOfCentroidsThatWereLearned(
    _ precision: TokenMatrix.Precision
  ) throws {
    // Directions with as much noise as direction: a centroid that was learned is nearer to the
    // rows around it than one of them is.
    let (clusters, dimension) = (16, 40)
    var stream = RandomStream(seed: 12, purpose: "tests/clusters")
    func random(_ length: Double) -> [Double] {
      let values = (0..<dimension).map { _ in stream.uniform() - 0.5 }
      let size = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return values.map { $0 / size * length }
    }
    let directions = (0..<clusters).map { _ in random(1) }
    let documents = (0..<100).map { _ in
      (0..<12).map { _ -> [Float] in
        let noisy = zip(directions[stream.below(clusters)], random(1)).map(+)
        let size = noisy.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return noisy.map { Float($0 / size) }
      }
    }
    let matrix = try TokenMatrix(
      documents: documents, dimension: dimension, precision: precision, centroids: 40)
    let centroids = matrix.centroidRows
    #expect(matrix.centroidCodes.count == 1200)
    let rows = (0..<100).flatMap { matrix.rows(ofRank: $0) }
    var sum = 0.0
    for (row, code) in matrix.centroidCodes.enumerated() {
      let products = (0..<40).map { centroid in
        (0..<dimension).reduce(0.0) {
          $0 + Double(rows[row * dimension + $1]) * Double(centroids[centroid * dimension + $1])
        }
      }
      #expect(products[Int(code)] >= (products.max() ?? 2) - 1e-5)
      sum += products[Int(code)]
    }
    // Rows among 40 random ones have .63 with the nearest, and .7 with their own direction.
    #expect(sum / 1200 > 0.68)
  }

  /// Numbers of many shapes: whole and partial panels, tiles of rows and what is left of them.
  @Test(arguments: [(1, 1, 3), (5, 16, 7), (13, 17, 32), (97, 33, 24), (200, 64, 40), (31, 70, 5)])
  func kernelsAreThePlainOnes(_ shape: (rows: Int, columns: Int, depth: Int)) throws {
    var stream = RandomStream(seed: 9, purpose: "tests/tokens")
    // Small whole numbers: sums are exact, and several are largest.
    let x = (0..<shape.rows * shape.depth).map { _ in Float(stream.below(5)) - 2 }
    let w = (0..<shape.columns * shape.depth).map { _ in Float(stream.below(5)) - 2 }
    func product(_ row: Int, _ column: Int) -> Float {
      (0..<shape.depth).reduce(0) {
        $0 + x[row * shape.depth + $1] * w[column * shape.depth + $1]
      }
    }
    var packed = [Float](
      repeating: 0, count: Int(ck_packed_count(Int64(shape.columns), Int64(shape.depth))))
    ck_pack(Int64(shape.columns), Int64(shape.depth), w, &packed)
    var places = [UInt16](repeating: 9999, count: shape.rows)
    ck_packed_nearest(
      Int64(shape.rows), Int64(shape.columns), Int64(shape.depth), x, Int64(shape.depth), packed,
      &places)
    for row in 0..<shape.rows {
      let products = (0..<shape.columns).map { product(row, $0) }
      #expect(Int(places[row]) == products.firstIndex(of: products.max() ?? 0))
    }
    var best = [Float](repeating: -.infinity, count: (shape.columns + 31) / 32 * 32)
    // In two calls, as a document of several blocks.
    let half = shape.rows / 2
    ck_packed_largest(
      Int64(half), Int64(shape.columns), Int64(shape.depth), x, Int64(shape.depth), packed, &best)
    ck_packed_largest(
      Int64(shape.rows - half), Int64(shape.columns), Int64(shape.depth),
      Array(x[(half * shape.depth)...]), Int64(shape.depth), packed, &best)
    for column in 0..<shape.columns {
      #expect(best[column] == (0..<shape.rows).map { product($0, column) }.max())
    }
  }

  @Test func bytesDoNotDependOnThreads() throws {
    var versions = RandomVersions(seed: 31)
    let corpus = try versions.corpus(900, replacing: [])
    func made(_ threads: Int) throws -> TokenMatrix {
      try TokenMatrix.embed(
        corpus, encoder: encoder, centroids: 64, seed: 5, context: WorkContext(threads: threads))
    }
    let one = try made(1)
    for threads in [2, 3] { #expect(try made(threads).encodedBytes == one.encodedBytes) }
    let other = try TokenMatrix.embed(
      corpus, encoder: encoder, centroids: 64, seed: 6, context: WorkContext())
    #expect(other.encodedBytes != one.encodedBytes)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let corpus = try DenseIndexTests.corpus([("a", "x"), ("b", "y")])
    #expect(throws: VectorError.parts(expected: 1, got: 0)) {
      try LateInteractionIndex(
        documents: IndexedDocuments(corpus), parts: [], encoder: encoder)
    }
    #expect(throws: VectorError.count(what: "corpus t", expected: 2, got: 1)) {
      try LateInteractionIndex(
        documents: IndexedDocuments(corpus),
        parts: [try TokenMatrix(documents: [[[1]]], dimension: 1)], encoder: encoder)
    }
    #expect(throws: VectorError.dimension(what: "document 0", expected: 2, got: 1)) {
      try TokenMatrix(documents: [[[1]]], dimension: 2)
    }
    #expect(throws: VectorError.notFinite(what: "token vectors", row: 1)) {
      try TokenMatrix(documents: [[[1]], [[.nan]]], dimension: 1)
    }
  }

  @Test func sizesOfCentroidSetsFollowTheTokens() {
    #expect(TokenMatrix.centroidCount(forTokens: 0) == 0)
    #expect(TokenMatrix.centroidCount(forTokens: 19_999) == 0)
    #expect(TokenMatrix.centroidCount(forTokens: 20_000) == 512)
    #expect(TokenMatrix.centroidCount(forTokens: 1_000_000) == 2048)
    #expect(TokenMatrix.centroidCount(forTokens: .max) == 4096)
  }
}
