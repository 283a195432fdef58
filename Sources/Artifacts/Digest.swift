import CCrypto

/// A SHA-256 digest: the name of an object by its content, or of a node by its key.
///
/// Written as 64 lowercase hexadecimal digits, also in JSON. Ordered as those digits are.
public struct Digest: Hashable, Comparable, Sendable {
  /// How many bytes a digest has.
  public static let byteCount = 32

  /// The digest's bytes as four big-endian words, which order as the bytes do.
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// The SHA-256 digest of `bytes`. Cost: O(n), about 1.5 GB/s on a CPU with SHA instructions.
  public init(hashing bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { Digest(hashing: $0) }
  }

  /// The SHA-256 digest of the bytes in a buffer.
  public init(hashing bytes: UnsafeRawBufferPointer) {
    var stream = DigestStream()
    stream.add(bytes)
    self = stream.finish()
  }

  /// A digest from its 32 bytes; nil for any other number of bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in bytes.enumerated() {
      words[index / 8] = words[index / 8] << 8 | UInt64(byte)
    }
    self.words = (words[0], words[1], words[2], words[3])
  }

  /// A digest from exactly 64 lowercase hexadecimal digits; nil for anything else.
  ///
  /// Strict on purpose: a digest read from a file becomes part of a path.
  public init?(hex: some StringProtocol) {
    var words: [UInt64] = [0, 0, 0, 0]
    var count = 0
    for unit in hex.utf8 {
      guard count < 64, let value = Self.value(ofHexDigit: unit) else { return nil }
      words[count / 16] = words[count / 16] << 4 | UInt64(value)
      count += 1
    }
    guard count == 64 else { return nil }
    self.words = (words[0], words[1], words[2], words[3])
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
    }
  }

  /// The 64 lowercase hexadecimal digits.
  public var hex: String {
    String(unsafeUninitializedCapacity: 64) { buffer in
      var position = 0
      for word in [words.0, words.1, words.2, words.3] {
        for nibble in 0..<16 {
          let value = UInt8(truncatingIfNeeded: word >> (60 - 4 * UInt64(nibble)) & 15)
          buffer[position] = value < 10 ? 48 + value : 87 + value
          position += 1
        }
      }
      return position
    }
  }

  /// The first 12 hexadecimal digits: enough for a person, and for a marker in a notebook.
  public var short: String { String(hex.prefix(12)) }

  /// Whether all 32 bytes are equal.
  public static func == (a: Digest, b: Digest) -> Bool { a.words == b.words }

  /// Whether the first that differs of the 32 bytes is smaller.
  public static func < (a: Digest, b: Digest) -> Bool { a.words < b.words }

  /// Feeds the digest to a hasher.
  public func hash(into hasher: inout Hasher) {
    // The words are already uniformly distributed, except in a store made by an adversary;
    // Hasher is seeded, so all four go in.
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }

  /// The value of one lowercase hexadecimal digit, nil for any other byte.
  package static func value(ofHexDigit unit: UInt8) -> UInt8? {
    switch unit {
    case 48...57: unit - 48
    case 97...102: unit - 87
    default: nil
    }
  }
}

extension Digest: CustomStringConvertible {
  /// The 64 digits.
  public var description: String { hex }
}

extension Digest: Codable {
  /// Reads the 64 digits; anything else is a decoding error.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = Digest(hex: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a digest is 64 lowercase hexadecimal digits")
    }
    self = digest
  }

  /// Writes the 64 digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }
}

/// SHA-256 over bytes that arrive in pieces. A value: a copy goes its own way.
public struct DigestStream: Sendable {
  private var state = SHA256_CTX()

  /// The digest of no bytes yet.
  public init() { ccrypto_sha256_begin(&state) }

  /// Adds bytes; how they are cut into pieces makes no difference.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    if let start = bytes.baseAddress { ccrypto_sha256_add(&state, start, bytes.count) }
  }

  /// Adds bytes; how they are cut into pieces makes no difference.
  public mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  /// The digest of everything added so far. The stream itself may go on.
  public func finish() -> Digest {
    var last = state
    var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
    ccrypto_sha256_end(&last, &bytes)
    return bytes.withUnsafeBytes { Digest(at: 0, in: $0) }
  }
}

extension Digest {
  /// The digest whose 32 bytes begin at an offset; the buffer must have that many from there.
  init(at offset: Int, in bytes: UnsafeRawBufferPointer) {
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self))
    }
    words = (word(0), word(1), word(2), word(3))
  }
}
