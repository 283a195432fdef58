import Bytes
import Execution
import Glibc
import TestFolders
import Testing
import Tokenizers

/// The peer reads what is written here, and does the same work on random texts.
@Suite(
  .enabled(
    if: Peer.python != nil, "needs a Python with tokenizers: name it in $POISE_PEER_PYTHON"),
  .serialized)
struct PeerTests {
  @Test(arguments: Fixtures.names)
  func randomTextsHaveTheSameIDs(_ name: String) throws {
    try compare(try Fixtures.tokenizer(name), "peer/\(name)")
  }

  @Test func trainedTokenizersHaveTheSameIDs() throws {
    let lines = try Fixtures.lines()
    let context = WorkContext()
    for pattern in SplitPattern.allCases {
      try compare(
        try Tokenizer.trainByteLevelBPE(
          lines, vocabularySize: 600, specialTokens: ["<|end|>", "<mask>"], pattern: pattern,
          composing: pattern == .qwen2, context: context), "peer/trained/\(pattern)")
    }
    try compare(try Tokenizer.bytes(specialTokens: ["<|end|>"]), "peer/bytes")
    try compare(
      try Tokenizer.trainCharacters(lines, specialTokens: ["<|end|>"], context: context),
      "peer/characters")
    try compare(
      try Tokenizer.trainCharacters(lines, unknown: "<unk>", context: context), "peer/unknown")
    for split in [Tokenizer.WordSplit.spaced, .whitespace, .whitespaceOnly] {
      try compare(
        try Tokenizer.trainWords(
          lines, specialTokens: ["<|end|>"], split: split, context: context), "peer/\(split)")
    }
  }

  private func compare(_ tokenizer: Tokenizer, _ purpose: String) throws {
    let folder = try TemporaryFolder()
    var texts = RandomTexts(purpose)
    let all = (0..<Peer.textCount).map { _ in texts.next() }
    try folder.write(JSONValue.list(all.map { .string($0) }).serialized(), to: "texts.json")
    try folder.write(tokenizer.tokenizerJSON(), to: "tokenizer.json")
    let found = try Peer.run(
      ["encode", folder("tokenizer.json"), folder("texts.json")], in: folder)
    let ids = try #require(found["ids"]?.list)
    let decoded = try #require(found["decoded"]?.list)
    #expect(ids.count == all.count)
    // The peer breaks added tokens with letters outside ASCII when it decodes bytes.
    let broken = tokenizer.addedTokens.filter { !$0.content.utf8.allSatisfy { $0 < 0x80 } }.map(
      \.id)
    var failures = 0
    for (index, text) in all.enumerated() {
      let ours = tokenizer.encode(text)
      let theirs = Fixtures.numbers(ids[index])
      if ours != theirs {
        failures += 1
        if failures < 4 {
          Issue.record(
            """
            \(purpose): \(text.unicodeScalars.map { String($0.value, radix: 16) })
            ours   \(ours.map { tokenizer.token($0) ?? "?" })
            theirs \(theirs.map { tokenizer.token($0) ?? "?" })
            """)
        }
      } else if !broken.contains(where: ours.contains) {
        let ours = try tokenizer.decode(ours, skippingSpecialTokens: false)
        #expect(Array(ours.utf8) == Array((decoded[index].string ?? "").utf8))
      }
    }
    #expect(failures == 0, "\(purpose): \(failures) of \(all.count) texts")
  }

  @Test func mergesAreThoseOfThePeer() throws {
    let lines = try Fixtures.lines()
    var random = RandomTexts("peer/training")
    let noise = (0..<300).map { _ in random.next() }
    for (texts, pattern, size, minimum) in [
      (lines, SplitPattern.gpt2, 1500, 0), (lines, .llama3, 700, 3), (noise, .qwen2, 2000, 0),
      (noise + lines, .gpt2, 3000, 2), (["aaaaaaaaaaaaaaaa aaaa aa", "abababab"], .gpt2, 300, 0),
    ] {
      let ours = try Tokenizer.trainByteLevelBPE(
        texts, vocabularySize: size, specialTokens: ["<|end|>", "<pad>"], pattern: pattern,
        minimumFrequency: minimum, context: WorkContext())
      let folder = try TemporaryFolder()
      let written = try ours.tokenizerJSON().withUnsafeBytes { try JSONValue(parsing: $0) }
      let settings = JSONValue.object([
        .init("tokenizer", written), .init("size", .number(size)),
        .init("minimum", .number(minimum)), .init("specials", .list(["<|end|>", "<pad>"])),
        .init("texts", .list(texts.map { .string($0) })),
      ])
      try folder.write(settings.serialized(), to: "settings.json")
      let found = try Peer.run(["train", folder("settings.json")], in: folder)
      let theirs = try #require(found["merges"]?.list)
      let mine = try #require(written["model"]?["merges"]?.list)
      #expect(mine.count == theirs.count)
      let first = zip(mine, theirs).enumerated().first { $0.element.0 != $0.element.1 }
      #expect(first == nil, "\(pattern) \(String(describing: first))")
      let vocabulary = try #require(found["vocab"]?.members)
      #expect(vocabulary.count == ours.tokenCount)
      for member in vocabulary {
        if first == nil { #expect(ours.id(of: member.name).map(Int.init) == member.value.integer) }
      }
    }
  }

  /// A megabyte of real text, where `$POISE_DATA` has it: 4,096 tokens, and the ids of all of it.
  @Test(.enabled(if: Peer.shakespeare != nil, "needs tinyshakespeare in $POISE_DATA"))
  func aLongTextIsTheSame() throws {
    let text = String(
      decoding: try TemporaryFolder.bytes(at: try #require(Peer.shakespeare)), as: UTF8.self)
    for pattern in SplitPattern.allCases {
      let ours = try Tokenizer.trainByteLevelBPE(
        [text], vocabularySize: 4096, pattern: pattern, context: WorkContext())
      let folder = try TemporaryFolder()
      let written = try ours.tokenizerJSON().withUnsafeBytes { try JSONValue(parsing: $0) }
      let texts = JSONValue.list([.string(text)])
      let settings = JSONValue.object([
        .init("tokenizer", written), .init("size", 4096), .init("minimum", 0),
        .init("specials", .list([])), .init("texts", texts),
      ])
      try folder.write(settings.serialized(), to: "settings.json")
      try folder.write(texts.serialized(), to: "texts.json")
      try folder.write(ours.tokenizerJSON(), to: "tokenizer.json")
      let trained = try Peer.run(["train", folder("settings.json")], in: folder)
      #expect(trained["merges"] == written["model"]?["merges"])
      let found = try Peer.run(
        ["encode", folder("tokenizer.json"), folder("texts.json")], in: folder)
      let ids = Fixtures.numbers(try #require(found["ids"]?.list?.first))
      #expect(ours.encode(text) == ids)
    }
  }

  /// Which scalars are letters, digits, white space and word characters.
  @Test func classesAreThoseOfThePeer() throws {
    let found = try Peer.run(["classes"], in: try TemporaryFolder())
    let probes: [(String, (UInt32) -> Bool)] = [
      ("L", ScalarProbe.isLetter), ("N", ScalarProbe.isNumber), ("s", ScalarProbe.isWhiteSpace),
      ("w", ScalarProbe.isWord),
    ]
    for (name, isMember) in probes {
      let theirs = Set(
        (found[name]?.list ?? []).flatMap { range in
          let ends = Fixtures.numbers(range)
          return ends.count == 2 ? Array(UInt32(ends[0])...UInt32(ends[1])) : []
        })
      let scalars = (UInt32(0)..<0x110000).filter { Unicode.Scalar($0) != nil }
      let wrong = scalars.filter { theirs.contains($0) != isMember($0) }
      #expect(wrong.isEmpty, "\(name): \(wrong.prefix(20).map { String($0, radix: 16) })")
    }
  }

  /// Every scalar, as BERT's normaliser and splitter take it.
  @Test func bertTakesScalarsAsThePeerDoes() throws {
    let folder = try TemporaryFolder()
    let found = try Peer.run(["bert"], in: folder)
    let scalars = (0..<UInt32(0x110000)).compactMap(Unicode.Scalar.init)
    let forms = try #require(found["normalized"]?.list)
    for (index, form) in forms.enumerated() {
      let expected = try #require(form.list).map { $0.string ?? "" }
      #expect(expected.count == (scalars.count + 63) / 64)
      for (number, theirs) in expected.enumerated() {
        var text = String.UnicodeScalarView()
        for scalar in scalars[number * 64..<min(scalars.count, number * 64 + 64)] {
          text.append("a")
          text.append(scalar)
          text.append("b")
        }
        let ours = BertProbe.normalized(
          String(text), cleans: index == 0, spacesChinese: index == 0, stripsAccents: true,
          lowercases: index == 0)
        #expect(
          Array(ours.utf8) == Array(theirs.utf8),
          "form \(index), from \(scalars[number * 64].value)")
      }
    }
    var marks: Set<UInt32> = []
    for range in try #require(found["punctuation"]?.list) {
      let bounds = Fixtures.numbers(range).map(UInt32.init)
      marks.formUnion(bounds[0]...bounds[1])
    }
    let wrong = scalars.map(\.value).filter { BertProbe.isPunctuation($0) != marks.contains($0) }
    #expect(wrong.isEmpty)
  }
}
