/// Builds a key out of typed items, so that no two different sequences of items collide.
///
/// Every item is written as a tag byte, a length of eight bytes (little-endian) and its bytes,
/// which makes the written form prefix-free: `"ab", "c"` and `"a", "bc"` differ, and so do `1`,
/// `1.0`, `true` and `"1"`. A list or record is begun with its count, and its items follow.
///
///     var hasher = KeyHasher(domain: "poise.node.1")
///     hasher.add(string: "bm25")
///     hasher.begin(record: 2)
///     hasher.add(string: "k1"); hasher.add(double: 1.2)
///     hasher.add(string: "b"); hasher.add(double: 0.75)
///     let key = hasher.finish()
public struct KeyHasher: Sendable {
  private enum Tag: UInt8 {
    case domain, string, bytes, int, double, bool, none, digest, list, record
  }

  private var stream = DigestStream()

  /// Begins a key of one kind; equal items under two domains give different keys.
  public init(domain: String) { write(.domain, utf8Of: domain) }

  /// Adds a string, as its UTF-8 bytes. Two spellings of one character count as different.
  public mutating func add(string: String) { write(.string, utf8Of: string) }

  /// Adds bytes.
  public mutating func add(bytes: [UInt8]) {
    bytes.withUnsafeBytes { write(.bytes, $0) }
  }

  /// Adds an integer.
  public mutating func add(int: Int) { write(.int, word: UInt64(bitPattern: Int64(int))) }

  /// Adds a number by its bit pattern, where -0 counts as 0 and every NaN as the same NaN.
  public mutating func add(double: Double) {
    let canonical = double.isNaN ? Double.nan : double == 0 ? 0 : double
    write(.double, word: canonical.bitPattern)
  }

  /// Adds a truth value.
  public mutating func add(bool: Bool) { write(.bool, word: bool ? 1 : 0) }

  /// Adds the absence of a value.
  public mutating func addNone() { write(.none, UnsafeRawBufferPointer(start: nil, count: 0)) }

  /// Adds a digest: of an artifact, a file or another key.
  public mutating func add(digest: Digest) {
    digest.bytes.withUnsafeBytes { write(.digest, $0) }
  }

  /// Begins a list; exactly `count` items must follow.
  public mutating func begin(list count: Int) {
    write(.list, word: UInt64(bitPattern: Int64(count)))
  }

  /// Begins a record; exactly `count` pairs of a name (a string) and an item must follow.
  ///
  /// Whether the order of names matters is the caller's choice: sort them where it does not.
  public mutating func begin(record count: Int) {
    write(.record, word: UInt64(bitPattern: Int64(count)))
  }

  /// The key of everything added.
  public func finish() -> Digest { stream.finish() }

  private mutating func write(_ tag: Tag, _ bytes: UnsafeRawBufferPointer) {
    // Tag and length go in as one nine-byte header.
    var header: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8)
    let length = UInt64(bytes.count)
    func byte(_ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: length >> (8 * index)) }
    header = (tag.rawValue, byte(0), byte(1), byte(2), byte(3), byte(4), byte(5), byte(6), byte(7))
    withUnsafeBytes(of: &header) { stream.add($0) }
    stream.add(bytes)
  }

  private mutating func write(_ tag: Tag, word: UInt64) {
    withUnsafeBytes(of: word.littleEndian) { write(tag, $0) }
  }

  private mutating func write(_ tag: Tag, utf8Of string: String) {
    var string = string
    string.withUTF8 { write(tag, UnsafeRawBufferPointer($0)) }
  }
}
