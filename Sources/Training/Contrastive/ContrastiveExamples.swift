public import Corpora

/// Pairs of queries and documents that should be near each other, and the corpus that negatives
/// come from.
public struct ContrastiveExamples: Sendable {
  /// One pair.
  public struct Pair: Sendable, Hashable {
    /// The query's number.
    public let query: Int
    /// The document's position in the corpus.
    public let document: Int
  }

  /// All documents.
  public let corpus: Corpus
  /// The texts of the queries, each once.
  public let queries: [String]
  /// For each query the documents that are relevant to it, in ascending order: never negatives.
  public let relevant: [[Int]]
  /// What is learned from, ordered by query and document.
  public let pairs: [Pair]
  /// Relevant documents that the corpus does not have.
  public let missingCount: Int
  /// Pairs left out because the query or the document has no text.
  public let emptyCount: Int

  /// Every query of a set with every document judged relevant to it (a grade above 0).
  ///
  /// Queries of equal texts count as one. Judged documents that are not in the corpus and pairs
  /// without text are left out and counted.
  ///
  /// - Throws: ``ContrastiveError/noPairs(queries:missing:empty:)`` where none is left.
  public init(_ set: JudgedSet, corpus: Corpus) throws(ContrastiveError) {
    var missing = 0
    var found: [(query: String, document: Int)] = []
    for query in set.queries {
      for (id, grade) in set.grades(ofQuery: query.id) where grade > 0 {
        if let document = corpus.index(ofID: id) {
          found.append((query.text, document))
        } else {
          missing += 1
        }
      }
    }
    try self.init(found, corpus: corpus, asked: set.queries.count, missing: missing)
  }

  /// Texts of queries with the ids of relevant documents.
  ///
  /// - Throws: ``ContrastiveError`` for an id that the corpus lacks, an empty text, or no pairs.
  public init(
    pairs: [(query: String, documentID: String)], corpus: Corpus
  ) throws(ContrastiveError) {
    var found: [(query: String, document: Int)] = []
    for (number, pair) in pairs.enumerated() {
      guard let document = corpus.index(ofID: pair.documentID) else {
        throw .unknownDocument(
          id: pair.documentID, suggestion: closestID(to: pair.documentID, in: corpus))
      }
      if isBlank(pair.query) { throw .emptyText(kind: "query", number: number + 1) }
      if isBlank(corpus[document].encodedText) {
        throw .emptyText(kind: "document", number: number + 1)
      }
      found.append((pair.query, document))
    }
    try self.init(found, corpus: corpus, asked: pairs.count, missing: 0)
  }

  /// Texts of queries with texts of relevant documents; equal texts are one document.
  ///
  /// - Throws: ``ContrastiveError`` for an empty text or no pairs.
  public init(pairs: [(query: String, document: String)]) throws(ContrastiveError) {
    var numbers: [String: Int] = [:]
    var documents: [Document] = []
    var found: [(query: String, document: Int)] = []
    for (number, pair) in pairs.enumerated() {
      if isBlank(pair.query) { throw .emptyText(kind: "query", number: number + 1) }
      if isBlank(pair.document) { throw .emptyText(kind: "document", number: number + 1) }
      let index = numbers[pair.document] ?? documents.count
      if index == documents.count {
        numbers[pair.document] = index
        documents.append(Document(id: "\(index)", text: pair.document))
      }
      found.append((pair.query, index))
    }
    // Ids are the documents' numbers, so none is there twice.
    guard let corpus = try? Corpus(name: "pairs", documents: documents) else {
      throw .noPairs(queries: pairs.count, missing: 0, empty: 0)
    }
    try self.init(found, corpus: corpus, asked: pairs.count, missing: 0)
  }

  private init(
    _ found: [(query: String, document: Int)], corpus: Corpus, asked: Int, missing: Int
  ) throws(ContrastiveError) {
    var numbers: [String: Int] = [:]
    var queries: [String] = []
    var relevant: [[Int]] = []
    var empty = 0
    for (query, document) in found {
      if isBlank(query) || isBlank(corpus[document].encodedText) {
        empty += 1
        continue
      }
      let number = numbers[query] ?? queries.count
      if number == queries.count {
        numbers[query] = number
        queries.append(query)
        relevant.append([])
      }
      relevant[number].append(document)
    }
    guard !queries.isEmpty else {
      throw .noPairs(queries: asked, missing: missing, empty: empty)
    }
    self.corpus = corpus
    self.queries = queries
    self.relevant = relevant.map { Set($0).sorted() }
    pairs = self.relevant.enumerated().flatMap { query, documents in
      documents.map { Pair(query: query, document: $0) }
    }
    missingCount = missing
    emptyCount = empty
  }

  private init(_ other: ContrastiveExamples, pairs: [Pair]) {
    corpus = other.corpus
    queries = other.queries
    relevant = other.relevant
    missingCount = other.missingCount
    emptyCount = other.emptyCount + other.pairs.count - pairs.count
    self.pairs = pairs
  }

  /// With some of the pairs; what is relevant stays so.
  ///
  /// - Throws: ``ContrastiveError/noPairs(queries:missing:empty:)`` where none is left.
  func keeping(_ pairs: [Pair]) throws(ContrastiveError) -> ContrastiveExamples {
    let kept = ContrastiveExamples(self, pairs: pairs)
    guard !pairs.isEmpty else {
      throw .noPairs(queries: queries.count, missing: missingCount, empty: kept.emptyCount)
    }
    return kept
  }

  /// Whether a document is known to be relevant to a query.
  func isRelevant(_ document: Int, to query: Int) -> Bool {
    relevant[query].contains(document)
  }
}

private func isBlank(_ text: String) -> Bool {
  text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
}

/// An id that begins or ends like another: a wrong prefix or leading zeros are what is usual.
private func closestID(to id: String, in corpus: Corpus) -> String? {
  guard !id.isEmpty else { return nil }
  for index in 0..<min(corpus.count, 100_000) {
    let candidate = corpus.id(at: index)
    if candidate.lowercased() == id.lowercased() { return candidate }
    if candidate.count == id.count + 1, candidate.hasPrefix(id) || candidate.hasSuffix(id) {
      return candidate
    }
    if id.count == candidate.count + 1, id.hasPrefix(candidate) || id.hasSuffix(candidate) {
      return candidate
    }
  }
  return nil
}
