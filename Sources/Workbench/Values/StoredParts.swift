package import Artifacts
package import Bytes
import Corpora
package import Execution
package import Retrieval

/// The postings of one corpus, and the corpus that they are of.
package struct StoredPostings: Sendable {
  package let segment: BM25Segment
  package let corpus: ArtifactHandle

  package func encode(to sink: ByteSink) throws {
    try sink.write(Self.header(corpus.digest))
    try withExtendedLifetime(segment) { try sink.write(segment.encodedBytes.bytes) }
  }

  package init(segment: BM25Segment, corpus: ArtifactHandle) {
    self.segment = segment
    self.corpus = corpus
  }

  /// Reads ``encode(to:)`` in place; hostile bytes throw.
  package init(
    decoding bytes: SharedBytes, handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws {
    let (digest, rest) = try Self.split(bytes)
    corpus = handle(.corpus, digest)
    segment = try BM25Segment(decoding: rest, corpus: try corpus.object(as: Corpus.self))
  }

  /// A digest in as many bytes as keep what follows aligned.
  fileprivate static func header(_ digest: Digest) -> [UInt8] {
    digest.bytes + [UInt8](repeating: 0, count: 64 - Digest.byteCount)
  }

  fileprivate static func split(_ bytes: SharedBytes) throws -> (Digest, SharedBytes) {
    guard bytes.count >= 64, let digest = Digest(bytes: bytes.bytes.prefix(Digest.byteCount))
    else { throw VerbError("not a part of an index") }
    return (
      digest,
      SharedBytes(
        viewing: UnsafeRawBufferPointer(rebasing: bytes.bytes.dropFirst(64)), owner: bytes)
    )
  }
}

/// The graph over vectors, and the vectors.
package struct StoredGraph: Sendable {
  package let graph: HNSWGraph
  package let vectors: ArtifactHandle

  package init(graph: HNSWGraph, vectors: ArtifactHandle) {
    self.graph = graph
    self.vectors = vectors
  }

  package func encode(to sink: ByteSink) throws {
    try sink.write(StoredPostings.header(vectors.digest))
    try withExtendedLifetime(graph) { try sink.write(graph.bytes.bytes) }
  }

  /// Reads ``encode(to:)`` in place; hostile bytes throw.
  package init(
    decoding bytes: SharedBytes, handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws {
    let (digest, rest) = try StoredPostings.split(bytes)
    vectors = handle(.vectors, digest)
    graph = try HNSWGraph(
      decoding: rest, rows: try vectors.object(as: VectorMatrix.self).rows)
  }
}

extension StoredGraph {
  /// What `describe` tells of graphs that are searched together.
  static func facts(_ graphs: [HNSWGraph]) -> [(String, Value)] {
    let links = graphs.reduce(0) { $0 + $1.linkCount }
    let nodes = graphs.reduce(0) { $0 + $1.count }
    return [
      ("levels", .number(Double(graphs.map(\.levelCounts.count).max() ?? 0))),
      ("links", .number(Double(links))),
      ("links a vector", .number((10 * Double(links) / Double(max(1, nodes))).rounded() / 10)),
      ("products to link", .number(Double(graphs.reduce(0) { $0 + $1.productCount }))),
    ]
  }
}

/// A graph as an index searches it.
struct GraphSearcher: VectorSearcher {
  let graph: HNSWGraph
  let efSearch: Int

  func search(
    _ query: UnsafePointer<Float>, k: Int, allowed: DocumentSet?, deleted: Int
  ) throws -> [(row: Int, score: Float)] {
    try graph.search(
      query: query, k: k, efSearch: efSearch, allowed: allowed, deleted: deleted
    ).map { ($0.row, $0.score) }
  }
}
