public import Corpora
public import Execution

/// One document that a search returned.
public struct Hit: Sendable, Hashable {
  /// The document's id.
  public var documentID: String
  /// Its score; higher is better.
  public var score: Double
  /// Its position in the corpus that was indexed.
  public var index: Int

  /// A hit of its parts.
  public init(documentID: String, score: Double, index: Int) {
    self.documentID = documentID
    self.score = score
    self.index = index
  }
}

/// Something that finds documents for a query.
///
/// Results are best first, ties in ascending order of document id (by Unicode scalars), also
/// where the tie decides what is among the first `k`.
public protocol Retriever: Sendable {
  /// The number of documents searched.
  var documentCount: Int { get }

  /// A short name, used as the tag of runs.
  var name: String { get }

  /// The `k` best documents; fewer where fewer match, none for `k` below one.
  ///
  /// - Parameters:
  ///   - query: What is looked for.
  ///   - k: How many documents to return.
  /// - Returns: The documents, best first.
  /// - Throws: What the kind of retriever says.
  func search(_ query: String, k: Int) throws -> [Hit]
}

extension Retriever {
  /// Searches for every query.
  ///
  /// Uses `context.threads`; the result does not depend on them. Checks for cancellation after
  /// every few queries.
  ///
  /// - Parameters:
  ///   - queries: The queries; the run keeps their order.
  ///   - k: How many documents to return for each.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: A run with one ranking a query.
  /// - Throws: What ``search(_:k:)`` throws, or `CancellationRequested`.
  public func searchAll(_ queries: [Query], k: Int, context: WorkContext) throws -> Run {
    let chunk = 16
    let chunks = (queries.count + chunk - 1) / chunk
    let parts = try parallelMap(chunks, context: context) { index in
      let first = index * chunk
      let slice = queries[first..<min(first + chunk, queries.count)]
      context.report(
        Progress(task: "searching", completed: first, total: queries.count, unit: "queries"))
      return try slice.map { query in
        try context.check()
        let hits = try search(query.text, k: k)
        return Run.Ranking(
          queryID: query.id,
          entries: hits.map { Run.Entry(documentID: $0.documentID, score: $0.score) })
      }
    }
    return Run(tag: name, rankings: Array(parts.joined()))
  }
}
