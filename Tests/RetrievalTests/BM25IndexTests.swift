import Bytes
import Corpora
import Execution
import Retrieval
import Testing

@Suite struct BM25IndexTests {
  static func corpus(_ texts: [(String, String)]) throws -> Corpus {
    try Corpus(name: "t", documents: texts.map { Document(id: $0.0, text: $0.1) })
  }

  static func index(_ texts: [(String, String)]) throws -> BM25Index {
    try BM25Index.build(
      try corpus(texts), options: BM25Options(analyzer: .plain), context: WorkContext())
  }

  /// An index of one part through its stored form.
  static func reopened(_ index: BM25Index, bytes: [UInt8]? = nil) throws -> BM25Index {
    let corpus = index.documents.parts[0].corpus
    let segment = try BM25Segment(
      decoding: bytes ?? index.segments[0].encoded(), corpus: corpus)
    return try BM25Index(
      documents: index.documents, segments: [segment], options: segment.options)
  }

  @Test func scoresByTheFormula() throws {
    let corpus = try Corpus(
      name: "t",
      documents: [
        Document(id: "a", title: "cat", text: "cat sat"), Document(id: "b", text: "dog sat down"),
      ])
    let options = try BM25Options(k1: 1.2, b: 0.75, analyzer: .plain)
    let index = try BM25Index.build(corpus, options: options, context: WorkContext())
    let hits = try index.search("cat sat cat", k: 5)
    // N 2, lengths 3 and 3: norm 1.2. cat: df 1, tf 2, named twice; sat: df 2, tf 1.
    let cat = 2 * 0.6931471805599453 * 2 / 3.2
    let sat = 0.1823215567939546 / 2.2
    #expect(hits.map(\.documentID) == ["a", "b"])
    #expect(abs(hits[0].score - (cat + sat)) < 1e-6)
    #expect(abs(hits[1].score - sat) < 1e-6)
  }

  @Test func tiesBreakByIDAlsoAtTheLastPlace() throws {
    let index = try Self.index(
      ["d9", "d10", "é", "d1", "e", "D"].map { ($0, "same words") })
    #expect(
      try index.search("words", k: 10).map(\.documentID) == ["D", "d1", "d10", "d9", "e", "é"])
    #expect(try index.search("words", k: 3).map(\.documentID) == ["D", "d1", "d10"])
  }

  @Test func answersNothingWhereNothingMatches() throws {
    let index = try Self.index([("a", "x"), ("b", "")])
    for query in ["", "  …", "unknown words"] {
      #expect(try index.search(query, k: 5) == [])
    }
    #expect(try index.search("x", k: 0) == [])
    #expect(try index.search("x", k: -3) == [])
    #expect(try index.search("x", k: .max).count == 1)
    let empty = try Self.index([])
    #expect(empty.documentCount == 0)
    #expect(try empty.search("x", k: 5) == [])
    #expect(try Self.reopened(empty).search("x", k: 5) == [])
    let hollow = try Self.index([("a", ""), ("b", "…")])
    #expect(try hollow.search("x", k: 5) == [])
  }

  @Test func describesItself() throws {
    let index = try Self.index([("a", "x y x"), ("b", "x")])
    #expect(index.termCount == 2)
    #expect(index.postingCount == 3)
    #expect(index.averageLength == 2)
    #expect(
      index.summary == """
        BM25 (k1 1.5, b 0.75) over 2 documents: 2 terms, 3 postings, 2.0 terms a document, \
        \(index.segments[0].encoded().count) bytes
        """)
  }

  @Test func survivesItsStoredForm() throws {
    var texts = RandomTexts(seed: 5)
    let corpus = try texts.corpus(documents: 700, vocabulary: 300, longest: 20)
    let options = try BM25Options(
      k1: 1.1, b: 0.3,
      analyzer: TextAnalyzer(stopwords: .english, stemmer: "porter", maximumTokenLength: 20))
    let index = try BM25Index.build(corpus, options: options, context: WorkContext())
    let again = try Self.reopened(index)
    #expect(again.options == options)
    #expect(again.summary == index.summary)
    #expect(again.segments[0].encodedBytes == index.segments[0].encodedBytes)
    for _ in 0..<50 {
      let query = texts.text(words: 3, vocabulary: 300)
      #expect(try again.search(query, k: 10) == index.search(query, k: 10))
    }
  }

  @Test func damagedBytesNeverTrap() throws {
    var texts = RandomTexts(seed: 6)
    let corpus = try texts.corpus(documents: 300, vocabulary: 30, longest: 12)
    let whole = try BM25Index.build(corpus, context: WorkContext())
    let good = whole.segments[0].encoded()
    let queries = (0..<8).map { _ in texts.text(words: 4, vocabulary: 30) }
    var accepted = 0
    for round in 0..<3000 {
      var bytes = good
      if round % 3 == 0 {
        bytes = Array(bytes.prefix(texts.stream.below(bytes.count)))
      } else {
        // Half the changes fall on the header and tables, where every byte matters.
        let span = round % 2 == 0 ? min(bytes.count, 6000) : bytes.count
        for _ in 0...texts.stream.below(3) {
          bytes[texts.stream.below(span)] = UInt8(texts.stream.below(256))
        }
      }
      guard let index = try? Self.reopened(whole, bytes: bytes) else { continue }
      accepted += 1
      for query in queries {
        let hits = try index.search(query, k: 10)
        #expect(hits.count <= 10)
        _ = index.explain(query, documentID: "d7")
      }
    }
    #expect(accepted > 100)
  }

  @Test func saysWhatIsWrong() throws {
    #expect(throws: BM25OptionsError.k1OutOfRange(got: -1)) { try BM25Options(k1: -1) }
    #expect(throws: BM25OptionsError.bOutOfRange(got: 1.5)) { try BM25Options(b: 1.5) }
    #expect(
      "\(BM25OptionsError.bOutOfRange(got: 1.5))" == "b must be between 0 and 1, got 1.5")
    #expect(throws: (any Error).self) { try BM25Options(k1: .nan) }
    let index = try Self.index([("a", "x")])
    let good = index.segments[0].encoded()
    #expect(
      throws: BinaryCodingError.truncated(
        format: "BM25 index", expectedBytes: UInt64(good.count),
        gotBytes: UInt64(good.count - 1))
    ) {
      try Self.reopened(index, bytes: Array(good.dropLast()))
    }
  }

  @Test func stopsWhenAsked() throws {
    let context = WorkContext()
    context.cancellation.cancel()
    let corpus = try Self.corpus([("a", "x")])
    #expect(throws: CancellationRequested.self) {
      try BM25Index.build(corpus, context: context)
    }
    let index = try BM25Index.build(corpus, context: WorkContext())
    #expect(throws: CancellationRequested.self) {
      try index.run([Query(id: "q", text: "x")], k: 1, context: context)
    }
  }

  @Test func explainsScores() throws {
    let index = try BM25Index.build(
      try Self.corpus([("a", "running cats run"), ("b", "a dog"), ("c", "cats")]),
      context: WorkContext())
    let hit = try #require(try index.search("the cats run, cats", k: 1).first)
    let explanation = try #require(index.explain("the cats run, cats", documentID: "a"))
    #expect(explanation.score == hit.score)
    #expect(explanation.length == 3)
    #expect(explanation.terms.map(\.term) == ["cat", "run"])
    #expect(explanation.terms.map(\.queryCount) == [2, 1])
    #expect(explanation.terms.map(\.frequency) == [1, 2])
    #expect(explanation.terms.map(\.documents) == [2, 1])
    #expect(index.explain("dog", documentID: "a")?.terms == [])
    #expect(index.explain("dog", documentID: "zz") == nil)
  }
}
