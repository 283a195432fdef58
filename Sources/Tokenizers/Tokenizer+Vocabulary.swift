import Bytes

extension Tokenizer {
  /// Reads what BERT's tokenizers had before there was `tokenizer.json`: `vocab.txt`, a token a
  /// line, and `tokenizer_config.json`.
  ///
  /// Of the configuration count `do_lower_case`, `strip_accents`, `tokenize_chinese_chars`, and the
  /// names of `unk_token`, `cls_token`, `sep_token`, `pad_token` and `mask_token`; what is missing
  /// is as BERT has it.
  ///
  /// - Parameters:
  ///   - vocabulary: The text of `vocab.txt`.
  ///   - configuration: The text of `tokenizer_config.json`, where there is one.
  ///   - lowercases: Whether letters become small where the configuration does not say it.
  ///   - file: The name of the vocabulary, for messages.
  ///   - configurationFile: The name of the configuration, for messages.
  /// - Throws: ``TokenizerError``.
  public init(
    vocabulary: [UInt8], configuration: [UInt8]? = nil, lowercases: Bool = true, file: String,
    configurationFile: String = "tokenizer_config.json"
  ) throws {
    let settings = try BertSettings(
      configuration, lowercases: lowercases, file: configurationFile)
    if let offset = vocabulary.withUnsafeBytes({ firstInvalidUTF8(in: $0) }) {
      throw TokenizerError.brokenJSON(
        file: file, offset: offset, expected: "UTF-8", got: "another byte")
    }
    var lines = vocabulary.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count <= TokenizerFile.largestSize else {
      throw TokenizerError.tooLarge(
        file: file, path: "the file", what: "the number of lines",
        limit: TokenizerFile.largestSize, got: lines.count)
    }
    var members: [JSONValue.Member] = []
    // Of a token that stands twice the last line counts; by bytes, as strings are equal where they
    // are canonically equivalent.
    var ids: [[UInt8]: Int] = [:]
    for (id, line) in lines.enumerated() {
      ids[Array(line.last == 0x0D ? line.dropLast() : line)] = id
    }
    let sorted = ids.sorted { $0.value < $1.value }
    for (name, id) in sorted {
      members.append(.init(String(decoding: name, as: UTF8.self), .number(id)))
    }
    func id(_ name: String) throws -> Int {
      if let id = ids[Array(name.utf8)] { return id }
      throw TokenizerError.unknownToken(
        file: file, path: "the vocabulary", token: name,
        suggestion: closestToken(
          to: name, among: sorted.lazy.map { String(decoding: $0.key, as: UTF8.self) }))
    }
    var added: [(id: Int, name: String)] = []
    for (name, isNeeded) in settings.special {
      if !isNeeded, ids[Array(name.utf8)] == nil { continue }
      let found = try id(name)
      if !added.contains(where: { $0.id == found }) { added.append((found, name)) }
    }
    var file = TokenizerFile(file: file)
    file.vocabulary = sorted.map { ($0.key, $0.value) }
    file.modelMembers = [
      .init("type", "WordPiece"), .init("unk_token", .string(settings.unknown)),
      .init("continuing_subword_prefix", "##"), .init("max_input_chars_per_word", .number(100)),
    ]
    file.members = [
      .init(
        "added_tokens",
        .list(
          added.sorted { $0.id < $1.id }.map {
            AddedToken(id: Int32(truncatingIfNeeded: $0.id), content: $0.name).json
          })),
      .init(
        "normalizer",
        .object([
          .init("type", "BertNormalizer"), .init("clean_text", true),
          .init("handle_chinese_chars", .boolean(settings.spacesChinese)),
          .init("strip_accents", settings.stripsAccents),
          .init("lowercase", .boolean(settings.lowercases)),
        ])),
      .init("pre_tokenizer", .object([.init("type", "BertPreTokenizer")])),
      .init(
        "post_processor",
        try Self.template(
          (settings.begin, id(settings.begin)), (settings.end, id(settings.end)))),
      .init(
        "decoder",
        .object([
          .init("type", "WordPiece"), .init("prefix", "##"), .init("cleanup", true),
        ])),
    ]
    self.init(try file.parts())
  }

  private static func template(_ begin: (name: String, id: Int), _ end: (name: String, id: Int))
    -> JSONValue
  {
    func special(_ name: String, _ type: Int) -> JSONValue {
      .object([
        .init(
          "SpecialToken", .object([.init("id", .string(name)), .init("type_id", .number(type))]))
      ])
    }
    func text(_ name: String, _ type: Int) -> JSONValue {
      .object([
        .init("Sequence", .object([.init("id", .string(name)), .init("type_id", .number(type))]))
      ])
    }
    func described(_ token: (name: String, id: Int)) -> JSONValue.Member {
      .init(
        token.name,
        .object([
          .init("id", .string(token.name)), .init("ids", .list([.number(token.id)])),
          .init("tokens", .list([.string(token.name)])),
        ]))
    }
    let single = [special(begin.name, 0), text("A", 0), special(end.name, 0)]
    return .object([
      .init("type", "TemplateProcessing"), .init("single", .list(single)),
      .init("pair", .list(single + [text("B", 1), special(end.name, 1)])),
      .init(
        "special_tokens",
        .object(begin.id == end.id ? [described(begin)] : [described(begin), described(end)])),
    ])
  }
}

/// What `tokenizer_config.json` says of a BERT tokenizer.
private struct BertSettings {
  var lowercases: Bool
  var stripsAccents = JSONValue.null
  var spacesChinese = true
  var unknown = "[UNK]"
  var begin = "[CLS]"
  var end = "[SEP]"
  private var padding = "[PAD]"
  private var mask = "[MASK]"

  init(_ bytes: [UInt8]?, lowercases: Bool, file: String) throws {
    self.lowercases = lowercases
    guard let bytes else { return }
    let json: JSONValue
    do {
      json = try bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
    } catch let error as JSONSyntaxError {
      throw TokenizerError.brokenJSON(
        file: file, offset: error.offset, expected: error.expected, got: error.got)
    }
    guard json.members != nil else {
      throw TokenizerError.wrongType(
        file: file, path: "the file", expected: "an object", got: json.kind)
    }
    func flag(_ name: String, _ target: inout Bool) throws {
      guard let value = json[name], !value.isNull else { return }
      guard let flag = value.boolean else {
        throw TokenizerError.wrongType(
          file: file, path: name, expected: "a truth value", got: value.kind)
      }
      target = flag
    }
    func name(_ member: String, _ target: inout String) throws {
      guard let value = json[member], !value.isNull else { return }
      // Older files have the name, newer ones an object of the added token.
      guard let name = value.string ?? value["content"]?.string, !name.isEmpty else {
        throw TokenizerError.wrongType(
          file: file, path: member, expected: "a token", got: value.kind)
      }
      target = name
    }
    try flag("do_lower_case", &self.lowercases)
    try flag("tokenize_chinese_chars", &spacesChinese)
    if let value = json["strip_accents"], !value.isNull {
      var strips = true
      try flag("strip_accents", &strips)
      stripsAccents = .boolean(strips)
    }
    try name("unk_token", &unknown)
    try name("cls_token", &begin)
    try name("sep_token", &end)
    try name("pad_token", &padding)
    try name("mask_token", &mask)
  }

  /// The special tokens, and whether a tokenizer cannot do without.
  var special: [(name: String, isNeeded: Bool)] {
    [(padding, false), (unknown, true), (begin, true), (end, true), (mask, false)]
  }
}
