import Bytes
import CKernels
package import Execution
import Tensors

extension ExactSearcher {
  /// Queries whose products are computed together.
  private static let queries = 256
  /// Rows of one piece of work.
  private static let rows = 1 << 16

  /// The `k` best rows for each of several queries, the same as one by one.
  ///
  /// Products of many queries at once come from OpenBLAS; rows that they leave in question are
  /// compared as ``search(_:k:allowed:)`` does.
  package func searchAll(
    _ queries: QueryRows, k: Int, allowed: DocumentSet?, context: WorkContext
  ) throws -> [[(row: Int, score: Float)]] {
    guard k > 0, matrix.count > 0 else { return Array(repeating: [], count: queries.count) }
    if let allowed, isSparse(allowed) {
      let rows = allowed.ranks
      return try queries.map(context: context) { search($0, k: k, among: rows) }
    }
    // Without OpenBLAS the answers are the same, and only come later.
    guard queries.count >= 16, let blas = try? BLAS.shared() else {
      return try queries.map(context: context) { search($0, k: k, allowed: allowed) }
    }
    let chunks = (queries.count + Self.queries - 1) / Self.queries
    let ranges = (matrix.count + Self.rows - 1) / Self.rows
    let parts = try parallelMap(chunks * ranges, context: context) { index in
      let first = index / ranges * Self.queries
      context.report(
        Progress(task: "searching", completed: first, total: queries.count, unit: "queries"))
      let start = index % ranges * Self.rows
      return try search(
        queries, first..<min(first + Self.queries, queries.count),
        rows: start..<min(start + Self.rows, matrix.count), k: k, allowed: allowed, blas: blas,
        context: context)
    }
    return (0..<queries.count).map { query in
      let chunk = query / Self.queries
      guard ranges > 1 else { return parts[chunk][query % Self.queries] }
      var best = NearestRows(limit: min(k, matrix.count))
      for range in 0..<ranges {
        for found in parts[chunk * ranges + range][query % Self.queries] {
          best.offer(found.row, found.score)
        }
      }
      return best.sorted()
    }
  }

  /// The best of some rows for some queries.
  private func search(
    _ queries: QueryRows, _ range: Range<Int>, rows: Range<Int>, k: Int, allowed: DocumentSet?,
    blas: BLAS, context: WorkContext
  ) throws -> [[(row: Int, score: Float)]] {
    let dimension = matrix.dimension
    // A product of at most half a GFLOP between two looks at whether to stop.
    let block = max(16, min(Self.block, 250_000_000 / (Self.queries * dimension)))
    let products = FloatBuffer(count: range.count * block)
    defer { withExtendedLifetime(products) {} }
    var places = [Int32](repeating: 0, count: block)
    let slack = range.map { rounding(length(of: queries[$0])) }
    var best = range.map { _ in NearestRows(limit: min(k, rows.count)) }
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: block) {
      try context.check()
      let count = min(block, rows.upperBound - first)
      blas.multiply(
        queries[range.lowerBound], matrix.base + first * dimension, into: products.base,
        m: range.count, n: count, k: dimension, transposeB: true)
      places.withUnsafeMutableBufferPointer { places in
        guard let places = places.baseAddress else { return }
        for query in 0..<range.count {
          let estimates = UnsafePointer(products.base + query * count)
          let found = ck_above(
            Int64(count), estimates, (best[query].threshold - slack[query]).nextDown, places)
          offer(
            queries[range.lowerBound + query], places, Int(found), after: first, estimates,
            slack: slack[query].nextUp, allowed: allowed, to: &best[query])
        }
      }
    }
    return best.map { $0.sorted() }
  }
}
