import CKernels
import Glibc
import Tensors
import Testing

@Suite("Accuracy of kernels")
struct KernelAccuracyTests {
  /// Units in the last place of `expected` between the two.
  private func ulps(_ got: Float, _ expected: Double) -> Double {
    abs(Double(got) - expected) / Double(Float(expected).ulp)
  }

  private func exponentials(_ x: [Float]) -> [Float] {
    var y = [Float](repeating: 0, count: x.count)
    ck_exp(Int64(x.count), x, &y)
    return y
  }

  @Test("exp is within 2 ulp of double's on a dense sweep of its range")
  func exponential() {
    var numbers: [Float] = []
    for sign in [UInt32(0), 0x8000_0000] {
      let last = (sign == 0 ? Float(88.37) : Float(87.33)).bitPattern
      numbers += stride(from: UInt32(0), through: last, by: 977).map {
        Float(bitPattern: $0 | sign)
      }
    }
    var worst = 0.0
    for (x, y) in zip(numbers, exponentials(numbers)) {
      worst = max(worst, ulps(y, exp(Double(x))))
    }
    #expect(worst < 2)
  }

  @Test("exp at the ends of its range")
  func exponentialEnds() {
    let ends = exponentials([
      0, -0.0, -87.4, -1e30, -.infinity, 88.37, 88.3763, 1e30, .infinity, .nan,
    ])
    #expect(ends[0] == 1 && ends[1] == 1)
    #expect(ends[2...4].allSatisfy { $0 == 0 })
    #expect(ends[5] > 2.3e38 && ends[5].isFinite)
    #expect(ends[6...8].allSatisfy { $0.isFinite && $0 >= ends[5] })
    #expect(ends[9].isNaN)
  }

  @Test("GELU and its slope over all sizes of numbers", arguments: [GELUForm.exact, .tanh])
  func gelu(_ form: GELUForm) {
    let x = (-4000...4000).map { Float($0) / 200 } + [1e-30, -1e-30, 1e5, -1e5, 1e30, -1e30]
    let one = [Float](repeating: 1, count: x.count)
    var y = one
    var slope = one
    ck_gelu(Int64(x.count), form == .tanh, x, &y)
    ck_gelu_backward(Int64(x.count), form == .tanh, x, one, &slope, false)
    let inputs = Matrix(rows: 1, columns: x.count) { _, j in Double(x[j]) }
    let reference = Reference.gelu(inputs, form: form)
    for i in x.indices {
      let expected = reference.values[i]
      #expect(abs(Double(y[i]) - expected) <= 2e-7 * abs(Double(x[i])), "at \(x[i])")
      guard abs(x[i]) < 30, abs(x[i]) > 1e-3 else { continue }
      let h = 1e-5
      let around = Matrix(rows: 1, columns: 2) { _, j in Double(x[i]) + (j == 0 ? h : -h) }
      let values = Reference.gelu(around, form: form).values
      #expect(abs(Double(slope[i]) - (values[0] - values[1]) / (2 * h)) < 1e-6, "at \(x[i])")
    }
    #expect(slope[x.count - 4] == 1 && slope[x.count - 3] == 0)
    #expect(slope[x.count - 2] == 1 && slope[x.count - 1] == 0)
  }

  @Test("the left tail of GELU keeps its digits")
  func geluTail() {
    let x = (0...80).map { -Float($0) / 10 }
    var y = x
    ck_gelu(Int64(x.count), false, x, &y)
    for (x, y) in zip(x, y) where x < 0 {
      let expected = 0.5 * Double(x) * erfc(-Double(x) / 2.0.squareRoot())
      #expect(abs(Double(y) / expected - 1) < 5e-6, "at \(x)")
    }
  }

  @Test("layer norm of rows far from 0")
  func farFromZero() {
    let x = sample(3, 50, "far")
    let shifted = Matrix(rows: 3, columns: 50) { Double(Float(x[$0, $1] + 1000)) }
    let one = [Float](repeating: 1, count: 50)
    let zero = [Float](repeating: 0, count: 50)
    var y = [Float](repeating: 0, count: 150)
    var kept = [Float](repeating: 0, count: 6)
    kept.withUnsafeMutableBufferPointer { kept in
      guard let start = kept.baseAddress else { return }
      ck_layernorm(3, 50, shifted.floats, one, zero, 1e-5, &y, start, start + 3)
    }
    let expected = Reference.layerNorm(
      shifted, weight: Matrix(rows: 1, columns: 50) { _, _ in 1 },
      bias: Matrix(rows: 1, columns: 50), epsilon: 1e-5)
    #expect(distance(y.map(Double.init), expected.values) < 2e-4)
  }

  @Test("the sum of squares does not lose small terms among many")
  func sumOfSquares() {
    let x = [Float](repeating: 1e-3, count: 3_000_001)
    let expected = 3_000_001 * Double(Float(1e-3)) * Double(Float(1e-3))
    #expect(abs(ck_sum_of_squares(Int64(x.count), x) / expected - 1) < 1e-5)
  }

  @Test("a hundred steps of AdamW")
  func adamW() {
    let start = sample(1, 37, "weights")
    var weights = start.floats
    var first = [Float](repeating: 0, count: 37)
    var second = first
    var (plain, mean, square) = (start.values, [Double](repeating: 0, count: 37), [0.0])
    square = mean
    let optimizer = AdamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1)
    for step in 1...100 {
      let gradient = sample(1, 37, "gradient/\(step)")
      let floats = gradient.floats
      weights.withUnsafeMutableBufferPointer { w in
        first.withUnsafeMutableBufferPointer { m in
          second.withUnsafeMutableBufferPointer { v in
            floats.withUnsafeBufferPointer { g in
              guard let w = w.baseAddress, let m = m.baseAddress, let v = v.baseAddress,
                let g = g.baseAddress
              else { return }
              optimizer.update(
                w, gradient: g, first: m, second: v, count: 37, clip: 0.5, learningRate: 1e-2,
                step: step, decays: true)
            }
          }
        }
      }
      Reference.adamW(
        Reference.AdamWStep(
          rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.1, clip: 0.5, step: step),
        weights: &plain, gradient: gradient.values, mean: &mean, square: &square)
    }
    #expect(distance(weights.map(Double.init), plain) < 2e-5)
  }
}
