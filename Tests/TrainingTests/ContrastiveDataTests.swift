import Corpora
import Execution
import Testing
import Training

@Suite struct ContrastiveDataTests {
  private static func corpus(_ count: Int) throws -> Corpus {
    try Corpus(
      name: "numbers",
      documents: (0..<count).map { Document(id: "d\($0)", text: "number \($0) of \(count)") })
  }

  /// Token numbers are document numbers, so that batches can be read back.
  private static func tokens(_ text: ContrastiveText) -> [Int32] {
    switch text {
    case .query(let text): [Int32(text.dropFirst(6)) ?? -1]
    case .document(let text): [Int32(text.split(separator: " ")[1]) ?? -1]
    }
  }

  private static func batches(
    _ examples: ContrastiveExamples, size: Int, candidates: [[Int]] = [], each: Int = 1,
    heldOut: Double = 0, seed: UInt64 = 1
  ) throws -> ContrastiveBatches {
    try ContrastiveBatches(
      examples, batchSize: size, candidates: candidates, negativesPerQuery: each,
      heldOut: heldOut, seed: seed, longest: 8
    ) { tokens($0) }
  }

  @Test func anEpochHasEveryPairOnce() throws {
    // Three queries share document 0, and every query has a document of its own.
    let pairs = (0..<23).map { (query: "query \($0)", documentID: "d\($0 < 3 ? 0 : $0)") }
    let examples = try ContrastiveExamples(
      pairs: pairs + [(query: "query 5", documentID: "d30")], corpus: Self.corpus(40))
    let source = try Self.batches(examples, size: 5)
    #expect(source.stepsPerEpoch == 5)
    var orders: [[String]] = []
    for epoch in 0..<3 {
      var seen: [String] = []
      for step in 1...5 {
        let batch = source.batch(at: epoch * 5 + step)
        let contrast = try #require(batch.contrast)
        let count = contrast.positives.count
        #expect((4...5).contains(count))
        #expect(batch.labelled == count)
        let queries = Array(batch.tokens.prefix(count))
        let documents = Array(batch.tokens.dropFirst(count))
        // Neither a query nor a document is twice in a batch.
        #expect(Set(queries).count == count)
        #expect(Set(documents).count == documents.count)
        for (query, positive) in zip(queries, contrast.positives) {
          seen.append("\(query) \(documents[Int(positive)])")
        }
        for (query, ignored) in zip(queries, contrast.ignored) {
          let relevant = query < 3 ? [0] : query == 5 ? [5, 30] : [query]
          let expected = documents.indices.filter { relevant.contains(documents[$0]) }
          #expect(ignored.map(Int.init) == expected)
        }
      }
      #expect(Set(seen).count == 24)
      #expect(seen.count == 24)
      orders.append(seen)
    }
    #expect(orders[0] != orders[1])
    #expect(try Self.batches(examples, size: 5).batch(at: 7) == source.batch(at: 7))
    #expect(try Self.batches(examples, size: 5, seed: 2).batch(at: 7) != source.batch(at: 7))
  }

  @Test func negativesAreDrawnAnewEachEpoch() throws {
    let examples = try ContrastiveExamples(
      pairs: (0..<4).map { (query: "query \($0)", documentID: "d\($0)") },
      corpus: Self.corpus(100))
    let pool = (0..<4).map { query in Array(10 + query * 20..<28 + query * 20) }
    let source = try Self.batches(examples, size: 4, candidates: pool, each: 3)
    let batches = (1...6).map { source.batch(at: $0) }
    for batch in batches {
      let documents = batch.tokens.dropFirst(4)
      #expect(documents.count == 4 + 12)
      for query in 0..<4 { #expect(documents.count { pool[query].contains(Int($0)) } == 3) }
    }
    #expect(Set(batches.map { $0.tokens.sorted() }).count == 6)
  }

  @Test func heldOutQueriesAreNotLearned() throws {
    let examples = try ContrastiveExamples(
      pairs: (0..<50).map { (query: "query \($0)", documentID: "d\($0)") },
      corpus: Self.corpus(50))
    let source = try Self.batches(examples, size: 8, heldOut: 0.2)
    let measured = Set(
      source.validation.flatMap { $0.tokens.prefix($0.contrast?.positives.count ?? 0) })
    #expect(measured.count == 10)
    for step in 1...source.stepsPerEpoch {
      let batch = source.batch(at: step)
      #expect(measured.isDisjoint(with: batch.tokens))
    }
    #expect(throws: ContrastiveError.nothingHeldOut(queries: 50, share: 0.001)) {
      try Self.batches(examples, size: 8, heldOut: 0.001)
    }
  }

  @Test func judgementsBecomePairs() throws {
    let corpus = try Corpus(
      name: "c",
      documents: [
        Document(id: "a", text: "one"), Document(id: "b", text: "two"),
        Document(id: "empty", text: " "), Document(id: "c", title: "three", text: ""),
      ])
    let set = JudgedSet(
      name: "train", identity: "c/train",
      queries: [
        Query(id: "1", text: "first"), Query(id: "2", text: "second"),
        Query(id: "3", text: "first"), Query(id: "4", text: ""),
      ],
      judgements: [
        "1": ["a": 1, "b": 0, "gone": 2], "2": ["c": 2, "empty": 1], "3": ["b": 1], "4": ["a": 1],
      ])
    let examples = try ContrastiveExamples(set, corpus: corpus)
    #expect(examples.queries == ["first", "second"])
    #expect(examples.relevant == [[0, 1], [3]])
    #expect(examples.pairs.map { [$0.query, $0.document] } == [[0, 0], [0, 1], [1, 3]])
    #expect(examples.missingCount == 1)
    #expect(examples.emptyCount == 2)
  }

  @Test func whatCannotBeLearnedFromIsRefused() throws {
    let corpus = try Self.corpus(3)
    let unjudged = JudgedSet(
      name: "train", identity: "c", queries: [Query(id: "1", text: "x")],
      judgements: ["1": ["d1": 0, "gone": 1]])
    #expect(throws: ContrastiveError.noPairs(queries: 1, missing: 1, empty: 0)) {
      try ContrastiveExamples(unjudged, corpus: corpus)
    }
    #expect(throws: ContrastiveError.noPairs(queries: 0, missing: 0, empty: 0)) {
      try ContrastiveExamples(pairs: [(query: String, document: String)]())
    }
    #expect(throws: ContrastiveError.emptyText(kind: "query", number: 2)) {
      try ContrastiveExamples(pairs: [(query: "a", document: "b"), (query: "\t ", document: "c")])
    }
    #expect(throws: ContrastiveError.emptyText(kind: "document", number: 1)) {
      try ContrastiveExamples(pairs: [(query: "a", document: "")])
    }
    #expect(throws: ContrastiveError.unknownDocument(id: "D2", suggestion: "d2")) {
      try ContrastiveExamples(pairs: [(query: "a", documentID: "D2")], corpus: corpus)
    }
  }

  @Test func settingsThatMakeNoSenseAreRefused() throws {
    let encoder = try Synonyms.encoder(words: 5)
    let examples = try ContrastiveExamples(pairs: Synonyms.pairs(20, words: 5, seed: 1))
    func error(_ change: (inout EncoderTuning) -> Void) -> ContrastiveError? {
      var tuning = EncoderTuning()
      change(&tuning)
      return #expect(throws: ContrastiveError.self) {
        try tuning.run(encoder, on: examples, context: WorkContext())
      }
    }
    #expect(error { $0.batchSize = 1 } == .batchTooSmall(got: 1, needed: 2))
    #expect(
      error { $0.temperature = 0 }
        == .outOfRange(name: "the temperature", got: "0.0", expected: "0.001 to 100"))
    for change: (inout EncoderTuning) -> Void in [
      { $0.epochs = 0 }, { $0.batchSize = 0 }, { $0.maximumLength = 0 }, { $0.heldOut = 0.9 },
      { $0.learningRate = -1 }, { $0.learningRate = .nan }, { $0.temperature = .nan },
      { $0.warmup = 2 }, { $0.negatives = .bm25(NegativeWindow(ranks: 5..<5)) },
      { $0.negatives = .mined(NegativeWindow(ranks: 0..<5, perQuery: 0)) },
    ] { #expect(error(change) != nil) }
    var alone = EncoderTuning(batchSize: 1)
    alone.negatives = .bm25(NegativeWindow(ranks: 0..<3))
    let result = try alone.run(encoder, on: examples, context: WorkContext())
    #expect(result.summary.steps == examples.pairs.count)
    #expect(Negatives("mined") == .mined(.standard))
    #expect(Negatives("best") == nil)
  }

  /// Words that the encoder has no vector for leave nothing to learn from.
  @Test func pairsWithoutKnownWordsAreLeftOut() throws {
    let encoder = try Synonyms.encoder(words: 5)
    let known = Synonyms.pairs(20, words: 5, seed: 1)
    var tuning = EncoderTuning(epochs: 2, batchSize: 8)
    tuning.learningRate = 1e-2
    let plain = try tuning.run(
      encoder, on: ContrastiveExamples(pairs: known), context: WorkContext())
    let more = try tuning.run(
      encoder, on: ContrastiveExamples(pairs: known + [("unheard of", "d1"), ("q1", "nowhere")]),
      context: WorkContext())
    #expect(more.summary == plain.summary)
    #expect(throws: ContrastiveError.noPairs(queries: 1, missing: 0, empty: 1)) {
      try tuning.run(
        encoder, on: ContrastiveExamples(pairs: [("unheard of", "d1")]), context: WorkContext())
    }
  }
}
