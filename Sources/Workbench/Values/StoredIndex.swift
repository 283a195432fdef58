package import Artifacts
package import Bytes
package import Execution
import Corpora
package import Retrieval

/// An index with the corpus that it was built over, whose texts a search shows.
package struct StoredIndex: Sendable, ArtifactHolder {
  package let index: BM25Index
  package let corpus: ArtifactHandle

  package init(index: BM25Index, corpus: ArtifactHandle) {
    self.index = index
    self.corpus = corpus
  }

  package var heldArtifacts: [ArtifactHandle] { [corpus] }

  /// Writes the corpus's digest, then the index.
  package func encode(to sink: ByteSink) throws {
    try sink.write(corpus.digest.bytes)
    for segment in index.segments {
      try withExtendedLifetime(segment) { try sink.write(segment.encodedBytes.bytes) }
    }
  }

  /// Reads ``encode(to:)`` in place; hostile bytes throw.
  package init(
    decoding bytes: SharedBytes, handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws {
    guard bytes.count >= Digest.byteCount,
      let digest = Digest(bytes: bytes.bytes.prefix(Digest.byteCount))
    else { throw VerbError("not an index") }
    let rest = UnsafeRawBufferPointer(rebasing: bytes.bytes.dropFirst(Digest.byteCount))
    corpus = handle(.corpus, digest)
    let corpus = try corpus.object(as: Corpus.self)
    let segment = try BM25Segment(
      decoding: SharedBytes(viewing: rest, owner: bytes), corpus: corpus)
    index = try BM25Index(
      documents: IndexedDocuments(corpus), segments: [segment], options: segment.options)
  }
}
