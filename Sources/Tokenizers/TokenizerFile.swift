import Bytes

/// A `tokenizer.json` as it is written, before anything in it is understood. The two large
/// members, vocabulary and merges, are read straight into arrays.
struct TokenizerFile {
  /// One merge: the bytes of both names in ``mergeNames``.
  struct NamedMerge {
    var start: Int
    var middle: Int
    var end: Int
  }

  let file: String
  var members: [JSONValue.Member] = []
  var modelMembers: [JSONValue.Member] = []
  /// Names and ids in the order of the file; nil where the vocabulary is no object.
  var vocabulary: [(name: [UInt8], id: Int)]?
  var mergeNames: [UInt8] = []
  var merges: [NamedMerge]?

  /// The largest file that is read: names are counted with 32 bits.
  static let largestFile = 1 << 30
  /// Ids are below this, so that a small file cannot ask for a huge table.
  static let largestSize = 1 << 22

  /// A file without members.
  init(file: String) { self.file = file }

  init(parsing bytes: UnsafeRawBufferPointer, file: String) throws {
    self.file = file
    guard bytes.count <= Self.largestFile else {
      throw TokenizerError.tooLarge(
        file: file, path: "the file", what: "the number of bytes", limit: Self.largestFile,
        got: bytes.count)
    }
    if let offset = firstInvalidUTF8(in: bytes) {
      throw TokenizerError.brokenJSON(
        file: file, offset: offset, expected: "UTF-8", got: "another byte")
    }
    do {
      var scanner = JSONScanner(bytes, range: 0..<bytes.count)
      try readTop(&scanner)
      try scanner.finish()
    } catch let error as JSONSyntaxError {
      throw TokenizerError.brokenJSON(
        file: file, offset: error.offset, expected: error.expected, got: error.got)
    }
  }

  private mutating func readTop(_ scanner: inout JSONScanner) throws {
    guard scanner.peek() == UInt8(ascii: "{") else {
      throw wrongType("the file", "an object", scanner.kind)
    }
    var members: [JSONValue.Member] = []
    var result = self
    try scanner.forEachMember { scanner, name in
      let name = String(decoding: name, as: UTF8.self)
      if name == "model" {
        guard scanner.peek() == UInt8(ascii: "{") else {
          throw result.wrongType("model", "an object", scanner.kind)
        }
        try result.readModel(&scanner)
      } else {
        members.append(JSONValue.Member(name, try JSONValue.value(&scanner)))
      }
    }
    self = result
    self.members = members
  }

  private mutating func readModel(_ scanner: inout JSONScanner) throws {
    modelMembers = []
    vocabulary = nil
    merges = nil
    var result = self
    try scanner.forEachMember { scanner, name in
      let name = String(decoding: name, as: UTF8.self)
      let start = scanner.peek()
      if name == "vocab", start == UInt8(ascii: "{") {
        try result.readVocabulary(&scanner)
      } else if name == "merges", start == UInt8(ascii: "[") {
        try result.readMerges(&scanner)
      } else {
        result.modelMembers.append(JSONValue.Member(name, try JSONValue.value(&scanner)))
      }
    }
    self = result
  }

  private mutating func readVocabulary(_ scanner: inout JSONScanner) throws {
    var vocabulary: [(name: [UInt8], id: Int)] = []
    let file = file
    try scanner.forEachMember { scanner, name in
      let path = "model.vocab[\"\(String(decoding: name, as: UTF8.self))\"]"
      guard let first = scanner.peek(), first == UInt8(ascii: "-") || 0x30...0x39 ~= first else {
        throw TokenizerError.wrongType(
          file: file, path: path, expected: "an id", got: scanner.kind)
      }
      let text = try scanner.number()
      guard let id = Int(text), id >= 0 else {
        throw TokenizerError.wrongType(
          file: file, path: path, expected: "an id, a whole number from 0", got: text)
      }
      guard id < Self.largestSize else {
        throw TokenizerError.tooLarge(
          file: file, path: path, what: "the id", limit: Self.largestSize - 1, got: id)
      }
      vocabulary.append((name, id))
    }
    self.vocabulary = vocabulary
  }

  private mutating func readMerges(_ scanner: inout JSONScanner) throws {
    var merges: [NamedMerge] = []
    var names: [UInt8] = []
    var text: [UInt8] = []
    let file = file
    try scanner.forEachElement { scanner in
      let start = names.count
      var middle: Int?
      let path = "model.merges[\(merges.count)]"
      switch scanner.peek() {
      case UInt8(ascii: "\""):
        try scanner.string(into: &text)
        if let space = text.firstIndex(of: 0x20), !text[(space + 1)...].contains(0x20) {
          names.append(contentsOf: text[..<space])
          middle = names.count
          names.append(contentsOf: text[(space + 1)...])
        }
      case UInt8(ascii: "["):
        var count = 0
        try scanner.forEachElement { scanner in
          guard scanner.peek() == UInt8(ascii: "\"") else {
            throw TokenizerError.wrongType(
              file: file, path: "\(path)[\(count)]", expected: "a string", got: scanner.kind)
          }
          try scanner.string(into: &text)
          names.append(contentsOf: text)
          count += 1
          if count == 1 { middle = names.count }
        }
        if count != 2 { middle = nil }
      default:
        throw TokenizerError.wrongType(
          file: file, path: path, expected: "\"LEFT RIGHT\" or [\"LEFT\", \"RIGHT\"]",
          got: scanner.kind)
      }
      guard let middle else {
        throw TokenizerError.wrongType(
          file: file, path: path, expected: "two tokens",
          got: String(decoding: names[start...] + text, as: UTF8.self))
      }
      merges.append(NamedMerge(start: start, middle: middle, end: names.count))
    }
    self.merges = merges
    mergeNames = names
  }

  func wrongType(_ path: String, _ expected: String, _ got: String) -> TokenizerError {
    .wrongType(file: file, path: path, expected: expected, got: got)
  }

  /// A member of the top level; null where it is missing.
  func section(_ name: String) -> JSONValue {
    members.last { $0.name == name }?.value ?? .null
  }

  /// A member of the model; null where it is missing.
  func setting(_ name: String) -> JSONValue {
    modelMembers.last { $0.name == name }?.value ?? .null
  }
}
