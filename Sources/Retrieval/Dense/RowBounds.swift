import Bytes
import CKernels
import Synchronization

/// Rows as bytes, by which a query finds out which rows need not be compared: a quarter of the
/// memory to read, and nothing is lost.
///
/// With x̂ the bytes of a row times their scale and q̂ a query in 16 bits,
/// q·x = q̂·x̂ + q·(x − x̂) + (q − q̂)·x̂ ≤ q̂·x̂ + |q| |x − x̂| + |q − q̂| |x̂|
/// by Cauchy and Schwarz. q̂·x̂ is a sum of integers and exact.
///
/// `@unchecked Sendable`: nothing writes to it after it was made.
final class RowBounds: @unchecked Sendable {
  private let matrix: VectorMatrix
  private let stride: Int
  private let codes: UnsafeMutablePointer<Int8>
  private let scales: FloatBuffer
  private let errors: FloatBuffer
  private let largestError: Float

  init(_ matrix: VectorMatrix) {
    self.matrix = matrix
    stride = (matrix.dimension + 63) / 64 * 64
    codes = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, stride * matrix.count), alignment: 64
    )
    .bindMemory(to: Int8.self, capacity: max(1, stride * matrix.count))
    scales = FloatBuffer(count: matrix.count)
    errors = FloatBuffer(count: matrix.count)
    ck_byte_rows(
      Int64(matrix.count), Int64(matrix.dimension), Int64(stride), matrix.base, codes, scales.base,
      errors.base)
    var largest: Float = 0
    for row in 0..<matrix.count { largest = max(largest, errors.base[row]) }
    largestError = largest
  }

  deinit { codes.deallocate() }

  /// A query in 16 bits or fewer, so that no sum of products leaves 32.
  struct Query {
    fileprivate var codes: [Int16]
    fileprivate let scale: Float
    fileprivate let length: Float
    fileprivate let slack: Float
  }

  func query(_ query: UnsafePointer<Float>, rounding: Float, length: Float) -> Query {
    var largest: Float = 0
    for place in 0..<matrix.dimension { largest = max(largest, abs(query[place])) }
    let most = Float(min(32767, Int(Int32.max) / (127 * stride)))
    let scale = largest / most
    var codes = [Int16](repeating: 0, count: stride)
    var lost = 0.0
    for place in 0..<matrix.dimension {
      let value = scale > 1e-30 ? (query[place] / scale).rounded() : 0
      codes[place] = Int16(max(-most, min(most, value)))
      let left = Double(query[place]) - Double(codes[place]) * Double(scale)
      lost += left * left
    }
    let slack = Float(lost.squareRoot()) * 1.001 * (matrix.longest + largestError) + rounding
    return Query(codes: codes, scale: scale, length: length, slack: slack)
  }

  /// What the products of some rows with the query are at most.
  func bounds(_ query: Query, _ rows: Range<Int>, into bounds: UnsafeMutablePointer<Float>) {
    ck_byte_bounds(
      Int64(rows.count), Int64(stride), codes + rows.lowerBound * stride,
      scales.base + rows.lowerBound, errors.base + rows.lowerBound, query.codes, query.scale,
      query.length, query.slack, bounds)
  }
}

/// Makes ``RowBounds`` when enough queries were asked one by one that it pays.
final class LazyRowBounds: Sendable {
  /// Making them costs about as much as two plain scans.
  private static let patience = 3
  private let state = Mutex<(searches: Int, bounds: RowBounds?)>((0, nil))

  func next(_ matrix: VectorMatrix) -> RowBounds? {
    state.withLock { state in
      if let bounds = state.bounds { return bounds }
      state.searches += 1
      guard state.searches > Self.patience, matrix.count >= 1024, matrix.dimension < 1 << 16
      else { return nil }
      let bounds = RowBounds(matrix)
      state.bounds = bounds
      return bounds
    }
  }
}
