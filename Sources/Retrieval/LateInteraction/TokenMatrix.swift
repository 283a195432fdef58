public import Bytes
import CKernels

/// Vectors of the tokens of a part's documents: document `d`, by rank of its id, has the rows
/// `starts[d]..<starts[d + 1]`.
///
/// Rows are float32, or signed bytes with a scale a row, a quarter of that. With centroids each
/// row also has the code of the centroid nearest to it, by which a search finds candidates.
public struct TokenMatrix: Sendable {
  /// How rows are stored.
  public enum Precision: UInt32, Sendable, Hashable, CaseIterable {
    /// As they came.
    case float32 = 0
    /// Within 1/254 of the largest component.
    case int8 = 1
  }

  /// How many documents there are.
  public var count: Int { layout.count }
  /// How many token vectors there are.
  public var tokenCount: Int { layout.tokens }
  /// The number of components of a vector.
  public var dimension: Int { layout.dimension }
  /// How rows are stored.
  public var precision: Precision { layout.precision }
  /// How many centroids there are; 0 where every search reads all rows.
  public var centroidCount: Int { layout.centroids }
  /// How many texts were longer than the encoder reads.
  public let truncatedCount: Int
  /// How many bytes it takes.
  public var byteCount: Int { storage.count }

  let storage: SharedBytes
  let layout: TokenLayout

  /// The stored form, without a copy.
  public var encodedBytes: SharedBytes { storage }

  init(storage: SharedBytes, layout: TokenLayout, truncatedCount: Int) {
    self.storage = storage
    self.layout = layout
    self.truncatedCount = truncatedCount
  }

  /// Where each document's rows begin, and the end.
  var starts: UnsafePointer<UInt32> { section(layout.starts) }
  var scales: UnsafePointer<Float> { section(layout.scales) }
  var floats: UnsafePointer<Float> { section(layout.rows) }
  var bytes: UnsafePointer<Int8> { section(layout.rows) }
  var centroids: UnsafePointer<Float> { section(layout.centroidRows) }
  var codes: UnsafePointer<UInt16> { section(layout.codes) }

  private func section<T>(_ start: Int) -> UnsafePointer<T> {
    UnsafePointer((storage.base + start).assumingMemoryBound(to: T.self))
  }

  /// How many tokens a document has.
  func tokens(ofRank rank: Int) -> Int { Int(starts[rank + 1]) - Int(starts[rank]) }

  /// Writes some rows as float32.
  func widen(_ rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    switch precision {
    case .float32:
      target.update(from: floats + rows.lowerBound * dimension, count: rows.count * dimension)
    case .int8:
      for (place, row) in rows.enumerated() {
        ck_widen_bytes(
          Int64(dimension), bytes + row * dimension, scales[row], target + place * dimension)
      }
    }
  }

  /// The centroids, row after row.
  package var centroidRows: [Float] {
    Array(UnsafeBufferPointer(start: centroids, count: centroidCount * dimension))
  }

  /// The place of the centroid nearest to each token's vector; empty without centroids.
  package var centroidCodes: [UInt16] {
    centroidCount > 0 ? Array(UnsafeBufferPointer(start: codes, count: tokenCount)) : []
  }

  /// Some rows as float32: where they lie, or in `space`, which has room for them.
  func widened(
    _ rows: Range<Int>, in space: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    if precision == .float32 { return floats + rows.lowerBound * dimension }
    widen(rows, into: space)
    return UnsafePointer(space)
  }

  /// The vectors of a document's tokens as they are compared, row after row; none for ranks out of
  /// range.
  public func rows(ofRank rank: Int) -> [Float] {
    guard rank >= 0, rank < count else { return [] }
    let rows = Int(starts[rank])..<Int(starts[rank + 1])
    return [Float](unsafeUninitializedCapacity: rows.count * dimension) { target, filled in
      if let base = target.baseAddress, !rows.isEmpty { widen(rows, into: base) }
      filled = rows.count * dimension
    }
  }
}

/// Where the sections of a stored ``TokenMatrix`` begin: magic, version, precision, dimension,
/// centroids (4 bytes each), documents, tokens, truncated (8 each), zeros to 64; then starts
/// (uint32), scales (float32, for bytes only), rows, centroids (float32), codes (uint16). Each
/// section begins at a multiple of 64.
struct TokenLayout: Sendable, Hashable {
  static let magic: StaticString = "POISETOK"
  static let version: UInt32 = 1
  static let headerSize = 64
  static let format = "token matrix"

  let precision: TokenMatrix.Precision
  let dimension: Int
  let centroids: Int
  let count: Int
  let tokens: Int
  let starts: Int
  let scales: Int
  let rows: Int
  let centroidRows: Int
  let codes: Int
  let total: Int

  /// Sizes below 2^40 tokens and 2^20 dimensions, so that no sum overflows.
  init(
    precision: TokenMatrix.Precision, dimension: Int, centroids: Int, count: Int, tokens: Int
  ) {
    self.precision = precision
    self.dimension = dimension
    self.centroids = centroids
    self.count = count
    self.tokens = tokens
    func padded(_ end: Int) -> Int { (end + 63) / 64 * 64 }
    starts = Self.headerSize
    scales = padded(starts + (count + 1) * 4)
    rows = padded(scales + (precision == .int8 ? tokens * 4 : 0))
    centroidRows = padded(rows + tokens * dimension * (precision == .int8 ? 1 : 4))
    codes = padded(centroidRows + centroids * dimension * 4)
    total = padded(codes + (centroids > 0 ? tokens * 2 : 0))
  }

  func header(truncated: Int) -> [UInt8] {
    var writer = BinaryWriter(magic: Self.magic, version: Self.version)
    writer.put(precision.rawValue)
    writer.put(UInt32(truncatingIfNeeded: dimension))
    writer.put(UInt32(truncatingIfNeeded: centroids))
    for number in [count, tokens, truncated] { writer.put(UInt64(number)) }
    while writer.bytes.count < Self.headerSize { writer.put(UInt8(0)) }
    return writer.bytes
  }
}
