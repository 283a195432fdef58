import Bytes
import CKernels

/// Rows laid out for products with many others: panels of 32, transposed.
struct PackedRows: Sendable {
  let count: Int
  let dimension: Int
  private let buffer: FloatBuffer

  /// O(count · dimension): a copy.
  init(_ rows: UnsafePointer<Float>, count: Int, dimension: Int) {
    self.count = count
    self.dimension = dimension
    buffer = FloatBuffer(count: Int(ck_packed_count(Int64(count), Int64(dimension))))
    ck_pack(Int64(count), Int64(dimension), rows, buffer.base)
  }

  /// Rows of an array; zeros where it has another count of numbers.
  init(_ rows: [Float], count: Int, dimension: Int) {
    self.count = count
    self.dimension = dimension
    buffer = FloatBuffer(count: Int(ck_packed_count(Int64(count), Int64(dimension))))
    let target = buffer.base
    rows.withUnsafeBufferPointer { rows in
      if let base = rows.baseAddress, rows.count == count * dimension {
        ck_pack(Int64(count), Int64(dimension), base, target)
      }
    }
  }

  /// A number for each row and for those that fill the last panel.
  var width: Int { (count + 31) / 32 * 32 }

  /// Of each row of x the place of the packed row with the largest product.
  func nearest(
    _ rows: Int, of x: UnsafePointer<Float>, into places: UnsafeMutablePointer<UInt16>
  ) {
    withExtendedLifetime(buffer) {
      ck_packed_nearest(
        Int64(rows), Int64(count), Int64(dimension), x, Int64(dimension), buffer.base, places)
    }
  }

  /// Raises each packed row's largest product, in `best`, which has ``width`` numbers, to those
  /// with some rows of x.
  func raise(
    _ best: UnsafeMutablePointer<Float>, by rows: Int, of x: UnsafePointer<Float>
  ) {
    withExtendedLifetime(buffer) {
      ck_packed_largest(
        Int64(rows), Int64(count), Int64(dimension), x, Int64(dimension), buffer.base, best)
    }
  }

  /// All products with rows of x, in rows of ``width``; what follows the packed rows stays.
  func products(
    _ rows: Int, of x: UnsafePointer<Float>, into products: UnsafeMutablePointer<Float>
  ) {
    withExtendedLifetime(buffer) {
      ck_packed_linear(
        Int64(rows), Int64(count), Int64(dimension), x, Int64(dimension), buffer.base, nil, 0, nil,
        products, Int64(width))
    }
  }
}
