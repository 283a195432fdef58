import Artifacts
import Bytes
import Corpora
import Retrieval

extension StoredIndex {
  /// Parts of so few documents are searched without a graph.
  private static let leastGraph = 2000

  /// What searches read of a corpus that is added: nodes of their own wherever another index may
  /// want the same.
  ///
  /// - Parameters:
  ///   - corpus: What is added.
  ///   - isFirst: Whether the index is built with it; updates get no graph while they are small.
  ///   - context: The verb that adds.
  /// - Returns: The objects, in the order in which the kind opens them.
  /// - Throws: What making them throws.
  func structures(
    of corpus: ArtifactHandle, isFirst: Bool, _ context: VerbContext
  ) throws -> [ArtifactHandle] {
    let encoder = reader.map { Value.artifact($0) } ?? .none
    switch kind {
    case .bm25:
      let segment = try BM25Segment.build(
        try corpus.object(as: Corpus.self), options: try BM25Settings(settings).options,
        context: context.work)
      return [try context.handle(.postings, StoredPostings(segment: segment, corpus: corpus))]
    case .flat: return [try vectors(of: corpus, encoder, context)]
    case .hnsw:
      let vectors = try vectors(of: corpus, encoder, context)
      let count = try corpus.object(as: Corpus.self).count
      guard isFirst || count >= Self.leastGraph else { return [vectors] }
      return [vectors, try graph(over: vectors, context)]
    case .lateInteraction: return [try tokens(of: corpus, encoder, context)]
    case .rerank:
      return [
        ranksByTokens
          ? try tokens(of: corpus, encoder, context) : try vectors(of: corpus, encoder, context)
      ]
    case .fuse: return []
    }
  }

  /// With the vectors of all documents that its child may find, where those that it reranks by
  /// are made ahead. They are the nodes that other indexes over the same corpora share.
  ///
  /// - Parameters:
  ///   - merged: Whether the child's documents just became one part, whose vectors those of this
  ///     index are.
  ///   - context: The verb that makes the index.
  /// - Returns: The index itself where it makes no vectors ahead.
  /// - Throws: What making them throws.
  func withCandidates(merging merged: Bool = false, _ context: VerbContext) throws -> StoredIndex {
    guard kind == .rerank, settings["ahead"]?.boolean == true, reader?.kind == .encoder,
      let child = try children.first?.object(as: StoredIndex.self)
    else { return self }
    let corpora = try child.corpora()
    let documents = try child.retriever().documents
    if merged, !ranksByTokens, corpora.count == 1, documents.parts.count == 1, !parts.isEmpty,
      try documents.count == indexedDocuments().count
    {
      let matrices = try parts.map { part -> VectorMatrix in
        guard let vectors = part.structures.first else {
          throw VerbError("not an index: a part is incomplete")
        }
        return try vectors.object(as: VectorMatrix.self)
      }
      let vectors = try context.handle(
        .vectors, try VectorMatrix.merging(matrices, of: try indexedDocuments()))
      return replacing(parts: [try Part(corpus: corpora[0], structures: [vectors])])
    }
    return replacing(
      parts: try documents.parts.map { part in
        guard
          let corpus = try corpora.first(where: {
            try $0.object(as: Corpus.self) == part.corpus
          })
        else { throw VerbError("not an index: a part has no corpus") }
        return try Part(
          corpus: corpus, deleted: part.deletedRanks,
          structures: try structures(of: corpus, isFirst: true, context))
      })
  }

  /// The corpora that an index and those in it are over, each once.
  func corpora() throws -> [ArtifactHandle] {
    // What a reranker keeps of its own are vectors of its child's documents.
    var found = children.isEmpty ? parts.map(\.corpus) : []
    for child in children { found += try child.object(as: StoredIndex.self).corpora() }
    var seen: Set<Digest> = []
    return found.filter { seen.insert($0.digest).inserted }
  }

  private func tokens(
    of corpus: ArtifactHandle, _ encoder: Value, _ context: VerbContext
  ) throws -> ArtifactHandle {
    try handle(
      try context.compute(
        "embed_tokens",
        Record([
          ("corpus", .artifact(corpus)), ("encoder", encoder),
          ("precision", .string(settings["precision"]?.string ?? "int8")),
        ])))
  }

  /// The graph that `hnsw` searches, as a node of its own.
  func graph(over vectors: ArtifactHandle, _ context: VerbContext) throws -> ArtifactHandle {
    try handle(
      try context.compute(
        "link",
        Record([
          ("vectors", .artifact(vectors)), ("m", number("m")),
          ("ef_construction", number("ef_construction")), ("seed", number("seed")),
        ])))
  }

  private func vectors(
    of corpus: ArtifactHandle, _ encoder: Value, _ context: VerbContext
  ) throws -> ArtifactHandle {
    try handle(
      try context.compute("embed", Record([("corpus", .artifact(corpus)), ("encoder", encoder)])))
  }

  private func handle(_ value: Value) throws -> ArtifactHandle {
    guard case .artifact(let handle) = value else { throw VerbError("expected an object") }
    return handle
  }

  private func number(_ name: String) -> Value {
    settings[name]?.double.map { .number($0) } ?? .none
  }
}
