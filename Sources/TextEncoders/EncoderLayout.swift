public import LanguageModels

/// Where each weight of an encoder lies in one contiguous run of float32.
///
/// Queries, keys and values follow each other, weights and then biases, so that one matrix product
/// makes all three. Every matrix is stored as [output, input] and named as Hugging Face names it,
/// without the prefix `bert.`; a file of the tensors in this order is the run itself.
public struct EncoderLayout: Hashable, Sendable {
  /// Offsets of one layer, in floats.
  public struct Layer: Hashable, Sendable {
    /// [3 C, C]: queries, keys, values.
    public let projection: Int
    /// [3 C]
    public let projectionBias: Int
    /// [C, C]
    public let output: Int
    /// [C]
    public let outputBias: Int
    /// [C]: the norm after attention.
    public let attentionNorm: Int
    /// [C]
    public let attentionNormBias: Int
    /// [F, C] (`intermediate.dense`)
    public let up: Int
    /// [F]
    public let upBias: Int
    /// [C, F] (`output.dense`)
    public let down: Int
    /// [C]
    public let downBias: Int
    /// [C]: the norm after the feed-forward part.
    public let feedForwardNorm: Int
    /// [C]
    public let feedForwardNormBias: Int
  }

  /// The shape that it is the layout of.
  public let configuration: EncoderConfiguration
  /// [V, C]
  public let wordEmbedding: Int
  /// [positions, C]
  public let positionEmbedding: Int
  /// [token types, C]
  public let typeEmbedding: Int
  /// [C]: the norm of the sum of the three.
  public let embeddingNorm: Int
  /// [C]
  public let embeddingNormBias: Int
  /// The offsets of each layer, the first in front.
  public let layers: [Layer]
  /// All tensors, in the order of the run and without gaps.
  public let tensors: [NamedTensor]
  /// Floats in all.
  public let count: Int

  /// Floats of the matrices that every token is multiplied by.
  public var matrixCount: Int {
    let c = configuration
    return c.layers * (4 * c.width * c.width + 2 * c.width * c.feedForwardWidth)
  }

  /// The layout for a configuration that was validated.
  public init(_ configuration: EncoderConfiguration) {
    let c = configuration
    var tensors: [NamedTensor] = []
    var next = 0
    func place(_ name: String, _ shape: Int...) -> Int {
      let tensor = NamedTensor(name: name, shape: shape, offset: next)
      tensors.append(tensor)
      next += tensor.count
      return tensor.offset
    }
    func placeNorm(_ name: String) -> (weight: Int, bias: Int) {
      (place(name + ".weight", c.width), place(name + ".bias", c.width))
    }
    func placeDense(_ name: String, _ output: Int, _ input: Int) -> (weight: Int, bias: Int) {
      (place(name + ".weight", output, input), place(name + ".bias", output))
    }
    wordEmbedding = place("embeddings.word_embeddings.weight", c.vocabularySize, c.width)
    positionEmbedding = place("embeddings.position_embeddings.weight", c.positions, c.width)
    typeEmbedding = place("embeddings.token_type_embeddings.weight", c.tokenTypes, c.width)
    (embeddingNorm, embeddingNormBias) = placeNorm("embeddings.LayerNorm")
    layers = (0..<c.layers).map { index in
      let prefix = "encoder.layer.\(index)."
      let own = prefix + "attention.self."
      let projection = place(own + "query.weight", c.width, c.width)
      _ = place(own + "key.weight", c.width, c.width)
      _ = place(own + "value.weight", c.width, c.width)
      let projectionBias = place(own + "query.bias", c.width)
      _ = place(own + "key.bias", c.width)
      _ = place(own + "value.bias", c.width)
      let output = placeDense(prefix + "attention.output.dense", c.width, c.width)
      let attentionNorm = placeNorm(prefix + "attention.output.LayerNorm")
      let up = placeDense(prefix + "intermediate.dense", c.feedForwardWidth, c.width)
      let down = placeDense(prefix + "output.dense", c.width, c.feedForwardWidth)
      let feedForwardNorm = placeNorm(prefix + "output.LayerNorm")
      return Layer(
        projection: projection, projectionBias: projectionBias, output: output.weight,
        outputBias: output.bias, attentionNorm: attentionNorm.weight,
        attentionNormBias: attentionNorm.bias, up: up.weight, upBias: up.bias, down: down.weight,
        downBias: down.bias, feedForwardNorm: feedForwardNorm.weight,
        feedForwardNormBias: feedForwardNorm.bias)
    }
    self.configuration = configuration
    self.tensors = tensors
    count = next
  }
}
