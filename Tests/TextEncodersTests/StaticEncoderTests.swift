import Bytes
import Corpora
import Execution
import Testing
import TextEncoders
import Tokenizers

@Suite struct StaticEncoderTests {
  /// Topics whose words occur together and never across.
  private static func corpus(topics: Int = 6, documents: Int = 240) throws -> Corpus {
    var stream = RandomStream(seed: 1, purpose: "tests/topics")
    return try Corpus(
      name: "topics",
      documents: (0..<documents).map { number in
        let topic = number % topics
        let words = (0..<30).map { _ in
          stream.below(4) == 0 ? "common\(stream.below(5))" : "t\(topic)w\(stream.below(12))"
        }
        return Document(id: "\(number)", text: words.joined(separator: " "))
      })
  }

  private static func trained(
    dimension: Int = 16, seed: UInt64 = 0, threads: Int = 2
  ) throws -> StaticEncoder {
    try StaticEncoder.train(
      corpus(), StaticTraining(dimension: dimension, seed: seed),
      context: WorkContext(threads: threads))
  }

  private static func cosine(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test func wordsThatOccurTogetherAreNear() throws {
    let encoder = try Self.trained()
    // Half of a topic's words against the other half, and against another topic's.
    func text(_ topic: Int, _ words: Range<Int>) -> String {
      words.map { "t\(topic)w\($0)" }.joined(separator: " ")
    }
    let texts = (0..<6).flatMap { [text($0, 0..<6), text($0, 6..<12)] }
    let encoded = try encoder.encode(texts, as: .document, context: WorkContext())
    for topic in 0..<6 {
      let own = Self.cosine(encoded[2 * topic], encoded[2 * topic + 1])
      for other in 0..<6 where other != topic {
        #expect(own > Self.cosine(encoded[2 * topic], encoded[2 * other + 1]) + 0.3)
      }
    }
    let weights = try ["t0w1", "common1"].map { word in
      try #require(encoder.tokenizer.id(of: word).flatMap { encoder.weight(of: $0) })
    }
    #expect(weights[0] > weights[1])
  }

  @Test func theSameBitsOnAnyNumberOfThreads() throws {
    let one = try Self.trained(threads: 1)
    #expect(try Self.trained(threads: 2).encoded() == one.encoded())
    #expect(try Self.trained(threads: 3).encoded() == one.encoded())
    #expect(try Self.trained(seed: 1).encoded() != one.encoded())
    let texts = Self.corpusTexts
    let alone = try one.encode(texts, as: .query, context: WorkContext())
    let together = try one.encode(texts, as: .document, context: WorkContext(threads: 3))
    for text in texts.indices { #expect(alone[text] == together[text]) }
  }

  private static let corpusTexts = (0..<300).map { "t\($0 % 6)w\($0 % 12) common\($0 % 5)" }

  @Test func lengthsAndCounts() throws {
    let trained = try Self.trained()
    let encoder = try StaticEncoder(
      tokenizer: trained.tokenizer, lowercases: true, dimension: 16,
      vectors: Self.numbers(trained, { trained.vector(of: $0) ?? [] }),
      weights: Self.numbers(trained, { [trained.weight(of: $0) ?? 0] }), maximumLength: 3)
    let texts = ["T0W1 t0w2", "", "unheard", "t0w1 t0w2 t0w3 t0w4", "   ", "🙂 unheard t1w1"]
    let encoded = try encoder.encode(texts, as: .query, context: WorkContext())
    #expect(encoded.count == 6)
    #expect(encoded.emptyCount == 3)
    #expect(encoded.truncatedCount == 1)
    for text in [1, 2, 4] { #expect(encoded[text].allSatisfy { $0 == 0 }) }
    for text in [0, 3, 5] {
      #expect(abs(Self.cosine(encoded[text], encoded[text]) - 1) < 1e-5)
    }
    let upper = try encoder.encode(["t0w1 t0w2"], as: .query, context: WorkContext())
    #expect(upper[0] == encoded[0])
    let none = try encoder.encode([], as: .query, context: WorkContext())
    #expect(none.count == 0)
  }

  private static func numbers(
    _ encoder: StaticEncoder, _ row: (Int32) -> [Float]
  ) -> SharedBytes {
    let values = (0..<encoder.vocabularySize).flatMap { row(Int32($0)) }
    return SharedBytes(values.withUnsafeBytes { Array($0) })
  }

  @Test func storedFormsAreReadBack() throws {
    let encoder = try Self.trained()
    let bytes = encoder.encoded()
    let read = try StaticEncoder(decoding: bytes)
    #expect(read.encoded() == bytes)
    #expect(read.name == "static")
    #expect(read.tokenizer == encoder.tokenizer)
    let texts = Self.corpusTexts
    let one = try encoder.encode(texts, as: .query, context: WorkContext())
    let two = try read.encode(texts, as: .query, context: WorkContext())
    for text in texts.indices { #expect(one[text] == two[text]) }
  }

  @Test func damagedFormsAreRefusedOrWhole() throws {
    let encoder = try Self.trained(dimension: 4)
    let bytes = encoder.encoded().copied()
    var stream = RandomStream(seed: 7, purpose: "tests/mutations")
    var refused = 0
    for _ in 0..<1500 {
      var damaged = bytes
      switch stream.below(3) {
      case 0: damaged.removeLast(1 + stream.below(damaged.count - 1))
      case 1: damaged[stream.below(100)] = UInt8(stream.below(256))
      default: damaged[stream.below(damaged.count)] ^= UInt8(1 << stream.below(8))
      }
      do {
        let read = try StaticEncoder(decoding: SharedBytes(damaged))
        let encoded = try read.encode(["t0w1 t1w2 x"], as: .query, context: WorkContext())
        #expect(encoded[0].allSatisfy { $0.isFinite })
      } catch { refused += 1 }
    }
    #expect(refused > 500)
    for count in [0, 7, 12, 40] {
      #expect(throws: BinaryCodingError.self) {
        try StaticEncoder(decoding: SharedBytes(Array(bytes.prefix(count))))
      }
    }
    #expect(throws: BinaryCodingError.self) {
      try StaticEncoder(decoding: SharedBytes(bytes + [0]))
    }
  }

  @Test func tunedNumbersComeBackAsTheyWere() throws {
    let encoder = try Self.trained()
    let table = FloatBuffer(count: encoder.graph.parameterCount)
    encoder.fillWeights(UnsafeMutableBufferPointer(start: table.base, count: table.count))
    let again = try encoder.replacingWeights(table.shared())
    let texts = Self.corpusTexts
    let one = try encoder.encode(texts, as: .query, context: WorkContext())
    let two = try again.encode(texts, as: .query, context: WorkContext())
    for text in texts.indices {
      #expect(abs(Self.cosine(one[text], two[text]) - 1) < 1e-5)
    }
    #expect(throws: StaticEncoderError.self) {
      try encoder.replacingWeights(SharedBytes([1, 2, 3, 4]))
    }
  }

  @Test func anotherEncodersWords() throws {
    let teacher = try Self.trained()
    let encoder = try StaticEncoder.distill(teacher, corpus: Self.corpus(), context: WorkContext())
    #expect(encoder.name == "static-static")
    #expect(encoder.dimension == 16)
    let texts = ["t0w1 t0w2 t0w3", "t0w7 t0w8", "t3w7 t3w8"]
    let encoded = try encoder.encode(texts, as: .query, context: WorkContext())
    #expect(Self.cosine(encoded[0], encoded[1]) > Self.cosine(encoded[0], encoded[2]) + 0.3)
  }

  @Test func badPartsAreRefused() throws {
    let empty = try Corpus(name: "empty", documents: [Document]())
    #expect(throws: StaticEncoderError.tooFewWords(got: 0, needed: 17)) {
      try StaticEncoder.train(empty, StaticTraining(dimension: 16), context: WorkContext())
    }
    #expect(throws: StaticEncoderError.tooFewWords(got: 77, needed: 101)) {
      try Self.trained(dimension: 100)
    }
    #expect(throws: StaticEncoderError.self) { try Self.trained(dimension: 0) }
    let tokenizer = try Tokenizer.trainWords(["a b"], context: WorkContext())
    let size = tokenizer.vocabularySize
    func encoder(_ vectors: [Float], _ weights: [Float], _ dimension: Int) throws {
      _ = try StaticEncoder(
        tokenizer: tokenizer, lowercases: false, dimension: dimension,
        vectors: SharedBytes(vectors.withUnsafeBytes { Array($0) }),
        weights: SharedBytes(weights.withUnsafeBytes { Array($0) }))
    }
    let ones = [Float](repeating: 1, count: size)
    try encoder(ones, ones, 1)
    #expect(
      throws: StaticEncoderError.wrongSize(name: "the vectors", expected: size * 8, got: size * 4)
    ) {
      try encoder(ones, ones, 2)
    }
    #expect(throws: StaticEncoderError.wrongNumber(name: "the weight of token 0", got: "-1.0")) {
      try encoder(ones, ones.map { -$0 }, 1)
    }
    #expect(throws: StaticEncoderError.wrongNumber(name: "the vector of token 0", got: "nan")) {
      try encoder(ones.map { _ in .nan }, ones, 1)
    }
  }
}
