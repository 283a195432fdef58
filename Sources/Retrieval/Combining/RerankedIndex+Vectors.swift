import Bytes
import Corpora
import Execution
import Synchronization

/// Vectors of documents that were candidates before, by their ids: one row, or one a token.
final class VectorCache: Sendable {
  /// A quarter of a gigabyte of float32.
  private static let limit = 1 << 26
  private let kept = Mutex<(rows: [String: [Float]], floats: Int)>(([:], 0))

  /// The vectors of documents; those that are missing are made and kept.
  func rows(
    of ids: [String], make: ([String]) throws -> [[Float]]
  ) throws -> [String: [Float]] {
    var rows: [String: [Float]] = [:]
    var missing: [String] = []
    kept.withLock { kept in
      for id in ids {
        if let row = kept.rows[id] { rows[id] = row } else { missing.append(id) }
      }
    }
    guard !missing.isEmpty else { return rows }
    let made = try make(missing)
    kept.withLock { kept in
      if kept.floats > Self.limit { kept = ([:], 0) }
      for (id, row) in zip(missing, made) {
        if kept.rows.updateValue(row, forKey: id) == nil { kept.floats += row.count }
      }
    }
    for (id, row) in zip(missing, made) { rows[id] = row }
    return rows
  }
}

extension RerankedIndex {
  /// Queries whose candidates are encoded together.
  private static let chunk = 64

  func vectorScores(
    _ encoder: any TextEncoder, _ candidates: [[String]], _ queries: [String],
    context: WorkContext
  ) throws -> [[Double]] {
    let encoded = try encoder.encode(queries, as: .query, context: context)
    try encoded.check(against: encoder, texts: queries.count)
    return try chunked(candidates, context: context) { query, ids, rows in
      let vector = encoded[query]
      return ids.map { id in
        if let row = rows[id] { return Double(MaxSim.product(vector, row)) }
        return stored?.score(id, vector) ?? 0
      }
    } make: { texts in
      let encoded = try encoder.encode(texts, as: .document, context: context)
      try encoded.check(against: encoder, texts: texts.count)
      return texts.indices.map { encoded[$0] }
    }
  }

  func tokenScores(
    _ encoder: any TokenEncoder, _ precision: TokenMatrix.Precision, _ candidates: [[String]],
    _ queries: [String], context: WorkContext
  ) throws -> [[Double]] {
    let encoded = try encoder.encodeTokens(queries, as: .query, context: context)
    try encoded.check(against: encoder, texts: queries.count)
    return try chunked(candidates, context: context) { query, ids, rows in
      let tokens = encoded.packed(text: query)
      return ids.map { id in
        if let row = rows[id] { return MaxSim.score(query: tokens, document: row) }
        return stored?.score(id, tokens) ?? 0
      }
    } make: { texts in
      let encoded = try encoder.encodeTokens(texts, as: .document, context: context)
      try encoded.check(against: encoder, texts: texts.count)
      var builder = TokenMatrixBuilder(dimension: encoder.dimension, precision: precision)
      try builder.append(encoded)
      let matrix = try builder.finish(centroids: 0, seed: 0, context: context)
      return texts.indices.map { matrix.rows(ofRank: $0) }
    }
  }

  /// Scores of all candidates; vectors that are not stored are made for some queries at a time.
  private func chunked(
    _ candidates: [[String]], context: WorkContext,
    score: @Sendable (Int, [String], [String: [Float]]) -> [Double],
    make: ([String]) throws -> [[Float]]
  ) throws -> [[Double]] {
    var scores: [[Double]] = []
    for first in stride(from: 0, to: candidates.count, by: Self.chunk) {
      try context.check()
      context.report(
        Progress(task: "reranking", completed: first, total: candidates.count, unit: "queries"))
      let queries = first..<min(first + Self.chunk, candidates.count)
      let ids = Set(queries.flatMap { candidates[$0] }.filter { !isStored($0) }).sorted()
      let rows = try cache.rows(of: ids) { missing in
        try make(missing.map { documents.document(id: $0)?.encodedText ?? "" })
      }
      scores += try parallelMap(queries.count, context: context) { place in
        score(first + place, candidates[first + place], rows)
      }
    }
    return scores
  }

  private func isStored(_ id: String) -> Bool {
    guard let stored else { return false }
    // Vectors of one kind are of no use to a reranker of the other.
    switch (reranker, stored.rows) {
    case (.vectors, .vectors), (.tokens, .tokens):
      return stored.documents.location(ofID: id) != nil
    default: return false
    }
  }
}

extension EncodedTokens {
  /// The vectors of a text's tokens, laid out for products.
  func packed(text: Int) -> PackedRows {
    PackedRows(
      vectors.base + starts[text] * dimension, count: starts[text + 1] - starts[text],
      dimension: dimension)
  }
}
