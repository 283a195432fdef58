public import Corpora
public import Execution

/// Finds documents by the vectors of their tokens: the score is, for each token of the query, the
/// largest product with a token of the document, added up (ColBERT, Khattab and Zaharia 2020).
///
/// Documents without tokens are not found, and a query without tokens finds nothing.
public struct LateInteractionIndex: Retriever {
  /// How a search avoids reading all token vectors.
  public enum Pruning: Sendable, Hashable {
    /// It does not: every document is scored.
    case off
    /// All documents are scored with each token replaced by its centroid, and so many of the best,
    /// at least twice as many as are wanted, by their tokens themselves (as the last stages of
    /// PLAID, Santhanam et al. 2022). Parts without centroids are read whole.
    case centroids(rescored: Int)
  }

  /// What is searched.
  public let documents: IndexedDocuments
  /// Token vectors of each part of the documents.
  public let parts: [TokenMatrix]
  /// What makes token vectors of queries.
  public let encoder: any TokenEncoder
  /// How it avoids reading all.
  public let pruning: Pruning

  /// An index of its parts.
  ///
  /// - Throws: ``VectorError`` where parts, counts or dimensions do not fit together.
  public init(
    documents: IndexedDocuments, parts: [TokenMatrix], encoder: any TokenEncoder,
    pruning: Pruning = .centroids(rescored: 256)
  ) throws(VectorError) {
    guard documents.parts.count == parts.count else {
      throw .parts(expected: documents.parts.count, got: parts.count)
    }
    for (part, tokens) in zip(documents.parts, parts) {
      guard part.corpus.count == tokens.count else {
        throw .count(
          what: "corpus \(part.corpus.name)", expected: part.corpus.count, got: tokens.count)
      }
      guard tokens.dimension == encoder.dimension || tokens.tokenCount == 0 else {
        throw .dimension(
          what: "corpus \(part.corpus.name) for encoder \(encoder.name)",
          expected: encoder.dimension, got: tokens.dimension)
      }
    }
    self.documents = documents
    self.parts = parts
    self.encoder = encoder
    self.pruning = pruning
  }

  /// `late-interaction`.
  public var name: String { "late-interaction" }

  /// How many bytes the token vectors take.
  public var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }

  /// The `k` best documents; throws what the encoder throws.
  public func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit] {
    try searchAll([query], k: k, filter: filter, context: WorkContext()).first ?? []
  }

  /// The `k` best documents for each query, the same as one by one; throws what the encoder throws.
  public func searchAll(
    _ queries: [String], k: Int, filter: DocumentFilter?, context: WorkContext
  ) throws -> [[Hit]] {
    guard k > 0, documents.count > 0 else { return queries.map { _ in [] } }
    let encoded = try encoder.encodeTokens(queries, as: .query, context: context)
    try encoded.check(against: encoder, texts: queries.count)
    let sets = documents.selection(filter)
    // Queries share the reading of a document; 8 keep two threads busy with few questions.
    let chunk = 8
    let chunks = try parallelMap((queries.count + chunk - 1) / chunk, context: context) { index in
      let range = index * chunk..<min((index + 1) * chunk, queries.count)
      context.report(
        Progress(
          task: "searching", completed: range.lowerBound, total: queries.count, unit: "queries"))
      let lists = try zip(parts, sets).map { part, set in
        try TokenSearch(matrix: part, queries: encoded, range: range, context: context)
          .best(k: k, allowed: set, pruning: pruning)
      }
      return range.indices.map { place in
        documents.merged(lists.map { $0[place - range.lowerBound] }, k: k)
      }
    }
    return Array(chunks.joined())
  }
}
