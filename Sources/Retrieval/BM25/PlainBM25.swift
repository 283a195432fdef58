public import Corpora

/// BM25 by the formula, document by document: the reference that ``BM25Index`` is held against.
///
/// Memory and time per search are O(documents · terms of the query). It shares with the index
/// the analysis of text and the expression for one term's share, and nothing else.
public struct PlainBM25: Retriever {
  /// What was counted.
  public let documents: IndexedDocuments
  private let ids: [String]
  private let frequencies: [[String: Int]]
  private let norms: [Float]
  private let containing: [String: Int]
  private let options: BM25Options

  /// Counts the terms of every document.
  public init(_ corpus: Corpus, options: BM25Options = .standard) {
    self.options = options
    documents = IndexedDocuments(corpus)
    ids = corpus.documents.map(\.id)
    var frequencies: [[String: Int]] = []
    var lengths: [Int] = []
    var containing: [String: Int] = [:]
    for document in corpus.documents {
      var counts: [String: Int] = [:]
      let tokens = options.analyzer.tokens(in: document.title + " " + document.text)
      for token in tokens { counts[token.term, default: 0] += 1 }
      for term in counts.keys { containing[term, default: 0] += 1 }
      frequencies.append(counts)
      lengths.append(tokens.count)
    }
    let average = lengths.isEmpty ? 0 : Double(lengths.reduce(0, +)) / Double(lengths.count)
    norms = lengths.map {
      BM25Scoring.norm(
        length: UInt32(truncatingIfNeeded: $0), average: average, k1: options.k1, b: options.b)
    }
    self.frequencies = frequencies
    self.containing = containing
  }

  /// `bm25-plain`.
  public var name: String { "bm25-plain" }

  /// The `k` best documents, ties by ascending id. Never throws.
  public func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit] {
    let selected = documents.selection(filter)[0]
    var counts: [(term: String, count: Int)] = []
    for token in options.analyzer.tokens(in: query) {
      if let place = counts.firstIndex(where: { $0.term == token.term }) {
        counts[place].count += 1
      } else {
        counts.append((token.term, 1))
      }
    }
    var hits: [Hit] = []
    for (index, document) in frequencies.enumerated() {
      guard documents.parts[0].corpus.rank(ofID: ids[index]).map(selected.contains) ?? false else {
        continue
      }
      var score = 0.0
      for (term, count) in counts {
        guard let frequency = document[term] else { continue }
        let weight = BM25Scoring.weight(
          documents: ids.count, containing: containing[term] ?? 0, count: count)
        score += Double(
          weight * BM25Scoring.impact(frequency: Float(frequency), norm: norms[index]))
      }
      if score > 0 { hits.append(Hit(documentID: ids[index], score: score)) }
    }
    hits.sort { a, b in
      a.score == b.score
        ? a.documentID.utf8.lexicographicallyPrecedes(b.documentID.utf8) : a.score > b.score
    }
    return Array(hits.prefix(max(0, k)))
  }
}
