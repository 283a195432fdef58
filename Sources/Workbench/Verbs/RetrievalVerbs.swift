import Corpora
import Language
import Retrieval

extension VerbLibrary {
  /// Indexes and searching them.
  static var retrievalVerbs: [Verb] { [bm25, search] }

  private static let bm25 = Verb(
    VerbSignature(
      "bm25", topic: "retrieval", .compute,
      summary: "Builds a BM25 index over title and text, in Lucene's form.",
      example: "lexical = bm25(scifact.corpus, k1: 0.9, b: 0.4)",
      parameters: [
        .init("corpus", .artifact("corpus"), positional: true, "The documents."),
        .init(
          "k1", .number, default: formatNumber(BM25Options.defaultK1),
          "How fast repeated terms saturate; at least 0."),
        .init(
          "b", .number, default: formatNumber(BM25Options.defaultB),
          "How far long documents are discounted; 0 to 1."),
        .init(
          "stem", StaticType.string.optional, default: "\"english\"",
          choices: TextAnalyzer.stemmers, "The Snowball stemmer, or none."),
        .init(
          "stopwords", StaticType.string.optional, default: "\"english\"", choices: ["english"],
          "The words left out, or none."),
      ],
      result: { _ in .artifact("index") }),
    // Some 16 bytes a posting while building, and words have about six letters.
    estimate: { arguments, _ in
      let corpus = try arguments.handle("corpus", .corpus).object(as: Corpus.self)
      return PlannedWork(memoryBytes: (64 << 20) + corpus.textByteCount * 6)
    }
  ) { arguments, context in
    let corpus = try arguments.handle("corpus", .corpus).object(as: Corpus.self)
    let k1 = try arguments.number("k1")
    let b = try arguments.number("b")
    guard k1 >= 0, k1 <= 1000 else {
      throw VerbError("expected k1 from 0 to 1000, got \(formatNumber(k1))", parameter: "k1")
    }
    guard (0...1).contains(b) else {
      throw VerbError("expected b from 0 to 1, got \(formatNumber(b))", parameter: "b")
    }
    let analyzer = try TextAnalyzer(
      stopwords: try arguments.optionalString("stopwords") == nil ? .none : .english,
      stemmer: try arguments.optionalString("stem"))
    let index = try BM25Index.build(
      corpus, options: try BM25Options(k1: k1, b: b, analyzer: analyzer), context: context.work)
    return try context.artifact(
      .index, StoredIndex(index: index, corpus: try arguments.handle("corpus", .corpus)))
  }

  private static let search = Verb(
    VerbSignature(
      "search", topic: "retrieval", .compute,
      summary: "Finds the documents that match a query best, with a snippet of each.",
      example: "search(lexical, \"zinc and immunity\", k: 3)",
      parameters: [
        .init("index", .artifact("index"), positional: true, "Where to search."),
        .init("query", .string, positional: true, "The query's text."),
        .init("k", .number, default: "10", "How many documents at most."),
      ],
      result: { _ in
        .list(
          .record(
            [
              .init("rank", .number), .init("document", .string), .init("score", .number),
              .init("title", .string), .init("snippet", .string),
            ], isOpen: false))
      }),
    emptyText: "no document matches the query"
  ) { arguments, context in
    let stored = try arguments.handle("index", .index).object(as: StoredIndex.self)
    let query = try arguments.string("query")
    let hits = try stored.index.search(query, k: try arguments.integer("k", in: 1...10_000))
    return .table(
      columns: ["rank", "document", "score", "title", "snippet"],
      rows: hits.enumerated().map { rank, hit in
        let document =
          stored.index.documents.document(id: hit.documentID)
          ?? Document(id: hit.documentID, text: "")
        let snippet = stored.index.snippet(for: document, query: query, words: 30)
        return [
          .number(Double(rank + 1)), .string(hit.documentID), .number(hit.score),
          .string(document.title),
          .marked(MarkedText(text: snippet.text, marks: snippet.matches)),
        ]
      })
  }
}
