public import Bytes
public import Tokenizers

/// A decoder: its shape, its weights and, where it has one, its tokenizer.
///
/// The weights are float32 in the order of ``DecoderLayout``, and may be a mapped file: opening a
/// model reads nothing but its header.
public struct DecoderModel: Sendable {
  /// The shape; its context is what an adapter's prefix leaves for texts.
  public let configuration: DecoderConfiguration
  /// Where each weight lies in the run.
  public let layout: DecoderLayout
  /// float32, ``DecoderLayout/count`` of them.
  public let weights: SharedBytes
  /// What turns texts into tokens, where the model came with it.
  public let tokenizer: Tokenizer?
  /// What was trained beside the weights, where something was; see ``attaching(_:)``.
  public let adapter: DecoderAdapter?

  /// A model from its parts.
  ///
  /// - Throws: ``DecoderModelError`` where the weights are not as many as the shape asks for;
  ///   ``ModelShapeError`` where no model has that shape.
  public init(
    configuration: DecoderConfiguration, weights: SharedBytes, tokenizer: Tokenizer?
  ) throws {
    try configuration.validate()
    let layout = DecoderLayout(configuration)
    guard weights.count == 4 * layout.count else {
      throw DecoderModelError.weightCount(expected: 4 * layout.count, got: weights.count)
    }
    if let tokenizer, tokenizer.vocabularySize > configuration.vocabularySize {
      throw DecoderModelError.vocabulary(
        model: configuration.vocabularySize, tokenizer: tokenizer.vocabularySize)
    }
    self.configuration = configuration
    self.layout = layout
    self.weights = weights
    self.tokenizer = tokenizer
    adapter = nil
  }

  /// A model with the weights of another one, and with an adapter or none.
  init(_ other: DecoderModel, adapter: DecoderAdapter?) {
    // A prefix takes positions from the texts: whoever asks for the context is told what is left.
    var configuration = other.layout.configuration
    configuration.context -= adapter?.layout.prefixLength ?? 0
    self.configuration = configuration
    layout = other.layout
    weights = other.weights
    tokenizer = other.tokenizer
    self.adapter = adapter
  }

  /// The token that a text starts with: the configuration's, else what the tokenizer has for a
  /// begin or, as for models whose texts are only separated, for an end.
  public var startToken: Int32? {
    configuration.beginToken ?? tokenizer?.beginOfText ?? tokenizer?.endOfText
  }

  /// The weights, valid while this model lives.
  package var floats: UnsafeBufferPointer<Float> {
    weights.bytes.assumingMemoryBound(to: Float.self)
  }
}

/// Why parts do not make a model.
public enum DecoderModelError: Error, Hashable, Sendable {
  /// The weights have another number of bytes than the shape asks for.
  case weightCount(expected: Int, got: Int)
  /// The tokenizer has tokens that the model has no embedding for.
  case vocabulary(model: Int, tokenizer: Int)
}

extension DecoderModelError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .weightCount(let expected, let got):
      "the weights take \(got) bytes; a model of this shape has \(expected)"
    case .vocabulary(let model, let tokenizer):
      "the tokenizer has \(tokenizer) tokens, the model embeds \(model)"
    }
  }
}
