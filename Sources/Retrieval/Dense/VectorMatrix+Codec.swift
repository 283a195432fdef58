public import Bytes

extension VectorMatrix {
  static let magic: StaticString = "POISEVEC"
  static let version: UInt32 = 1
  static let headerSize = 64
  private static let format = "vector matrix"

  /// magic, version (4), dimension (4), count, tokens, truncated, empty (8 each), zeros to 64; then
  /// count × dimension float32.
  static func header(
    count: Int, dimension: Int, tokenCount: Int, truncatedCount: Int, emptyCount: Int
  ) -> [UInt8] {
    var writer = BinaryWriter(magic: magic, version: version)
    writer.put(UInt32(truncatingIfNeeded: dimension))
    for number in [count, tokenCount, truncatedCount, emptyCount] { writer.put(UInt64(number)) }
    while writer.bytes.count < headerSize { writer.put(UInt8(0)) }
    return writer.bytes
  }

  /// The stored form, without a copy: the same vectors give the same bytes.
  public var encodedBytes: SharedBytes { storage }

  /// Reads stored vectors in place, such as from a mapped file.
  ///
  /// - Throws: `BinaryCodingError` for bytes that do not hold together, ``VectorError`` for
  ///   numbers that are not finite.
  /// - Complexity: One pass over the vectors, at the speed of memory.
  public init(decoding storage: SharedBytes) throws {
    var reader = try BinaryReader(
      storage.bytes, magic: Self.magic, version: Self.version, format: Self.format)
    let dimension = Int(try reader.number(UInt32.self))
    var counts: [Int] = []
    for _ in 0..<4 {
      let count = try reader.number(UInt64.self)
      guard count < 1 << 48 else {
        throw BinaryCodingError.invalid(format: Self.format, what: "a count is out of range")
      }
      counts.append(Int(count))
    }
    let (numbers, overflow) = counts[0].multipliedReportingOverflow(by: dimension * 4)
    guard !overflow, numbers <= storage.count, storage.count - numbers >= Self.headerSize else {
      throw BinaryCodingError.truncated(
        format: Self.format,
        expectedBytes: overflow ? .max : UInt64(numbers) + UInt64(Self.headerSize),
        gotBytes: UInt64(storage.count))
    }
    guard storage.count == numbers + Self.headerSize, dimension > 0 || counts[0] == 0 else {
      throw BinaryCodingError.invalid(format: Self.format, what: "its sizes do not add up")
    }
    guard counts[2] <= counts[0], counts[3] <= counts[0] else {
      throw BinaryCodingError.invalid(format: Self.format, what: "its counts do not add up")
    }
    try self.init(
      storage: storage, count: counts[0], dimension: dimension, tokenCount: counts[1],
      truncatedCount: counts[2], emptyCount: counts[3])
  }
}
