import CKernels
import Execution

/// Compares a query with every row of a matrix.
///
/// A score is always the product that `ck_linear` gives, which is the same sum in the same order
/// whatever is computed with it: so a row's score depends neither on how it was found, nor on the
/// number of threads, nor on what other queries were asked.
package struct ExactSearcher: VectorSearcher {
  let matrix: VectorMatrix

  package init(_ matrix: VectorMatrix) { self.matrix = matrix }

  /// Rows scored at a time.
  static let block = 1024

  package func search(
    _ query: UnsafePointer<Float>, k: Int, allowed: DocumentSet?
  ) -> [(row: Int, score: Float)] {
    var best = NearestRows(limit: min(k, matrix.count))
    guard k > 0, matrix.count > 0 else { return [] }
    if let allowed, !allowed.isFull {
      for row in allowed.ranks where row < matrix.count { best.offer(row, score(query, row)) }
      return best.sorted()
    }
    var scores = [Float](repeating: 0, count: Self.block)
    for first in stride(from: 0, to: matrix.count, by: Self.block) {
      let count = min(Self.block, matrix.count - first)
      scores.withUnsafeMutableBufferPointer { scores in
        guard let target = scores.baseAddress else { return }
        ck_linear(
          Int64(count), Int64(matrix.dimension), matrix.base + first * matrix.dimension, 1, query,
          Int64(matrix.dimension), nil, target, Int64(count), false)
        for row in 0..<count where target[row] > best.threshold || best.threshold == -.infinity {
          best.offer(first + row, target[row])
        }
      }
    }
    return best.sorted()
  }

  /// The product of a query and a row.
  @inline(__always)
  func score(_ query: UnsafePointer<Float>, _ row: Int) -> Float {
    var score: Float = 0
    ck_linear(
      1, Int64(matrix.dimension), matrix.base + row * matrix.dimension, 1, query,
      Int64(matrix.dimension), nil, &score, 1, false)
    return score
  }
}
