import Execution
import Tensors

typealias Matrix = Reference.Matrix

/// Numbers that float32 holds exactly, about -1.5...1.5, the same on every run.
func sample(_ rows: Int, _ columns: Int, _ purpose: String, scale: Double = 1.5) -> Matrix {
  var random = RandomStream(seed: 5, purpose: "\(purpose)/\(rows)/\(columns)")
  return Matrix(rows: rows, columns: columns) { _, _ in
    Double(Float(scale * (2 * random.uniform() - 1)))
  }
}

extension Matrix {
  var floats: [Float] { values.map { Float($0) } }

  init(_ values: UnsafeBufferPointer<Float>, like other: Matrix) {
    self.init(rows: other.rows, columns: other.columns) { i, j in
      Double(values[i * other.columns + j])
    }
  }
}

/// The largest difference, as a share of the largest number that was expected (at least 1).
func distance(_ got: [Double], _ expected: [Double]) -> Double {
  guard got.count == expected.count else { return .infinity }
  let size = max(1, expected.reduce(0) { max($0, abs($1)) })
  return zip(got, expected).reduce(0) { worst, pair in
    let difference = abs(pair.0 - pair.1) / size
    return difference.isNaN ? .infinity : max(worst, difference)
  }
}

/// The bits of numbers, where every NaN counts as the same.
func bits(_ numbers: some Sequence<Float>) -> [UInt32] {
  numbers.map { $0.isNaN ? 0x7FC0_0000 : $0.bitPattern }
}
