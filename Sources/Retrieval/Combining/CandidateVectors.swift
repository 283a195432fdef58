import CKernels
public import Corpora

/// Vectors of documents that were made before any search, so that reranking encodes the query
/// alone.
public struct CandidateVectors: Sendable {
  enum Rows: Sendable {
    case vectors([VectorMatrix])
    case tokens([TokenMatrix])
  }

  let documents: IndexedDocuments
  let rows: Rows

  /// One vector a document.
  ///
  /// - Parameters:
  ///   - documents: Those whose vectors there are; candidates that it lacks are encoded when they
  ///     are found.
  ///   - vectors: For each part of the documents one row a document, by rank of its id.
  ///   - encoder: What made them.
  /// - Throws: ``VectorError`` where parts, counts or dimensions do not fit together.
  public init(
    _ documents: IndexedDocuments, vectors: [VectorMatrix], encoder: any TextEncoder
  ) throws(VectorError) {
    guard documents.parts.count == vectors.count else {
      throw .parts(expected: documents.parts.count, got: vectors.count)
    }
    for (part, matrix) in zip(documents.parts, vectors) {
      try Self.check(
        part, count: matrix.count, dimension: matrix.count > 0 ? matrix.dimension : nil, encoder)
    }
    self.documents = documents
    rows = .vectors(vectors)
  }

  /// One vector a token; ``init(_:vectors:encoder:)`` otherwise.
  public init(
    _ documents: IndexedDocuments, tokens: [TokenMatrix], encoder: any TokenEncoder
  ) throws(VectorError) {
    guard documents.parts.count == tokens.count else {
      throw .parts(expected: documents.parts.count, got: tokens.count)
    }
    for (part, matrix) in zip(documents.parts, tokens) {
      try Self.check(
        part, count: matrix.count, dimension: matrix.tokenCount > 0 ? matrix.dimension : nil,
        encoder)
    }
    self.documents = documents
    rows = .tokens(tokens)
  }

  private static func check(
    _ part: IndexedDocuments.Part, count: Int, dimension: Int?, _ encoder: any TextEncoder
  ) throws(VectorError) {
    guard part.corpus.count == count else {
      throw .count(what: "corpus \(part.corpus.name)", expected: part.corpus.count, got: count)
    }
    guard dimension == nil || dimension == encoder.dimension else {
      throw .dimension(
        what: "corpus \(part.corpus.name) for encoder \(encoder.name)",
        expected: encoder.dimension, got: dimension ?? 0)
    }
  }

  /// The product of a query's vector with a document's; nil for documents that are not there.
  func score(_ id: String, _ query: [Float]) -> Double? {
    guard case .vectors(let parts) = rows, let place = documents.location(ofID: id) else {
      return nil
    }
    return parts[place.part].product(row: place.rank, with: query)
  }

  /// The score of a query's tokens; nil for documents that are not there.
  func score(_ id: String, _ query: PackedRows) -> Double? {
    guard case .tokens(let parts) = rows, let place = documents.location(ofID: id) else {
      return nil
    }
    return MaxSim.score(
      query: query, document: parts[place.part].rows(ofRank: place.rank))
  }
}

extension VectorMatrix {
  /// The product of a row with a vector, as an exact index computes it; 0 where lengths differ.
  func product(row: Int, with vector: [Float]) -> Double {
    guard row >= 0, row < count, vector.count == dimension, dimension > 0 else { return 0 }
    var product: Float = 0
    vector.withUnsafeBufferPointer { vector in
      guard let x = vector.baseAddress else { return }
      ck_linear(
        1, Int64(dimension), base + row * dimension, 1, x, Int64(dimension), nil, &product, 1,
        false)
    }
    return Double(product)
  }
}
