import Bytes

/// One JSON object of a JSON Lines file, with the fields that a reader asked for.
struct RecordFields {
  /// The UTF-8 of each wanted field, empty where absent.
  private(set) var values: [[UInt8]]
  private(set) var present: [Bool]
  /// BEIR's `metadata`.
  private(set) var metadata = DocumentFields.none
  /// Names of all fields, for messages; filled only on request.
  private var names: [[UInt8]]

  private static let metadataName = Array("metadata".utf8)

  init(names: [String]) {
    self.names = names.map { Array($0.utf8) }
    values = Array(repeating: [], count: names.count)
    present = Array(repeating: false, count: names.count)
  }

  /// Reads the object on a line. Strings are taken as they are, numbers by their digits, null
  /// as absent; a wanted field of another kind is an error.
  mutating func read(_ file: TextFile, line: Int, range: Range<Int>) throws {
    for index in present.indices { present[index] = false }
    metadata = .none
    for index in values.indices { values[index].removeAll(keepingCapacity: true) }
    var scanner = JSONScanner(file.bytes, range: range)
    try file.locatingJSON(line: line, lineStart: range.lowerBound) {
      try scanner.forEachMember { scanner, name in
        guard let index = names.firstIndex(of: name) else {
          if name == Self.metadataName, scanner.peek() == UInt8(ascii: "{") {
            metadata = DocumentFields(try JSONValue.value(&scanner))
            return
          }
          return try scanner.skip()
        }
        switch scanner.peek() {
        case UInt8(ascii: "\""):
          try scanner.string(into: &values[index])
          present[index] = true
        case UInt8(ascii: "n"): try scanner.literal("null")
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
          values[index] = Array(try scanner.number().utf8)
          present[index] = true
        default:
          throw CollectionError.wrongType(
            path: file.shown, line: line, field: String(decoding: name, as: UTF8.self),
            expected: "a string", got: scanner.kind)
        }
      }
      try scanner.finish()
    }
  }

  func string(_ index: Int) -> String { String(decoding: values[index], as: UTF8.self) }

  /// The first of several fields that is there, in the order wanted.
  func first(_ range: Range<Int>) -> Int? { range.first { present[$0] } }
}

extension TextFile {
  /// Runs a JSON reader, giving its syntax errors a line and column.
  func locatingJSON<Value>(
    line: Int, lineStart: Int, _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch let error as JSONSyntaxError {
      throw CollectionError.brokenJSON(
        path: shown, line: line, column: error.offset - lineStart + 1,
        expected: error.expected, got: error.got)
    }
  }

  /// Runs a JSON reader over the whole file.
  func locatingJSON<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as JSONSyntaxError {
      let lineStart = bytes.prefix(error.offset).lastIndex(of: 0x0A).map { $0 + 1 } ?? start
      throw CollectionError.brokenJSON(
        path: shown, line: line(ofOffset: error.offset), column: error.offset - lineStart + 1,
        expected: error.expected, got: error.got)
    }
  }

  /// The names of the fields of the object on a line, for a message about a missing one.
  func fieldNames(_ range: Range<Int>) -> [String] {
    var scanner = JSONScanner(bytes, range: range)
    var names: [String] = []
    // The line was parsed once already; a name list cut short by an error is still useful.
    try? scanner.forEachMember { scanner, name in
      names.append(String(decoding: name, as: UTF8.self))
      try scanner.skip()
    }
    return names
  }
}
