import Bytes
import Corpora
import Retrieval

extension StoredIndex {
  /// The documents that count as one part; what was computed of them is kept where it can be.
  ///
  /// Vectors are copied, not computed again, and a graph's links are repaired where they led to what
  /// is gone. Postings and vectors of tokens are made anew over what counts.
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
        structures: [vectors]
          + (kind == .hnsw ? [try repaired(over: vectors, of: documents, context)] : []))
    ])
  }

  /// The graph over the vectors of what counts, made of those that the parts have.
  private func repaired(
    over vectors: ArtifactHandle, of documents: IndexedDocuments, _ context: VerbContext
  ) throws -> ArtifactHandle {
    let rows = try vectors.object(as: VectorMatrix.self).rows
    let pieces = try zip(parts, documents.compactedRanks).map { part, ranks in
      GraphPart(
        graph: part.structures.count > 1
          ? try part.structures[1].object(as: StoredGraph.self).graph : nil, newRows: ranks)
    }
    let graph = try HNSWGraph.compact(
      rows, parts: pieces, options: try graphOptions(), context: context.work)
    context.count(WorkCount.operations, 2 * graph.operations)
    context.count("vectors kept", Double(rows.count - graph.insertedRows))
    context.count("vectors linked", Double(graph.insertedRows))
    context.recordKernels()
    return try context.handle(.graph, StoredGraph(graph: graph, vectors: vectors))
  }

  /// How the index's graphs are built.
  private func graphOptions() throws -> HNSWOptions {
    guard let m = settings["m"]?.integer, let width = settings["ef_construction"]?.integer,
      let seed = settings["seed"]?.integer, seed >= 0
    else { throw VerbError("not an index: it does not say how its graph is built") }
    return try HNSWOptions(m: m, efConstruction: width, seed: UInt64(seed))
  }
}
