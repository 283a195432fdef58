/// Where each weight of a decoder lies in one contiguous run of float32.
///
/// Queries, keys and values follow each other, and so do gate and up: one matrix product makes
/// all of them. Every matrix is stored as [output, input], as Hugging Face has it, so that each of
/// its tensors is a contiguous slice, and a file of them in this order is the run itself.
public struct DecoderLayout: Hashable, Sendable {
  /// Offsets of one layer, in floats.
  public struct Layer: Hashable, Sendable {
    /// [C]
    public let attentionNorm: Int
    /// [(H + 2 G) D, C]: queries, keys, values.
    public let projection: Int
    /// [(H + 2 G) D]
    public let projectionBias: Int?
    /// [C, H D]
    public let output: Int
    /// [C]
    public let feedForwardNorm: Int
    /// [2 F, C]: gate, up.
    public let gateUp: Int
    /// [C, F]
    public let down: Int
  }

  /// The shape that it is the layout of.
  public let configuration: DecoderConfiguration
  /// [V, C]
  public let embedding: Int
  /// The offsets of each layer, the first in front.
  public let layers: [Layer]
  /// [C]
  public let finalNorm: Int
  /// [V, C]; the embedding's offset where they are tied.
  public let head: Int
  /// All tensors, in the order of the run and without gaps.
  public let tensors: [NamedTensor]
  /// Floats in all.
  public let count: Int
  /// Floats of the matrices that every token is multiplied by: all but the embedding that is only
  /// looked up, and the norms. A tied embedding counts, as the head.
  public var matrixCount: Int {
    tensors.reduce(0) { sum, tensor in
      let isLookup = tensor.offset == embedding && head != embedding
      return sum + (tensor.shape.count > 1 && !isLookup ? tensor.count : 0)
    }
  }

  /// The layout for a configuration that was validated.
  public init(_ configuration: DecoderConfiguration) {
    let c = configuration
    var tensors: [NamedTensor] = []
    var next = 0
    func place(_ name: String, _ shape: Int...) -> Int {
      let tensor = NamedTensor(name: name + ".weight", shape: shape, offset: next)
      tensors.append(tensor)
      next += tensor.count
      return tensor.offset
    }
    func placeBias(_ name: String, _ size: Int) -> Int {
      tensors.append(NamedTensor(name: name + ".bias", shape: [size], offset: next))
      next += size
      return next - size
    }
    embedding = place("model.embed_tokens", c.vocabularySize, c.width)
    layers = (0..<c.layers).map { index in
      let prefix = "model.layers.\(index)."
      let attentionNorm = place(prefix + "input_layernorm", c.width)
      let projection = place(prefix + "self_attn.q_proj", c.queryWidth, c.width)
      _ = place(prefix + "self_attn.k_proj", c.keyValueWidth, c.width)
      _ = place(prefix + "self_attn.v_proj", c.keyValueWidth, c.width)
      var bias: Int?
      if c.hasQueryKeyValueBias {
        bias = placeBias(prefix + "self_attn.q_proj", c.queryWidth)
        _ = placeBias(prefix + "self_attn.k_proj", c.keyValueWidth)
        _ = placeBias(prefix + "self_attn.v_proj", c.keyValueWidth)
      }
      let output = place(prefix + "self_attn.o_proj", c.width, c.queryWidth)
      let feedForwardNorm = place(prefix + "post_attention_layernorm", c.width)
      let gateUp = place(prefix + "mlp.gate_proj", c.feedForwardWidth, c.width)
      _ = place(prefix + "mlp.up_proj", c.feedForwardWidth, c.width)
      let down = place(prefix + "mlp.down_proj", c.width, c.feedForwardWidth)
      return Layer(
        attentionNorm: attentionNorm, projection: projection, projectionBias: bias, output: output,
        feedForwardNorm: feedForwardNorm, gateUp: gateUp, down: down)
    }
    finalNorm = place("model.norm", c.width)
    head =
      c.tiesEmbeddings
      ? embedding : place("lm_head", c.vocabularySize, c.width)
    self.configuration = configuration
    self.tensors = tensors
    count = next
  }
}
