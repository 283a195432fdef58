import Bytes
import Execution
import Testing
import Tokenizers

@Suite struct PropertyTests {
  static let lossless = ["gpt2", "llama3"]
  /// Those whose tokens are not the bytes of the text.
  static let normalizing = ["qwen2", "bert", "cased", "stripped"]

  @Test(arguments: lossless)
  func everyTextRoundTrips(_ name: String) throws {
    let tokenizer = try Fixtures.tokenizer(name)
    var texts = RandomTexts("round trip/\(name)")
    for _ in 0..<2000 {
      let text = texts.next()
      let ids = tokenizer.encode(text, addingSpecialTokens: false)
      let decoded = try tokenizer.decode(ids, skippingSpecialTokens: false)
      #expect(Array(decoded.utf8) == Array(text.utf8))
      #expect(ids.allSatisfy { 0..<tokenizer.vocabularySize ~= Int($0) })
    }
  }

  /// Byte-level vocabularies have a token for every byte, well-formed or not.
  @Test(arguments: lossless)
  func everyByteStringRoundTrips(_ name: String) throws {
    let tokenizer = try Fixtures.tokenizer(name)
    var random = RandomTexts("bytes/\(name)")
    for _ in 0..<2000 {
      let bytes = (0..<random.below(30)).map { _ in
        random.below(3) == 0 ? UInt8(random.below(128)) : UInt8(random.below(256))
      }
      let ids = tokenizer.encode(bytes, addingSpecialTokens: false)
      #expect(try tokenizer.decodedBytes(ids, skippingSpecialTokens: false) == bytes)
    }
  }

  @Test func bytesHaveTheirValuesAsIDs() throws {
    let tokenizer = try Tokenizer.bytes(specialTokens: ["<|end|>"])
    let text = "aé😀\u{0}\r\n<|end|>"
    let ids = tokenizer.encode(text)
    #expect(ids == Array("aé😀\u{0}\r\n".utf8).map(Int32.init) + [256])
    #expect(try tokenizer.decode(ids) == "aé😀\u{0}\r\n")
    #expect(tokenizer.vocabularySize == 257)
  }

  @Test(arguments: Fixtures.names)
  func offsetsPointAtWhatTheTokensAre(_ name: String) throws {
    let tokenizer = try Fixtures.tokenizer(name)
    var texts = RandomTexts("offsets/\(name)")
    let added = Set(tokenizer.addedTokens.map(\.id))
    for _ in 0..<1000 {
      let text = texts.next()
      let utf8 = Array(text.utf8)
      let (ids, ranges) = tokenizer.encodeWithOffsets(text)
      try #require(ids == tokenizer.encode(text))
      try #require(ranges.count == ids.count)
      var before = 0
      for (id, range) in zip(ids, ranges) {
        #expect(range.lowerBound >= 0 && range.upperBound <= utf8.count)
        #expect(range.lowerBound >= before || Self.normalizing.contains(name))
        before = range.lowerBound
        guard !added.contains(id), !Self.normalizing.contains(name),
          let bytes = tokenizer.bytes(of: id)
        else {
          continue
        }
        let here = Array(utf8[range])
        #expect(here == bytes || (name == "prefixed" && [0x20] + here == bytes))
      }
    }
  }

  @Test func offsetsOfComposedTextCoverWhatWasComposed() throws {
    let tokenizer = try Fixtures.tokenizer("qwen2")
    // "x" and "y" stay where they are around three bytes that become two.
    let (ids, ranges) = tokenizer.encodeWithOffsets("xe\u{301}y x")
    let pieces = zip(ids, ranges).map { (tokenizer.bytes(of: $0) ?? [], $1) }
    #expect(pieces.first?.1.lowerBound == 0)
    #expect(pieces.last?.1 == 5..<7 || pieces.last?.1 == 6..<7)
    for (bytes, range) in pieces where bytes.contains(0xC3) || bytes.contains(0xA9) {
      #expect(range.contains(1) && range.upperBound >= 4)
    }
  }

  @Test func offsetsOfPiecesAreThoseOfTheText() throws {
    let tokenizer = try Fixtures.tokenizer("bert")
    let text = "The\u{0} FÉRRY, 渡e\u{301}!"
    let (ids, ranges) = tokenizer.encodeWithOffsets(text, addingSpecialTokens: false)
    let utf8 = Array(text.utf8)
    let pieces = ranges.map { String(decoding: utf8[$0], as: UTF8.self) }
    #expect(ids.first == tokenizer.id(of: "the"))
    #expect(pieces.first == "The")
    #expect(pieces.contains("渡") && pieces.contains(",") && pieces.last == "!")
    #expect(pieces.joined().unicodeScalars.contains("\u{C9}"))
  }

  /// The space that is put first, and composition, at the same time.
  @Test func offsetsWithSpaceAndComposition() throws {
    var json = try Fixtures.json("prefixed").members ?? []
    for index in json.indices where json[index].name == "normalizer" {
      json[index].value = .object([.init("type", "NFC")])
    }
    let tokenizer = try Tokenizer(
      tokenizerJSON: JSONValue.object(json).serialized(), file: "composing")
    var texts = RandomTexts("space and composition")
    for _ in 0..<1000 {
      let text = texts.next()
      let (ids, ranges) = tokenizer.encodeWithOffsets(text)
      #expect(ids == tokenizer.encode(text))
      #expect(ranges.count == ids.count)
      #expect(ranges.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= text.utf8.count })
    }
  }

  @Test(arguments: Fixtures.names)
  func streamedTextIsDecodedText(_ name: String) throws {
    let tokenizer = try Fixtures.tokenizer(name)
    var random = RandomTexts("stream/\(name)")
    for round in 0..<1000 {
      var ids = tokenizer.encode(random.next(), addingSpecialTokens: false)
      if round % 2 == 0 {
        ids = (0..<random.below(20)).map { _ in Int32(random.below(tokenizer.vocabularySize)) }
      }
      var decoder = StreamingDecoder(tokenizer)
      var bytes: [UInt8] = []
      for id in ids { bytes += Array(decoder.append(id).utf8) }
      bytes += Array(decoder.finish().utf8)
      #expect(bytes == Array(try tokenizer.decode(ids).utf8))
    }
  }

  @Test func bytesOfACharacterAreKeptBack() throws {
    let tokenizer = try Tokenizer.bytes()
    var decoder = StreamingDecoder(tokenizer)
    #expect([0xF0, 0x9F, 0x98, 0x80].map { decoder.append($0) } == ["", "", "", "😀"])
    #expect(decoder.append(0xE2) == "")
    #expect(decoder.append(0x41) == "\u{FFFD}A")
    #expect(decoder.append(9999) == "\u{FFFD}")
    #expect(decoder.append(0xC3) == "")
    #expect(decoder.finish() == "\u{FFFD}")
    #expect(decoder.finish() == "")
  }

  @Test func idsWithoutATokenAreReported() throws {
    let tokenizer = try Fixtures.tokenizer("gpt2")
    for id: Int32 in [-1, 640, .max, .min] {
      #expect(
        throws: TokenizerError.idOutOfRange(id: id, position: 1, vocabularySize: 640)
      ) { try tokenizer.decode([5, id]) }
    }
  }

  /// The merges of every word, long ones too, against the definition.
  @Test(arguments: ["gpt2", "qwen2"])
  func mergesAreThoseOfTheDefinition(_ name: String) throws {
    let tokenizer = try Fixtures.tokenizer(name)
    let reference = try PlainMerger(try Fixtures.json(name))
    var random = RandomTexts("merges/\(name)")
    let letters = Array("theabcdnoirsa".utf8)
    for round in 0..<1500 {
      let count = round % 10 == 0 ? 40 + random.below(200) : 1 + random.below(36)
      let kinds = 1 + random.below(letters.count)
      let word = (0..<count).map { _ in letters[random.below(kinds)] }
      #expect(tokenizer.encode(word) == reference.encode(word))
    }
  }

  /// The cache of words is shared by calls, not by threads, and changes nothing.
  @Test func threadsGetTheSameIDs() throws {
    let tokenizer = try Fixtures.tokenizer("gpt2")
    let expected = try Fixtures.expected("gpt2")
    let all = try parallelMap(64, context: WorkContext(threads: 4)) { _ in
      expected.map { tokenizer.encode($0.text) }
    }
    #expect(all.allSatisfy { $0 == expected.map(\.ids) })
  }

  /// More different words than the cache holds, and words of one token, several and none.
  @Test func aFullCacheChangesNothing() throws {
    let gpt2 = try Fixtures.tokenizer("gpt2")
    let fresh = try Fixtures.tokenizer("gpt2")
    let words = (0..<200_000).map { " w\(String($0, radix: 36))" }
    let whole = gpt2.encode(words.joined())
    #expect(gpt2.encode(words.joined()) == whole)
    #expect(fresh.encode(words.suffix(100).joined()) == gpt2.encode(words.suffix(100).joined()))
    #expect(try gpt2.decode(whole) == words.joined())
    let characters = try Fixtures.tokenizer("characters")
    #expect(characters.encode("") == [] && characters.encode("\u{E000}\u{E001}") == [0])
  }

  /// Long words of few letters, where merging one pair after the other would never end.
  @Test(arguments: Fixtures.names)
  func hostileTextsAreEncoded(_ name: String) throws {
    let tokenizer = try Fixtures.tokenizer(name)
    for text in [
      String(repeating: "a", count: 1 << 20), String(repeating: "ab", count: 1 << 19),
      String(repeating: " ", count: 1 << 20), String(repeating: "\u{301}", count: 1 << 17),
      String(repeating: "<|end|", count: 1 << 17), String(repeating: "渡", count: 1 << 18),
      String(repeating: "<mask> ", count: 1 << 15), String(repeating: "1", count: 1 << 20),
    ] {
      let ids = tokenizer.encode(text, addingSpecialTokens: false)
      #expect(!ids.isEmpty || name == "words" || Self.normalizing.contains(name))
      if Self.lossless.contains(name) {
        #expect(try tokenizer.decode(ids, skippingSpecialTokens: false) == text)
      }
    }
  }
}

/// Byte-pair encoding as it is defined: the best pair of the whole word, again and again.
private struct PlainMerger {
  var bytes: [UInt8: Int32] = [:]
  var merges: [[Int32]: (rank: Int, result: Int32)] = [:]

  init(_ json: JSONValue) throws {
    var ids: [String: Int32] = [:]
    for member in json["model"]?["vocab"]?.members ?? [] {
      ids[member.name] = Int32(member.value.integer ?? -1)
    }
    for byte in UInt8(0x21)...0x7E { bytes[byte] = ids[String(UnicodeScalar(byte))] }
    for (rank, merge) in (json["model"]?["merges"]?.list ?? []).enumerated() {
      let pair = (merge.list ?? []).compactMap { $0.string }
      let result = try #require(ids[pair.joined()])
      merges[pair.map { ids[$0] ?? -1 }] = (rank, result)
    }
  }

  func encode(_ word: [UInt8]) -> [Int32] {
    var ids = word.compactMap { bytes[$0] }
    while true {
      var best: (rank: Int, result: Int32, at: Int)?
      for at in ids.indices.dropLast() {
        if let found = merges[[ids[at], ids[at + 1]]], found.rank < best?.rank ?? .max {
          best = (found.rank, found.result, at)
        }
      }
      guard let best else { return ids }
      ids.replaceSubrange(best.at...best.at + 1, with: [best.result])
    }
  }
}
