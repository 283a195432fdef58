import Glibc
import Synchronization

/// OpenBLAS's single-precision matrix product, loaded when first asked for.
///
/// Loading takes tens of milliseconds, which a replay that computes nothing never pays. OpenBLAS
/// works on the calling thread only: parallel work is split above it, where the partition does
/// not depend on the number of threads.
public struct BLAS: Sendable {
  /// The kernels in use, such as `Cooperlake`; `OPENBLAS_CORETYPE` may have chosen them.
  public let kernel: String
  private let sgemm: SGEMM

  private typealias SGEMM =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32,
      UnsafePointer<Float>, Int32, Float, UnsafeMutablePointer<Float>, Int32
    ) -> Void

  private static let loaded: Result<BLAS, BLASError> = load()

  /// OpenBLAS, loaded once.
  ///
  /// - Throws: ``BLASError`` where the library is not there or lacks a function.
  public static func shared() throws(BLASError) -> BLAS { try loaded.get() }

  private static func load() -> Result<BLAS, BLASError> {
    guard let library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL) else {
      return .failure(.missing(reason: dlerror().map { String(cString: $0) } ?? "no reason given"))
    }
    guard let product = dlsym(library, "cblas_sgemm"),
      let threads = dlsym(library, "openblas_set_num_threads"),
      let name = dlsym(library, "openblas_get_corename")
    else { return .failure(.incomplete) }
    unsafeBitCast(threads, to: (@convention(c) (Int32) -> Void).self)(1)
    let core = unsafeBitCast(name, to: (@convention(c) () -> UnsafePointer<CChar>?).self)()
    return .success(
      BLAS(
        kernel: core.map { String(cString: $0) } ?? "unknown",
        sgemm: unsafeBitCast(product, to: SGEMM.self)))
  }

  /// C = alpha op(A) op(B) + beta C, all row-major: op(A) is [m, k], op(B) [k, n], C [m, n].
  ///
  /// Row strides are the matrices' own number of columns unless given. O(m n k). The caller
  /// vouches for the sizes: every operation of ``Tape`` checks shapes before it comes here.
  @inline(__always)
  public func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
    m: Int, n: Int, k: Int, transposeA: Bool = false, transposeB: Bool = false, alpha: Float = 1,
    beta: Float = 0, strideA: Int? = nil, strideB: Int? = nil, strideC: Int? = nil
  ) {
    guard m > 0, n > 0 else { return }
    let lda = strideA ?? (transposeA ? m : k)
    let ldb = strideB ?? (transposeB ? k : n)
    sgemm(
      101, transposeA ? 112 : 111, transposeB ? 112 : 111, Int32(truncatingIfNeeded: m),
      Int32(truncatingIfNeeded: n), Int32(truncatingIfNeeded: k), alpha, a,
      Int32(truncatingIfNeeded: max(lda, 1)), b, Int32(truncatingIfNeeded: max(ldb, 1)), beta, c,
      Int32(truncatingIfNeeded: max(strideC ?? n, 1)))
  }
}

/// Why matrix products are not to be had.
public enum BLASError: Error, Hashable, Sendable {
  /// The shared library could not be loaded.
  case missing(reason: String)
  /// It was loaded and is something else.
  case incomplete
}

extension BLASError: CustomStringConvertible {
  /// The message, with what to do.
  public var description: String {
    switch self {
    case .missing(let reason):
      "OpenBLAS could not be loaded (\(reason)); `apt-get install libopenblas0` brings it"
    case .incomplete: "libopenblas.so.0 lacks cblas_sgemm; another library has its name"
    }
  }
}
