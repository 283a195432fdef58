import Corpora
public import Execution

/// How lists of documents become one.
public enum FusionMethod: Sendable, Hashable {
  /// Each list gives a document `weight / (constant + place)`, places from 1 (Cormack, Clarke and
  /// Büttcher 2009, who take 60).
  case reciprocalRank(constant: Double)
  /// The weighted sum of scores that were brought to one scale list by list. A list in which a
  /// document is missing gives it the least that the list gives to any.
  case weighted(ScoreScale)

  /// Reciprocal ranks with the constant 60.
  public static let rrf = FusionMethod.reciprocalRank(constant: 60)
}

/// How scores of different retrievers are made comparable.
public enum ScoreScale: String, Sendable, Hashable, CaseIterable {
  /// From 0 for the worst of a list to 1 for its best.
  case range
  /// In standard deviations from the list's mean.
  case deviations
}

/// Why retrievers could not be combined.
public enum CombiningError: Error, Hashable, Sendable {
  /// There is nothing to fuse.
  case nothing
  /// There are other numbers of weights than of retrievers.
  case weights(expected: Int, got: Int)
  /// A weight or constant is negative or not a finite number.
  case badNumber(what: String, got: Double)
  /// A scorer gave another number of scores than there were documents.
  case scores(scorer: String, expected: Int, got: Int)
  /// A scorer gave what is not a number.
  case notFinite(scorer: String, documentID: String)
}

extension CombiningError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .nothing: "there is no index to fuse"
    case .weights(let expected, let got): "\(got) weights for \(expected) indexes"
    case .badNumber(let what, let got): "\(what) is \(got); expected a number of 0 or more"
    case .scores(let scorer, let expected, let got):
      "\(scorer) gave \(got) scores for \(expected) documents"
    case .notFinite(let scorer, let id):
      "\(scorer) gave document \"\(id)\" a score that is not a finite number"
    }
  }
}

/// Several retrievers as one: each is asked, and what they find is put in a common order.
public struct FusedIndex: Retriever {
  /// The documents of all retrievers.
  public let documents: IndexedDocuments
  /// What is asked.
  public let children: [any Retriever]
  /// How much each counts.
  public let weights: [Double]
  /// How the lists become one.
  public let method: FusionMethod
  /// How many documents each is asked for, or as many as are wanted where that is more.
  public let depth: Int

  /// Retrievers as one.
  ///
  /// - Parameters:
  ///   - children: What is asked, in any order.
  ///   - method: How the lists become one.
  ///   - weights: How much each retriever counts; 1 for all where nil.
  ///   - depth: How many documents each is asked for.
  /// - Throws: ``CombiningError``.
  public init(
    _ children: [any Retriever], method: FusionMethod = .rrf, weights: [Double]? = nil,
    depth: Int = 1000
  ) throws(CombiningError) {
    guard let first = children.first else { throw .nothing }
    let weights = weights ?? children.map { _ in 1 }
    guard weights.count == children.count else {
      throw .weights(expected: children.count, got: weights.count)
    }
    for weight in weights where !(weight >= 0 && weight.isFinite) {
      throw .badNumber(what: "a weight", got: weight)
    }
    if case .reciprocalRank(let constant) = method, !(constant >= 0 && constant.isFinite) {
      throw .badNumber(what: "the constant of reciprocal ranks", got: constant)
    }
    self.children = children
    self.weights = weights
    self.method = method
    self.depth = max(1, depth)
    documents = children.dropFirst().reduce(first.documents) { $0.union($1.documents) }
  }

  /// Such as `rrf(bm25+flat)`.
  public var name: String {
    let names = children.map(\.name).joined(separator: "+")
    return switch method {
    case .reciprocalRank: "rrf(\(names))"
    case .weighted: "weighted(\(names))"
    }
  }

  /// The `k` best documents of all retrievers; a filter is passed on to each.
  public func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit] {
    guard k > 0 else { return [] }
    return fused(
      try children.map { try $0.search(query, k: max(depth, k), filter: filter) }, k: k)
  }

  /// The `k` best documents for each query; each retriever is asked all at once.
  public func searchAll(
    _ queries: [String], k: Int, filter: DocumentFilter?, context: WorkContext
  ) throws -> [[Hit]] {
    guard k > 0 else { return queries.map { _ in [] } }
    let lists = try children.map {
      try $0.searchAll(queries, k: max(depth, k), filter: filter, context: context)
    }
    return queries.indices.map { query in fused(lists.map { $0[query] }, k: k) }
  }
}

extension FusedIndex {
  /// One list of several; what each gives is added in the order of the retrievers.
  func fused(_ lists: [[Hit]], k: Int) -> [Hit] {
    var totals: [String: Double] = [:]
    switch method {
    case .reciprocalRank(let constant):
      for (list, weight) in zip(lists, weights) {
        for (place, hit) in list.enumerated() {
          totals[hit.documentID, default: 0] += weight / (constant + Double(place + 1))
        }
      }
    case .weighted(let scale):
      // Every document begins with the least of every list, and gets what it has above that.
      let scaled = lists.map { scale.scaled($0.map(\.score)) }
      var least = 0.0
      for (values, weight) in zip(scaled, weights) { least += weight * (values.least) }
      for ((list, weight), values) in zip(zip(lists, weights), scaled) {
        for (hit, value) in zip(list, values.scores) {
          totals[hit.documentID, default: least] += weight * (value - values.least)
        }
      }
    }
    var hits = totals.map { Hit(documentID: $0.key, score: $0.value) }
    hits.sort(by: Hit.precedes)
    return Array(hits.prefix(k))
  }
}

extension ScoreScale {
  /// Scores on the scale, and what a document that is missing gets. Where all scores are the same
  /// they are 1 on the range, and 0 deviations.
  func scaled(_ scores: [Double]) -> (scores: [Double], least: Double) {
    guard let low = scores.min(), let high = scores.max() else { return ([], 0) }
    switch self {
    case .range:
      guard high > low else { return (scores.map { _ in 1 }, 0) }
      return (scores.map { ($0 - low) / (high - low) }, 0)
    case .deviations:
      let count = Double(scores.count)
      let mean = scores.reduce(0, +) / count
      let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
      guard variance > 0 else { return (scores.map { _ in 0 }, 0) }
      let deviation = variance.squareRoot()
      return (scores.map { ($0 - mean) / deviation }, (low - mean) / deviation)
    }
  }
}

extension IndexedDocuments {
  /// All documents of both; where an id is in both, it is this one's document.
  func union(_ other: IndexedDocuments) -> IndexedDocuments {
    var added: [Part] = []
    for part in other.parts {
      if parts.contains(where: { $0.live == part.live && $0.corpus == part.corpus }) { continue }
      var live = part.live
      for rank in part.live.ranks where location(ofID: part.id(ofRank: rank)) != nil {
        live.remove(rank)
      }
      if live.count > 0 { added.append(Part(corpus: part.corpus, live: live)) }
    }
    return added.isEmpty ? self : IndexedDocuments(parts: parts + added)
  }
}
