public import Corpora

extension IndexedDocuments {
  /// The documents that count as one corpus, in order of part, then of their file.
  ///
  /// - Parameter name: What the corpus is called.
  /// - Returns: The corpus, all of whose documents count.
  /// - Throws: `DuplicateDocumentID` where parts were put together in which an id counts twice.
  public func compacted(name: String) throws(DuplicateDocumentID) -> Corpus {
    var builder = CorpusBuilder()
    for part in parts {
      // Ranks in file order.
      var positions = part.live.ranks.map(part.position(ofRank:))
      positions.sort()
      for position in positions { builder.append(position, of: part.corpus) }
    }
    return try builder.finish(name: name)
  }

  /// Where the documents of ``compacted(name:)`` are, by rank of their ids there.
  ///
  /// O(documents · log documents).
  public var compactedOrder: [(part: Int, rank: Int)] {
    var order: [(id: String, part: Int, rank: Int)] = []
    order.reserveCapacity(count)
    for (index, part) in parts.enumerated() {
      for rank in part.live.ranks { order.append((part.id(ofRank: rank), index, rank)) }
    }
    order.sort { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    return order.map { ($0.part, $0.rank) }
  }

  /// For each part and rank in it the rank in ``compacted(name:)``; `UInt32.max` for documents that
  /// do not count.
  public var compactedRanks: [[UInt32]] {
    var ranks = parts.map { [UInt32](repeating: .max, count: $0.corpus.count) }
    for (new, old) in compactedOrder.enumerated() {
      ranks[old.part][old.rank] = UInt32(truncatingIfNeeded: new)
    }
    return ranks
  }
}
