import Bytes
import CKernels

/// One vector a document of a part, in float32: row `r` is the document whose id has rank `r`.
///
/// The rows lie in one run of bytes, made or mapped, and are read in place. All numbers are
/// finite, and so are the lengths of the rows.
public struct VectorMatrix: Sendable {
  /// How many vectors there are.
  public let count: Int
  /// The number of components of a vector.
  public let dimension: Int
  /// How many tokens the encoder read, special tokens included; 0 for vectors given as numbers.
  public let tokenCount: Int
  /// How many texts were longer than the encoder reads.
  public let truncatedCount: Int
  /// How many texts had no token of their own.
  public let emptyCount: Int
  /// No row is longer (as a vector) than this.
  package let longest: Float
  let storage: SharedBytes

  /// The first row; the others follow without gaps.
  package var base: UnsafePointer<Float> {
    UnsafePointer((storage.base + Self.headerSize).assumingMemoryBound(to: Float.self))
  }

  /// The vector of a document by the rank of its id; empty for ranks out of range.
  public subscript(row: Int) -> [Float] {
    guard row >= 0, row < count else { return [] }
    return Array(UnsafeBufferPointer(start: base + row * dimension, count: dimension))
  }

  /// How many bytes the vectors and what is known of them take.
  public var byteCount: Int { storage.count }

  /// Vectors given as numbers.
  ///
  /// - Throws: ``VectorError`` where their lengths differ or a number is not finite.
  public init(rows: [[Float]]) throws(VectorError) {
    let dimension = rows.first?.count ?? 0
    let builder = VectorMatrixBuilder(count: rows.count, dimension: dimension)
    for (index, row) in rows.enumerated() {
      guard row.count == dimension else {
        throw .dimension(what: "row \(index)", expected: dimension, got: row.count)
      }
      builder.put(row, at: index)
    }
    self = try builder.finish()
  }

  init(
    storage: SharedBytes, count: Int, dimension: Int, tokenCount: Int, truncatedCount: Int,
    emptyCount: Int
  ) throws(VectorError) {
    self.storage = storage
    self.count = count
    self.dimension = dimension
    self.tokenCount = tokenCount
    self.truncatedCount = truncatedCount
    self.emptyCount = emptyCount
    longest = try longestRow(
      UnsafePointer((storage.base + Self.headerSize).assumingMemoryBound(to: Float.self)),
      count: count, dimension: dimension, what: "vectors")
  }
}

/// At least the length of the longest of some rows; squares of what is below 1e-19 are lost to the
/// sum.
///
/// - Throws: ``VectorError/notFinite(what:row:)`` for the first row that is not finite.
func longestRow(
  _ rows: UnsafePointer<Float>, count: Int, dimension: Int, what: String
) throws(VectorError) -> Float {
  var largest = 0.0
  for row in 0..<count {
    let square = ck_sum_of_squares(Int64(dimension), rows + row * dimension)
    // Beyond this, products of two rows may not be finite.
    guard square < 1e37 else { throw .notFinite(what: what, row: row) }
    largest = max(largest, square)
  }
  return Float(largest.squareRoot()) * 1.000_01 + 1e-16
}

/// Rows on their way into a ``VectorMatrix``, placed where they will stay.
package struct VectorMatrixBuilder {
  private let buffer: FloatBuffer
  private let count: Int
  private let dimension: Int
  package var tokenCount = 0
  package var truncatedCount = 0
  package var emptyCount = 0

  /// Zeros.
  package init(count: Int, dimension: Int) {
    self.count = count
    self.dimension = dimension
    buffer = FloatBuffer(count: VectorMatrix.headerSize / 4 + count * dimension)
  }

  /// Where a row lies; for the caller to fill.
  package func row(_ index: Int) -> UnsafeMutablePointer<Float> {
    buffer.base + VectorMatrix.headerSize / 4 + index * dimension
  }

  package func put(_ values: [Float], at index: Int) {
    guard index >= 0, index < count else { return }
    for (place, value) in values.prefix(dimension).enumerated() { row(index)[place] = value }
  }

  /// The matrix; nothing is written to the rows after this.
  ///
  /// - Throws: ``VectorError/notFinite(what:row:)``.
  package func finish() throws(VectorError) -> VectorMatrix {
    let header = VectorMatrix.header(
      count: count, dimension: dimension, tokenCount: tokenCount, truncatedCount: truncatedCount,
      emptyCount: emptyCount)
    UnsafeMutableRawPointer(buffer.base).copyMemory(from: header, byteCount: header.count)
    return try VectorMatrix(
      storage: buffer.shared(), count: count, dimension: dimension, tokenCount: tokenCount,
      truncatedCount: truncatedCount, emptyCount: emptyCount)
  }
}
