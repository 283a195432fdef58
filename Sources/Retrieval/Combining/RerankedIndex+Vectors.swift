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
      return ids.map { id in Double(MaxSim.product(vector, rows[id] ?? [])) }
    } make: { texts in
      let encoded = try encoder.encode(texts, as: .document, context: context)
      try encoded.check(against: encoder, texts: texts.count)
      return texts.indices.map { encoded[$0] }
    }
  }

  func tokenScores(
    _ encoder: any TokenEncoder, _ candidates: [[String]], _ queries: [String],
    context: WorkContext
  ) throws -> [[Double]] {
    let encoded = try encoder.encodeTokens(queries, as: .query, context: context)
    try encoded.check(against: encoder, texts: queries.count)
    let dimension = encoded.dimension
    return try chunked(candidates, context: context) { query, ids, rows in
      let tokens = encoded.rows(ofText: query)
      return ids.map { MaxSim.score(query: tokens, document: rows[$0] ?? [], dimension: dimension) }
    } make: { texts in
      let encoded = try encoder.encodeTokens(texts, as: .document, context: context)
      try encoded.check(against: encoder, texts: texts.count)
      return texts.indices.map { encoded.rows(ofText: $0) }
    }
  }

  private func chunked(
    _ candidates: [[String]], context: WorkContext,
    score: (Int, [String], [String: [Float]]) -> [Double],
    make: ([String]) throws -> [[Float]]
  ) throws -> [[Double]] {
    var scores: [[Double]] = []
    for first in stride(from: 0, to: candidates.count, by: Self.chunk) {
      try context.check()
      context.report(
        Progress(task: "reranking", completed: first, total: candidates.count, unit: "queries"))
      let queries = first..<min(first + Self.chunk, candidates.count)
      let ids = Set(queries.flatMap { candidates[$0] }).sorted()
      let rows = try cache.rows(of: ids) { missing in
        try make(missing.map { documents.document(id: $0)?.encodedText ?? "" })
      }
      for query in queries { scores.append(score(query, candidates[query], rows)) }
    }
    return scores
  }
}

extension EncodedTokens {
  /// The vectors of a text's tokens, row after row.
  func rows(ofText text: Int) -> [Float] {
    Array(
      UnsafeBufferPointer(
        start: vectors.base + starts[text] * dimension,
        count: (starts[text + 1] - starts[text]) * dimension))
  }
}
