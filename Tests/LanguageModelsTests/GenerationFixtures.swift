import Bytes
import Execution
import Glibc
import LanguageModels
import TestModels
import Tokenizers

/// What logits say, in double.
struct Distribution {
  let logProbabilities: [Double]
  let entropy: Double

  init(_ logits: [Double]) {
    let top = logits.max() ?? 0
    let sum = logits.reduce(0) { $0 + exp($1 - top) }
    logProbabilities = logits.map { $0 - top - log(sum) }
    entropy = -logProbabilities.reduce(0) { $0 + exp($1) * $1 }
  }
}

/// Models that read bytes.
enum ByteModels {
  static func configuration(
    context: Int = 64, specials: Int = 0, endTokens: [Int32] = []
  ) -> DecoderConfiguration {
    DecoderConfiguration(
      vocabularySize: 256 + specials, width: 24, layers: 2, heads: 3, keyValueHeads: 1,
      headDimension: 8, feedForwardWidth: 20, context: context, tiesEmbeddings: false,
      endTokens: endTokens)
  }

  static func random(
    context: Int = 64, specials: [String] = [], endTokens: [Int32] = []
  ) throws -> DecoderModel {
    let model = try randomModel(
      configuration(context: context, specials: specials.count, endTokens: endTokens), scale: 0.6)
    return try DecoderModel(
      configuration: model.configuration, weights: model.weights,
      tokenizer: Tokenizer.bytes(specialTokens: specials))
  }

  /// A model whose likeliest token after each is given, and otherwise the token of value zero: its
  /// layers add nothing, and its head asks for what follows the token just read.
  static func chain(
    _ next: [UInt8: UInt8], context: Int = 64, specials: [String] = [], endTokens: [Int32] = []
  ) throws -> DecoderModel {
    let vocabulary = 256 + specials.count
    let configuration = DecoderConfiguration(
      vocabularySize: vocabulary, width: 256, layers: 1, heads: 2, headDimension: 2,
      feedForwardWidth: 1, context: context, tiesEmbeddings: false, endTokens: endTokens)
    let layout = DecoderLayout(configuration)
    let weights = SharedBytes(count: 4 * layout.count) { buffer in
      let floats = buffer.bindMemory(to: Float.self)
      floats.update(repeating: 0)
      for i in 0..<256 {
        floats[layout.finalNorm + i] = 1
        floats[layout.embedding + i * 256 + i] = 1
        floats[layout.head + Int(next[UInt8(i)] ?? 0) * 256 + i] = 1
      }
    }
    return try DecoderModel(
      configuration: configuration, weights: weights,
      tokenizer: Tokenizer.bytes(specialTokens: specials))
  }

  /// The model that goes through a text again and again, whose bytes have to be different.
  static func reciter(
    _ text: String, context: Int = 64, specials: [String] = [], endTokens: [Int32] = []
  ) throws -> DecoderModel {
    let bytes = Array(text.utf8)
    let pairs = zip(bytes, bytes.dropFirst() + bytes.prefix(1))
    return try chain(
      Dictionary(uniqueKeysWithValues: pairs.map { ($0, $1) }), context: context,
      specials: specials, endTokens: endTokens)
  }
}
