import CKernels
import Execution
import Testing

/// Products with a packed matrix: the definition, and the same bits whatever is beside a row.
@Suite(.serialized) struct PackedProductTests {
  private func numbers(_ count: Int, _ purpose: String) -> [Float] {
    var stream = RandomStream(seed: 5, purpose: purpose)
    return (0..<count).map { _ in Float(stream.uniform() * 2 - 1) }
  }

  @Test(arguments: [(1, 1), (16, 3), (32, 40), (45, 16), (70, 129)], [1, 4, 11, 12, 13, 29])
  func rowsStandAlone(_ shape: (Int, Int), _ rows: Int) {
    let (columns, depth) = shape
    let w = numbers(columns * depth, "w")
    let x = numbers(rows * depth, "x")
    let bias = numbers(columns, "bias")
    let added = numbers(rows * columns, "added")
    func product(_ range: Range<Int>, _ activation: Int32) -> [Float] {
      var packed = [Float](
        repeating: .nan, count: Int(ck_packed_count(Int64(columns), Int64(depth))))
      ck_pack(Int64(columns), Int64(depth), w, &packed)
      var y = [Float](repeating: .nan, count: range.count * columns)
      ck_packed_linear(
        Int64(range.count), Int64(columns), Int64(depth),
        Array(x[range.lowerBound * depth..<range.upperBound * depth]), Int64(depth), packed, bias,
        activation, Array(added[range.lowerBound * columns..<range.upperBound * columns]), &y,
        Int64(columns))
      return y
    }
    let usual = String(cString: ck_backend())
    defer { _ = ck_use_backend(usual) }
    for activation in [0, CK_GELU, CK_TANH_GELU] {
      var first: [Float]?
      for name in ["portable", "avx2", "avx512"] where ck_use_backend(name) {
        let whole = product(0..<rows, activation)
        #expect((0..<rows).flatMap { product($0..<$0 + 1, activation) } == whole)
        if let first { #expect(first == whole, "\(name)") } else { first = whole }
      }
      guard let whole = first else { continue }
      for r in 0..<rows {
        for c in 0..<columns {
          var sum: Float = 0
          for k in 0..<depth { sum = sum.addingProduct(x[r * depth + k], w[c * depth + k]) }
          var value = [sum + bias[c]]
          if activation != 0 { ck_gelu(1, activation == CK_TANH_GELU, value, &value) }
          #expect(
            abs(whole[r * columns + c] - value[0] - added[r * columns + c])
              < 1e-6 * Float(depth + 2))
        }
      }
    }
  }
}
