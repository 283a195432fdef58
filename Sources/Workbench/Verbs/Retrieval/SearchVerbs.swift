import Artifacts
import Corpora
import Evaluation
import Execution
import Language
import Retrieval

extension VerbLibrary {
  /// Searching indexes, and how fast and how completely they answer.
  static var searchVerbs: [Verb] { [search, neighbours, recallAgainst, confidence, latency] }

  private static let hitType = StaticType.list(
    .record(
      [
        .init("rank", .number), .init("document", .string), .init("score", .number),
        .init("title", .string), .init("snippet", .string),
      ], isOpen: false))

  private static let search = Verb(
    VerbSignature(
      "search", topic: "retrieval", .compute, version: 2,
      summary: "Finds the documents that match a query best, with a snippet of each.",
      example: "search(lexical, \"zinc and immunity\", k: 3)",
      parameters: [
        .init("index", .artifact("index"), positional: true, "Where to search."),
        .init("query", .string, positional: true, "The query's text."),
        .init("k", .number, default: "10", "How many documents at most."),
        FilterArgument.parameter,
      ],
      result: { _ in hitType }),
    emptyText: "no document matches the query"
  ) { arguments, context in
    let query = try arguments.string("query")
    let index = try arguments.handle("index", .index).object(as: StoredIndex.self).retriever()
    let hits = try index.searchAll(
      [query], k: try arguments.integer("k", in: 1...10_000),
      filter: try FilterArgument.filter(arguments, of: index), context: context.work)
    return try table(of: hits.first ?? [], in: index, query: query)
  }

  private static func table(
    of hits: [Hit], in index: any Retriever, query: String
  ) throws -> Value {
    // Words mark snippets whatever found the documents.
    let words = try index as? BM25Index ?? .overHits(hits, in: index.documents)
    return .table(
      columns: ["rank", "document", "score", "title", "snippet"],
      rows: hits.enumerated().map { rank, hit in
        let document =
          index.documents.document(id: hit.documentID) ?? Document(id: hit.documentID, text: "")
        let snippet = words.snippet(for: document, query: query)
        return [
          .number(Double(rank + 1)), .string(hit.documentID), .number(hit.score),
          .string(document.title),
          .marked(MarkedText(text: snippet.text, marks: snippet.matches)),
        ]
      })
  }

  private static let neighbours = Verb(
    VerbSignature(
      "neighbours", topic: "retrieval", .compute,
      summary: "The documents whose vectors are nearest to a document's.",
      example: "neighbours(dense, \"4983\", k: 3)",
      parameters: [
        .init("index", .artifact("index"), positional: true, "A flat or hnsw index."),
        .init("document", .string, positional: true, "The document's id."),
        .init("k", .number, default: "10", "How many documents at most."),
      ],
      result: { _ in hitType })
  ) { arguments, context in
    let retriever = try arguments.handle("index", .index).object(as: StoredIndex.self).retriever()
    guard let index = retriever as? DenseIndex else {
      throw VerbError(
        "expected an index of vectors, got \(retriever.name)", parameter: "index",
        help: "flat(…) and hnsw(…) make one")
    }
    let id = try arguments.string("document")
    guard index.documents.location(ofID: id) != nil else {
      throw VerbError(
        "the index has no document \"\(id)\"", parameter: "document",
        help: index.documents.suggestion(for: id))
    }
    let hits = try index.neighbours(
      ofDocument: id, k: try arguments.integer("k", in: 1...10_000))
    return try table(of: hits, in: index, query: "")
  }

  private static let recallAgainst = Verb(
    VerbSignature(
      "recall_against", topic: "retrieval", .compute,
      summary: "How much of what an exact index finds another finds, a query at a time.",
      example: "recall_against(fast, dense, on: scifact.test, k: 10)",
      parameters: [
        .init("index", .artifact("index"), positional: true, "What is measured."),
        .init("exact", .artifact("index"), positional: true, "What it is measured against."),
        .init("on", .artifact("questions"), "What both are asked."),
        .init("k", .number, default: "10", "How many documents of both count."),
        FilterArgument.parameter,
      ],
      result: { _ in .number })
  ) { arguments, context in
    let set = try arguments.handle("on", .questions)
    let queries = try set.object(as: JudgedSet.self).queries
    guard !queries.isEmpty else { throw VerbError("there are no queries", parameter: "on") }
    let index = try arguments.handle("index", .index).object(as: StoredIndex.self).retriever()
    let shares = try recall(
      of: index,
      against: try arguments.handle("exact", .index).object(as: StoredIndex.self).retriever(),
      queries: queries.map(\.text), k: try arguments.integer("k", in: 1...10_000),
      filter: try FilterArgument.filter(arguments, of: index), context: context.work)
    return .measured(
      try Measured.mean(
        of: shares, identity: set.digest.hex, seeds: context.isSeeded ? 1 : 0))
  }

  private static let latency = Verb(
    VerbSignature(
      "latency", topic: "retrieval", .describe, version: 2,
      summary: "How long queries take one after the other on one thread, measured now.",
      example: "latency(lexical, on: scifact.test, k: 10)",
      parameters: [
        .init("index", .artifact("index"), positional: true, "What is measured."),
        .init("on", .artifact("questions"), "What it is asked."),
        .init("k", .number, default: "10", "How many documents a query."),
        .init("count", .number, default: "200", "How many queries at most."),
      ],
      isMeasured: true,
      result: { _ in
        .record(
          [
            .init("median_ms", .number), .init("p95_ms", .number),
            .init("queries_per_s", .number),
          ], isOpen: false)
      })
  ) { arguments, context in
    let index = try arguments.handle("index", .index).object(as: StoredIndex.self).retriever()
    let queries = try arguments.handle("on", .questions).object(as: JudgedSet.self).queries
      .prefix(try arguments.integer("count", in: 1...100_000)).map(\.text)
    guard let first = queries.first else {
      throw VerbError("there are no queries", parameter: "on")
    }
    let k = try arguments.integer("k", in: 1...10_000)
    // The first query may open files and load libraries.
    _ = try index.search(first, k: k)
    var seconds = try queries.map { query in
      try context.work.check()
      let start = CostMeter.now()
      _ = try index.search(query, k: k)
      return CostMeter.now() - start
    }
    let total = seconds.reduce(0, +)
    seconds.sort()
    func milliseconds(_ share: Double) -> Value {
      let place = min(seconds.count - 1, Int(share * Double(seconds.count)))
      return .number((seconds[place] * 1e6).rounded() / 1000)
    }
    return .record(
      Record([
        ("median_ms", milliseconds(0.5)), ("p95_ms", milliseconds(0.95)),
        ("queries_per_s", .number((Double(seconds.count) / max(total, 1e-9)).rounded())),
      ]))
  }
}
