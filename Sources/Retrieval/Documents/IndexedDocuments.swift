public import Corpora
import Synchronization

/// The documents of an index: parts that were added one after the other, less what was deleted
/// or replaced since.
///
/// Parts are immutable; a new version shares all it does not change. Kinds of index keep one
/// structure a part, numbered like the part's documents by *rank*, the place of a document's id
/// among the part's ids in ascending order, so that ties within a part break by themselves.
public struct IndexedDocuments: Sendable {
  /// One corpus that was added, and which of its documents still count.
  public struct Part: Sendable {
    /// All documents of the part, dead ones included.
    public let corpus: Corpus
    /// Which of them count, by rank of their ids.
    public let live: DocumentSet

    /// A part of a corpus, of which all or some documents count.
    public init(corpus: Corpus, live: DocumentSet? = nil) {
      self.corpus = corpus
      self.live = live ?? DocumentSet(capacity: corpus.count, isFull: true)
    }

    /// The position in file order of the document of a rank.
    public func position(ofRank rank: Int) -> Int { corpus.index(rankedByID: rank) }

    /// Which documents do not count, by rank, ascending.
    public var deletedRanks: [Int] {
      live.isFull ? [] : (0..<live.capacity).filter { !live.contains($0) }
    }

    /// The id of the document of a rank.
    public func id(ofRank rank: Int) -> String { corpus.id(at: position(ofRank: rank)) }
  }

  /// The parts, oldest first.
  public let parts: [Part]
  /// How many documents count.
  public let count: Int
  private let selections = SelectionCache()

  /// The documents of one corpus.
  public init(_ corpus: Corpus) { self.init(parts: [Part(corpus: corpus)]) }

  /// Parts, oldest first, in which no id counts twice.
  public init(parts: [Part]) {
    self.parts = parts
    count = parts.reduce(0) { $0 + $1.live.count }
  }

  /// Where the document with an id is, or nil where it was never added or is deleted.
  /// O(parts · log documents).
  public func location(ofID id: String) -> (part: Int, rank: Int)? {
    for (index, part) in parts.enumerated().reversed() {
      if let rank = part.corpus.rank(ofID: id), part.live.contains(rank) { return (index, rank) }
    }
    return nil
  }

  /// The document with an id, or nil.
  public func document(id: String) -> Document? {
    location(ofID: id).map { parts[$0.part].corpus[parts[$0.part].position(ofRank: $0.rank)] }
  }

  /// With a corpus added as a part of its own; documents whose ids were there are replaced.
  public func adding(_ corpus: Corpus) -> IndexedDocuments {
    var lives = parts.map(\.live)
    for document in 0..<corpus.count {
      if let (part, rank) = location(ofID: corpus.id(at: document)) { lives[part].remove(rank) }
    }
    return IndexedDocuments(
      parts: zip(parts, lives).map { Part(corpus: $0.corpus, live: $1) } + [Part(corpus: corpus)])
  }

  /// Without some documents.
  ///
  /// - Throws: ``UnknownDocuments`` where an id is not there.
  public func removing(_ ids: [String]) throws(UnknownDocuments) -> IndexedDocuments {
    var lives = parts.map(\.live)
    var unknown: [String] = []
    for id in ids {
      if let (part, rank) = location(ofID: id) {
        lives[part].remove(rank)
      } else {
        unknown.append(id)
      }
    }
    guard unknown.isEmpty else { throw UnknownDocuments(ids: unknown) }
    return IndexedDocuments(
      parts: zip(parts, lives).map { Part(corpus: $0.corpus, live: $1) })
  }

  /// Of each part the documents that count and that a filter lets pass.
  ///
  /// The first call with a filter reads all documents' fields; later ones with the same filter
  /// cost nothing.
  public func selection(_ filter: DocumentFilter?) -> [DocumentSet] {
    guard let filter else { return parts.map(\.live) }
    return selections.sets(for: filter) { parts.map(filter.selection(of:)) }
  }
}

extension IndexedDocuments {
  /// The fields that a filter can ask for: `id`, `title`, and what documents have, dead ones
  /// included, in order. O(documents).
  public var fieldNames: [String] {
    var names: Set<String> = []
    for part in parts {
      for document in 0..<part.corpus.count {
        for field in part.corpus.fields(at: document).all { names.insert(field.name) }
      }
    }
    return ["id", "title"] + names.subtracting(["id", "title"]).sorted()
  }

  /// Whether some document that counts here also counts there. O(documents · log documents).
  public func shares(with other: IndexedDocuments) -> Bool {
    other.parts.contains { part in
      part.live.ranks.contains { location(ofID: part.id(ofRank: $0)) != nil }
    }
  }
}

/// Ids that an index does not have.
public struct UnknownDocuments: Error, Hashable, Sendable, CustomStringConvertible {
  /// The ids, in the order in which they were given.
  public let ids: [String]

  /// Ids in the order in which they were given.
  public init(ids: [String]) { self.ids = ids }

  /// What is wrong, in words.
  public var description: String {
    let shown = ids.prefix(3).map { "\"\($0)\"" }.joined(separator: ", ")
    return ids.count > 3
      ? "the index has no documents \(shown) and \(ids.count - 3) more"
      : "the index has no document \(shown)"
  }
}

/// What filters let pass, kept for the next search.
private final class SelectionCache: Sendable {
  private let kept = Mutex<[DocumentFilter: [DocumentSet]]>([:])

  func sets(for filter: DocumentFilter, _ make: () -> [DocumentSet]) -> [DocumentSet] {
    if let sets = kept.withLock({ $0[filter] }) { return sets }
    let sets = make()
    kept.withLock { kept in
      // A filter a user, say: few are in use at a time.
      if kept.count >= 64 { kept.removeAll() }
      kept[filter] = sets
    }
    return sets
  }
}
