import Bytes
import Corpora

extension VectorMatrix {
  /// The vectors of the documents that count, by rank of id among all of them.
  ///
  /// - Parameters:
  ///   - matrices: The vectors of each part.
  ///   - documents: The parts.
  /// - Returns: One row a document of ``IndexedDocuments/compacted(name:)``. What was counted of
  ///   texts is that of all parts, dead documents included.
  /// - Throws: ``VectorError`` where parts and vectors do not fit together.
  public static func merging(
    _ matrices: [VectorMatrix], of documents: IndexedDocuments
  ) throws -> VectorMatrix {
    guard matrices.count == documents.parts.count else {
      throw VectorError.parts(expected: documents.parts.count, got: matrices.count)
    }
    let dimension = matrices.first?.dimension ?? 0
    for (place, (matrix, part)) in zip(matrices, documents.parts).enumerated() {
      guard matrix.count == part.corpus.count else {
        throw VectorError.count(
          what: "part \(place)", expected: part.corpus.count, got: matrix.count)
      }
      guard matrix.dimension == dimension else {
        throw VectorError.dimension(
          what: "part \(place)", expected: dimension, got: matrix.dimension)
      }
    }
    let rows = documents.compactedOrder
    var builder = VectorMatrixBuilder(count: rows.count, dimension: dimension)
    for (index, entry) in rows.enumerated() {
      builder.row(index).update(
        from: matrices[entry.part].base + entry.rank * dimension, count: dimension)
    }
    builder.tokenCount = matrices.reduce(0) { $0 + $1.tokenCount }
    builder.truncatedCount = matrices.reduce(0) { $0 + $1.truncatedCount }
    builder.emptyCount = matrices.reduce(0) { $0 + $1.emptyCount }
    return try builder.finish()
  }
}

extension VectorMatrix {
  /// The vectors as a graph is built over them; keeps them alive.
  public var rows: VectorRows {
    VectorRows(base: base, count: count, dimension: dimension, owner: storage)
  }
}
