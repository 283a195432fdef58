import Bytes
import Testing
import Tokenizers

@Suite struct ErrorTests {
  static let sound = """
    {"version": "1.0", "added_tokens": [
      {"id": 4, "content": "<end>", "special": true, "single_word": false, "lstrip": false,
       "rstrip": false, "normalized": false}],
     "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
     "post_processor": {"type": "TemplateProcessing",
       "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<end>"}}],
       "special_tokens": {"<end>": {"id": "<end>", "ids": [4], "tokens": ["<end>"]}}},
     "decoder": {"type": "ByteLevel"}, "extra": {"b": [1.50, null], "a": "kept"},
     "model": {"type": "BPE", "unk_token": null, "vocab": {"a": 0, "b": 1, "ab": 3},
               "merges": ["a b"], "mine": 1}}
    """

  static func read(_ text: String) throws -> Tokenizer {
    try Tokenizer(tokenizerJSON: Array(text.utf8), file: "t.json")
  }

  @Test func theSoundOneIsRead() throws {
    let tokenizer = try Self.read(Self.sound)
    #expect(tokenizer.encode("abba<end>x") == [3, 1, 0, 4, 4])
    #expect(tokenizer.vocabularySize == 5 && tokenizer.tokenCount == 4)
    #expect(tokenizer.endOfText == 4)
    #expect(tokenizer.bytes(of: 2) == nil)
    let written = String(decoding: tokenizer.tokenizerJSON(), as: UTF8.self)
    for kept in ["\"mine\": 1", "\"a\": \"kept\"", "1.50"] { #expect(written.contains(kept)) }
  }

  /// What is exchanged in the sound file, and the message.
  @Test(arguments: [
    ("\"a\": 0", "\"a\": 1", "t.json: model.vocab: the id 1 belongs to \"a\" and \"b\""),
    ("\"a\": 0", "\"b\": 0", "t.json: model.vocab: the token \"b\" has the ids 0 and 1"),
    (
      "\"a\": 0", "\"a\": -1",
      "t.json: model.vocab[\"a\"] should be an id, a whole number from 0, got -1"
    ),
    (
      "\"a\": 0", "\"a\": 99999999",
      "t.json: model.vocab[\"a\"]: the id is 99999999; at most 4194303 is accepted"
    ),
    ("\"a\": 0", "\"a\": \"0\"", "t.json: model.vocab[\"a\"] should be an id, got a string"),
    (
      "\"a b\"", "\"a c\"",
      "t.json: model.merges[0]: \"c\" is not in the vocabulary; did you mean \"a\"?"
    ),
    (
      "\"a b\"", "[\"b\", \"a\"]",
      "t.json: model.merges[0]: \"ba\" is not in the vocabulary; did you mean \"a\"?"
    ),
    ("\"a b\"", "\"ab\"", "t.json: model.merges[0] should be two tokens, got ab"),
    (
      "\"a b\"", "3",
      """
      t.json: model.merges[0] should be "LEFT RIGHT" or ["LEFT", "RIGHT"], got a number
      """
    ),
    (
      "\"BPE\"", "\"BPF\"",
      """
      t.json: model.type is BPF, which is not supported; supported: BPE, WordLevel, WordPiece; \
      did you mean BPE?
      """
    ),
    (
      "\"unk_token\": null", "\"unk_token\": \"aa\"",
      "t.json: model.unk_token: \"aa\" is not in the vocabulary; did you mean \"a\"?"
    ),
    (
      "\"unk_token\": null", "\"byte_fallback\": true",
      "t.json: model.byte_fallback is true, which is not supported; supported: false"
    ),
    (
      "\"unk_token\": null", "\"dropout\": 0.1",
      "t.json: model.dropout is 0.1, which is not supported; supported: null, 0"
    ),
    (
      "\"unk_token\": null", "\"end_of_word_suffix\": \"</w>\"",
      """
      t.json: model.end_of_word_suffix is "</w>", which is not supported; supported: null, ""
      """
    ),
    ("\"id\": 4", "\"id\": 3", "t.json: added_tokens[0]: the id 3 belongs to \"ab\" and \"<end>\""),
    (
      "\"<end>\", \"special\"", "\"ab\", \"special\"",
      "t.json: added_tokens[0]: the token \"ab\" has the ids 3 and 4"
    ),
    (
      "\"ids\": [4]", "\"ids\": [9]",
      """
      t.json: post_processor.special_tokens["<end>"].ids[0]: no token has the id 9; \
      the vocabulary's size is 5
      """
    ),
    (
      "\"decoder\": {\"type\": \"ByteLevel\"}", "\"decoder\": null",
      """
      t.json: decoder is null, which is not supported; \
      supported: ByteLevel, as the pre_tokenizer is
      """
    ),
    ("\"model\"", "\"modle\"", "t.json: there is no model; expected an object"),
    (
      "\"vocab\"", "\"vocabulary\"",
      "t.json: there is no model.vocab; expected an object of tokens and ids"
    ),
    (
      "\"use_regex\": true", "\"use_regex\": 1",
      "t.json: pre_tokenizer.use_regex should be a truth value, got a number"
    ),
    (
      "\"type\": \"ByteLevel\", \"add", "\"type\": \"Metaspace\", \"add",
      """
      t.json: pre_tokenizer.type is Metaspace, which is not supported; supported: null, \
      ByteLevel, Split, Whitespace, WhitespaceSplit, BertPreTokenizer, Sequence
      """
    ),
    (
      "\"version\": \"1.0\"", "\"normalizer\": {\"type\": \"NFD\"}",
      """
      t.json: normalizer.type is NFD, which is not supported; supported: null, NFC, BertNormalizer, Sequence; \
      did you mean NFC?
      """
    ),
    ("{\"version\"", "[\"version\"", "t.json: the file should be an object, got a list"),
    ("\"1.0\",", "\"1.0\"", "t.json: broken JSON at byte 18: expected ',' or '}', got '\"'"),
  ])
  func theMessageNamesThePlace(_ old: String, _ new: String, _ message: String) throws {
    let text = Self.sound.replacing(old, with: new, maxReplacements: 1)
    try #require(text != Self.sound)
    let error = #expect(throws: TokenizerError.self) { try Self.read(text) }
    #expect(error.map { "\($0)" } == message)
  }

  @Test func anUnknownPatternIsNamedWithTheKnownOnes() throws {
    let splitter = """
      "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": "\\\\w+"}, "behavior": "Isolated", "invert": false},
        {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}
      """
    let text = Self.sound.replacing(
      #""pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}"#,
      with: splitter)
    let error = #expect(throws: TokenizerError.self) { try Self.read(text) }
    guard case .unsupported(_, let path, let got, let supported, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path == "pre_tokenizer.pretokenizers[0].pattern.Regex")
    #expect(got == "\\w+")
    #expect(supported.count == 3 && supported[0].contains("'s|'t|'re"))
  }

  /// Whatever is done to the bytes, the file is read or refused.
  @Test(arguments: Fixtures.names)
  func changedBytesNeverTrap(_ name: String) throws {
    let bytes = try Fixtures.bytes(name)
    var random = RandomTexts("mutations/\(name)")
    for _ in 0..<400 {
      var changed = bytes
      for _ in 0...random.below(3) {
        let at = random.below(changed.count)
        switch random.below(4) {
        case 0: changed[at] = UInt8(random.below(256))
        case 1: changed.remove(at: at)
        case 2: changed.insert(contentsOf: Array("\"{}[]:,0 9e-\\u".utf8).shuffled(&random), at: at)
        default: changed.removeSubrange(at..<min(changed.count, at + random.below(200)))
        }
      }
      Self.use(changed)
    }
  }

  /// The same with values exchanged, so that more of them are still JSON.
  @Test(arguments: Fixtures.names)
  func changedValuesNeverTrap(_ name: String) throws {
    let json = try Fixtures.json(name)
    var random = RandomTexts("values/\(name)")
    for _ in 0..<400 {
      var changed = json
      for _ in 0...random.below(2) { changed = Self.changed(changed, &random) }
      Self.use(changed.serialized())
    }
  }

  private static func use(_ bytes: [UInt8]) {
    do {
      let tokenizer = try Tokenizer(tokenizerJSON: bytes, file: "changed")
      let text = "The ferry's 12 <mask> cats<|end|> cafe\u{301}-token été 渡し\n\n x"
      let ids = tokenizer.encode(text)
      #expect(ids.allSatisfy { 0..<tokenizer.vocabularySize ~= Int($0) })
      _ = try tokenizer.decode(ids)
      #expect(tokenizer.encodeWithOffsets(text).ids == ids)
      let again = try Tokenizer(tokenizerJSON: tokenizer.tokenizerJSON(), file: "again")
      #expect(again == tokenizer)
    } catch is TokenizerError {
    } catch {
      Issue.record("\(error)")
    }
  }

  private static func changed(_ value: JSONValue, _ random: inout RandomTexts) -> JSONValue {
    let others: [JSONValue] = [
      .null, true, false, 0, 1, -1, 7, .number("1e99"), "", "a", "<|end|>", .list([]),
      .object([]), .list(["a", "b"]), 4_194_303,
    ]
    switch value {
    case .list(var items) where !items.isEmpty && random.below(4) > 0:
      let at = random.below(items.count)
      if random.below(8) == 0 {
        items.remove(at: at)
      } else {
        items[at] = changed(items[at], &random)
      }
      return .list(items)
    case .object(var members) where !members.isEmpty && random.below(12) > 0:
      let at = random.below(members.count)
      if random.below(8) == 0 {
        members.remove(at: at)
      } else {
        members[at].value = changed(members[at].value, &random)
      }
      return .object(members)
    default: return others[random.below(others.count)]
    }
  }
}

extension [UInt8] {
  /// A random piece of the bytes.
  fileprivate func shuffled(_ random: inout RandomTexts) -> [UInt8] {
    (0..<1 + random.below(3)).map { _ in self[random.below(count)] }
  }
}
