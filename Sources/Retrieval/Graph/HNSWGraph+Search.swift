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
  ///   - deleted: How many rows are no longer to be found, which `allowed` leaves out. In place of
  ///     the links that they take from the others more candidates are kept, by the share of rows
  ///     that are gone and at most twice as many.
  /// - Returns: Rows, best first, ties in ascending order of rows; fewer than `k` only where fewer
  ///   are allowed.
  /// - Throws: ``GraphError/badQuery(longest:)``.
  public func search(
    query: UnsafePointer<Float>, k: Int, efSearch: Int, allowed: DocumentSet? = nil,
    deleted: Int = 0
  ) throws(GraphError) -> [ScoredRow] {
    let longest = GraphBuilder.longestRow
    guard ck_sum_of_squares(Int64(dimension), query) <= longest * longest else {
      throw .badQuery(longest: longest)
    }
    guard k > 0, count > 0, allowed?.count != 0 else { return [] }
    let wanted = min(k, count)
    let width = max(widened(efSearch, deleted: deleted), wanted)
    return pool.with { scratch in
      if let allowed, !(allowed.isFull && allowed.capacity >= count) {
        return findAllowed(
          query, wanted: wanted, width: width, allowed: allowed, scratch: scratch)
      }
      let graphQuery = encode(query, scratch: scratch)
      view.enter(
        at: 0, level: layout.levelCounts.count - 1, width: width, query: graphQuery,
        scratch: scratch)
      return rescore(query, wanted: wanted, scratch: scratch)
    }
  }

  /// How many candidates stand for `width` where rows are deleted; at most all rows.
  private func widened(_ width: Int, deleted: Int) -> Int {
    let left = max(count - max(deleted, 0), (count + 1) / 2)
    return Int(min(Double(count), Double(max(width, 0)) * Double(count) / Double(left)))
  }

  /// The query's code: of what it is beside the mean, so that a query of any length keeps its
  /// direction.
  func encode(_ query: UnsafePointer<Float>, scratch: GraphScratch) -> GraphQuery {
    let d = Int64(dimension)
    var along: Float = 0
    ck_linear(1, d, mean, 1, query, d, nil, &along, 1, false)
    along = meanSquare > 1e-30 ? along / meanSquare : 0
    ck_scale(d, along, mean, scratch.shifted)
    let scale = ck_code_row(d, Int64(layout.stride), query, scratch.shifted, scratch.code)
    let shift = ck_code_signed(Int64(layout.stride), scratch.code, scratch.signed)
    return GraphQuery(
      kernel: ck_code_query(
        query: scratch.signed, shift: shift, scale: scale, weight: along))
  }

  /// How many candidates are scored exactly beyond those wanted, at least: codes rank nearly right.
  static let rescored = 20

  /// The best of the candidates by exact products.
  func rescore(
    _ query: UnsafePointer<Float>, wanted: Int, scratch: GraphScratch
  ) -> [ScoredRow] {
    let d = Int64(dimension)
    var candidates = min(scratch.keyCount, wanted + max(wanted, Self.rescored))
    // Rows that are equal have equal codes: none of them is left out before their tie is broken.
    while candidates > 0, candidates < scratch.keyCount,
      scratch.keys[candidates] >> 32 == scratch.keys[candidates - 1] >> 32
    {
      candidates += 1
    }
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
