public import Bytes

/// The stored form, all numbers little-endian:
///
/// 1. Magic `poiseCRP`, version (UInt32), number of documents N (UInt32), length of the name
///    (UInt64), length of the blob (UInt64).
/// 2. 4 N + 1 offsets into the blob (UInt64): where each document's id, title, text and fields
///    begin, and the end. They begin at 0, never fall, and end at the blob's length.
/// 3. N positions (UInt32): the documents in ascending order of their ids; zeros up to a
///    multiple of eight bytes.
/// 4. The name, then the blob, both UTF-8.
extension Corpus {
  static let magic: StaticString = "poiseCRP"
  static let version: UInt32 = 2

  struct Layout: Sendable, Hashable {
    static let headerSize = 32
    static let fieldCount = 4
    let count: Int
    let orderStart: Int
    let nameStart: Int
    let blobStart: Int
    let total: Int

    init(count: Int, nameLength: Int, blobLength: Int) {
      self.count = count
      orderStart = Self.headerSize + (Self.fieldCount * count + 1) * 8
      nameStart = (orderStart + count * 4 + 7) / 8 * 8
      blobStart = nameStart + nameLength
      total = blobStart + blobLength
    }
  }

  /// The stored form. Equal corpora have equal bytes.
  public func encoded() -> [UInt8] { storage.copied() }

  /// The stored form without a copy.
  public var encodedBytes: SharedBytes { storage }

  /// Reads a stored corpus, copying the bytes.
  ///
  /// - Throws: ``BinaryCodingError`` for anything ``encoded()`` does not write.
  public init(decoding bytes: [UInt8]) throws {
    try self.init(decoding: SharedBytes(bytes))
  }

  /// Reads a stored corpus in place.
  ///
  /// - Throws: ``BinaryCodingError`` for anything ``encoded()`` does not write.
  public init(decoding storage: SharedBytes) throws {
    let format = "corpus"
    let bytes = storage.bytes
    var reader = try BinaryReader(
      bytes, magic: Self.magic, version: Self.version, format: format)
    let count = try reader.number(UInt32.self)
    let nameLength = try reader.number(UInt64.self)
    let blobLength = try reader.number(UInt64.self)
    // Both lengths below 2^48 and the count below 2^32 keep the sums in Int far from overflow.
    let limit: UInt64 = 1 << 48
    guard nameLength < limit, blobLength < limit else {
      throw BinaryCodingError.truncated(
        format: format, expectedBytes: max(nameLength, blobLength),
        gotBytes: UInt64(bytes.count))
    }
    let layout = Layout(
      count: Int(count), nameLength: Int(nameLength), blobLength: Int(blobLength))
    guard layout.total <= bytes.count else {
      throw BinaryCodingError.truncated(
        format: format, expectedBytes: UInt64(layout.total), gotBytes: UInt64(bytes.count))
    }
    guard layout.total == bytes.count else {
      throw BinaryCodingError.invalid(
        format: format, what: "\(bytes.count - layout.total) bytes follow its end")
    }
    self.storage = storage
    self.layout = layout
    if let what = firstDamage(blobLength: blobLength) {
      throw BinaryCodingError.invalid(format: format, what: what)
    }
  }

  private func firstDamage(blobLength: UInt64) -> String? {
    let bytes = storage.bytes
    let text = UnsafeRawBufferPointer(rebasing: bytes[layout.nameStart...])
    guard firstInvalidUTF8(in: text) == nil else { return "its text is not UTF-8" }
    func startsScalar(_ at: Int) -> Bool { at >= bytes.count || bytes[at] & 0xC0 != 0x80 }
    guard startsScalar(layout.blobStart) else { return "its name ends inside a character" }
    var previous: UInt64 = 0
    for k in 0...Layout.fieldCount * count {
      let offset = bytes.load(
        fromByteOffset: Layout.headerSize + k * 8, as: UInt64.self)
      guard offset >= previous, offset <= blobLength, k > 0 || offset == 0 else {
        return "offset \(k) is out of order"
      }
      guard startsScalar(layout.blobStart + Int(offset)) else {
        return "offset \(k) is inside a character"
      }
      previous = offset
    }
    guard previous == blobLength else { return "its last offset is not the length of its text" }
    for rank in 0..<count {
      guard index(rankedByID: rank) < count else { return "an id's position is out of range" }
      // Strictly ascending ids are distinct, so the positions are a permutation.
      if rank > 0,
        !precedes(
          idBytes(at: index(rankedByID: rank - 1)), idBytes(at: index(rankedByID: rank)))
      {
        return "its ids are not in order"
      }
    }
    for at in layout.orderStart + count * 4..<layout.nameStart where bytes[at] != 0 {
      return "its padding is not zero"
    }
    return nil
  }
}
