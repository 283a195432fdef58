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
    case .lateInteraction:
      let tokens = try context.compute(
        "embed_tokens",
        Record([
          ("corpus", .artifact(corpus)), ("encoder", encoder),
          ("precision", .string(settings["precision"]?.string ?? "int8")),
        ]))
      return [try handle(tokens)]
    case .fuse, .rerank: return []
    }
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
