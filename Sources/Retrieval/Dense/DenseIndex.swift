public import Corpora
public import Execution

/// What a ``DenseIndex`` keeps for one part of its documents.
public struct DensePart: Sendable {
  /// One vector a document, by rank of its id, dead documents included.
  public let vectors: VectorMatrix
  /// What finds the nearest ones without looking at all; nil where all are compared.
  package let graph: (any VectorSearcher)?
  /// Compares all.
  let exact: ExactSearcher

  /// Vectors of which all are compared with a query.
  public init(vectors: VectorMatrix) { self.init(vectors: vectors, graph: nil) }

  package init(vectors: VectorMatrix, graph: (any VectorSearcher)?) {
    self.vectors = vectors
    self.graph = graph
    exact = ExactSearcher(vectors)
  }

  /// Whether all vectors are compared.
  public var isExact: Bool { graph == nil }
}

/// Finds documents whose vectors are near the query's, by the product of both: the cosine, where
/// the encoder's vectors have length 1.
///
/// A query of which the encoder knows nothing (a vector of zeros) finds nothing. Documents whose
/// vector is zeros score 0.
public struct DenseIndex: Retriever {
  /// How a dense index searches.
  public struct Options: Sendable, Hashable {
    /// Where so few documents may be returned, a graph is left alone and they are all compared,
    /// which is both faster and exact.
    public var exactBelow: Int
    /// The tag of runs; `flat` or `hnsw` where nil.
    public var name: String?

    /// Options; a graph is used from 2,000 documents on unless said otherwise.
    public init(exactBelow: Int = 2000, name: String? = nil) {
      self.exactBelow = exactBelow
      self.name = name
    }
  }

  /// What is searched.
  public let documents: IndexedDocuments
  /// Vectors of each part of the documents.
  public let parts: [DensePart]
  /// What makes vectors of queries.
  public let encoder: any TextEncoder
  /// How it searches.
  public let options: Options

  /// An index of its parts.
  ///
  /// - Parameters:
  ///   - documents: What is searched.
  ///   - parts: Vectors of each part of the documents, in their order.
  ///   - encoder: What the vectors were made with.
  ///   - options: How to search.
  /// - Throws: ``VectorError`` where parts, counts or dimensions do not fit together.
  public init(
    documents: IndexedDocuments, parts: [DensePart], encoder: any TextEncoder,
    options: Options = Options()
  ) throws(VectorError) {
    guard documents.parts.count == parts.count else {
      throw .parts(expected: documents.parts.count, got: parts.count)
    }
    for (part, held) in zip(documents.parts, parts) {
      guard part.corpus.count == held.vectors.count else {
        throw .count(
          what: "corpus \(part.corpus.name)", expected: part.corpus.count, got: held.vectors.count)
      }
      guard held.vectors.dimension == encoder.dimension || held.vectors.count == 0 else {
        throw .dimension(
          what: "corpus \(part.corpus.name) for encoder \(encoder.name)",
          expected: encoder.dimension, got: held.vectors.dimension)
      }
    }
    self.documents = documents
    self.parts = parts
    self.encoder = encoder
    self.options = options
  }

  /// An exact index of one corpus, encoded here.
  ///
  /// - Throws: As ``VectorMatrix/embed(_:encoder:context:)``.
  public init(_ corpus: Corpus, encoder: any TextEncoder, context: WorkContext) throws {
    try self.init(
      documents: IndexedDocuments(corpus),
      parts: [
        DensePart(vectors: try VectorMatrix.embed(corpus, encoder: encoder, context: context))
      ], encoder: encoder)
  }

  /// `hnsw` where a part has a graph, else `flat`, unless the options name it.
  public var name: String {
    options.name ?? (parts.contains { !$0.isExact } ? "hnsw" : "flat")
  }

  /// How many bytes the vectors take; graphs come on top.
  public var byteCount: Int { parts.reduce(0) { $0 + $1.vectors.byteCount } }
}
