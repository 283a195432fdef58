import Bytes
import Corpora
import Retrieval

extension StoredIndex {
  /// The documents that count as one part; what was computed of them is kept where it can be.
  ///
  /// Vectors are copied, not computed again. Postings and graphs are built anew over what counts.
  func compacted(_ context: VerbContext) throws -> StoredIndex {
    let documents = try indexedDocuments()
    let corpus = try context.handle(.corpus, try documents.compacted(name: "documents"))
    guard kind == .flat || kind == .hnsw else {
      return replacing(parts: [
        try Part(
          corpus: corpus, structures: try structures(of: corpus, isFirst: true, context))
      ])
    }
    let matrices = try parts.map { part -> VectorMatrix in
      guard let first = part.structures.first else {
        throw VerbError("not an index: a part is incomplete")
      }
      return try first.object(as: VectorMatrix.self)
    }
    let vectors = try context.handle(
      .vectors, try VectorMatrix.merging(matrices, of: documents))
    return replacing(parts: [
      try Part(
        corpus: corpus,
        structures: [vectors] + (kind == .hnsw ? [try graph(over: vectors, context)] : []))
    ])
  }
}
