import Bytes

/// A vocabulary in the making: names in the order of ids, without repetition.
struct NewVocabulary {
  /// What kind of tokenizer the vocabulary is for.
  enum Kind {
    case byteLevel(SplitPattern?)
    case characters(unknown: String?)
    case words(Tokenizer.WordSplit, unknown: String)
  }

  private var names: [[UInt8]] = []
  private var ids: [[UInt8]: Int32] = [:]
  private var merges: [(left: Int32, right: Int32)] = []

  var count: Int { names.count }

  /// The id of a name; a new one where it is new.
  @discardableResult mutating func add(_ name: [UInt8]) -> Int32 {
    if let id = ids[name] { return id }
    let id = Int32(truncatingIfNeeded: names.count)
    names.append(name)
    ids[name] = id
    return id
  }

  /// Adds a merge; returns the id of what comes out, which may be known already.
  mutating func merge(_ left: Int32, _ right: Int32) -> Int32 {
    merges.append((left, right))
    return add(names[Int(left)] + names[Int(right)])
  }

  /// The bytes of names of special tokens.
  ///
  /// - Throws: ``TokenizerError`` for one that is empty, too long or repeated.
  static func checked(_ specials: [String]) throws -> [[UInt8]] {
    var seen: Set<[UInt8]> = []
    return try specials.map { name in
      let bytes = Array(name.utf8)
      guard 1...AddedToken.longestContent ~= bytes.count, seen.insert(bytes).inserted else {
        throw TokenizerError.wrongSetting(
          name: "specialTokens",
          expected: "different names of 1 to \(AddedToken.longestContent) bytes", got: "\"\(name)\""
        )
      }
      return bytes
    }
  }

  /// The same, and none may be in the vocabulary.
  func new(_ specials: [String]) throws -> [[UInt8]] {
    let checked = try Self.checked(specials)
    for (name, bytes) in zip(specials, checked) where ids[bytes] != nil {
      throw TokenizerError.wrongSetting(
        name: "specialTokens", expected: "names that are no other token", got: "\"\(name)\"")
    }
    return checked
  }

  /// The tokenizer of this vocabulary.
  func tokenizer(_ kind: Kind, specials: [String], composing: Bool = false) throws -> Tokenizer {
    var file = TokenizerFile(file: "the new tokenizer")
    file.vocabulary = zip(names, 0...).map { (name: $0, id: $1) }
    file.members = [
      .init(
        "added_tokens",
        .list(
          specials.compactMap { name in
            ids[Array(name.utf8)].map { AddedToken(id: $0, content: name).json }
          })),
      .init("normalizer", composing ? .object([.init("type", "NFC")]) : .null),
      .init("pre_tokenizer", kind.splitter),
      .init("decoder", kind.decoder),
    ]
    file.modelMembers = kind.settings
    if case .words = kind {
    } else {
      file.merges = merges.map { left, right in
        let start = file.mergeNames.count
        file.mergeNames += names[Int(left)]
        let middle = file.mergeNames.count
        file.mergeNames += names[Int(right)]
        return TokenizerFile.NamedMerge(start: start, middle: middle, end: file.mergeNames.count)
      }
    }
    return Tokenizer(try file.parts())
  }
}

extension NewVocabulary.Kind {
  private static func byteLevel(splits: Bool) -> JSONValue {
    .object([
      .init("type", "ByteLevel"), .init("add_prefix_space", false), .init("trim_offsets", true),
      .init("use_regex", .boolean(splits)),
    ])
  }

  private static func split(_ pattern: SplitPattern) -> JSONValue {
    .object([
      .init("type", "Split"),
      .init("pattern", .object([.init("Regex", .string(pattern.expression))])),
      .init("behavior", "Isolated"), .init("invert", false),
    ])
  }

  fileprivate var splitter: JSONValue {
    switch self {
    case .byteLevel(nil): Self.byteLevel(splits: false)
    case .byteLevel(.gpt2): Self.byteLevel(splits: true)
    case .byteLevel(let pattern?):
      .object([
        .init("type", "Sequence"),
        .init("pretokenizers", .list([Self.split(pattern), Self.byteLevel(splits: false)])),
      ])
    case .characters: .null
    case .words(.spaced, _): Self.split(.gpt2)
    case .words(.whitespace, _): .object([.init("type", "Whitespace")])
    case .words(.whitespaceOnly, _): .object([.init("type", "WhitespaceSplit")])
    }
  }

  fileprivate var decoder: JSONValue {
    switch self {
    case .byteLevel: Self.byteLevel(splits: true)
    case .characters, .words(.spaced, _): .object([.init("type", "Fuse")])
    case .words: .null
    }
  }

  fileprivate var settings: [JSONValue.Member] {
    switch self {
    case .byteLevel: Self.pairs(unknown: nil)
    case .characters(let unknown): Self.pairs(unknown: unknown)
    case .words(_, let unknown):
      [.init("type", "WordLevel"), .init("unk_token", .string(unknown))]
    }
  }

  private static func pairs(unknown: String?) -> [JSONValue.Member] {
    [
      .init("type", "BPE"), .init("dropout", .null),
      .init("unk_token", unknown.map { .string($0) } ?? .null),
      .init("continuing_subword_prefix", .null), .init("end_of_word_suffix", .null),
      .init("fuse_unk", false), .init("byte_fallback", false), .init("ignore_merges", false),
    ]
  }
}
