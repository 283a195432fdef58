import Bytes
import Execution
import Glibc
import Tensors

extension CooccurrenceMatrix {
  /// Directions that are computed besides those asked for, and how often the matrix is applied to
  /// sharpen them (Halko, Martinsson and Tropp 2011, algorithm 4.4).
  private static let oversampling = 16
  private static let iterations = 2

  /// The words along the leading eigenvectors, each times the root of its eigenvalue's size.
  ///
  /// - Returns: V × dimension
  func leadingDirections(
    _ dimension: Int, seed: UInt64, context: WorkContext
  ) throws -> FloatBuffer {
    let width = min(size, dimension + Self.oversampling)
    let blas = try BLAS.shared()
    var stream = RandomStream(seed: seed, purpose: "static encoder/projection")
    var basis = FloatBuffer(count: size * width)
    // Signs are as good as normal numbers here.
    for place in 0..<basis.count { basis.base[place] = stream.next() & 1 == 0 ? 1 : -1 }
    for round in 0...Self.iterations {
      context.report(
        Progress(
          task: "finding directions", completed: round, total: Self.iterations + 2, unit: "passes"))
      basis = try times(basis, width: width, context: context)
      for _ in 0..<2 { basis = orthonormalized(basis, width: width, blas) }
    }
    let image = try times(basis, width: width, context: context)
    let small = FloatBuffer(count: width * width)
    blas.multiply(
      basis.base, image.base, into: small.base, m: width, n: width, k: size, transposeA: true)
    let symmetric = (0..<width).map { row in
      (0..<width).map { column in
        (Double(small.base[row * width + column]) + Double(small.base[column * width + row])) / 2
      }
    }
    guard let eigen = SymmetricEigen(symmetric) else { throw StaticEncoderError.noDirections }
    let order = eigen.values.indices.sorted {
      (-abs(eigen.values[$0]), $0) < (-abs(eigen.values[$1]), $1)
    }
    let turn = FloatBuffer(count: width * dimension)
    for (column, index) in order.prefix(dimension).enumerated() {
      let scale = abs(eigen.values[index]).squareRoot()
      for row in 0..<width {
        turn.base[row * dimension + column] = Float(eigen.vectors[index][row] * scale)
      }
    }
    let result = FloatBuffer(count: size * dimension)
    blas.multiply(
      basis.base, turn.base, into: result.base, m: size, n: dimension, k: width)
    return result
  }

  /// Columns that span the same and are orthonormal, by Cholesky of their products; twice is
  /// needed for full accuracy (Fukaya et al. 2020).
  private func orthonormalized(_ x: FloatBuffer, width: Int, _ blas: BLAS) -> FloatBuffer {
    // Columns of length 1 first: their products are far better conditioned.
    var squares = [Double](repeating: 0, count: width)
    for row in 0..<size {
      for column in 0..<width {
        let value = Double(x.base[row * width + column])
        squares[column] += value * value
      }
    }
    let scales = squares.map { $0 > 0 ? Float(1 / $0.squareRoot()) : 0 }
    for row in 0..<size {
      for column in 0..<width { x.base[row * width + column] *= scales[column] }
    }
    let products = FloatBuffer(count: width * width)
    blas.multiply(
      x.base, x.base, into: products.base, m: width, n: width, k: size, transposeA: true)
    let inverse = Self.inverseCholesky(products, width: width)
    let result = FloatBuffer(count: x.count)
    blas.multiply(x.base, inverse.base, into: result.base, m: size, n: width, k: width)
    return result
  }

  /// R⁻¹ of RᵀR = A + ε, upper triangular; what depends on other columns becomes 0.
  private static func inverseCholesky(_ a: FloatBuffer, width n: Int) -> FloatBuffer {
    var r = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in i..<n {
        var sum = Double(a.base[i * n + j]) + (i == j ? 1e-6 : 0)
        for k in 0..<i { sum -= r[k * n + i] * r[k * n + j] }
        if i == j {
          r[i * n + i] = sum > 1e-9 ? sum.squareRoot() : 0
        } else {
          r[i * n + j] = r[i * n + i] > 0 ? sum / r[i * n + i] : 0
        }
      }
    }
    let inverse = FloatBuffer(count: n * n)
    var column = [Double](repeating: 0, count: n)
    for j in 0..<n where r[j * n + j] > 0 {
      for i in stride(from: j, through: 0, by: -1) {
        guard r[i * n + i] > 0 else {
          column[i] = 0
          continue
        }
        var sum = i == j ? 1.0 : 0.0
        for k in stride(from: i + 1, through: j, by: 1) { sum -= r[i * n + k] * column[k] }
        column[i] = sum / r[i * n + i]
      }
      for i in 0...j { inverse.base[i * n + j] = Float(column[i]) }
    }
    return inverse
  }
}
