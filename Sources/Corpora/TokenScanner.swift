/// Finds the tokens of UTF-8 text and leaves each, folded, in a scratch buffer.
struct TokenScanner {
  private let base: UnsafePointer<UInt8>
  private let count: Int
  private var position = 0
  /// Holds the folded token and at least eight zero bytes after it.
  private let scratch: UnsafeMutablePointer<UInt8>
  private let limit: Int
  /// Where the last token stands in the text.
  private(set) var range = 0..<0

  /// Bytes that a scratch buffer needs for tokens of up to `limit` bytes.
  static func scratchSize(limit: Int) -> Int { limit + 16 }

  init(
    _ bytes: UnsafeRawBufferPointer, scratch: UnsafeMutablePointer<UInt8>, limit: Int
  ) {
    // Without a base there are no bytes, and the scratch buffer stands in for it, unread.
    base =
      bytes.baseAddress.map { $0.assumingMemoryBound(to: UInt8.self) } ?? UnsafePointer(scratch)
    count = bytes.count
    self.scratch = scratch
    self.limit = limit
  }

  /// Finds the next token; returns the number of its folded bytes, or 0 at the end.
  mutating func next() -> Int {
    TokenClass.table.withUnsafeBufferPointer { table in
      while position < count {
        if table[Int(base[position])] == TokenClass.separatorByte {
          position &+= 1
          continue
        }
        let start = position
        let length = scan(table)
        guard length > 0, length <= limit else { continue }
        range = start..<position
        for k in 0..<8 { scratch[length &+ k] = 0 }
        return length
      }
      return 0
    }
  }

  /// Reads a token at a byte that may begin one; returns its folded length, which may be 0 or
  /// past the limit.
  private mutating func scan(_ table: UnsafeBufferPointer<UInt8>) -> Int {
    var length = 0
    while position < count {
      let folded = table[Int(base[position])]
      if folded == TokenClass.separatorByte { return length }
      if folded != TokenClass.multibyteMark {
        if length < limit { scratch[length] = folded }
        length &+= 1
        position &+= 1
        continue
      }
      let (scalar, size) = decode()
      switch TokenClass.of(scalar) {
      case .separator:
        if length == 0 { position += size }
        return length
      case .mark:
        // A mark with nothing to stand on begins no token.
        guard length > 0 else {
          position += size
          return 0
        }
        append(scalar, &length)
        position += size
      case .letter:
        append(TokenClass.folded(scalar), &length)
        position += size
      case .ideograph:
        if length == 0 {
          append(scalar, &length)
          position += size
        }
        return length
      }
    }
    return length
  }

  private func append(_ scalar: Unicode.Scalar, _ length: inout Int) {
    for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
      if length < limit { scratch[length] = byte }
      length += 1
    }
  }

  /// The scalar at the position and its size; U+FFFD of one byte where it is ill-formed.
  private func decode() -> (Unicode.Scalar, Int) {
    let first = UInt32(base[position])
    let size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard first >= 0xC2, position + size <= count else { return ("\u{FFFD}", 1) }
    var value = first & (0xFF >> UInt32(size + 1))
    for k in 1..<size { value = value << 6 | UInt32(base[position + k] & 0x3F) }
    return Unicode.Scalar(value).map { ($0, size) } ?? ("\u{FFFD}", 1)
  }
}

/// What a scalar is to a token.
enum TokenClass {
  case separator, letter, mark, ideograph

  static let separatorByte: UInt8 = 0
  static let multibyteMark: UInt8 = 0xFF

  /// For each byte: its folded form, or one of the two marks above.
  static let table: [UInt8] = (0..<256).map { byte in
    switch UInt8(byte) {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"):
      UInt8(byte)
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(byte) | 0x20
    case 0x80...: multibyteMark
    default: separatorByte
    }
  }

  static func of(_ scalar: Unicode.Scalar) -> TokenClass {
    let properties = scalar.properties
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return .mark
    case .decimalNumber, .letterNumber, .otherNumber: return .letter
    default:
      if properties.isIdeographic { return .ideograph }
      return properties.isAlphabetic ? .letter : .separator
    }
  }

  /// Lower case where that is a single scalar; long s and final sigma as their usual forms.
  static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar {
    case "ſ": return "s"
    case "ς": return "σ"
    default:
      let lower = scalar.properties.lowercaseMapping.unicodeScalars
      return lower.count == 1 ? lower.first ?? scalar : scalar
    }
  }
}
