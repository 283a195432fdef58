import Bytes
import Execution
import LanguageModels

/// Shapes that differ in everything that the decoder branches on.
enum Shapes {
  static let plain = DecoderConfiguration(
    vocabularySize: 61, width: 32, layers: 2, heads: 4, feedForwardWidth: 48, context: 256)
  static let grouped = DecoderConfiguration(
    vocabularySize: 100, width: 48, layers: 3, heads: 6, keyValueHeads: 2, headDimension: 16,
    feedForwardWidth: 80, context: 256, ropeBase: 500_000,
    ropeScaling: RopeScaling(
      factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 64),
    normEpsilon: 1e-5, tiesEmbeddings: false)
  static let biased = DecoderConfiguration(
    architecture: .qwen2, vocabularySize: 67, width: 40, layers: 2, heads: 4, keyValueHeads: 1,
    headDimension: 20, feedForwardWidth: 36, context: 256, hasQueryKeyValueBias: true)
  /// No size is a multiple of another, or of sixteen.
  static let odd = DecoderConfiguration(
    vocabularySize: 37, width: 27, layers: 2, heads: 3, headDimension: 10, feedForwardWidth: 23,
    context: 256, tiesEmbeddings: false, hasQueryKeyValueBias: true)
  /// More query heads to a key/value head than attention works on at a time.
  static let crowd = DecoderConfiguration(
    vocabularySize: 20, width: 24, layers: 1, heads: 19, keyValueHeads: 1, headDimension: 34,
    feedForwardWidth: 24, context: 256)
  static let all = [plain, grouped, biased, odd, crowd]
}
