import Bytes
public import Execution

/// How training changed one matrix: the singular values of the difference.
///
/// An update by LoRA of rank r has at most r of them above zero; a full update may have all, and how
/// many carry most of it is its effective rank (Biderman et al. 2024 count those of 90 % of the
/// variance).
public struct UpdateSpectrum: Sendable, Hashable {
  /// The matrix's name.
  public let name: String
  /// Its dimensions, output first.
  public let shape: [Int]
  /// The singular values of the difference, largest first; as many as the smaller dimension.
  public let values: [Double]
  /// The Frobenius norm of the matrix before.
  public let normBefore: Double

  /// How many of the largest singular values carry so large a share of the sum of squares; 0 where
  /// nothing changed.
  public func rank(share: Double) -> Int {
    let total = values.reduce(0) { $0 + $1 * $1 }
    guard total > 0 else { return 0 }
    var sum = 0.0
    for (index, value) in values.enumerated() {
      sum += value * value
      // A little less, since sums round.
      if sum >= share * total * (1 - 1e-12) { return index + 1 }
    }
    return values.count
  }

  /// The Frobenius norm of the difference over that of the matrix before.
  public var relativeNorm: Double {
    let change = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return normBefore > 0 ? change / normBefore : change
  }

  /// The change of every matrix from one model to another.
  ///
  /// - Parameters:
  ///   - base: The model before.
  ///   - tuned: The model after, of the same shape; neither carries an adapter.
  ///   - context: Threads, cancellation, progress.
  /// - Returns: One a matrix, in the order of the weights; nil where the shapes differ.
  /// - Throws: Cancellation.
  /// - Complexity: some ten times rows · columns · the smaller of both, a matrix.
  public static func changes(
    from base: DecoderModel, to tuned: DecoderModel, context: WorkContext
  ) throws -> [UpdateSpectrum]? {
    let matrices = base.layout.tensors.filter { $0.shape.count == 2 }
    guard base.layout.tensors == tuned.layout.tensors else { return nil }
    let (before, after) = (base.weights, tuned.weights)
    return try parallelMap(matrices.count, context: context) { index in
      let tensor = matrices[index]
      return try withExtendedLifetime((before, after)) {
        let old = before.bytes.assumingMemoryBound(to: Float.self)
        let new = after.bytes.assumingMemoryBound(to: Float.self)
        let (rows, columns) = (tensor.shape[0], tensor.shape[1])
        var norm = 0.0
        // The longer side down, so that there are few columns to turn.
        let (height, width) = (max(rows, columns), min(rows, columns))
        var difference = [Double](repeating: 0, count: height * width)
        for row in 0..<rows {
          for column in 0..<columns {
            let place = tensor.offset + row * columns + column
            norm += Double(old[place]) * Double(old[place])
            let at = rows >= columns ? column * height + row : row * height + column
            difference[at] = Double(new[place]) - Double(old[place])
          }
        }
        return UpdateSpectrum(
          name: tensor.name, shape: tensor.shape,
          values: try singularValues(&difference, height: height, width: width, context: context),
          normBefore: norm.squareRoot())
      }
    }
  }

  /// Singular values by one-sided Jacobi rotations (Hestenes 1958): columns are turned against each
  /// other until all stand at right angles, and their lengths are the values.
  ///
  /// - Parameters:
  ///   - matrix: Columns one after the other; turned in place.
  ///   - height: The length of a column, at least `width`.
  ///   - width: How many there are.
  ///   - context: Cancellation.
  /// - Returns: `width` values, largest first.
  /// - Throws: Cancellation.
  static func singularValues(
    _ matrix: inout [Double], height: Int, width: Int, context: WorkContext
  ) throws -> [Double] {
    let sweeps = 40
    let tolerance = 1e-13
    for _ in 0..<sweeps {
      var isDone = true
      for first in 0..<width {
        try context.check()
        for second in first + 1..<max(first + 1, width) {
          let turned = matrix.withUnsafeMutableBufferPointer {
            turn($0, first * height, second * height, height, tolerance)
          }
          if turned { isDone = false }
        }
      }
      if isDone { break }
    }
    return (0..<width).map { column in
      var sum = 0.0
      for row in 0..<height {
        let value = matrix[column * height + row]
        sum += value * value
      }
      return sum.squareRoot()
    }.sorted(by: >)
  }

  /// Turns two columns to right angles; false where they stand so already.
  private static func turn(
    _ matrix: UnsafeMutableBufferPointer<Double>, _ a: Int, _ b: Int, _ height: Int,
    _ tolerance: Double
  ) -> Bool {
    var (alpha, beta, gamma) = (0.0, 0.0, 0.0)
    for row in 0..<height {
      let (x, y) = (matrix[a + row], matrix[b + row])
      alpha += x * x
      beta += y * y
      gamma += x * y
    }
    guard gamma != 0, abs(gamma) > tolerance * (alpha * beta).squareRoot() else { return false }
    let zeta = (beta - alpha) / (2 * gamma)
    let root = (1 + zeta * zeta).squareRoot()
    let tangent = (zeta >= 0 ? 1 : -1) / (abs(zeta) + root)
    let cosine = 1 / (1 + tangent * tangent).squareRoot()
    let sine = cosine * tangent
    for row in 0..<height {
      let (x, y) = (matrix[a + row], matrix[b + row])
      matrix[a + row] = cosine * x - sine * y
      matrix[b + row] = sine * x + cosine * y
    }
    return true
  }
}
