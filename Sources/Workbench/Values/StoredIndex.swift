package import Artifacts
package import Retrieval

/// An index with the corpus that it was built over, whose texts a search shows.
package struct StoredIndex: Sendable {
  package let index: BM25Index
  package let corpus: ArtifactHandle

  package init(index: BM25Index, corpus: ArtifactHandle) {
    self.index = index
    self.corpus = corpus
  }

  /// The corpus's digest, then the index.
  package func encoded() -> [UInt8] { corpus.digest.bytes + index.encoded() }

  /// Reads ``encoded()``; hostile bytes throw.
  package init(
    decoding bytes: [UInt8], handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws {
    guard let digest = Digest(bytes: bytes.prefix(Digest.byteCount)) else {
      throw VerbError("not an index")
    }
    index = try BM25Index(decoding: Array(bytes.dropFirst(Digest.byteCount)))
    corpus = handle(.corpus, digest)
  }
}
