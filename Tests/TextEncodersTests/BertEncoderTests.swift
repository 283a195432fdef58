import Bytes
import Corpora
import Execution
import Testing
import TextEncoders
import Tokenizers

/// Against vectors that sentence-transformers gave.
@Suite struct BertEncoderTests {
  @Test(arguments: Fixtures.names)
  func vectorsAreThoseOfThePeer(_ name: String) throws {
    let encoder = try Fixtures.encoder(name)
    let expected = try Fixtures.expected()
    let texts = try Fixtures.texts()
    let encoded = try encoder.encode(texts, as: .document, context: WorkContext(threads: 2))
    let rows = try #require(expected[name]?.list)
    try #require(encoded.count == rows.count && encoded.dimension == encoder.dimension)
    for (index, row) in rows.enumerated() {
      let theirs = try #require(row.list).map { Float($0.double ?? .nan) }
      let ours = encoded[index]
      let largest = zip(ours, theirs).map { abs($0 - $1) }.max() ?? .infinity
      #expect(largest < 2e-6, "\(name), text \(index)")
    }
    let lengths = try #require(expected["\(name) tokens"]?.list).map { $0.integer ?? -1 }
    #expect(encoded.tokenCount == lengths.reduce(0, +))
    #expect(encoded.truncatedCount == lengths.count { $0 == encoder.maximumLength })
    #expect(encoded.emptyCount == texts.count { $0.allSatisfy(\.isWhitespace) })
  }

  /// The same bits in any company and on any number of threads.
  @Test(arguments: Fixtures.names)
  func aTextHasTheSameBitsInAnyCompany(_ name: String) throws {
    let encoder = try Fixtures.encoder(name)
    var random = RandomTexts("company/\(name)")
    let texts = (0..<120).map { _ in random.next() }
    let all = try encoder.encode(texts, as: .document, context: WorkContext(threads: 3))
    let alone = try texts.map {
      try encoder.encode([$0], as: .query, context: WorkContext())[0]
    }
    #expect(texts.indices.allSatisfy { alone[$0] == all[$0] })
    for threads in 1...4 {
      var order = Array(texts.indices)
      order.sort { _, _ in random.below(2) == 0 }
      let shuffled = try encoder.encode(
        order.map { texts[$0] }, as: .document, context: WorkContext(threads: threads))
      #expect(order.indices.allSatisfy { shuffled[$0] == alone[order[$0]] })
    }
  }

  @Test func tokensAreThoseOfTheTextAndOfLengthOne() throws {
    let encoder = try Fixtures.encoder("mean")
    let texts = ["", "The ferry leaves.", "boats " + String(repeating: "rain ", count: 100)]
    let found = try encoder.encodeTokens(texts, as: .document, context: WorkContext(threads: 2))
    #expect(found.starts == [0, 0, 4, 50])
    #expect(found.truncatedCount == 1)
    #expect(
      found.tokenIDs.prefix(4)
        == encoder.model.tokenizer.encode(texts[1], addingSpecialTokens: false)[...])
    for row in 0..<50 {
      let vector = found.row(row)
      let square = vector.reduce(0) { $0 + Double($1) * Double($1) }
      #expect(abs(square - 1) < 1e-5)
    }
    let alone = try encoder.encodeTokens([texts[1]], as: .query, context: WorkContext())
    #expect((0..<4).allSatisfy { alone.row($0) == found.row($0) })
    // The mean of a text without its special tokens is near that of the whole.
    #expect(found.row(0) != found.row(1))
  }

  @Test func lettersBecomeSmallWhereTheFolderSaysSo() throws {
    let model = try Fixtures.model("mean")
    let lowercasing = BertEncoder(
      try EncoderModel(
        configuration: model.configuration, weights: model.weights, tokenizer: model.tokenizer,
        pooling: model.pooling, maximumLength: model.maximumLength, lowercasesTexts: true),
      name: "lowercasing")
    func vector(_ encoder: BertEncoder, _ text: String) throws -> [Float] {
      try encoder.encode([text], as: .query, context: WorkContext())[0]
    }
    // The tokenizer makes letters small by itself, but not those of its special tokens.
    let plain = BertEncoder(model, name: "plain")
    #expect(try vector(lowercasing, "[MASK] boats") == vector(plain, "[mask] boats"))
    #expect(try vector(plain, "[MASK] boats") != vector(plain, "[mask] boats"))
  }

  @Test func noTextsAreNoVectors() throws {
    let encoder = try Fixtures.encoder("cls")
    let found = try encoder.encode([], as: .document, context: WorkContext(threads: 2))
    #expect(found.count == 0 && found.tokenCount == 0)
    let tokens = try encoder.encodeTokens([], as: .document, context: WorkContext())
    #expect(tokens.starts == [0] && tokens.tokenIDs.isEmpty)
  }

  @Test func encodingStopsWhenAsked() throws {
    let encoder = try Fixtures.encoder("mean")
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: CancellationRequested.self) {
      try encoder.encode(
        ["a"], as: .query, context: WorkContext(cancellation: cancellation, threads: 2))
    }
  }
}

extension EncodedTokens {
  /// The vector of a row.
  func row(_ row: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: vectors.base + row * dimension, count: dimension))
  }
}
