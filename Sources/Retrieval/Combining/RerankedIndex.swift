public import Corpora
public import Execution

/// What puts candidates in a better order.
public enum Reranker: Sendable {
  /// The product of the query's vector and the document's.
  case vectors(any TextEncoder)
  /// For each token of the query the best of the document's tokens (``MaxSim``), these rounded as
  /// a ``TokenMatrix`` of the precision keeps them.
  case tokens(any TokenEncoder, precision: TokenMatrix.Precision = .float32)
  /// A model that reads query and document together.
  case pairs(any PairScorer)

  /// The name of the encoder or scorer.
  public var name: String {
    switch self {
    case .vectors(let encoder): encoder.name
    case .tokens(let encoder, _): encoder.name
    case .pairs(let scorer): scorer.name
    }
  }
}

/// A retriever whose best documents are put in order anew by something slower and better.
///
/// The best `depth` documents of the base are scored; ties by ascending id. What the base found
/// beyond them follows in its order, with scores that go down by 1 a place from the least.
public struct RerankedIndex: Retriever {
  /// What finds candidates.
  public let base: any Retriever
  /// What orders them.
  public let reranker: Reranker
  /// How many are put in order.
  public let depth: Int
  /// Vectors that need not be made when a search finds their documents.
  let stored: CandidateVectors?
  let cache = VectorCache()

  /// - Parameters:
  ///   - base: What finds candidates.
  ///   - reranker: What orders them.
  ///   - depth: How many of them, at least 1.
  ///   - stored: Vectors of documents that the reranker's encoder made before, token vectors of
  ///     its precision; others are made when a search finds their documents, and kept for a while.
  public init(
    _ base: any Retriever, by reranker: Reranker, depth: Int = 100,
    stored: CandidateVectors? = nil
  ) {
    self.stored = stored
    self.base = base
    self.reranker = reranker
    self.depth = max(1, depth)
  }

  /// The base's.
  public var documents: IndexedDocuments { base.documents }

  /// Such as `bm25>minilm`.
  public var name: String { "\(base.name)>\(reranker.name)" }

  /// The `k` best documents; throws what the base and the reranker throw.
  public func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit] {
    try searchAll([query], k: k, filter: filter, context: WorkContext()).first ?? []
  }

  /// The `k` best documents for each query; throws what the base and the reranker throw.
  public func searchAll(
    _ queries: [String], k: Int, filter: DocumentFilter?, context: WorkContext
  ) throws -> [[Hit]] {
    guard k > 0 else { return queries.map { _ in [] } }
    let lists = try base.searchAll(
      queries, k: max(k, depth), filter: filter, context: context)
    let scores = try scores(
      of: lists.map { $0.prefix(depth).map(\.documentID) }, for: queries, context: context)
    return zip(lists, scores).map { list, scores in
      var hits = zip(list, scores).map { Hit(documentID: $0.documentID, score: $1) }
      hits.sort(by: Hit.precedes)
      var score = hits.last?.score ?? 0
      for hit in list.dropFirst(depth) {
        score -= 1
        hits.append(Hit(documentID: hit.documentID, score: score))
      }
      return Array(hits.prefix(k))
    }
  }

  private func scores(
    of candidates: [[String]], for queries: [String], context: WorkContext
  ) throws -> [[Double]] {
    switch reranker {
    case .vectors(let encoder):
      return try vectorScores(encoder, candidates, queries, context: context)
    case .tokens(let encoder, let precision):
      return try tokenScores(encoder, precision, candidates, queries, context: context)
    case .pairs(let scorer):
      return try zip(candidates, queries).enumerated().map { index, pair in
        try context.check()
        context.report(
          Progress(task: "reranking", completed: index, total: queries.count, unit: "queries"))
        let found = pair.0.map { documents.document(id: $0) ?? Document(id: $0, text: "") }
        let scores =
          found.isEmpty ? [] : try scorer.scores(of: found, for: pair.1, context: context)
        guard scores.count == found.count else {
          throw CombiningError.scores(
            scorer: scorer.name, expected: found.count, got: scores.count)
        }
        if let bad = scores.firstIndex(where: { !$0.isFinite }) {
          throw CombiningError.notFinite(scorer: scorer.name, documentID: found[bad].id)
        }
        return scores
      }
    }
  }
}
