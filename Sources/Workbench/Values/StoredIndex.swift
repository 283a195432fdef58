package import Artifacts
package import Bytes
package import Corpora
package import Execution
package import Retrieval
import Synchronization

/// An index in the language: a short list of the objects that it is made of.
///
/// Corpora, postings, vectors and graphs are objects of their own, so that a new version after an
/// `upsert` or a `delete` shares with the old one all that did not change.
package struct StoredIndex: Sendable, ArtifactHolder {
  /// How documents are found.
  package enum Kind: String, Sendable, CaseIterable {
    case bm25, flat, hnsw
    case lateInteraction = "late_interaction"
    case fuse, rerank
  }

  /// One corpus that was added.
  package struct Part: Sendable {
    package let corpus: ArtifactHandle
    /// How many documents the corpus has: what is counted without opening it.
    package let count: Int
    /// Ranks by id of the documents that were deleted or replaced since, ascending.
    package var deleted: [Int]
    /// What searches read: postings; vectors and maybe a graph; or vectors of tokens.
    package let structures: [ArtifactHandle]

    /// A part of a corpus, all or some of whose documents count.
    package init(
      corpus: ArtifactHandle, deleted: [Int] = [], structures: [ArtifactHandle]
    ) throws {
      self.init(
        corpus: corpus, count: try corpus.object(as: Corpus.self).count, deleted: deleted,
        structures: structures)
    }

    init(corpus: ArtifactHandle, count: Int, deleted: [Int], structures: [ArtifactHandle]) {
      self.corpus = corpus
      self.count = count
      self.deleted = deleted
      self.structures = structures
    }
  }

  package let kind: Kind
  /// What the kind was asked for, by name.
  package let settings: JSONValue
  /// What was added, oldest first; empty where ``children`` do the searching.
  package let parts: [Part]
  /// The encoder of queries, or the model that reranks.
  package let reader: ArtifactHandle?
  /// The indexes that are fused or reranked.
  package let children: [ArtifactHandle]
  private let opened = OpenedRetriever()

  package init(
    _ kind: Kind, settings: [JSONValue.Member] = [], parts: [Part] = [],
    reader: ArtifactHandle? = nil, children: [ArtifactHandle] = []
  ) {
    self.kind = kind
    self.settings = .object(settings)
    self.parts = parts
    self.reader = reader
    self.children = children
  }

  /// The same index over other parts or children.
  package func replacing(parts: [Part]? = nil, children: [ArtifactHandle]? = nil) -> StoredIndex {
    StoredIndex(
      kind, settings: settings.members ?? [], parts: parts ?? self.parts, reader: reader,
      children: children ?? self.children)
  }

  package var heldArtifacts: [ArtifactHandle] {
    var held = parts.flatMap { [$0.corpus] + $0.structures } + children
    if let reader { held.append(reader) }
    return held.flatMap { handle -> [ArtifactHandle] in
      guard [.index, .encoder, .model].contains(handle.kind),
        let holder = try? handle.object(as: (any ArtifactHolder).self)
      else { return [handle] }
      return [handle] + holder.heldArtifacts
    }
  }

  /// What searches; made at the first call and kept.
  ///
  /// - Throws: What is wrong with an object that the index names.
  package func retriever() throws -> any Retriever {
    if let known = opened.value.withLock({ $0 }) { return known }
    let made = try open()
    opened.value.withLock { $0 = made }
    return made
  }

  /// The documents of the index's own parts.
  ///
  /// - Throws: What is wrong with a corpus that the index names.
  package func indexedDocuments() throws -> IndexedDocuments {
    IndexedDocuments(
      parts: try parts.map { part in
        let corpus = try part.corpus.object(as: Corpus.self)
        // A store that came with a notebook may pair an index with another corpus.
        guard corpus.count == part.count else {
          throw VerbError(
            "the index is of \(grouped(part.count)) documents, and its corpus has "
              + grouped(corpus.count), help: "build the index again")
        }
        var live = DocumentSet(capacity: corpus.count, isFull: true)
        for rank in part.deleted { live.remove(rank) }
        return IndexedDocuments.Part(corpus: corpus, live: live)
      })
  }
}

/// What an index opened, shared by its copies.
private final class OpenedRetriever: Sendable {
  let value = Mutex<(any Retriever)?>(nil)
}

// MARK: - Stored form

extension StoredIndex {
  private static let format = "poise index 1"

  /// Writes the list as JSON; equal indexes give equal bytes.
  package func encode(to sink: ByteSink) throws {
    func name(_ handle: ArtifactHandle) -> JSONValue {
      .object([
        .init("kind", .string(handle.kind.rawValue)), .init("digest", .string(handle.digest.hex)),
      ])
    }
    var members: [JSONValue.Member] = [
      .init("format", .string(Self.format)), .init("kind", .string(kind.rawValue)),
      .init("settings", settings),
      .init(
        "parts",
        .list(
          parts.map { part in
            .object([
              .init("corpus", name(part.corpus)), .init("count", .number(part.count)),
              .init("deleted", .list(part.deleted.map { .number($0) })),
              .init("structures", .list(part.structures.map(name))),
            ])
          })),
    ]
    if let reader { members.append(.init("reader", name(reader))) }
    members.append(.init("children", .list(children.map(name))))
    try sink.write(JSONValue.object(members).serialized())
  }

  /// Reads ``encode(to:)``; hostile bytes throw.
  package init(
    decoding bytes: SharedBytes, handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws {
    let json = try JSONValue(parsing: bytes.bytes)
    func fail(_ what: String) -> VerbError { VerbError("not an index: \(what)") }
    func named(_ value: JSONValue?) throws -> ArtifactHandle {
      guard let kind = value?["kind"]?.string.flatMap(ArtifactKind.init(rawValue:)),
        let digest = value?["digest"]?.string.flatMap(Digest.init(hex:))
      else { throw fail("an object has no name") }
      return handle(kind, digest)
    }
    guard json["format"]?.string == Self.format,
      let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)),
      let settings = json["settings"]?.members, let parts = json["parts"]?.list,
      let children = json["children"]?.list
    else { throw fail("its format is another") }
    self.init(
      kind, settings: settings,
      parts: try parts.map { part in
        guard let deleted = part["deleted"]?.list, let structures = part["structures"]?.list,
          let count = part["count"]?.integer, count >= 0
        else { throw fail("a part is incomplete") }
        return Part(
          corpus: try named(part["corpus"]), count: count,
          deleted: try deleted.map { rank in
            guard let rank = rank.integer, rank >= 0, rank < count else {
              throw fail("a rank is no document's")
            }
            return rank
          }, structures: try structures.map(named))
      }, reader: try json["reader"].map { try named($0) },
      children: try children.map { try named($0) })
  }
}
