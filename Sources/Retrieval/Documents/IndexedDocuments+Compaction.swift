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
}
