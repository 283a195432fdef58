/// The shape of a Llama-type decoder: RMSNorm, rotary positions, grouped-query attention, SwiGLU.
///
/// Dimension letters used across this module: B sequences, T positions, V vocabulary, C width,
/// L layers, H query heads, G key/value heads, D head dimension, F feed-forward width.
public struct DecoderConfiguration: Hashable, Sendable {
  /// Which model class of `transformers` reads it.
  public enum Architecture: String, Hashable, Sendable, CaseIterable {
    /// `LlamaForCausalLM`: no bias anywhere.
    case llama
    /// `Qwen2ForCausalLM`: a bias for queries, keys and values.
    case qwen2
  }

  /// The class that it was read as.
  public var architecture: Architecture
  /// V: rows of the embedding.
  public var vocabularySize: Int
  /// C: the residual stream (`hidden_size`).
  public var width: Int
  /// L (`num_hidden_layers`).
  public var layers: Int
  /// H (`num_attention_heads`).
  public var heads: Int
  /// G, a divisor of H (`num_key_value_heads`).
  public var keyValueHeads: Int
  /// D, even (`head_dim`, else C / H).
  public var headDimension: Int
  /// F (`intermediate_size`).
  public var feedForwardWidth: Int
  /// The longest sequence that it was made for (`max_position_embeddings`).
  public var context: Int
  /// The base of the rotary angles (`rope_theta`).
  public var ropeBase: Double
  /// How Llama 3.1 and later stretch the angles; nil for plain ones.
  public var ropeScaling: RopeScaling?
  /// Added to the mean square before its root (`rms_norm_eps`).
  public var normEpsilon: Double
  /// Whether the output projection is the embedding (`tie_word_embeddings`).
  public var tiesEmbeddings: Bool
  /// Whether queries, keys and values have a bias, as in Qwen2.
  public var hasQueryKeyValueBias: Bool
  /// The token that begins a text, where there is one.
  public var beginToken: Int32?
  /// The tokens that end a generation.
  public var endTokens: [Int32]

  /// A configuration from its parts; the rest is as Llama has it. There are as many key/value heads
  /// as query heads where their number is nil, and a head has C / H dimensions.
  public init(
    architecture: Architecture = .llama, vocabularySize: Int, width: Int, layers: Int, heads: Int,
    keyValueHeads: Int? = nil, headDimension: Int? = nil, feedForwardWidth: Int, context: Int,
    ropeBase: Double = 10_000, ropeScaling: RopeScaling? = nil, normEpsilon: Double = 1e-6,
    tiesEmbeddings: Bool = true, hasQueryKeyValueBias: Bool = false, beginToken: Int32? = nil,
    endTokens: [Int32] = []
  ) {
    self.architecture = architecture
    self.vocabularySize = vocabularySize
    self.width = width
    self.layers = layers
    self.heads = heads
    self.keyValueHeads = keyValueHeads ?? heads
    self.headDimension = headDimension ?? (heads > 0 ? width / heads : 0)
    self.feedForwardWidth = feedForwardWidth
    self.context = context
    self.ropeBase = ropeBase
    self.ropeScaling = ropeScaling
    self.normEpsilon = normEpsilon
    self.tiesEmbeddings = tiesEmbeddings
    self.hasQueryKeyValueBias = hasQueryKeyValueBias
    self.beginToken = beginToken
    self.endTokens = endTokens
  }

  /// H · D: the width of all queries.
  public var queryWidth: Int { heads * headDimension }
  /// G · D: the width of all keys, and of all values.
  public var keyValueWidth: Int { keyValueHeads * headDimension }
  /// (H + 2 G) · D: queries, keys and values side by side, as one projection makes them.
  public var projectionWidth: Int { queryWidth + 2 * keyValueWidth }
}

/// The frequency-dependent stretching of rotary angles in Llama 3.1 and later
/// (`rope_type: llama3`): low frequencies are divided by `factor`, high ones kept, those between
/// blended.
public struct RopeScaling: Hashable, Sendable {
  /// What low frequencies are divided by (`factor`).
  public var factor: Double
  /// Wavelengths above the original context divided by this are stretched in full
  /// (`low_freq_factor`).
  public var lowFrequencyFactor: Double
  /// Wavelengths below the original context divided by this are kept (`high_freq_factor`).
  public var highFrequencyFactor: Double
  /// The context before it was stretched (`original_max_position_embeddings`).
  public var originalContext: Int

  /// The four numbers as `config.json` names them.
  public init(
    factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalContext: Int
  ) {
    self.factor = factor
    self.lowFrequencyFactor = lowFrequencyFactor
    self.highFrequencyFactor = highFrequencyFactor
    self.originalContext = originalContext
  }
}
