import CKernels

/// One row that a search found.
public struct ScoredRow: Sendable, Hashable {
  /// The row's number.
  public var row: Int
  /// Its inner product with the query, in float32.
  public var score: Float

  /// A row and its score.
  public init(row: Int, score: Float) {
    self.row = row
    self.score = score
  }
}

extension HNSWGraph {
  /// The `k` rows with the largest inner products with a query that the graph finds.
  ///
  /// - Parameters:
  ///   - query: As many finite numbers as a row has.
  ///   - k: How many rows to return; none for less than one.
  ///   - efSearch: How many candidates the walk keeps; the more, the better and the slower. At
  ///     least `k` are kept.
  ///   - allowed: Which rows may be returned; nil for all.
  /// - Returns: Rows, best first, ties in ascending order of rows; fewer than `k` only where fewer
  ///   are allowed.
  /// - Throws: ``GraphError/badQuery(longest:)``.
  public func search(
    query: UnsafePointer<Float>, k: Int, efSearch: Int, allowed: DocumentSet? = nil
  ) throws(GraphError) -> [ScoredRow] {
    guard ck_sum_of_squares(Int64(dimension), query) <= GraphBuilder.longestRow * GraphBuilder.longestRow
    else { throw .badQuery(longest: GraphBuilder.longestRow) }
    guard k > 0, count > 0 else { return [] }
    let wanted = min(k, count)
    let width = min(count, max(efSearch, wanted))
    return pool.with { scratch in
      let graphQuery = encode(query, scratch: scratch)
      enter(graphQuery, width: width, scratch: scratch)
      return rescore(query, wanted: wanted, scratch: scratch)
    }
  }

  /// The query's code: of what it differs from the mean, as rows are coded.
  func encode(_ query: UnsafePointer<Float>, scratch: GraphScratch) -> GraphQuery {
    let scale = ck_code_row(
      Int64(dimension), Int64(layout.stride), query, mean, scratch.code)
    let shift = ck_code_signed(Int64(layout.stride), scratch.code, scratch.signed)
    return GraphQuery(kernel: ck_code_query(query: scratch.signed, shift: shift, scale: scale))
  }

  /// Walks down the levels, and on the lowest leaves the best candidates in the scratch.
  func enter(_ query: GraphQuery, width: Int, scratch: GraphScratch) {
    var at = 0
    var score = view.score(of: 0, query: query)
    for level in stride(from: layout.levelCounts.count - 1, to: 0, by: -1) {
      (at, score) = view.descend(
        from: at, score: score, level: level, query: query, scratch: scratch)
    }
    view.walk(from: at, score: score, level: 0, width: width, query: query, scratch: scratch)
  }

  /// The best of the candidates by exact products.
  func rescore(
    _ query: UnsafePointer<Float>, wanted: Int, scratch: GraphScratch
  ) -> [ScoredRow] {
    let d = Int64(dimension)
    let candidates = min(scratch.keyCount, wanted + max(wanted, Tuning.rescore))
    let rows = rowOfNode
    for at in 0..<candidates {
      let row = self.rows.row(Int(rows[CandidateKey.node(scratch.keys[at])]))
      for line in stride(from: 0, to: dimension, by: 16) { ck_prefetch(row + line) }
    }
    for at in 0..<candidates {
      let row = rows[CandidateKey.node(scratch.keys[at])]
      var score: Float = 0
      ck_linear(1, d, self.rows.row(Int(row)), 1, query, d, nil, &score, 1, false)
      scratch.keys[at] = CandidateKey.make(score: score, node: row)
    }
    var keys = UnsafeMutableBufferPointer(start: scratch.keys, count: candidates)
    keys.sort(by: >)
    return (0..<min(wanted, candidates)).map {
      ScoredRow(
        row: CandidateKey.node(scratch.keys[$0]), score: CandidateKey.score(scratch.keys[$0]))
    }
  }
}
