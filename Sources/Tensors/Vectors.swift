import CKernels

/// Loops over runs of float32 that trainers need besides a tape.
public enum Vectors {
  /// y += x
  public static func add(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    ck_axpy(Int64(count), 1, x, y)
  }

  /// Σ x², summed in double over fixed blocks.
  public static func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Double {
    ck_sum_of_squares(Int64(count), x)
  }

  /// The vector instructions in use: `avx512`, `avx2` or `portable`.
  public static var instructionSet: String { String(cString: ck_backend()) }
}
