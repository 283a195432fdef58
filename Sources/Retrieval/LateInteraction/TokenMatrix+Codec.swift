public import Bytes

extension TokenMatrix {
  /// Reads stored token vectors in place, such as from a mapped file.
  ///
  /// - Throws: `BinaryCodingError` for bytes that do not hold together, ``VectorError`` for
  ///   numbers that are not finite.
  /// - Complexity: One pass over all but rows of bytes.
  public init(decoding storage: SharedBytes) throws {
    let format = TokenLayout.format
    func damaged(_ what: String) -> BinaryCodingError { .invalid(format: format, what: what) }
    var reader = try BinaryReader(
      storage.bytes, magic: TokenLayout.magic, version: TokenLayout.version, format: format)
    guard let precision = Precision(rawValue: try reader.number(UInt32.self)) else {
      throw damaged("its precision is unknown")
    }
    let dimension = try reader.number(UInt32.self)
    let centroids = try reader.number(UInt32.self)
    let count = try reader.number(UInt64.self)
    let tokens = try reader.number(UInt64.self)
    let truncated = try reader.number(UInt64.self)
    guard dimension < 1 << 20, centroids <= 1 << 16, count < 1 << 32, tokens < 1 << 32,
      truncated <= count, dimension > 0 || tokens == 0
    else { throw damaged("its sizes are out of range") }
    let layout = TokenLayout(
      precision: precision, dimension: Int(dimension), centroids: Int(centroids),
      count: Int(count), tokens: Int(tokens))
    guard layout.total <= storage.count else {
      throw BinaryCodingError.truncated(
        format: format, expectedBytes: UInt64(layout.total), gotBytes: UInt64(storage.count))
    }
    guard layout.total == storage.count else {
      throw damaged("\(storage.count - layout.total) bytes follow its end")
    }
    self.init(storage: storage, layout: layout, truncatedCount: Int(truncated))
    try check()
  }

  /// Fails where searches could read outside of the rows, or numbers are not finite.
  func check() throws {
    func damaged(_ what: String) -> BinaryCodingError {
      .invalid(format: TokenLayout.format, what: what)
    }
    var previous: UInt32 = 0
    for document in 0...count {
      guard starts[document] >= previous, document > 0 || starts[0] == 0 else {
        throw damaged("its starts are out of order")
      }
      previous = starts[document]
    }
    guard Int(previous) == tokenCount else { throw damaged("its starts do not add up") }
    switch precision {
    case .float32:
      _ = try longestRow(floats, count: tokenCount, dimension: dimension, what: "token vectors")
    case .int8:
      for row in 0..<tokenCount {
        // A row of bytes is shorter than 128 √dimension scales.
        guard scales[row] >= 0, scales[row] < 1e12 else {
          throw VectorError.notFinite(what: "token vectors", row: row)
        }
      }
    }
    _ = try longestRow(centroids, count: centroidCount, dimension: dimension, what: "centroids")
    if centroidCount > 0 {
      for row in 0..<tokenCount where Int(codes[row]) >= centroidCount {
        throw damaged("the code of row \(row) is out of range")
      }
    }
  }
}
