public import Bytes
public import Tokenizers

/// A BERT-type encoder of texts: its shape, its weights, its tokenizer, and how the vectors of a
/// text's tokens become one.
///
/// The weights are float32 in the order of ``EncoderLayout``, and may be a mapped file: opening a
/// model reads nothing but its header.
public struct EncoderModel: Sendable {
  /// How the tokens' vectors become one.
  public enum Pooling: String, Hashable, Sendable, CaseIterable {
    /// The mean of all tokens, special ones included (`pooling_mode_mean_tokens`).
    case mean
    /// The vector of the first token, `[CLS]` (`pooling_mode_cls_token`).
    case firstToken = "cls"
  }

  /// The shape.
  public let configuration: EncoderConfiguration
  /// Where each weight lies in the run.
  public let layout: EncoderLayout
  /// float32, ``EncoderLayout/count`` of them.
  public let weights: SharedBytes
  /// What turns texts into tokens, special ones around them included.
  public let tokenizer: Tokenizer
  /// How the tokens' vectors become one.
  public let pooling: Pooling
  /// Whether vectors are brought to length 1 by the model as it was published (`2_Normalize`);
  /// as an encoder for search they always are.
  public let normalizes: Bool
  /// The longest text in tokens, special ones included.
  public let maximumLength: Int
  /// Whether letters become small before the tokenizer sees them (`do_lower_case` of
  /// `sentence_bert_config.json`).
  public let lowercasesTexts: Bool

  /// A model from its parts.
  ///
  /// - Parameters:
  ///   - configuration: The shape.
  ///   - weights: float32 in the order of ``EncoderLayout``.
  ///   - tokenizer: What turns texts into tokens.
  ///   - pooling: How the tokens' vectors become one.
  ///   - normalizes: Whether the model as published brings vectors to length 1.
  ///   - maximumLength: The longest text in tokens; as many as there are positions where nil.
  ///   - lowercasesTexts: Whether letters become small before the tokenizer sees them.
  /// - Throws: ``EncoderModelError`` where the parts do not fit each other;
  ///   `ModelShapeError` where no model has that shape.
  public init(
    configuration: EncoderConfiguration, weights: SharedBytes, tokenizer: Tokenizer,
    pooling: Pooling = .mean, normalizes: Bool = true, maximumLength: Int? = nil,
    lowercasesTexts: Bool = false
  ) throws {
    try configuration.validate()
    let layout = EncoderLayout(configuration)
    guard weights.count == 4 * layout.count else {
      throw EncoderModelError.weightCount(expected: 4 * layout.count, got: weights.count)
    }
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw EncoderModelError.vocabulary(
        model: configuration.vocabularySize, tokenizer: tokenizer.vocabularySize)
    }
    let around = tokenizer.addedAround
    let least = around.before.count + around.after.count + 1
    let maximumLength = maximumLength ?? configuration.positions
    guard least <= maximumLength, maximumLength <= configuration.positions else {
      throw EncoderModelError.maximumLength(
        got: maximumLength, least: least, positions: configuration.positions)
    }
    self.configuration = configuration
    self.layout = layout
    self.weights = weights
    self.tokenizer = tokenizer
    self.pooling = pooling
    self.normalizes = normalizes
    self.maximumLength = maximumLength
    self.lowercasesTexts = lowercasesTexts
  }

  /// The same model with other weights, as training leaves them.
  ///
  /// - Throws: ``EncoderModelError`` where they are not as many.
  public func replacingWeights(_ weights: SharedBytes) throws -> EncoderModel {
    try EncoderModel(
      configuration: configuration, weights: weights, tokenizer: tokenizer, pooling: pooling,
      normalizes: normalizes, maximumLength: maximumLength, lowercasesTexts: lowercasesTexts)
  }

  /// The weights, valid while this model lives.
  package var floats: UnsafeBufferPointer<Float> {
    weights.bytes.assumingMemoryBound(to: Float.self)
  }
}

/// Why parts do not make an encoder.
public enum EncoderModelError: Error, Hashable, Sendable {
  /// The weights have another number of bytes than the shape asks for.
  case weightCount(expected: Int, got: Int)
  /// The tokenizer has tokens that the model has no embedding for.
  case vocabulary(model: Int, tokenizer: Int)
  /// The longest text has no room for a token, or more tokens than there are positions.
  case maximumLength(got: Int, least: Int, positions: Int)
}

extension EncoderModelError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .weightCount(let expected, let got):
      "the weights take \(got) bytes; a model of this shape has \(expected)"
    case .vocabulary(let model, let tokenizer):
      "the tokenizer has \(tokenizer) tokens, the model embeds \(model)"
    case .maximumLength(let got, let least, let positions):
      """
      the longest text is \(got) tokens; it has to be between \(least) and the model's \
      \(positions) positions
      """
    }
  }
}
