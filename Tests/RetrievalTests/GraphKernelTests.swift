import CKernels
import Execution
import Testing

@Suite struct GraphKernelTests {
  /// Scores of codes, from their definition.
  @Test(arguments: [1, 3, 63, 64, 65, 384, 1000])
  func scoresAreTheSameOnEveryCPU(dimension: Int) {
    let stride = (dimension + 63) / 64 * 64
    let count = 23
    var stream = RandomStream(seed: 4, purpose: "tests/codes/\(dimension)")
    let rows = (0..<count * dimension).map { _ in Float(stream.uniform() * 4 - 2) }
    let mean = (0..<dimension).map { _ in Float(stream.uniform() - 0.5) }
    let usual = String(cString: ck_backend())
    defer { _ = ck_use_backend(usual) }
    var first: [Float]?
    for name in ["portable", "avx2", "avx512"] where ck_use_backend(name) {
      var codes = [UInt8](repeating: 0, count: count * stride)
      var terms = [Float](repeating: 0, count: 2 * count)
      for row in 0..<count {
        var code = [UInt8](repeating: 0, count: stride)
        let values = Array(rows[row * dimension..<(row + 1) * dimension])
        terms[2 * row] = ck_code_row(Int64(dimension), Int64(stride), values, mean, &code)
        codes.replaceSubrange(row * stride..<(row + 1) * stride, with: code)
        terms[2 * row + 1] = Float(row) / 3
        for component in 0..<stride {
          let code = Int(codes[row * stride + component])
          let decoded = Float(code - 128) * terms[2 * row]
          let value =
            component < dimension ? rows[row * dimension + component] - mean[component] : 0
          #expect(abs(decoded - value) <= terms[2 * row] * 0.501)
        }
      }
      var signed = [Int8](repeating: 0, count: stride)
      let shift = ck_code_signed(Int64(stride), Array(codes.prefix(stride)), &signed)
      #expect(shift == 128 * signed.reduce(0) { $0 + Int32($1) })
      let nodes: [UInt32] = (0..<count).map { UInt32(($0 * 7) % count) }
      for n in [0, 1, 2, 5, 23] {
        var scores = [Float](repeating: -1, count: count)
        codes.withUnsafeBufferPointer { bytes in
          terms.withUnsafeBufferPointer { terms in
            signed.withUnsafeBufferPointer { query in
              var kernelCodes = ck_codes(
                codes: bytes.baseAddress, stride: Int64(stride), terms: terms.baseAddress)
              var kernelQuery = ck_code_query(
                query: query.baseAddress, shift: shift, scale: 0.25, weight: 0.5)
              ck_code_scores(&kernelCodes, &kernelQuery, Int64(n), nodes, &scores)
            }
          }
        }
        for at in 0..<count {
          guard at < n else {
            #expect(scores[at] == -1)
            continue
          }
          let node = Int(nodes[at])
          var product = 0
          for component in 0..<stride {
            product += (Int(codes[node * stride + component]) - 128) * Int(signed[component])
          }
          #expect(scores[at] == terms[2 * node] * 0.25 * Float(product) + 0.5 * terms[2 * node + 1])
        }
        if n == count {
          if let first { #expect(scores == first, "\(name)") } else { first = scores }
        }
      }
    }
  }

  @Test func rowsThatAreTheMeanHaveNoScale() {
    var code = [UInt8](repeating: 7, count: 64)
    let row: [Float] = [1, 2, 3]
    #expect(ck_code_row(3, 64, row, row, &code) == 0)
    #expect(code == [UInt8](repeating: 128, count: 64))
  }
}
