import Glibc

/// Logistic regression with an L2 penalty, by Newton's method on standardised features.
package struct LogisticRegression: Sendable, Hashable {
  private let means: [Double]
  private let scales: [Double]
  /// Of the standardised features, the intercept last.
  package let weights: [Double]

  /// Fits weights: the same for the same rows, whatever the machine has of threads.
  ///
  /// - Parameters:
  ///   - rows: Features, the same number in each.
  ///   - outcomes: Whether it came true, a row.
  ///   - penalty: Half the weights' sum of squares counts so much; above 0, so that there is one
  ///     best. The intercept is not penalised.
  /// - Complexity: O(rows · features² + features³) an iteration, 50 at most.
  package init(_ rows: [[Double]], _ outcomes: [Bool], penalty: Double) {
    let count = rows.first?.count ?? 0
    let size = Double(max(1, rows.count))
    var means = [Double](repeating: 0, count: count)
    var scales = [Double](repeating: 1, count: count)
    for feature in 0..<count {
      means[feature] = rows.reduce(0) { $0 + $1[feature] } / size
      let variance = rows.reduce(0) { sum, row in
        sum + (row[feature] - means[feature]) * (row[feature] - means[feature])
      }
      let scale = (variance / size).squareRoot()
      // A feature that is always the same says nothing.
      scales[feature] = scale > 1e-9 ? 1 / scale : 0
    }
    (self.means, self.scales) = (means, scales)
    let inputs = rows.map { Self.standardised($0, means, scales) }
    var weights = [Double](repeating: 0, count: count + 1)
    for _ in 0..<50 {
      var gradient = [Double](repeating: 0, count: count + 1)
      var curvature = [Double](repeating: 0, count: (count + 1) * (count + 1))
      for (input, outcome) in zip(inputs, outcomes) {
        let p = Self.sigmoid(zip(input, weights).reduce(0) { $0 + $1.0 * $1.1 })
        let weight = max(p * (1 - p), 1e-9)
        for i in 0...count {
          gradient[i] += input[i] * (p - (outcome ? 1 : 0))
          for j in 0...i { curvature[i * (count + 1) + j] += weight * input[i] * input[j] }
        }
      }
      for i in 0..<count {
        gradient[i] += penalty * weights[i]
        curvature[i * (count + 1) + i] += penalty
      }
      curvature[count * (count + 1) + count] += 1e-9
      let step = Self.solve(curvature, gradient)
      for i in weights.indices { weights[i] -= step[i] }
      if step.allSatisfy({ abs($0) < 1e-10 }) { break }
    }
    self.weights = weights
  }

  /// The probability that it comes true.
  package func probability(_ row: [Double]) -> Double {
    let input = Self.standardised(row, means, scales)
    return Self.sigmoid(zip(input, weights).reduce(0) { $0 + $1.0 * $1.1 })
  }

  private static func standardised(
    _ row: [Double], _ means: [Double], _ scales: [Double]
  ) -> [Double] {
    row.indices.map { (row[$0] - means[$0]) * scales[$0] } + [1]
  }

  private static func sigmoid(_ x: Double) -> Double {
    x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
  }

  /// A x = b for a positive definite A, whose lower triangle is given, by Cholesky's method.
  private static func solve(_ a: [Double], _ b: [Double]) -> [Double] {
    let n = b.count
    var l = a
    for i in 0..<n {
      for j in 0...i {
        var sum = l[i * n + j]
        for k in 0..<j { sum -= l[i * n + k] * l[j * n + k] }
        l[i * n + j] = i == j ? max(sum, 1e-12).squareRoot() : sum / l[j * n + j]
      }
    }
    var x = b
    for i in 0..<n {
      for k in 0..<i { x[i] -= l[i * n + k] * x[k] }
      x[i] /= l[i * n + i]
    }
    for i in (0..<n).reversed() {
      for k in i + 1..<n { x[i] -= l[k * n + i] * x[k] }
      x[i] /= l[i * n + i]
    }
    return x
  }
}
