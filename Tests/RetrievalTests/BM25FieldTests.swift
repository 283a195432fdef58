import Corpora
import Execution
import Retrieval
import Testing

/// Weights of titles, searches of one field, and filters.
@Suite struct BM25FieldTests {
  static func options(_ weight: Double, _ fields: BM25Options.Fields = .all) throws -> BM25Options {
    try BM25Options(k1: 1.2, b: 0.75, analyzer: .plain, titleWeight: weight, fields: fields)
  }

  @Test func weighsTitlesByTheFormula() throws {
    let corpus = try Corpus(
      name: "t",
      documents: [
        Document(id: "a", title: "cat", text: "dog dog dog"),
        Document(id: "b", text: "cat dog dog"),
      ])
    let index = try BM25Index.build(
      corpus, options: try Self.options(2.5), context: WorkContext())
    let hits = try index.search("cat", k: 5)
    // Lengths 5.5 and 3, average 4.25; both have "cat": ln(1 + 0.5 / 2.5).
    let weight = 0.1823215567939546
    let a = 2.5 / (2.5 + 1.2 * (0.25 + 0.75 * 5.5 / 4.25))
    let b = 1 / (1 + 1.2 * (0.25 + 0.75 * 3 / 4.25))
    #expect(hits.map(\.documentID) == ["a", "b"])
    #expect(abs(hits[0].score - weight * a) < 1e-6)
    #expect(abs(hits[1].score - weight * b) < 1e-6)
    #expect(index.averageLength == 4.25)
    let explanation = try #require(index.explain("cat", documentID: "a"))
    #expect(explanation.length == 5.5)
    #expect(explanation.terms.map(\.frequency) == [2.5])
  }

  @Test(arguments: [0, 0.25, 0.5, 1, 1.75, 3, 64])
  func equalsThePlainReference(weight: Double) throws {
    var texts = RandomTexts(seed: UInt64(weight * 4))
    let corpus = try texts.corpus(documents: 1500, vocabulary: 60, longest: 12)
    for fields in [BM25Options.Fields.all, .title, .text] {
      let options = try Self.options(weight, fields)
      let index = try BM25Index.build(corpus, options: options, context: WorkContext())
      let plain = PlainBM25(corpus, options: options)
      for _ in 0..<20 {
        let query = texts.text(words: 4, vocabulary: 60)
        #expect(try index.search(query, k: 10) == plain.search(query, k: 10))
      }
      let again = try BM25IndexTests.reopened(index)
      #expect(again.options == options)
    }
  }

  @Test func aWholeWeightRepeatsTheTitle() throws {
    var texts = RandomTexts(seed: 12)
    let corpus = try texts.corpus(documents: 500, vocabulary: 60, longest: 12)
    let repeated = try Corpus(
      name: "r",
      documents: corpus.documents.map {
        Document(id: $0.id, text: "\($0.title) \($0.title) \($0.title) \($0.text)")
      })
    let weighted = try BM25Index.build(
      corpus, options: try Self.options(3), context: WorkContext())
    let plain = try BM25Index.build(
      repeated, options: try Self.options(1), context: WorkContext())
    #expect(weighted.averageLength == plain.averageLength)
    for _ in 0..<30 {
      let query = texts.text(words: 4, vocabulary: 60)
      #expect(try weighted.search(query, k: 10) == plain.search(query, k: 10))
    }
  }

  @Test func fieldsLeaveTheOtherOut() throws {
    let corpus = try Corpus(
      name: "t",
      documents: [
        Document(id: "a", title: "cat", text: "dog"), Document(id: "b", title: "dog", text: "cat"),
      ])
    func found(_ fields: BM25Options.Fields) throws -> [String] {
      try BM25Index.build(corpus, options: try Self.options(1, fields), context: WorkContext())
        .search("cat", k: 5).map(\.documentID)
    }
    #expect(try found(.title) == ["a"])
    #expect(try found(.text) == ["b"])
    #expect(try found(.all) == ["a", "b"])
  }

  @Test func saysWhichWeightsThereAre() {
    #expect(throws: BM25OptionsError.titleWeightOutOfRange(got: 1.3)) { try Self.options(1.3) }
    #expect(throws: BM25OptionsError.titleWeightOutOfRange(got: -1)) { try Self.options(-1) }
    #expect(throws: BM25OptionsError.self) { try Self.options(.nan) }
    #expect(throws: BM25OptionsError.self) { try Self.options(.infinity) }
    #expect(throws: BM25OptionsError.noFields) { try Self.options(1, []) }
    #expect(
      "\(BM25OptionsError.titleWeightOutOfRange(got: 1.3))"
        == "the weight of titles must be a multiple of 0.25 from 0 to 64, got 1.3")
  }

  @Test func filtersEqualTheFilteredRanking() throws {
    let options = try BM25Options(analyzer: .plain)
    var model = try BM25LiveTests.Model(seed: 4, options: options, threads: 2)
    try model.upsert(9000, ids: 7000, longest: 12)
    try model.upsert(700, ids: 9000, longest: 30)
    try model.delete(model.documents.keys.sorted().filter { $0.hasSuffix("5") })
    let some = model.documents.keys.sorted()
    // From a third of all documents to one.
    let filters = [
      DocumentFilter([:]), DocumentFilter(["year": .oneOf(["1", "2", "3"])]),
      DocumentFilter(["year": .range(atLeast: 4, atMost: 4)]),
      DocumentFilter(["id": .oneOf(Array(some.prefix(40)))]),
      DocumentFilter(["id": .oneOf([some[100]])]),
      DocumentFilter(["year": .oneOf(["7"]), "id": .oneOf(Array(some.prefix(900)))]),
    ]
    for filter in filters {
      let allowed = Set(
        model.documents.values.filter { document in
          filter.conditions.allSatisfy { name, condition in
            let value = name == "id" ? document.id : document.fields.values(of: name)[0]
            switch condition {
            case .oneOf(let values): return values.contains(value)
            case .range(let least, let most):
              return (Double(value) ?? -1) >= least ?? 0 && (Double(value) ?? -1) <= most ?? 9
            }
          }
        }.map(\.id))
      let plain = PlainBM25(model.index.documents, options: options)
      for round in 0..<12 {
        let query = model.texts.text(words: 1 + round % 5, vocabulary: 44)
        let all = try model.index.search(query, k: .max).filter { allowed.contains($0.documentID) }
        for k in [1, 10, 300] {
          let got = try model.index.search(query, k: k, filter: filter)
          #expect(got == Array(all.prefix(k)), "\(query) \(k)")
          if round < 3 { #expect(try plain.search(query, k: k, filter: filter) == got) }
        }
      }
    }
    // A tenth, a hundredth, a thousandth; and those that a query ranks first or last.
    let ids = model.documents.keys.sorted()
    for share in [10, 100, 1000] {
      let drawn = Set(ids.filter { _ in model.texts.stream.below(share) == 0 })
      for round in 0..<15 {
        let query = model.texts.text(words: 1 + round % 7, vocabulary: 44)
        let all = try model.index.search(query, k: .max)
        let near = Set(
          all.prefix(2 * ids.count / share).enumerated().compactMap {
            $0.offset % 2 == 0 ? $0.element.documentID : nil
          })
        let far = Set(all.suffix(ids.count / share).map(\.documentID))
        for allowed in [drawn, near, far] {
          let filter = DocumentFilter(["id": .oneOf(allowed.sorted())])
          let expected = all.filter { allowed.contains($0.documentID) }
          for k in [1, 10] {
            #expect(
              try model.index.search(query, k: k, filter: filter) == Array(expected.prefix(k)),
              "\(query) \(share) \(k)")
          }
        }
      }
    }
    let none = DocumentFilter(["nothing": .oneOf(["x"])])
    #expect(try model.index.search("w0 w1", k: 10, filter: none) == [])
    let queries = (0..<20).map {
      Query(id: "\($0)", text: model.texts.text(words: 3, vocabulary: 40))
    }
    let one = try model.index.run(
      queries, k: 5, filter: filters[1], context: WorkContext(threads: 1))
    #expect(
      try model.index.run(queries, k: 5, filter: filters[1], context: WorkContext(threads: 3))
        == one)
  }
}
