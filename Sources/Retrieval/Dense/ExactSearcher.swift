import CKernels
import Execution

/// Compares a query with every row of a matrix.
///
/// A score is always the product that `ck_linear` gives, which is the same sum in the same order
/// whatever is computed with it: so a row's score depends neither on how it was found, nor on the
/// number of threads, nor on what other queries were asked. What is faster (bytes, OpenBLAS) only
/// tells which rows cannot be among the best.
package struct ExactSearcher {
  let matrix: VectorMatrix
  private let lazyBounds = LazyRowBounds()

  package init(_ matrix: VectorMatrix) { self.matrix = matrix }

  /// Rows scored at a time.
  static let block = 1024

  package func search(
    _ query: UnsafePointer<Float>, k: Int, allowed: DocumentSet?
  ) -> [(row: Int, score: Float)] {
    guard k > 0, matrix.count > 0 else { return [] }
    if let allowed, isSparse(allowed) { return search(query, k: k, among: allowed.ranks) }
    if let bounds = lazyBounds.next(matrix) {
      return search(query, k: k, allowed: allowed, bounds: bounds)
    }
    var best = NearestRows(limit: min(k, matrix.count))
    forEachBlock { rows, scores, places in
      ck_linear(
        Int64(rows.count), Int64(matrix.dimension),
        matrix.base + rows.lowerBound * matrix.dimension, 1, query, Int64(matrix.dimension), nil,
        scores, Int64(rows.count), false)
      let count = ck_above(Int64(rows.count), scores, best.threshold, places)
      for place in 0..<Int(count) {
        let row = rows.lowerBound + Int(places[place])
        guard allowed?.contains(row) ?? true else { continue }
        best.offer(row, scores[Int(places[place])])
      }
    }
    return best.sorted()
  }

  /// Only rows whose bound is above the worst of the best so far are compared. Rows come in
  /// ascending order, so that one which only equals the worst is none of the best.
  private func search(
    _ query: UnsafePointer<Float>, k: Int, allowed: DocumentSet?, bounds: RowBounds
  ) -> [(row: Int, score: Float)] {
    let length = length(of: query)
    let coded = bounds.query(query, rounding: rounding(length), length: length)
    var best = NearestRows(limit: min(k, matrix.count))
    forEachBlock { rows, upper, places in
      bounds.bounds(coded, rows, into: upper)
      let count = ck_above(Int64(rows.count), upper, best.threshold, places)
      offer(
        query, places, Int(count), after: rows.lowerBound, upper, slack: 0, allowed: allowed,
        to: &best)
    }
    return best.sorted()
  }

  /// Compares the rows at some places whose estimates leave it open whether they are among the
  /// best.
  @inline(__always)
  func offer(
    _ query: UnsafePointer<Float>, _ places: UnsafePointer<Int32>, _ count: Int, after first: Int,
    _ estimates: UnsafePointer<Float>, slack: Float, allowed: DocumentSet?,
    to best: inout NearestRows
  ) {
    for place in 0..<count {
      let offset = Int(places[place])
      guard estimates[offset] > best.threshold - slack, allowed?.contains(first + offset) ?? true
      else { continue }
      best.offer(first + offset, score(query, first + offset))
    }
  }

  /// The best of a few rows.
  func search(
    _ query: UnsafePointer<Float>, k: Int, among rows: [Int]
  ) -> [(row: Int, score: Float)] {
    var best = NearestRows(limit: min(k, rows.count))
    for row in rows where row < matrix.count { best.offer(row, score(query, row)) }
    return best.sorted()
  }

  /// Whether rows are better taken one by one than all in a line.
  func isSparse(_ allowed: DocumentSet) -> Bool { allowed.count < matrix.count / 8 }

  /// The product of a query and a row.
  @inline(__always)
  func score(_ query: UnsafePointer<Float>, _ row: Int) -> Float {
    var score: Float = 0
    ck_linear(
      1, Int64(matrix.dimension), matrix.base + row * matrix.dimension, 1, query,
      Int64(matrix.dimension), nil, &score, 1, false)
    return score
  }

  /// At least the length of a query; squares of what is below 1e-19 are lost to the sum.
  func length(of query: UnsafePointer<Float>) -> Float {
    Float(ck_sum_of_squares(Int64(matrix.dimension), query).squareRoot()) * 1.000_01 + 1e-16
  }

  /// How far two sums of the products of a query of this length and any row can be apart, where
  /// each rounds every term and every sum once: 2 (n + 1) 2^-24 |q| |x|, and as much again.
  func rounding(_ length: Float) -> Float {
    Float(matrix.dimension + 32) * 0x1p-22 * length * matrix.longest + 1e-30
  }

  private func forEachBlock(
    _ body: (Range<Int>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Int32>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.block) { scores in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.block) { places in
        guard let scores = scores.baseAddress, let places = places.baseAddress else { return }
        for first in stride(from: 0, to: matrix.count, by: Self.block) {
          body(first..<min(first + Self.block, matrix.count), scores, places)
        }
      }
    }
  }
}
