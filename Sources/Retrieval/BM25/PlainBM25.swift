public import Corpora

/// BM25 by the formula, document by document: the reference that ``BM25Index`` is held against.
///
/// Memory and time per search are O(documents · terms of the query). It shares with the index
/// the analysis of text and the expression for one term's share, and nothing else.
public struct PlainBM25: Retriever {
  /// What was counted.
  public let documents: IndexedDocuments
  private let counted: [Counted]
  private let containing: [String: Int]
  private let options: BM25Options

  private struct Counted {
    let id: String
    let part: Int
    let rank: Int
    /// Occurrences, those in the title by its weight.
    var frequencies: [String: Double] = [:]
    var length = 0.0
    var norm: Float = 0
  }

  /// Counts the terms of every document of a corpus.
  public init(_ corpus: Corpus, options: BM25Options = .standard) {
    self.init(IndexedDocuments(corpus), options: options)
  }

  /// Counts the terms of every document that counts.
  public init(_ documents: IndexedDocuments, options: BM25Options = .standard) {
    self.options = options
    self.documents = documents
    var counted: [Counted] = []
    var containing: [String: Int] = [:]
    for (index, part) in documents.parts.enumerated() {
      for rank in part.live.ranks {
        let document = part.corpus[part.position(ofRank: rank)]
        var entry = Counted(id: document.id, part: index, rank: rank)
        let fields = [
          (BM25Options.Fields.title, document.title, options.titleWeight),
          (.text, document.text, 1),
        ]
        for (field, text, weight) in fields where options.fields.contains(field) && weight > 0 {
          for token in options.analyzer.tokens(in: text) {
            entry.frequencies[token.term, default: 0] += weight
            entry.length += weight
          }
        }
        for term in entry.frequencies.keys { containing[term, default: 0] += 1 }
        counted.append(entry)
      }
    }
    let total = counted.reduce(0) { $0 + $1.length }
    let average = counted.isEmpty ? 0 : total / Double(counted.count)
    for index in counted.indices {
      counted[index].norm = BM25Scoring.norm(
        length: counted[index].length, average: average, k1: options.k1, b: options.b)
    }
    self.counted = counted
    self.containing = containing
  }

  /// `bm25-plain`.
  public var name: String { "bm25-plain" }

  /// The `k` best documents, ties by ascending id. Never throws.
  public func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit] {
    let selected = documents.selection(filter)
    var counts: [(term: String, count: Int)] = []
    for token in options.analyzer.tokens(in: query) {
      if let place = counts.firstIndex(where: { $0.term == token.term }) {
        counts[place].count += 1
      } else {
        counts.append((token.term, 1))
      }
    }
    var hits: [Hit] = []
    for document in counted where selected[document.part].contains(document.rank) {
      var score = 0.0
      for (term, count) in counts {
        guard let frequency = document.frequencies[term] else { continue }
        let weight = BM25Scoring.weight(
          documents: counted.count, containing: containing[term] ?? 0, count: count)
        score += Double(
          weight * BM25Scoring.impact(frequency: Float(frequency), norm: document.norm))
      }
      if score > 0 { hits.append(Hit(documentID: document.id, score: score)) }
    }
    hits.sort { a, b in
      a.score == b.score
        ? a.documentID.utf8.lexicographicallyPrecedes(b.documentID.utf8) : a.score > b.score
    }
    return Array(hits.prefix(max(0, k)))
  }
}
