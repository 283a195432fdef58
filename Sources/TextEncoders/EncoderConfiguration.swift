public import LanguageModels

/// The shape of a BERT-type encoder: learned positions, attention in both directions, GELU, and a
/// layer norm after each sum (Devlin et al. 2018).
///
/// Dimension letters used across this module: B texts, T tokens of a text, N rows (tokens of a
/// batch), V vocabulary, C width, L layers, H heads, D = C / H head dimension, F feed-forward width.
public struct EncoderConfiguration: Hashable, Sendable {
  /// V: rows of the word embedding (`vocab_size`).
  public var vocabularySize: Int
  /// C (`hidden_size`).
  public var width: Int
  /// L (`num_hidden_layers`).
  public var layers: Int
  /// H, a divisor of C (`num_attention_heads`).
  public var heads: Int
  /// F (`intermediate_size`).
  public var feedForwardWidth: Int
  /// The longest sequence that there are positions for (`max_position_embeddings`).
  public var positions: Int
  /// Rows of the token type embedding, of which texts use the first (`type_vocab_size`).
  public var tokenTypes: Int
  /// Added to the variance before its root (`layer_norm_eps`).
  public var normEpsilon: Double
  /// How the feed-forward part bends (`hidden_act`).
  public var activation: Activation

  /// The two forms of GELU that checkpoints have.
  public enum Activation: String, Hashable, Sendable, CaseIterable {
    /// x times the chance of a normal number below x, exactly (`gelu`).
    case gelu
    /// The same by way of tanh (`gelu_new`, `gelu_pytorch_tanh`).
    case tanhGELU = "gelu_new"
  }

  /// A configuration from its parts; the rest is as BERT has it.
  public init(
    vocabularySize: Int, width: Int, layers: Int, heads: Int, feedForwardWidth: Int,
    positions: Int = 512, tokenTypes: Int = 2, normEpsilon: Double = 1e-12,
    activation: Activation = .gelu
  ) {
    self.vocabularySize = vocabularySize
    self.width = width
    self.layers = layers
    self.heads = heads
    self.feedForwardWidth = feedForwardWidth
    self.positions = positions
    self.tokenTypes = tokenTypes
    self.normEpsilon = normEpsilon
    self.activation = activation
  }

  /// D: the width of one head.
  public var headDimension: Int { heads > 0 ? width / heads : 0 }

  /// Checks that a model of this shape can exist and that no size computed from it overflows.
  ///
  /// - Throws: The first thing that no model can have.
  public func validate() throws(ModelShapeError) {
    try ModelShapeError.check("the vocabulary", vocabularySize, 1...4_000_000)
    try ModelShapeError.check("the width", width, 1...16_384)
    try ModelShapeError.check("the number of layers", layers, 1...200)
    try ModelShapeError.check("the number of heads", heads, 1...1_024)
    try ModelShapeError.check("the feed-forward width", feedForwardWidth, 1...131_072)
    try ModelShapeError.check("the number of positions", positions, 1...131_072)
    try ModelShapeError.check("the number of token types", tokenTypes, 1...1_024)
    guard width % heads == 0 else {
      throw .notDivisible(name: "the width", got: width, by: "the number of heads", of: heads)
    }
    try ModelShapeError.checkPositive("the norm's epsilon", normEpsilon)
    // With the limits above no product overflows 64 bits.
    guard parameterCount <= 1 << 34 else { throw .tooLarge(most: "64 GB") }
  }

  /// How many weights a model of this shape has, without a pooler.
  public var parameterCount: Int {
    let attention = 4 * (width * width + width)
    let feedForward = 2 * width * feedForwardWidth + feedForwardWidth + width
    let layer = attention + feedForward + 4 * width
    return (vocabularySize + positions + tokenTypes + 2) * width + layers * layer
  }
}
