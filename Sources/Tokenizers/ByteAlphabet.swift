/// The characters that stand for bytes in the vocabularies of byte-level models: printable ones
/// of Latin-1 for themselves, and U+0100 onwards for the other 68, in order (GPT-2's table,
/// Radford et al. 2019).
enum ByteAlphabet {
  /// The scalar that stands for each byte.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (UInt32(0)..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(UInt8(byte))
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? "?"
      }
    }
  }()

  /// The byte that each scalar below U+0144 stands for, or -1.
  private static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { table[Int(scalar.value)] = Int16(byte) }
    return table
  }()

  /// The text that stands for bytes.
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(scalars[Int(byte)]) }
    return String(text)
  }

  /// The bytes that a text stands for, or nil where it holds another character.
  static func bytes(_ text: String) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      guard scalar.value < 0x144, case let byte = bytes[Int(scalar.value)], byte >= 0 else {
        return nil
      }
      result.append(UInt8(truncatingIfNeeded: byte))
    }
    return result
  }

  /// The same for well-formed UTF-8, without making a string: the alphabet is one- and two-byte
  /// sequences only.
  static func bytes(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var at = 0
    while at < text.count {
      let first = text[at]
      var scalar = Int(first)
      at += 1
      if first >= 0x80 {
        guard first & 0xE0 == 0xC0, at < text.count else { return nil }
        scalar = Int(first & 0x1F) << 6 | Int(text[at] & 0x3F)
        at += 1
      }
      guard scalar < 0x144, case let byte = bytes[scalar], byte >= 0 else { return nil }
      result.append(UInt8(truncatingIfNeeded: byte))
    }
    return result
  }
}
