public import Corpora

/// Where a document's score for a query comes from.
public struct Explanation: Sendable, Hashable {
  /// The document.
  public var documentID: String
  /// Its score: the sum of the shares.
  public var score: Double
  /// Its number of terms, repetitions counted, those of its title by the title's weight.
  public var length: Double
  /// The query's terms that the document has, in the query's order.
  public var terms: [Term]

  /// One term's part in a score.
  public struct Term: Sendable, Hashable {
    /// The term, folded and stemmed.
    public var term: String
    /// How often the query names it.
    public var queryCount: Int
    /// How often the document has it, in its title by the title's weight.
    public var frequency: Double
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
    guard let (part, rank) = documents.location(ofID: documentID) else { return nil }
    let live = core.segments[part]
    let units = Double(options.unitsPerOccurrence)
    var explanation = Explanation(
      documentID: documentID, score: 0, length: Double(live.segment.lengths[rank]) / units,
      terms: [])
    core.withScratch { scratch in
      for term in scratch.terms(of: query, in: core) {
        guard let number = scratch.number(of: term, in: part, of: core) else { continue }
        let frequency = live.segment.frequency(ofTerm: number, in: rank)
        guard frequency > 0 else { continue }
        let share = Double(
          term.weight(in: core)
            * BM25Scoring.impact(frequency: frequency, norm: live.norms[rank]))
        explanation.score += share
        explanation.terms.append(
          .init(
            term: scratch.text(of: term), queryCount: term.count,
            frequency: Double(frequency) / units, documents: term.documents, share: share))
      }
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
