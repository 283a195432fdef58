import Glibc

/// Eigenvalues and eigenvectors of a symmetric matrix in double precision: reflections to
/// tridiagonal form (Householder), then QL steps with implicit shifts (Golub and Van Loan, §8.3).
///
/// The same bits on every run: nothing depends on threads.
struct SymmetricEigen {
  /// Largest first.
  private(set) var values: [Double]
  /// Row i, of `values.count` numbers, is the unit eigenvector of value i; its number of largest
  /// size is positive.
  private(set) var vectors: [[Double]]

  /// Nil where the QL steps do not end, which no finite matrix is known to do. O(n³).
  ///
  /// - Parameter matrix: n rows of n numbers, symmetric and finite.
  init?(_ matrix: [[Double]]) {
    var a = matrix
    let n = a.count
    // Rows are the columns of the orthogonal matrix, so that rotating two is one pass over both.
    var q = (0..<n).map { row in (0..<n).map { $0 == row ? 1.0 : 0 } }
    Self.tridiagonalize(&a, &q)
    var diagonal = (0..<n).map { a[$0][$0] }
    var below = (0..<n).map { $0 + 1 < n ? a[$0 + 1][$0] : 0 }
    guard Self.iterate(&diagonal, &below, &q) else { return nil }
    let order = (0..<n).sorted { (-diagonal[$0], $0) < (-diagonal[$1], $1) }
    values = order.map { diagonal[$0] }
    vectors = order.map { index in
      let vector = q[index]
      var largest = 0.0
      for x in vector where abs(x) > abs(largest) { largest = x }
      return largest < 0 ? vector.map { -$0 } : vector
    }
  }

  private static func tridiagonalize(_ a: inout [[Double]], _ q: inout [[Double]]) {
    let n = a.count
    for k in 0..<max(0, n - 2) {
      let size = n - k - 1
      var v = (0..<size).map { a[k + 1 + $0][k] }
      let length = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if length == 0 { continue }
      let alpha = v[0] > 0 ? -length : length
      v[0] -= alpha
      let square = v.reduce(0) { $0 + $1 * $1 }
      if square == 0 { continue }
      let beta = 2 / square
      // A ← H A H = A - v w' - w v' on what is left.
      var p = (0..<size).map { i in
        var sum = 0.0
        for j in 0..<size { sum += a[k + 1 + i][k + 1 + j] * v[j] }
        return beta * sum
      }
      var along = 0.0
      for i in 0..<size { along += p[i] * v[i] }
      for i in 0..<size { p[i] -= beta / 2 * along * v[i] }
      for i in 0..<size {
        let (vi, wi) = (v[i], p[i])
        for j in 0..<size { a[k + 1 + i][k + 1 + j] -= vi * p[j] + wi * v[j] }
      }
      a[k + 1][k] = alpha
      a[k][k + 1] = alpha
      for i in 1..<max(1, size) {
        a[k + 1 + i][k] = 0
        a[k][k + 1 + i] = 0
      }
      // Q ← Q H: in rows of the transpose, a combination of the last ones.
      var combined = [Double](repeating: 0, count: n)
      for i in 0..<size {
        let vi = v[i]
        for j in 0..<n { combined[j] += vi * q[k + 1 + i][j] }
      }
      for i in 0..<size {
        let factor = beta * v[i]
        for j in 0..<n { q[k + 1 + i][j] -= factor * combined[j] }
      }
    }
  }

  private static func iterate(
    _ d: inout [Double], _ e: inout [Double], _ q: inout [[Double]]
  ) -> Bool {
    let n = d.count
    for l in 0..<n {
      var rounds = 0
      while true {
        var m = l
        while m + 1 < n {
          let scale = abs(d[m]) + abs(d[m + 1])
          if abs(e[m]) <= 0x1p-53 * scale { break }
          m += 1
        }
        if m == l { break }
        rounds += 1
        if rounds > 60 { return false }
        // The eigenvalue of the leading 2 × 2 block that is nearer to d[l].
        var g = (d[l + 1] - d[l]) / (2 * e[l])
        var r = hypot(g, 1)
        g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r))
        var (s, c, p) = (1.0, 1.0, 0.0)
        var i = m - 1
        var isSplit = false
        while i >= l {
          let f = s * e[i]
          let b = c * e[i]
          r = hypot(f, g)
          e[i + 1] = r
          if r == 0 {
            d[i + 1] -= p
            e[m] = 0
            isSplit = true
            break
          }
          s = f / r
          c = g / r
          g = d[i + 1] - p
          let turned = (d[i] - g) * s + 2 * c * b
          p = s * turned
          d[i + 1] = g + p
          g = c * turned - b
          rotate(&q, i, c, s)
          i -= 1
        }
        if isSplit { continue }
        d[l] -= p
        e[l] = g
        e[m] = 0
      }
    }
    return true
  }

  private static func rotate(_ q: inout [[Double]], _ i: Int, _ c: Double, _ s: Double) {
    var (low, high) = (q[i], q[i + 1])
    q[i] = []
    q[i + 1] = []
    for j in low.indices {
      let (x, y) = (low[j], high[j])
      high[j] = s * x + c * y
      low[j] = c * x - s * y
    }
    q[i] = low
    q[i + 1] = high
  }
}
