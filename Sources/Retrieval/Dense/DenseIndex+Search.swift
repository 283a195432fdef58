import Bytes
import Corpora
public import Execution

extension DenseIndex {
  /// The `k` best documents; throws what the encoder throws.
  public func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit] {
    try searchAll([query], k: k, filter: filter, context: WorkContext()).first ?? []
  }

  /// The `k` best documents for each query, the same as one by one; throws what the encoder throws.
  public func searchAll(
    _ queries: [String], k: Int, filter: DocumentFilter?, context: WorkContext
  ) throws -> [[Hit]] {
    guard k > 0, documents.count > 0 else { return queries.map { _ in [] } }
    let encoded = try encoder.encode(queries, as: .query, context: context)
    try encoded.check(against: encoder, texts: queries.count)
    let vectors = encoded.vectors
    return try withExtendedLifetime(vectors) {
      try nearest(
        vectors.base, count: queries.count, k: k, sets: documents.selection(filter),
        context: context)
    }
  }

  /// The documents nearest to a query given as a vector.
  ///
  /// - Throws: ``VectorError`` where it is not of the index's dimension or not finite.
  public func search(vector: [Float], k: Int, filter: DocumentFilter? = nil) throws -> [Hit] {
    guard vector.count == encoder.dimension else {
      throw VectorError.dimension(
        what: "query", expected: encoder.dimension, got: vector.count)
    }
    let sets = documents.selection(filter)
    return try vector.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress, k > 0 else { return [] }
      _ = try longestRow(base, count: 1, dimension: vector.count, what: "query")
      return try nearest(base, count: 1, k: k, sets: sets, context: WorkContext())[0]
    }
  }

  /// The documents nearest to a document, itself left out.
  ///
  /// - Throws: ``UnknownDocuments`` where there is no such document.
  public func neighbours(
    ofDocument id: String, k: Int, filter: DocumentFilter? = nil
  ) throws -> [Hit] {
    guard let (part, rank) = documents.location(ofID: id) else {
      throw UnknownDocuments(ids: [id])
    }
    guard k > 0 else { return [] }
    var sets = documents.selection(filter)
    sets[part].remove(rank)
    let vectors = parts[part].vectors
    return try nearest(
      vectors.base + rank * vectors.dimension, count: 1, k: k, sets: sets, context: WorkContext())[
        0]
  }

  /// The best documents for each of `count` vectors.
  private func nearest(
    _ queries: UnsafePointer<Float>, count: Int, k: Int, sets: [DocumentSet], context: WorkContext
  ) throws -> [[Hit]] {
    let source = QueryRows(base: queries, count: count, dimension: encoder.dimension)
    var lists: [[[(row: Int, score: Float)]]] = []
    for ((part, set), held) in zip(zip(parts, sets), documents.parts) {
      let allowed = set.isFull ? nil : set
      if let graph = part.graph, set.count >= options.exactBelow {
        let deleted = held.corpus.count - held.live.count
        lists.append(
          try source.map(context: context) {
            try graph.search($0, k: k, allowed: allowed, deleted: deleted)
          })
      } else {
        lists.append(try part.exact.searchAll(source, k: k, allowed: allowed, context: context))
      }
    }
    return (0..<count).map { query in
      source.isZero(query) ? [] : documents.merged(lists.map { $0[query] }, k: k)
    }
  }
}

/// Vectors of queries, side by side.
///
/// `@unchecked Sendable`: nothing writes to them while a search lasts.
package struct QueryRows: @unchecked Sendable {
  package let base: UnsafePointer<Float>
  package let count: Int
  package let dimension: Int

  package init(base: UnsafePointer<Float>, count: Int, dimension: Int) {
    self.base = base
    self.count = count
    self.dimension = dimension
  }

  subscript(query: Int) -> UnsafePointer<Float> { base + query * dimension }

  func isZero(_ query: Int) -> Bool {
    (0..<dimension).allSatisfy { self[query][$0] == 0 }
  }

  /// Something for each query, on all threads.
  func map<Result: Sendable>(
    context: WorkContext, _ body: @Sendable (UnsafePointer<Float>) throws -> Result
  ) throws -> [Result] {
    let chunk = 16
    let parts = try parallelMap((count + chunk - 1) / chunk, context: context) { index in
      let first = index * chunk
      context.report(
        Progress(task: "searching", completed: first, total: count, unit: "queries"))
      return try (first..<min(first + chunk, count)).map { query in
        try context.check()
        return try body(self[query])
      }
    }
    return Array(parts.joined())
  }
}

extension IndexedDocuments {
  /// The best of what parts have found, each list best first and ties by rank.
  func merged(_ lists: [[(row: Int, score: Float)]], k: Int) -> [Hit] {
    if lists.count == 1 {
      return lists[0].prefix(k).map {
        Hit(documentID: parts[0].id(ofRank: $0.row), score: Double($0.score))
      }
    }
    var hits: [Hit] = []
    for (part, list) in zip(parts, lists) {
      for found in list {
        hits.append(Hit(documentID: part.id(ofRank: found.row), score: Double(found.score)))
      }
    }
    hits.sort(by: Hit.precedes)
    return Array(hits.prefix(k))
  }
}

extension Hit {
  /// Best first, ties by ascending id as UTF-8.
  static func precedes(_ a: Hit, _ b: Hit) -> Bool {
    a.score == b.score
      ? a.documentID.utf8.lexicographicallyPrecedes(b.documentID.utf8) : a.score > b.score
  }
}
