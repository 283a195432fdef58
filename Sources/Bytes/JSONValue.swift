/// A JSON value of any shape, for files whose members are looked up by name: configurations,
/// tokenizers, headers. Members keep the order of the file.
package indirect enum JSONValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// The text of a number, so that no digit is lost.
  case number(String)
  case string(String)
  case list([JSONValue])
  case object([Member])

  /// One member of an object.
  package struct Member: Hashable, Sendable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// Parses a whole document.
  ///
  /// - Throws: `JSONSyntaxError` with the offset where it shows; also for bytes that are not UTF-8.
  package init(parsing bytes: UnsafeRawBufferPointer) throws {
    if let offset = firstInvalidUTF8(in: bytes) {
      throw JSONSyntaxError(offset: offset, expected: "UTF-8", got: "another byte")
    }
    var scanner = JSONScanner(bytes, range: 0..<bytes.count)
    self = try Self.value(&scanner)
    try scanner.finish()
  }

  /// Parses a whole document.
  package init(parsing text: String) throws {
    self = try Array(text.utf8).withUnsafeBytes { try JSONValue(parsing: $0) }
  }

  /// The value that begins at the scanner's position.
  package static func value(_ scanner: inout JSONScanner) throws -> JSONValue {
    switch scanner.peek() {
    case UInt8(ascii: "{"):
      var members: [Member] = []
      try scanner.forEachMember { scanner, name in
        members.append(Member(String(decoding: name, as: UTF8.self), try value(&scanner)))
      }
      return .object(members)
    case UInt8(ascii: "["):
      var items: [JSONValue] = []
      try scanner.forEachElement { items.append(try value(&$0)) }
      return .list(items)
    case UInt8(ascii: "\""): return .string(try scanner.string())
    case UInt8(ascii: "t"):
      try scanner.literal("true")
      return .boolean(true)
    case UInt8(ascii: "f"):
      try scanner.literal("false")
      return .boolean(false)
    case UInt8(ascii: "n"):
      try scanner.literal("null")
      return .null
    default: return .number(try scanner.number())
    }
  }
}

// MARK: - Looking up

extension JSONValue {
  /// The member of that name, the last where a name is repeated; nil for other values.
  package subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name == name }?.value
  }

  /// What kind of value it is, as said in messages.
  package var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "a truth value"
    case .number: "a number"
    case .string: "a string"
    case .list: "a list"
    case .object: "an object"
    }
  }

  package var string: String? { if case .string(let text) = self { text } else { nil } }
  package var list: [JSONValue]? { if case .list(let items) = self { items } else { nil } }
  package var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  package var boolean: Bool? { if case .boolean(let flag) = self { flag } else { nil } }
  package var isNull: Bool { self == .null }

  /// The number, where it is one that a `Double` holds.
  package var double: Double? {
    guard case .number(let text) = self, let value = Double(text), value.isFinite else {
      return nil
    }
    return value
  }

  /// The number, where it is whole and fits; `3.0` and `3e2` count as whole.
  package var integer: Int? {
    guard case .number(let text) = self else { return nil }
    return Int(text) ?? double.flatMap { Int(exactly: $0) }
  }
}

// MARK: - Writing

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .boolean(value) }
  package init(integerLiteral value: Int) { self = .number(String(value)) }
  package init(floatLiteral value: Double) { self = .number(value) }

  package static func number(_ value: Int) -> JSONValue { .number(String(value)) }

  /// The shortest text that reads back as `value`; null where JSON has no such number.
  package static func number(_ value: Double) -> JSONValue {
    value.isFinite ? .number("\(value)") : .null
  }

  /// UTF-8 text. Members stay in their order.
  ///
  /// - Parameter indented: Two spaces a level with line breaks, as people read it, or no white
  ///   space at all.
  /// - Returns: The text's bytes.
  package func serialized(indented: Bool = false) -> [UInt8] {
    var target: [UInt8] = []
    write(into: &target, level: indented ? 0 : nil)
    return target
  }

  private func write(into target: inout [UInt8], level: Int?) {
    switch self {
    case .null: target.append(contentsOf: "null".utf8)
    case .boolean(let flag): target.append(contentsOf: (flag ? "true" : "false").utf8)
    case .number(let text): target.append(contentsOf: text.utf8)
    case .string(let text): Self.write(text, into: &target)
    case .list(let items):
      Self.write(items, "[", "]", into: &target, level: level) { item, target, level in
        item.write(into: &target, level: level)
      }
    case .object(let members):
      Self.write(members, "{", "}", into: &target, level: level) { member, target, level in
        Self.write(member.name, into: &target)
        target.append(contentsOf: (level == nil ? ":" : ": ").utf8)
        member.value.write(into: &target, level: level)
      }
    }
  }

  private static func write<Item>(
    _ items: [Item], _ open: String, _ close: String, into target: inout [UInt8], level: Int?,
    _ body: (Item, inout [UInt8], Int?) -> Void
  ) {
    let inner = level.map { $0 + 1 }
    func lineBreak(_ level: Int?, _ target: inout [UInt8]) {
      guard let level else { return }
      target.append(0x0A)
      target.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }
    target.append(contentsOf: open.utf8)
    for (index, item) in items.enumerated() {
      if index > 0 { target.append(UInt8(ascii: ",")) }
      lineBreak(inner, &target)
      body(item, &target, inner)
    }
    if !items.isEmpty { lineBreak(level, &target) }
    target.append(contentsOf: close.utf8)
  }

  private static func write(_ text: String, into target: inout [UInt8]) {
    target.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): target.append(contentsOf: #"\""#.utf8)
      case UInt8(ascii: "\\"): target.append(contentsOf: #"\\"#.utf8)
      case 0x0A: target.append(contentsOf: #"\n"#.utf8)
      case 0x0D: target.append(contentsOf: #"\r"#.utf8)
      case 0x09: target.append(contentsOf: #"\t"#.utf8)
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        target.append(contentsOf: "\\u00\(digits.count < 2 ? "0" : "")\(digits)".utf8)
      default: target.append(byte)
      }
    }
    target.append(UInt8(ascii: "\""))
  }
}
