package import Bytes
import Diagnostics
import Safetensors

/// Looks members of a JSON object up, each with its type and its range.
package struct ConfigurationReader {
  /// What the object is called in messages.
  package let file: String
  package let json: JSONValue

  /// Fails for text that is no JSON object.
  package init(_ bytes: [UInt8], file: String) throws {
    self.file = file
    json = try JSONValue(strict: bytes, file: file)
    guard json.members != nil else {
      throw wrong("the whole file", "an object", json.kind)
    }
  }

  package init(_ json: JSONValue, file: String) {
    self.file = file
    self.json = json
  }

  /// Whether the member is there, be it null.
  func has(_ member: String) -> Bool { json[member] != nil }

  /// The value of a member as its text says it, for messages.
  func shown(_ member: String) -> String { json[member].map(shown) ?? "nothing" }

  func shown(_ value: JSONValue) -> String {
    switch value {
    case .number, .boolean, .string, .null:
      let text = String(decoding: value.serialized(), as: UTF8.self)
      return text.utf8.count <= 80 ? text : "\(text.prefix(60))…"
    default: return value.kind
    }
  }

  package func wrong(_ member: String, _ expected: String, _ got: String) -> HuggingFaceError {
    .wrongValue(file: file, member: member, expected: expected, got: got)
  }

  /// The value of a member that is there and not null.
  func value(_ member: String) -> JSONValue? {
    json[member].flatMap { $0.isNull ? nil : $0 }
  }

  /// The member whose name is like one that is not there.
  func closest(to member: String) -> String? {
    closestName(to: member, among: (json.members ?? []).lazy.map(\.name), atMost: 4)
  }

  /// A whole number that has to be there.
  package func size(_ member: String, _ allowed: ClosedRange<Int>) throws -> Int {
    guard let size = try size(member, allowed, default: nil) else {
      throw HuggingFaceError.missingMember(
        file: file, member: member,
        expected: "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)",
        suggestion: closest(to: member))
    }
    return size
  }

  /// A whole number, or the default where there is none or null.
  package func size(_ member: String, _ allowed: ClosedRange<Int>, default: Int?) throws -> Int? {
    guard let value = value(member) else { return `default` }
    guard let size = value.integer, allowed.contains(size) else {
      throw wrong(
        member, "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)",
        shown(value))
    }
    return size
  }

  /// A number above zero, or the default where there is none or null.
  package func positive(_ member: String, default: Double) throws -> Double {
    guard let value = value(member) else { return `default` }
    guard let number = value.double, number > 0 else {
      throw wrong(member, "a number above 0", shown(value))
    }
    return number
  }

  /// A truth value, or the default where there is none or null.
  package func flag(_ member: String, default: Bool) throws -> Bool {
    guard let value = value(member) else { return `default` }
    guard let flag = value.boolean else { throw wrong(member, "true or false", shown(value)) }
    return flag
  }

  /// A list of texts; empty where there is none.
  package func texts(_ member: String) throws -> [String] {
    guard let value = value(member) else { return [] }
    let texts = value.list?.compactMap(\.string)
    guard let texts, texts.count == value.list?.count else {
      throw wrong(member, "a list of texts", shown(value))
    }
    return texts
  }

  /// A token id, or a list of one.
  func token(_ member: String) throws -> Int32? {
    guard let tokens = try tokens(member) else { return nil }
    guard tokens.count == 1 else {
      throw wrong(member, "one token id or null", "a list of \(tokens.count)")
    }
    return tokens.first
  }

  /// A token id or a list of them; nil where there is none or null.
  func tokens(_ member: String) throws -> [Int32]? {
    guard let value = value(member) else { return nil }
    let items = value.list ?? [value]
    guard items.count <= 1_024 else {
      throw wrong(member, "at most 1024 token ids", "a list of \(items.count)")
    }
    return try items.map { item in
      guard let id = item.integer.flatMap(Int32.init(exactly:)) else {
        throw wrong(member, "a token id, a list of them, or null", shown(item))
      }
      return id
    }
  }

  /// Fails for ids that the vocabulary does not have.
  func check(_ tokens: [Int32], _ member: String, vocabulary: Int) throws {
    for token in tokens where token < 0 || Int(token) >= vocabulary {
      throw wrong(member, "a token id from 0 to \(vocabulary - 1)", "\(token)")
    }
  }

  /// A text; nil where there is none or null.
  package func text(_ member: String) throws -> String? {
    guard let value = value(member) else { return nil }
    guard let text = value.string else { throw wrong(member, "a text", shown(value)) }
    return text
  }

  /// The text, where there is one; fails where it is none of some.
  @discardableResult
  package func only(_ member: String, _ allowed: [String]) throws -> String? {
    guard let text = try text(member) else { return nil }
    guard allowed.contains(text) else {
      throw HuggingFaceError.unsupported(
        file: file, member: member, got: shown(member), supported: allowed)
    }
    return text
  }

  /// Fails where the member is there, not null and not the one truth value, where one is allowed.
  package func only(_ member: String, _ allowed: Bool?, supported: String) throws {
    guard let value = value(member) else { return }
    if allowed != nil, value.boolean == nil {
      throw wrong(member, "true or false", shown(value))
    }
    guard let allowed, value.boolean == allowed else {
      throw HuggingFaceError.unsupported(
        file: file, member: member, got: shown(value), supported: [supported])
    }
  }
}
