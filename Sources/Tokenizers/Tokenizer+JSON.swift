import Bytes

extension Tokenizer {
  /// Reads a `tokenizer.json`.
  ///
  /// Models: BPE over bytes or characters, WordLevel and WordPiece. Normaliser: none, NFC or
  /// BertNormalizer. Splitters: ByteLevel, Split with one of the expressions of ``SplitPattern``,
  /// Split and ByteLevel, BertPreTokenizer, Whitespace, WhitespaceSplit, or none. Post-processors:
  /// TemplateProcessing (for one text), BertProcessing, RobertaProcessing, ByteLevel, and sequences
  /// of these. Decoders: ByteLevel, WordPiece, Fuse, or none. Members that do not matter here, such
  /// as a chat template, are kept and written again.
  ///
  /// - Parameters:
  ///   - bytes: The file's contents.
  ///   - file: Its name, for messages.
  /// - Throws: ``TokenizerError``, with the path of the member that it is about.
  /// - Complexity: Linear in the file, and n log n in the vocabulary.
  public init(tokenizerJSON bytes: UnsafeRawBufferPointer, file: String) throws {
    self.init(try TokenizerFile(parsing: bytes, file: file).parts())
  }

  /// Reads a `tokenizer.json`; see ``init(tokenizerJSON:file:)-(UnsafeRawBufferPointer,_)``.
  public init(tokenizerJSON bytes: [UInt8], file: String) throws {
    self = try bytes.withUnsafeBytes { try Tokenizer(tokenizerJSON: $0, file: file) }
  }

  /// The tokenizer as a `tokenizer.json` that Hugging Face's tokenizers reads.
  ///
  /// The bytes depend on the tokenizer alone: members are in one fixed order, unknown ones after
  /// the known by name, tokens by id, merges as lists of two.
  ///
  /// - Complexity: Linear in the vocabulary.
  public func tokenizerJSON() -> [UInt8] {
    let parts = storage.parts
    let sections = parts.sections
    let leading = 3
    var members = Array(sections.rest.prefix(leading))
    members.append(JSONValue.Member("added_tokens", .list(parts.added.map(\.json))))
    members.append(JSONValue.Member("normalizer", sections.normalizer))
    members.append(JSONValue.Member("pre_tokenizer", sections.preTokenizer))
    members.append(JSONValue.Member("post_processor", sections.postProcessor))
    members.append(JSONValue.Member("decoder", sections.decoder))
    members.append(JSONValue.Member("model", model))
    members += sections.rest.dropFirst(leading)
    var bytes = JSONValue.object(members).serialized(indented: true)
    bytes.append(0x0A)
    return bytes
  }

  private var model: JSONValue {
    let parts = storage.parts
    let order = [
      "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
      "fuse_unk", "byte_fallback", "ignore_merges", "max_input_chars_per_word",
    ]
    func place(_ name: String) -> Int { order.firstIndex(of: name) ?? order.count }
    var settings = parts.sections.model
    settings.sort { (place($0.name), $0.name) < (place($1.name), $1.name) }
    let names = Dictionary(uniqueKeysWithValues: parts.tokens.map { ($0.id, parts.name($0)) })
    settings.append(
      .init(
        "vocab",
        .object(parts.tokens.map { .init(names[$0.id] ?? "", .number(Int($0.id))) })))
    if parts.model == .bytePairs {
      settings.append(
        .init(
          "merges",
          .list(
            parts.merges.map {
              .list([.string(names[$0.left] ?? ""), .string(names[$0.right] ?? "")])
            })))
    }
    return .object(settings)
  }
}

extension AddedToken {
  /// As `tokenizer.json` has it.
  var json: JSONValue {
    .object([
      .init("id", .number(Int(id))), .init("content", .string(content)),
      .init("single_word", .boolean(isSingleWord)), .init("lstrip", .boolean(stripsLeft)),
      .init("rstrip", .boolean(stripsRight)), .init("normalized", .boolean(isNormalized)),
      .init("special", .boolean(isSpecial)),
    ])
  }
}
