import Bytes
import Corpora
import Execution
import LanguageModels
import Retrieval
import TextEncoders

extension StoredIndex {
  /// Puts the retriever together of the objects that the list names.
  func open() throws -> any Retriever {
    switch kind {
    case .bm25:
      return try BM25Index(
        documents: try indexedDocuments(),
        segments: try parts.map {
          try structure(0, of: $0).object(as: StoredPostings.self).segment
        }, options: try BM25Settings(settings).options)
    case .flat, .hnsw:
      let width = settings["ef_search"]?.integer ?? 100
      return try DenseIndex(
        documents: try indexedDocuments(),
        parts: try parts.map { part in
          let vectors = try structure(0, of: part).object(as: VectorMatrix.self)
          guard part.structures.count > 1 else { return DensePart(vectors: vectors) }
          let graph = try structure(1, of: part).object(as: StoredGraph.self).graph
          return DensePart(
            vectors: vectors, graph: GraphSearcher(graph: graph, efSearch: max(1, width)))
        }, encoder: try queryEncoder().encoder(), options: .init(name: kind.rawValue))
    case .lateInteraction:
      return try LateInteractionIndex(
        documents: try indexedDocuments(),
        parts: try parts.map { try structure(0, of: $0).object(as: TokenMatrix.self) },
        encoder: try queryEncoder().tokenEncoder(),
        pruning: settings["rescored"]?.integer.map { .centroids(rescored: $0) } ?? .off)
    case .fuse:
      let method: FusionMethod =
        settings["method"]?.string == "weighted"
        ? .weighted(settings["scale"]?.string.flatMap(ScoreScale.init(rawValue:)) ?? .range)
        : .reciprocalRank(constant: settings["constant"]?.double ?? 60)
      return try FusedIndex(
        try children.map { try $0.object(as: StoredIndex.self).retriever() }, method: method,
        weights: settings["weights"]?.list?.compactMap(\.double),
        depth: settings["depth"]?.integer ?? 1000)
    case .rerank:
      guard let child = children.first, let reader else {
        throw VerbError("not an index: it reranks nothing")
      }
      let base = try child.object(as: StoredIndex.self).retriever()
      return RerankedIndex(
        base, by: try reranker(reader), depth: settings["depth"]?.integer ?? 100,
        stored: try candidateVectors(reader))
    }
  }

  private func reranker(_ reader: ArtifactHandle) throws -> Reranker {
    guard reader.kind == .encoder else {
      let model = try reader.object(as: StoredModel.self).model
      return .pairs(try QueryLikelihood(model))
    }
    let stored = try reader.object(as: StoredEncoder.self)
    return ranksByTokens
      ? .tokens(try stored.tokenEncoder(), precision: .int8) : .vectors(try stored.encoder())
  }

  /// Whether it reranks by vectors of tokens.
  var ranksByTokens: Bool { settings["tokens"]?.boolean == true }

  private func candidateVectors(_ reader: ArtifactHandle) throws -> CandidateVectors? {
    guard !parts.isEmpty, reader.kind == .encoder else { return nil }
    let stored = try reader.object(as: StoredEncoder.self)
    let structures = try parts.map { try structure(0, of: $0) }
    if ranksByTokens {
      return try CandidateVectors(
        try indexedDocuments(), tokens: try structures.map { try $0.object(as: TokenMatrix.self) },
        encoder: try stored.tokenEncoder())
    }
    return try CandidateVectors(
      try indexedDocuments(), vectors: try structures.map { try $0.object(as: VectorMatrix.self) },
      encoder: try stored.encoder())
  }

  private func queryEncoder() throws -> StoredEncoder {
    guard let reader else { throw VerbError("not an index: it has no encoder") }
    return try reader.object(as: StoredEncoder.self)
  }

  private func structure(_ place: Int, of part: Part) throws -> ArtifactHandle {
    guard place < part.structures.count else {
      throw VerbError("not an index: a part is incomplete")
    }
    return part.structures[place]
  }
}

extension BM25Index {
  /// The words that its analysis finds in a text stand for what a search matched.
  static func overHits(_ hits: [Hit], in documents: IndexedDocuments) throws -> BM25Index {
    try .build(
      try Corpus(
        name: "hits", documents: hits.compactMap { documents.document(id: $0.documentID) }),
      context: .init())
  }
}
