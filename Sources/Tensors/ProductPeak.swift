import Execution
import Synchronization

/// What this machine's matrix products reach, as the measure of how fast training is.
public enum ProductPeak {
  private static let known = Mutex<[Int: Double]>([:])

  /// Floating-point operations a second of large products on so many threads at once; measured for
  /// some 60 ms when first asked for. Nil where OpenBLAS is not to be had.
  public static func operationsPerSecond(threads: Int) -> Double? {
    if let rate = known.withLock({ $0[threads] }) { return rate }
    // The best of three: other work on the machine only ever makes it slower.
    let rates = (0..<3).compactMap { _ in try? measure(threads: threads, milliseconds: 20) }
    guard let rate = rates.max() else { return nil }
    known.withLock { $0[threads] = rate }
    return rate
  }

  /// Multiplies matrices of 768 × 768 on each thread for a while.
  ///
  /// - Returns: Floating-point operations a second, all threads together.
  /// - Throws: `BLASError` where OpenBLAS is not to be had.
  public static func measure(threads: Int, milliseconds: Int) throws -> Double {
    let blas = try BLAS.shared()
    let n = 768
    let rates = try parallelMap(threads, context: WorkContext(threads: threads)) { _ in
      let a = UnsafeMutablePointer<Float>.allocate(capacity: n * n)
      let c = UnsafeMutablePointer<Float>.allocate(capacity: n * n)
      defer {
        a.deallocate()
        c.deallocate()
      }
      a.initialize(repeating: 0.5, count: n * n)
      c.initialize(repeating: 0, count: n * n)
      blas.multiply(a, a, into: c, m: n, n: n, k: n)
      let start = ContinuousClock.now
      var products = 0
      repeat {
        blas.multiply(a, a, into: c, m: n, n: n, k: n)
        products += 1
      } while ContinuousClock.now - start < .milliseconds(milliseconds)
      let (whole, fraction) = (ContinuousClock.now - start).components
      let seconds = Double(whole) + Double(fraction) * 1e-18
      return 2 * Double(n * n * n) * Double(products) / seconds
    }
    return rates.reduce(0, +)
  }
}
