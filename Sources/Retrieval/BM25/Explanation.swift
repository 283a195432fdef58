public import Corpora

/// Where a document's score for a query comes from.
public struct Explanation: Sendable, Hashable {
  /// The document.
  public var documentID: String
  /// Its score: the sum of the shares.
  public var score: Double
  /// Its number of terms, repetitions counted.
  public var length: Int
  /// The query's terms that the document has, in the query's order.
  public var terms: [Term]

  /// One term's part in a score.
  public struct Term: Sendable, Hashable {
    /// The term, folded and stemmed.
    public var term: String
    /// How often the query names it.
    public var queryCount: Int
    /// How often the document has it.
    public var frequency: Int
    /// How many documents have it.
    public var documents: Int
    /// What it adds to the score.
    public var share: Double
  }
}

extension BM25Index {
  /// Takes a score apart.
  ///
  /// - Returns: Nil where no document of the index has the id. A document that has no term of
  ///   the query is explained by no terms and a score of 0.
  public func explain(_ query: String, documentID: String) -> Explanation? {
    guard let document = core.document(id: documentID) else { return nil }
    var explanation = Explanation(
      documentID: documentID, score: 0,
      length: Int(core.number(core.layout.lengths, document)), terms: [])
    let terms = core.withScratch { $0.terms(of: query, in: core) }
    for (term, count) in terms {
      let (blocks, containing) = core.postings(ofTerm: term)
      guard
        let block = blocks.first(where: { Int(core.blocks[$0].last) >= document }),
        let rank = UInt32(exactly: document)
      else { continue }
      let frequency = core.blocks[block].frequency(core.data, of: rank)
      guard frequency > 0 else { continue }
      let weight = BM25Scoring.weight(
        documents: core.layout.documents, containing: containing, count: count)
      let share = Double(
        weight * BM25Scoring.impact(frequency: frequency, norm: core.norms[document]))
      explanation.score += share
      explanation.terms.append(
        .init(
          term: String(decoding: core.termBytes(term), as: UTF8.self), queryCount: count,
          frequency: Int(exactly: frequency) ?? 0, documents: containing, share: share))
    }
    return explanation
  }

  /// Where words of a query stand in a document, in bytes of UTF-8 of its title and its text.
  public func matches(
    of query: String, in document: Document
  ) -> (title: [Range<Int>], text: [Range<Int>]) {
    func ranges(_ text: String) -> [Range<Int>] {
      var text = text
      return text.withUTF8 { utf8 in
        core.withScratch {
          $0.matches(of: query, in: UnsafeRawBufferPointer(utf8), core: core).map(\.range)
        }
      }
    }
    return (ranges(document.title), ranges(document.text))
  }
}
