import Bytes
import Corpora
import Execution
import LanguageModels
import Testing
import TextEncoders
import Tokenizers

@Suite struct DecoderEncoderTests {
  private func model(begin: Bool) throws -> DecoderModel {
    let tokenizer = try Tokenizer.bytes(specialTokens: begin ? ["<|begin_of_text|>"] : [])
    let configuration = DecoderConfiguration(
      vocabularySize: tokenizer.vocabularySize, width: 32, layers: 2, heads: 4, keyValueHeads: 2,
      feedForwardWidth: 48, context: 40)
    let layout = DecoderLayout(configuration)
    var random = RandomStream(seed: 4, purpose: "decoder")
    let weights = SharedBytes(count: 4 * layout.count) { target in
      for index in 0..<layout.count {
        target.storeBytes(
          of: Float(random.uniform() - 0.5), toByteOffset: 4 * index, as: Float.self)
      }
    }
    return try DecoderModel(
      configuration: configuration, weights: weights, tokenizer: tokenizer)
  }

  private let texts = [
    "", "a", "The ferry leaves at seven.", String(repeating: "rain ", count: 30),
  ]

  @Test(arguments: DecoderEncoder.Pooling.allCases, [true, false])
  func aTextHasTheSameBitsInAnyCompany(_ pooling: DecoderEncoder.Pooling, _ begin: Bool) throws {
    let encoder = try DecoderEncoder(model(begin: begin), name: "tiny", pooling: pooling)
    let found = try encoder.encode(texts, as: .document, context: WorkContext(threads: 3))
    #expect(found.truncatedCount == 1 && found.emptyCount == 1)
    for (index, text) in texts.enumerated() {
      let alone = try encoder.encode([text], as: .query, context: WorkContext())
      #expect(alone[0] == found[index])
      let square = found[index].reduce(0) { $0 + Double($1) * Double($1) }
      // Nothing is known of an empty text without a token before it.
      #expect(abs(square - (text.isEmpty && !begin ? 0 : 1)) < 1e-5)
    }
  }

  @Test func theLastTokenHasSeenTheWholeText() throws {
    let model = try model(begin: true)
    let last = try DecoderEncoder(model, name: "tiny", pooling: .lastToken)
    let tokens = try last.encodeTokens(texts, as: .document, context: WorkContext(threads: 2))
    let found = try last.encode(texts, as: .document, context: WorkContext())
    #expect(tokens.starts == [0, 0, 1, 27, 66])
    for text in 1..<texts.count {
      #expect(tokens.row(tokens.starts[text + 1] - 1) == found[text])
    }
  }

  @Test func whatCannotEncodeIsRefused() throws {
    let model = try model(begin: true)
    let bare = try DecoderModel(
      configuration: model.configuration, weights: model.weights, tokenizer: nil)
    #expect(throws: DecoderEncoderError.noTokenizer) { try DecoderEncoder(bare, name: "bare") }
    #expect(
      throws: DecoderEncoderError.maximumLength(got: 41, least: 2, context: 40)
    ) { try DecoderEncoder(model, name: "long", maximumLength: 41) }
  }
}
