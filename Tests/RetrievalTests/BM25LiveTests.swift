import Corpora
import Execution
import Retrieval
import Testing

/// Versions of an index after additions, replacements and deletions, against indexes and the
/// plain reference built anew over the documents that count.
@Suite struct BM25LiveTests {
  /// What an index should hold, beside the index.
  struct Model {
    var index: BM25Index
    var documents: [String: Document] = [:]
    var texts: RandomTexts
    let options: BM25Options
    let context: WorkContext

    init(seed: UInt64, options: BM25Options, threads: Int) throws {
      texts = RandomTexts(seed: seed)
      self.options = options
      context = WorkContext(threads: threads)
      index = try BM25Index(
        documents: IndexedDocuments(parts: []), segments: [], options: options)
    }

    mutating func upsert(_ count: Int, ids: Int, longest: Int) throws {
      var added: [String: Document] = [:]
      for _ in 0..<count {
        let id = "d\(texts.stream.below(ids))"
        added[id] = Document(
          id: id, title: texts.text(words: texts.stream.below(3), vocabulary: 40),
          text: texts.text(words: texts.stream.below(longest + 1), vocabulary: 40),
          fields: DocumentFields([("year", ["\(texts.stream.below(9))"])]))
      }
      let ordered = added.values.sorted { $0.text < $1.text }
      index = try index.adding(try Corpus(name: "p", documents: ordered), context: context)
      documents.merge(added) { $1 }
    }

    mutating func delete(_ ids: [String]) throws {
      index = try index.removing(ids)
      for id in ids { documents[id] = nil }
    }

    /// Live documents as one corpus.
    func corpus() throws -> Corpus {
      try Corpus(name: "live", documents: documents.values.sorted { $0.id < $1.id })
    }

    mutating func check(queries: Int) throws {
      let corpus = try corpus()
      let fresh = try BM25Index.build(corpus, options: options, context: context)
      let plain = PlainBM25(index.documents, options: options)
      #expect(index.documentCount == documents.count)
      #expect(index.averageLength == fresh.averageLength)
      #expect(index.postingCount == fresh.postingCount)
      #expect(index.termCount == fresh.termCount)
      // The parts' stored forms give the same version again.
      let again = try BM25Index(
        documents: index.documents,
        segments: zip(index.segments, index.documents.parts).map {
          try BM25Segment(decoding: $0.encodedBytes, corpus: $1.corpus)
        }, options: options)
      for _ in 0..<queries {
        let query = texts.text(words: 1 + texts.stream.below(6), vocabulary: 44)
        let k = [1, 2, 7, 30, 10_000][texts.stream.below(5)]
        let expected = try fresh.search(query, k: k)
        #expect(try index.search(query, k: k) == expected, "\(query)")
        #expect(try plain.search(query, k: k) == expected, "\(query)")
        #expect(try again.search(query, k: k) == expected, "\(query)")
        if let hit = expected.last {
          let explained = index.explain(query, documentID: hit.documentID)
          #expect(explained == fresh.explain(query, documentID: hit.documentID))
          #expect(explained?.score == hit.score)
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3])
  func anySequenceOfChangesEqualsAFreshIndex(threads: Int) throws {
    for round in 0..<6 {
      let options = try BM25Options(
        k1: [0.9, 1.5, 3][round % 3], b: [0.4, 0.75, 1][round % 3], analyzer: .plain,
        titleWeight: [1, 2.5, 0.25][round % 3])
      var model = try Model(seed: UInt64(round), options: options, threads: threads)
      try model.check(queries: 2)
      for step in 0..<12 {
        // Lengths change with time, so that averages move up and down.
        let longest = [3, 30, 8, 60][(round + step) % 4]
        switch model.texts.stream.below(5) {
        case 0, 1: try model.upsert(1 + model.texts.stream.below(20), ids: 400, longest: longest)
        case 2: try model.upsert(300, ids: 900, longest: longest)
        case 3:
          let ids = model.documents.keys.sorted().filter { _ in model.texts.stream.below(4) == 0 }
          try model.delete(ids)
        default:
          // All documents of one part.
          guard let part = model.index.documents.parts.first(where: { $0.live.count > 0 }) else {
            continue
          }
          try model.delete(part.live.ranks.map(part.id(ofRank:)))
        }
        try model.check(queries: 6)
      }
      try model.delete(model.documents.keys.sorted())
      try model.check(queries: 3)
      try model.upsert(50, ids: 60, longest: 9)
      try model.check(queries: 6)
    }
  }

  @Test func blockBoundsHoldWhenTheAverageMoves() throws {
    // Many blocks, few results: pruning is at work, and the average moves by factors.
    let options = try BM25Options(k1: 1.2, b: 0.9, analyzer: .plain)
    var model = try Model(seed: 77, options: options, threads: 2)
    try model.upsert(9000, ids: 6000, longest: 30)
    try model.upsert(400, ids: 9000, longest: 900)
    try model.check(queries: 40)
    let short = model.documents.values.filter { $0.text.utf8.count > 30 }.map(\.id).sorted()
    try model.delete(Array(short.prefix(short.count - 20)))
    try model.check(queries: 40)
    try model.upsert(2000, ids: 12_000, longest: 200)
    try model.check(queries: 40)
  }

  @Test(arguments: [2, 3, 50])
  func halfOfTheDocumentsMayBeDead(every: Int) throws {
    let options = try BM25Options(k1: 1.2, b: 0.6, analyzer: .plain, titleWeight: 2)
    var model = try Model(seed: 40 + UInt64(every), options: options, threads: 2)
    try model.upsert(4000, ids: 3000, longest: 25)
    // Words of two documents in three and of one in a hundred: lists of all lengths.
    let all = model.documents.keys.sorted()
    try model.delete(all.enumerated().filter { $0.offset % every == 0 }.map(\.element))
    try model.check(queries: 25)
    // The same once more, so that dead documents stand in two parts.
    try model.upsert(600, ids: 3000, longest: 60)
    try model.delete(
      model.documents.keys.sorted().enumerated()
        .filter { $0.offset % every == 1 }.map(\.element))
    try model.check(queries: 25)
  }

  @Test func oneDocumentMayBeReplacedManyTimes() throws {
    let options = try BM25Options(analyzer: .plain)
    var model = try Model(seed: 51, options: options, threads: 1)
    try model.upsert(40, ids: 60, longest: 9)
    for round in 0..<25 {
      try model.upsert(1, ids: 1, longest: 30)
      if round % 6 == 5 { try model.delete(["d0"]) }
      try model.check(queries: 3)
    }
    #expect(model.index.segments.count == 26)
    // Each part but the last has a document that is dead, and none counts twice.
    #expect(model.index.documents.parts.reduce(0) { $0 + $1.live.count } == model.documents.count)
  }

  @Test func deletingAllLeavesNothing() throws {
    let options = try BM25Options(analyzer: .plain)
    var model = try Model(seed: 52, options: options, threads: 2)
    for _ in 0..<3 { try model.upsert(500, ids: 700, longest: 12) }
    try model.delete(model.documents.keys.sorted())
    try model.check(queries: 5)
    #expect(model.index.termCount == 0 && model.index.postingCount == 0)
    #expect(model.index.averageLength == 0)
    // Ids that are gone may come back.
    try model.upsert(300, ids: 700, longest: 12)
    try model.check(queries: 10)
  }

  @Test func sharesSegmentsBetweenVersions() throws {
    let first = try BM25IndexTests.index([("a", "x y"), ("b", "x"), ("c", "y y")])
    let second = try first.adding(
      try BM25IndexTests.corpus([("b", "y"), ("d", "x x")]), context: WorkContext())
    let third = try second.removing(["a", "d"])
    #expect(second.segments[0].encodedBytes === first.segments[0].encodedBytes)
    #expect(third.segments[1].encodedBytes === second.segments[1].encodedBytes)
    // Versions before stay as they were.
    #expect(try first.search("x", k: 5).map(\.documentID) == ["b", "a"])
    #expect(Set(try second.search("x", k: 5).map(\.documentID)) == ["a", "d"])
    #expect(try third.search("x", k: 5) == [])
    #expect(third.termCount == 1)
    #expect(
      third.summary == """
        BM25 (k1 1.5, b 0.75) over 2 documents in 2 parts: 1 term, 2 postings, 1.5 terms a \
        document, \(third.byteCount) bytes
        """)
    #expect(throws: UnknownDocuments(ids: ["a", "zz"])) { try third.removing(["b", "a", "zz"]) }
  }

  @Test func tiesBreakByIDAcrossParts() throws {
    var index = try BM25IndexTests.index(
      ["m", "d9", "é", "z"].map { ($0, "same words") })
    for ids in [["d1", "e", "zz"], ["D", "d10", "n"]] {
      index = try index.adding(
        try BM25IndexTests.corpus(ids.map { ($0, "same words") }), context: WorkContext())
    }
    let all = ["D", "d1", "d10", "d9", "e", "m", "n", "z", "zz", "é"]
    for k in 1...11 {
      #expect(try index.search("words", k: k).map(\.documentID) == Array(all.prefix(k)))
    }
  }

  @Test func compactionKeepsResults() throws {
    let options = try BM25Options(analyzer: .plain)
    var model = try Model(seed: 8, options: options, threads: 2)
    for _ in 0..<4 { try model.upsert(100, ids: 200, longest: 12) }
    try model.delete(model.documents.keys.sorted().filter { $0.hasSuffix("3") })
    let compacted = try model.index.compacted(context: model.context)
    #expect(compacted.segments.count == 1)
    #expect(compacted.documents.parts[0].live.isFull)
    #expect(compacted.documentCount == model.documents.count)
    for (id, document) in model.documents {
      #expect(compacted.documents.document(id: id) == document)
    }
    for _ in 0..<30 {
      let query = model.texts.text(words: 3, vocabulary: 40)
      #expect(try compacted.search(query, k: 10) == model.index.search(query, k: 10))
    }
    // In order of part, then of file.
    let order = model.index.documents.parts.flatMap { part in
      (0..<part.corpus.count).map { part.corpus.id(at: $0) }.filter { id in
        part.corpus.index(ofID: id).map { position in
          part.live.ranks.contains { part.position(ofRank: $0) == position }
        } ?? false
      }
    }
    #expect(compacted.documents.parts[0].corpus.documents.map(\.id) == order)
  }

  @Test func partsAndSegmentsMustGoTogether() throws {
    let one = try BM25IndexTests.index([("a", "x")])
    let two = try BM25IndexTests.index([("a", "x"), ("b", "x")])
    func failure(_ documents: IndexedDocuments, _ segments: [BM25Segment]) -> BM25BuildError? {
      do {
        _ = try BM25Index(documents: documents, segments: segments, options: one.options)
        return nil
      } catch { return error }
    }
    #expect(failure(one.documents, []) == .wrongSegments(expected: 1, got: 0))
    #expect(
      failure(one.documents, two.segments) == .wrongDocuments(segment: 0, expected: 1, got: 2))
    let other = try BM25Segment.build(
      try BM25IndexTests.corpus([("a", "x")]), options: .standard, context: WorkContext())
    #expect(failure(one.documents, [other]) == .wrongOptions(segment: 0))
    #expect(
      "\(BM25BuildError.wrongDocuments(segment: 0, expected: 1, got: 2))"
        == "segment 1 of a BM25 index is of 2 documents, its part has 1")
  }

  @Test func damagedSegmentsAndForeignCorporaNeverTrap() throws {
    let options = try BM25Options(analyzer: .plain)
    var model = try Model(seed: 31, options: options, threads: 1)
    for longest in [8, 30, 5] { try model.upsert(150, ids: 220, longest: longest) }
    try model.delete(model.documents.keys.sorted().filter { $0.hasSuffix("7") })
    let good = model.index.segments.map { $0.encoded() }
    let parts = model.index.documents.parts
    let filter = DocumentFilter(["year": .oneOf(["1", "2"])])
    var accepted = 0
    for round in 0..<2000 {
      var segments: [BM25Segment] = []
      for (place, part) in parts.enumerated() {
        var bytes = good[place]
        let span = round % 2 == 0 ? min(bytes.count, 3000) : bytes.count
        for _ in 0...model.texts.stream.below(2) {
          bytes[model.texts.stream.below(span)] = UInt8(model.texts.stream.below(256))
        }
        if let segment = try? BM25Segment(decoding: bytes, corpus: part.corpus) {
          segments.append(segment)
        }
      }
      guard segments.count == parts.count,
        let index = try? BM25Index(
          documents: model.index.documents, segments: segments, options: segments[0].options)
      else { continue }
      accepted += 1
      for _ in 0..<3 {
        let query = model.texts.text(words: 4, vocabulary: 40)
        #expect(try index.search(query, k: 5).count <= 5)
        _ = try index.search(query, k: 5, filter: filter)
        _ = index.explain(query, documentID: "d\(model.texts.stream.below(220))")
        _ = index.termCount
      }
      _ = try index.removing([model.documents.keys.sorted()[round % 50]]).search("w1", k: 3)
    }
    #expect(accepted > 50, "\(accepted)")
  }
}
