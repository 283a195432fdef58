import Bytes
import Testing
import Tokenizers

/// Against ids that Hugging Face's tokenizers gave.
@Suite struct FixtureTests {
  @Test(arguments: Fixtures.names)
  func idsAreThoseOfThePeer(_ name: String) throws {
    let tokenizer = try Fixtures.tokenizer(name)
    for (text, ids, _) in try Fixtures.expected(name) {
      #expect(tokenizer.encode(text) == ids, "\(Array(text.unicodeScalars))")
    }
  }

  @Test(arguments: Fixtures.names)
  func decodedTextsAreThoseOfThePeer(_ name: String) throws {
    let tokenizer = try Fixtures.tokenizer(name)
    // The peer reads the text of every token in the byte alphabet, so that an added token with an
    // é comes out broken; here it is its own text.
    let other = tokenizer.id(of: "café-token")
    for (_, ids, decoded) in try Fixtures.expected(name) where !ids.contains(other ?? -1) {
      let text = try tokenizer.decode(ids, skippingSpecialTokens: true)
      #expect(Array(text.utf8) == Array(decoded.utf8))
    }
    if let other { #expect(try tokenizer.decode([other]) == "café-token") }
  }

  @Test(arguments: Fixtures.names)
  func whatIsWrittenIsReadAgain(_ name: String) throws {
    let tokenizer = try Fixtures.tokenizer(name)
    let written = tokenizer.tokenizerJSON()
    let again = try Tokenizer(tokenizerJSON: written, file: name)
    #expect(again == tokenizer)
    #expect(again.hashValue == tokenizer.hashValue)
    #expect(again.tokenizerJSON() == written)
    for (text, ids, _) in try Fixtures.expected(name) { #expect(again.encode(text) == ids) }
  }

  /// Every member of the file is in what is written, whatever its order and form.
  @Test(arguments: Fixtures.names)
  func nothingIsLost(_ name: String) throws {
    let before = try Fixtures.json(name)
    let after = try Fixtures.tokenizer(name).tokenizerJSON().withUnsafeBytes {
      try JSONValue(parsing: $0)
    }
    #expect(Self.sorted(after) == Self.sorted(before))
  }

  private static func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .list(let items): .list(items.map(sorted))
    case .object(let members):
      .object(
        members.map { .init($0.name, sorted($0.value)) }.sorted { a, b in
          a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
        })
    default: value
    }
  }

  @Test func specialTokensAreKnown() throws {
    let llama = try Fixtures.tokenizer("llama3")
    #expect(llama.beginOfText == 0)
    #expect(llama.addedAround.before == [0])
    #expect(llama.isSpecial(1) && !llama.isSpecial(2) && !llama.isSpecial(-1))
    #expect(llama.encode("", addingSpecialTokens: false) == [])
    #expect(llama.token(1) == "<|end|>")
    #expect(llama.bytes(of: 100_000) == nil && llama.token(-5) == nil)
    let words = try Fixtures.tokenizer("words")
    #expect(words.unknown == 0)
    #expect(words.id(of: "ferry").map(words.token) == "ferry")
    let gpt2 = try Fixtures.tokenizer("gpt2")
    let space = try #require(gpt2.id(of: "Ġt"))
    #expect(gpt2.bytes(of: space) == Array(" t".utf8))
    #expect(gpt2.vocabularySize == 640 && gpt2.tokenCount == 640)
  }
}
