import Glibc

/// Why bytes are not JSON.
package struct JSONSyntaxError: Error, Hashable {
  /// The byte where it shows.
  package var offset: Int
  package var expected: String
  package var got: String
}

/// A strict pull parser for JSON (RFC 8259) over bytes that are known to be UTF-8.
///
/// Strings are decoded into byte arrays that the caller reuses, so that reading a line of a
/// known shape allocates nothing.
package struct JSONScanner {
  package let bytes: UnsafeRawBufferPointer
  package private(set) var position: Int
  package let end: Int
  private var depth = 0
  private var key: [UInt8] = []

  package static let depthLimit = 256

  package init(_ bytes: UnsafeRawBufferPointer, range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  package mutating func advance(to offset: Int) { position = offset }

  /// The kind of value that begins here, as said in messages.
  package var kind: String {
    guard position < end else { return "the end" }
    switch bytes[position] {
    case UInt8(ascii: "{"): return "an object"
    case UInt8(ascii: "["): return "a list"
    case UInt8(ascii: "\""): return "a string"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return "a truth value"
    case UInt8(ascii: "n"): return "null"
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return "a number"
    default: return "something else"
    }
  }

  /// The next byte after white space, or nil at the end.
  package mutating func peek() -> UInt8? {
    while position < end {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return bytes[position]
      }
    }
    return nil
  }

  package func failure(_ expected: String, at offset: Int? = nil) -> JSONSyntaxError {
    let offset = offset ?? position
    guard offset < end else {
      return JSONSyntaxError(offset: offset, expected: expected, got: "the end")
    }
    let byte = bytes[offset]
    if byte < 0x20 || byte == 0x7F {
      let code = String(byte, radix: 16, uppercase: true)
      let name = byte == 0x0A || byte == 0x0D ? "a line break" : "the control character \(code)"
      return JSONSyntaxError(offset: offset, expected: expected, got: name)
    }
    let scalar = String(decoding: bytes[offset..<min(end, offset + 4)], as: UTF8.self).prefix(1)
    return JSONSyntaxError(offset: offset, expected: expected, got: "'\(scalar)'")
  }

  /// Fails unless only white space is left.
  package mutating func finish() throws {
    if peek() != nil { throw failure("nothing after the value") }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  /// Calls `body` with each member's name; it must read or skip the value.
  package mutating func forEachMember(_ body: (inout JSONScanner, [UInt8]) throws -> Void) throws {
    guard take(UInt8(ascii: "{")) else { throw failure("an object") }
    try enter()
    if take(UInt8(ascii: "}")) { return leave() }
    while true {
      guard peek() == UInt8(ascii: "\"") else { throw failure("a member's name in quotes") }
      // Moved out and back, so that the buffer is reused.
      var name = key
      key = []
      try string(into: &name)
      guard take(UInt8(ascii: ":")) else { throw failure("':'") }
      try body(&self, name)
      key = name
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "}")) { return leave() }
      throw failure("',' or '}'")
    }
  }

  /// Calls `body` at each element, which it must read or skip.
  package mutating func forEachElement(_ body: (inout JSONScanner) throws -> Void) throws {
    guard take(UInt8(ascii: "[")) else { throw failure("a list") }
    try enter()
    if take(UInt8(ascii: "]")) { return leave() }
    while true {
      try body(&self)
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "]")) { return leave() }
      throw failure("',' or ']'")
    }
  }

  private mutating func enter() throws {
    depth += 1
    guard depth <= Self.depthLimit else {
      throw JSONSyntaxError(
        offset: position, expected: "at most \(Self.depthLimit) levels", got: "one more")
    }
  }

  private mutating func leave() { depth -= 1 }

  /// Reads past a value of any kind, checking its grammar.
  package mutating func skip() throws {
    switch peek() {
    case UInt8(ascii: "{"): try forEachMember { scanner, _ in try scanner.skip() }
    case UInt8(ascii: "["): try forEachElement { try $0.skip() }
    case UInt8(ascii: "\""):
      var ignored: [UInt8] = []
      try string(into: &ignored)
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"): try literal("false")
    case UInt8(ascii: "n"): try literal("null")
    default: _ = try number()
    }
  }

  /// Reads `true`, `false` or `null`.
  package mutating func literal(_ word: StaticString) throws {
    let length = word.utf8CodeUnitCount
    let matches =
      position + length <= end
      && word.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + length]) }
    guard matches else { throw failure("'\(word)'") }
    position += length
  }

  /// Reads a number and returns its text.
  package mutating func number() throws -> String {
    _ = peek()
    let start = position
    func isDigit(_ at: Int) -> Bool {
      at < end && bytes[at] >= UInt8(ascii: "0") && bytes[at] <= UInt8(ascii: "9")
    }
    var at = position
    if at < end, bytes[at] == UInt8(ascii: "-") { at += 1 }
    guard isDigit(at) else { throw failure("a value", at: at > start ? at : start) }
    if bytes[at] == UInt8(ascii: "0") {
      at += 1
    } else {
      while isDigit(at) { at += 1 }
    }
    if at < end, bytes[at] == UInt8(ascii: ".") {
      at += 1
      guard isDigit(at) else { throw failure("a digit", at: at) }
      while isDigit(at) { at += 1 }
    }
    if at < end, bytes[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < end, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
      guard isDigit(at) else { throw failure("a digit", at: at) }
      while isDigit(at) { at += 1 }
    }
    position = at
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }
}
