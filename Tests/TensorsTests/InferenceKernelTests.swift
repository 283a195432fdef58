import CKernels
import Execution
import Testing

/// The kernels of inference by themselves; models are compared in LanguageModelsTests.
@Suite(.serialized) struct InferenceKernelTests {
  private static let backends = ["portable", "avx2", "avx512"]

  private func numbers(_ count: Int, _ purpose: String) -> [Float] {
    var stream = RandomStream(seed: 3, purpose: purpose)
    return (0..<count).map { _ in Float(stream.uniform() * 2 - 1) }
  }

  /// Runs `body` with every instruction set that this CPU has.
  private func onEveryBackend<T: Equatable>(_ body: () -> T) -> T? {
    let usual = String(cString: ck_backend())
    defer { _ = ck_use_backend(usual) }
    var first: T?
    for name in Self.backends where ck_use_backend(name) {
      let result = body()
      if let first { #expect(first == result, "\(name)") } else { first = result }
    }
    return first
  }

  @Test(arguments: [(1, 1), (3, 16), (8, 48), (29, 27), (70, 130)], [1, 2, 3, 4, 5, 16, 23])
  func linearIsTheSameForEveryBatchAndBackend(_ shape: (Int, Int), _ batch: Int) {
    let (rows, columns) = shape
    let w = numbers(rows * columns, "w")
    let x = numbers(batch * columns, "x")
    let bias = numbers(rows, "bias")
    func product(_ batch: Range<Int>, adding: Bool) -> [Float] {
      var y = [Float](repeating: 0.5, count: batch.count * rows)
      x.withUnsafeBufferPointer { x in
        ck_linear(
          Int64(rows), Int64(columns), w, Int64(batch.count),
          x.baseAddress.map { $0 + batch.lowerBound * columns }, Int64(columns), bias, &y,
          Int64(rows), adding)
      }
      return y
    }
    guard let whole = onEveryBackend({ product(0..<batch, adding: true) }) else { return }
    #expect((0..<batch).flatMap { product($0..<$0 + 1, adding: true) } == whole)
    for b in 0..<batch {
      for r in 0..<rows {
        var sum = 0.5 + Double(bias[r])
        for c in 0..<columns { sum += Double(w[r * columns + c]) * Double(x[b * columns + c]) }
        #expect(abs(Double(whole[b * rows + r]) - sum) < 1e-5 * Double(columns + 1))
      }
    }
    let plain = product(0..<batch, adding: false)
    #expect(zip(plain, whole).allSatisfy { abs($0 + 0.5 - $1) < 1e-5 })
  }

  @Test(arguments: [1, 15, 16, 61, 4096, 10_000]) func statistics(_ count: Int) {
    var x = numbers(count, "logits").map { $0 * 20 }
    if count > 20 {
      x[3] = -.infinity
      x[17] = -5000
    }
    let got = onEveryBackend {
      var s = ck_statistics()
      ck_softmax_statistics(Int64(count), x, &s)
      return [s.top, s.sum, s.weighted]
    }
    let top = Double(x.max() ?? 0)
    let shifted = x.map { Double($0) - top }.filter { $0 > -200 }
    let sum = shifted.map { exponential($0) }.reduce(0, +)
    let weighted = shifted.map { exponential($0) * $0 }.reduce(0, +)
    #expect(got?[0] == top)
    #expect(abs((got?[1] ?? 0) / sum - 1) < 1e-6)
    #expect(abs((got?[2] ?? 0) - weighted) < 1e-6 * (1 - weighted))
  }

  @Test func statisticsOfWhatIsNoNumber() {
    for bad in [Float.nan, .infinity] {
      var x = numbers(40, "logits")
      x[21] = bad
      var s = ck_statistics()
      ck_softmax_statistics(40, x, &s)
      #expect(!s.sum.isFinite)
    }
  }

  /// exp in double by its series, after halving.
  private func exponential(_ x: Double) -> Double {
    let small = x / 1024
    var term = 1.0
    var sum = 1.0
    for n in 1..<20 {
      term *= small / Double(n)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }
}
