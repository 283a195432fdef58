public import Corpora
public import Execution

/// One document that a search returned.
public struct Hit: Sendable, Hashable {
  /// The document's id.
  public var documentID: String
  /// Its score; higher is better.
  public var score: Double

  /// A hit of its parts.
  public init(documentID: String, score: Double) {
    self.documentID = documentID
    self.score = score
  }
}

/// Something that finds documents for a query.
///
/// Results are best first, ties in ascending order of document id (by Unicode scalars), also
/// where the tie decides what is among the first `k`.
public protocol Retriever: Sendable {
  /// The documents that are searched.
  var documents: IndexedDocuments { get }

  /// A short name, used as the tag of runs.
  var name: String { get }

  /// The `k` best documents; fewer where fewer match, none for `k` below one.
  ///
  /// - Parameters:
  ///   - query: What is looked for.
  ///   - k: How many documents to return.
  ///   - filter: Which documents may be returned; nil for all.
  /// - Returns: The documents, best first.
  /// - Throws: What the kind of retriever says.
  func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit]

  /// The `k` best documents for each of several queries, the same as one by one.
  ///
  /// - Parameters:
  ///   - queries: What is looked for.
  ///   - k: How many documents to return for each.
  ///   - filter: Which documents may be returned; nil for all.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: The documents of each query, best first.
  /// - Throws: As ``search(_:k:filter:)``, or `CancellationRequested`.
  func searchAll(
    _ queries: [String], k: Int, filter: DocumentFilter?, context: WorkContext
  ) throws -> [[Hit]]
}

extension Retriever {
  /// The number of documents searched.
  public var documentCount: Int { documents.count }

  /// The `k` best of all documents.
  public func search(_ query: String, k: Int) throws -> [Hit] {
    try search(query, k: k, filter: nil)
  }

  /// Searches for one query after the other, on all threads.
  public func searchAll(
    _ queries: [String], k: Int, filter: DocumentFilter?, context: WorkContext
  ) throws -> [[Hit]] {
    let chunk = 16
    let chunks = (queries.count + chunk - 1) / chunk
    let parts = try parallelMap(chunks, context: context) { index in
      let first = index * chunk
      context.report(
        Progress(task: "searching", completed: first, total: queries.count, unit: "queries"))
      return try queries[first..<min(first + chunk, queries.count)].map { query in
        try context.check()
        return try search(query, k: k, filter: filter)
      }
    }
    return Array(parts.joined())
  }

  /// Searches for every query of a set.
  ///
  /// Uses `context.threads`; the result does not depend on them.
  ///
  /// - Returns: A run with one ranking a query, in the order of the queries.
  /// - Throws: As ``searchAll(_:k:filter:context:)``.
  public func run(
    _ queries: [Query], k: Int, filter: DocumentFilter? = nil, context: WorkContext
  ) throws -> Run {
    let found = try searchAll(queries.map(\.text), k: k, filter: filter, context: context)
    return Run(
      tag: name,
      rankings: zip(queries, found).map { query, hits in
        Run.Ranking(
          queryID: query.id,
          entries: hits.map { Run.Entry(documentID: $0.documentID, score: $0.score) })
      })
  }
}
