extension JSONScanner {
  /// Reads a string and leaves its UTF-8 in `target`, whatever was there before.
  package mutating func string(into target: inout [UInt8]) throws {
    guard peek() == UInt8(ascii: "\"") else { throw failure("a string") }
    target.removeAll(keepingCapacity: true)
    var at = position + 1
    var runStart = at
    while true {
      at = plainEnd(from: at)
      guard at < end else { throw failure("'\"'", at: at) }
      target.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[runStart..<at]))
      switch bytes[at] {
      case UInt8(ascii: "\""):
        advance(to: at + 1)
        return
      case UInt8(ascii: "\\"):
        at = try escape(at: at, into: &target)
        runStart = at
      default: throw failure("'\"' or an escape such as \\n", at: at)
      }
    }
  }

  /// Reads a string.
  package mutating func string() throws -> String {
    var target: [UInt8] = []
    try string(into: &target)
    return String(decoding: target, as: UTF8.self)
  }

  /// The first quote, backslash or control character at or after `at`; eight bytes at a time
  /// by the usual borrow trick (a byte is zero where x - 1 borrows and x has no high bit).
  private func plainEnd(from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var at = start
    while at &+ 8 <= end {
      let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      let quote = word ^ (ones &* 0x22)
      let slash = word ^ (ones &* 0x5C)
      let found =
        ((quote &- ones) & ~quote) | ((slash &- ones) & ~slash) | ((word &- ones &* 0x20) & ~word)
      // Borrows only run upwards, so the lowest flag is always a true one.
      let flags = found & highs
      if flags != 0 { return at &+ flags.trailingZeroBitCount / 8 }
      at &+= 8
    }
    while at < end, bytes[at] >= 0x20, bytes[at] != 0x22, bytes[at] != 0x5C { at &+= 1 }
    return at
  }

  /// Decodes the escape at a backslash; returns the offset past it.
  private func escape(at slash: Int, into target: inout [UInt8]) throws -> Int {
    guard slash + 1 < end else { throw failure("an escape", at: slash + 1) }
    switch bytes[slash + 1] {
    case UInt8(ascii: "\""): target.append(0x22)
    case UInt8(ascii: "\\"): target.append(0x5C)
    case UInt8(ascii: "/"): target.append(0x2F)
    case UInt8(ascii: "b"): target.append(0x08)
    case UInt8(ascii: "f"): target.append(0x0C)
    case UInt8(ascii: "n"): target.append(0x0A)
    case UInt8(ascii: "r"): target.append(0x0D)
    case UInt8(ascii: "t"): target.append(0x09)
    case UInt8(ascii: "u"): return try unicodeEscape(at: slash, into: &target)
    default: throw failure("an escape such as \\n", at: slash + 1)
    }
    return slash + 2
  }

  private func unicodeEscape(at slash: Int, into target: inout [UInt8]) throws -> Int {
    let first = try hexadecimal(at: slash + 2)
    var scalar = UInt32(first)
    var next = slash + 6
    if first & 0xFC00 == 0xD800 {
      guard next + 1 < end, bytes[next] == UInt8(ascii: "\\"),
        bytes[next + 1] == UInt8(ascii: "u")
      else { throw failure("the other half of a surrogate pair", at: next) }
      let second = try hexadecimal(at: next + 2)
      guard second & 0xFC00 == 0xDC00 else {
        throw failure("the other half of a surrogate pair", at: next)
      }
      scalar = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
      next += 6
    }
    guard let valid = Unicode.Scalar(scalar) else {
      throw failure("the first half of a surrogate pair", at: slash)
    }
    target.append(contentsOf: UTF8.encode(valid) ?? UTF8.encodedReplacementCharacter)
    return next
  }

  private func hexadecimal(at start: Int) throws -> UInt16 {
    var value: UInt16 = 0
    for at in start..<start + 4 {
      guard at < end else { throw failure("four hexadecimal digits", at: end) }
      let digit: UInt8
      switch bytes[at] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[at] - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = bytes[at] - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = bytes[at] - UInt8(ascii: "A") + 10
      default: throw failure("four hexadecimal digits", at: at)
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }
}
