import Bytes
import Execution
import Synchronization
import Testing
import Tokenizers

@Suite struct TrainingTests {
  /// The fixture was trained by the peer on the same lines.
  @Test func bytePairsAreThoseOfThePeer() throws {
    let trained = try Tokenizer.trainByteLevelBPE(
      try Fixtures.lines(), vocabularySize: 640, specialTokens: ["<|end|>", "<|pad|>"],
      context: WorkContext())
    let ours = try trained.tokenizerJSON().withUnsafeBytes { try JSONValue(parsing: $0) }
    let theirs = try Fixtures.json("gpt2")
    #expect(ours["model"]?["merges"] == theirs["model"]?["merges"])
    for member in theirs["model"]?["vocab"]?.members ?? [] {
      #expect(trained.id(of: member.name).map(Int.init) == member.value.integer)
    }
    for (text, ids, _) in try Fixtures.expected("gpt2") { #expect(trained.encode(text) == ids) }
  }

  @Test(arguments: SplitPattern.allCases)
  func trainingIsRepeatable(_ pattern: SplitPattern) throws {
    let lines = try Fixtures.lines()
    func train(_ texts: [String]) throws -> Tokenizer {
      try Tokenizer.trainByteLevelBPE(
        texts, vocabularySize: 500, pattern: pattern, context: WorkContext())
    }
    let first = try train(lines)
    #expect(try train(lines).tokenizerJSON() == first.tokenizerJSON())
    // The order of documents does not matter, as only counts do.
    #expect(try train(lines.reversed()) == first)
    #expect(first.vocabularySize == 500)
    let again = try Tokenizer(tokenizerJSON: first.tokenizerJSON(), file: "again")
    #expect(again == first)
  }

  /// Merges by counting everything anew at each step.
  @Test func mergesAreThoseOfTheDefinition() throws {
    let texts = ["low lower lowest low low newer newer newest wide wider widest ababab cdcd"]
    let trained = try Tokenizer.trainByteLevelBPE(
      texts, vocabularySize: 280, context: WorkContext())
    var words = texts[0].split(separator: " ").enumerated().map { index, word in
      ((index > 0 ? " " : "") + word).utf8.map { trained.id(of: Self.spelt($0)) ?? -1 }
    }
    let written = try trained.tokenizerJSON().withUnsafeBytes { try JSONValue(parsing: $0) }
    let merges = written["model"]?["merges"]?.list ?? []
    #expect(merges.count == 24)
    for (index, merge) in merges.enumerated() {
      var counts: [[Int32]: Int] = [:]
      for word in words {
        for at in word.indices.dropLast() { counts[[word[at], word[at + 1]], default: 0] += 1 }
      }
      let best = try #require(
        counts.min { a, b in
          a.value != b.value ? a.value > b.value : a.key.lexicographicallyPrecedes(b.key)
        })
      let named = merge.list?.compactMap { $0.string.flatMap { trained.id(of: $0) } }
      #expect(named == best.key, "merge \(index)")
      for word in words.indices {
        var joined: [Int32] = []
        for id in words[word] {
          if joined.last == best.key[0], id == best.key[1] {
            joined[joined.count - 1] = Int32(256 + index)
          } else {
            joined.append(id)
          }
        }
        words[word] = joined
      }
    }
  }

  private static func spelt(_ byte: UInt8) -> String {
    byte == 0x20 ? "Ġ" : String(UnicodeScalar(byte))
  }

  @Test func aShortTextGivesFewMerges() throws {
    let context = WorkContext()
    let none = try Tokenizer.trainByteLevelBPE([], vocabularySize: 300, context: context)
    #expect(none.vocabularySize == 256)
    let few = try Tokenizer.trainByteLevelBPE(
      ["abab ab"], vocabularySize: 300, minimumFrequency: 2, context: context)
    #expect(few.vocabularySize == 257)
    #expect(few.bytes(of: 256) == Array("ab".utf8))
  }

  @Test func wrongSettingsAreRefused() {
    let context = WorkContext()
    for (size, specials) in [(255, []), (256, ["<s>"]), (-1, []), (.max, [])] {
      #expect(throws: TokenizerError.self) {
        try Tokenizer.trainByteLevelBPE(
          ["a"], vocabularySize: size, specialTokens: specials, context: context)
      }
    }
    #expect(
      throws: TokenizerError.wrongSetting(
        name: "specialTokens", expected: "different names of 1 to 1024 bytes", got: "\"<s>\"")
    ) {
      try Tokenizer.trainByteLevelBPE(
        ["a"], vocabularySize: 300, specialTokens: ["<s>", "<s>"], context: context)
    }
    #expect(throws: TokenizerError.self) { try Tokenizer.bytes(specialTokens: [""]) }
    #expect(throws: TokenizerError.self) { try Tokenizer.bytes(specialTokens: ["a"]) }
    #expect(throws: TokenizerError.self) {
      try Tokenizer.trainCharacters(["ab"], specialTokens: ["b"], context: context)
    }
    #expect(throws: TokenizerError.self) {
      try Tokenizer.trainWords(["a b"], vocabularySize: 0, context: context)
    }
  }

  @Test func trainingReportsAndStops() throws {
    let reports = Mutex(0)
    let lines = try Fixtures.lines()
    _ = try Tokenizer.trainByteLevelBPE(
      lines, vocabularySize: 300,
      context: WorkContext(progress: { progress in
        if progress.unit == "tokens" { reports.withLock { $0 += 1 } }
      }))
    #expect(reports.withLock { $0 } == 44)
    let cancellation = Cancellation()
    cancellation.cancel()
    let stopped = WorkContext(cancellation: cancellation)
    #expect(throws: CancellationRequested.self) {
      try Tokenizer.trainByteLevelBPE(lines, vocabularySize: 300, context: stopped)
    }
    #expect(throws: CancellationRequested.self) {
      try Tokenizer.trainWords(lines, context: stopped)
    }
  }

  @Test func charactersAreInTheirOrder() throws {
    let texts = ["bé\u{301}a\n", "😀 a"]
    let tokenizer = try Tokenizer.trainCharacters(
      texts, specialTokens: ["<|end|>"], context: WorkContext())
    #expect(tokenizer.vocabularySize == 8)
    #expect(tokenizer.encode("\n ab") == [0, 1, 2, 3])
    #expect(tokenizer.token(7) == "<|end|>" && tokenizer.isSpecial(7))
    for text in texts { #expect(try tokenizer.decode(tokenizer.encode(text)) == text) }
    #expect(tokenizer.encode("azb") == [2, 3])
    let open = try Tokenizer.trainCharacters(texts, unknown: "<unk>", context: WorkContext())
    #expect(open.encode("azzb") == [2, 7, 7, 3])
    #expect(open.unknown == 7)
  }

  @Test func wordsAreByFrequencyAndThenByBytes() throws {
    let texts = ["the cat, the dog.\n", " the cat sat"]
    let context = WorkContext()
    let spaced = try Tokenizer.trainWords(texts, specialTokens: ["<|end|>"], context: context)
    #expect((0..<4).map { spaced.token($0) } == ["<unk>", "<|end|>", " cat", " the"])
    for text in texts {
      #expect(try spaced.decode(spaced.encode(text + "<|end|>")) == text)
    }
    #expect(spaced.encode(" bird") == [0])
    let plain = try Tokenizer.trainWords(
      texts, vocabularySize: 4, split: .whitespace, context: context)
    #expect((0..<4).map { plain.token($0) } == ["<unk>", "the", "cat", ","])
    #expect(plain.encode("the  cat, ran") == [1, 2, 3, 0])
    #expect(try plain.decode([1, 2, 3, 0], skippingSpecialTokens: false) == "the cat , <unk>")
    #expect(try plain.decode([0, 1, 2]) == "the cat")
    let only = try Tokenizer.trainWords(
      texts, split: .whitespaceOnly, minimumFrequency: 2, context: context)
    #expect(only.vocabularySize == 2)
  }
}
