public import Tensors

/// The decoder's computation on a ``Tape``: what training differentiates, and what scores texts
/// that are known from the start.
///
/// Immutable; shared by threads, each with a tape of its own.
public struct DecoderGraph: Sendable {
  /// Where the weights are.
  public let layout: DecoderLayout
  private let rotary: RotaryTable

  /// - Parameters:
  ///   - layout: Where the weights are.
  ///   - positions: The longest sequence that will come; the configuration's context if nil.
  public init(_ layout: DecoderLayout, positions: Int? = nil) {
    self.layout = layout
    let configuration = layout.configuration
    rotary = RotaryTable(
      frequencies: configuration.rotaryFrequencies, positions: positions ?? configuration.context)
  }

  /// A decoder's weights as variables of one tape.
  public struct Parameters {
    /// [V, C]
    public let embedding: Variable
    /// [V, C]; the embedding where they are tied.
    public let head: Variable
    let finalNorm: Variable
    let layers: [Layer]

    struct Layer {
      let attentionNorm: Variable
      let projection: Variable
      let projectionBias: Variable?
      let output: Variable
      let feedForwardNorm: Variable
      let gateUp: Variable
      let down: Variable
    }
  }

  /// Declares the weights on a tape.
  ///
  /// - Parameters:
  ///   - tape: One thread's tape, just reset.
  ///   - weights: A run in the order of the layout, unchanged until the tape is reset.
  ///   - gradients: A run in the same order that gradients are added to; nil where nothing trains.
  ///   - trains: Which of the layout's tensors train, by their offset; all by default.
  /// - Returns: The weights as variables, until the tape is reset.
  public func declare(
    on tape: Tape, weights: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>? = nil,
    trains: (Int) -> Bool = { _ in true }
  ) -> Parameters {
    let c = layout.configuration
    func variable(_ offset: Int, _ rows: Int, _ columns: Int) -> Variable {
      tape.parameter(
        weights + offset, gradient: trains(offset) ? gradients.map { $0 + offset } : nil,
        rows: rows, columns: columns)
    }
    let embedding = variable(layout.embedding, c.vocabularySize, c.width)
    return Parameters(
      embedding: embedding,
      head: c.tiesEmbeddings ? embedding : variable(layout.head, c.vocabularySize, c.width),
      finalNorm: variable(layout.finalNorm, 1, c.width),
      layers: layout.layers.map { layer in
        Parameters.Layer(
          attentionNorm: variable(layer.attentionNorm, 1, c.width),
          projection: variable(layer.projection, c.projectionWidth, c.width),
          projectionBias: layer.projectionBias.map { variable($0, 1, c.projectionWidth) },
          output: variable(layer.output, c.width, c.queryWidth),
          feedForwardNorm: variable(layer.feedForwardNorm, 1, c.width),
          gateUp: variable(layer.gateUp, 2 * c.feedForwardWidth, c.width),
          down: variable(layer.down, c.width, c.feedForwardWidth))
      })
  }

  /// The last hidden states, after the final norm: R tokens → [R, C].
  ///
  /// - Parameters:
  ///   - tape: Where to compute.
  ///   - parameters: The weights, declared on that tape.
  ///   - tokens: All sequences, one after another.
  ///   - starts: Where each begins; see ``Tape/attention(_:heads:starts:rotary:isCausal:)``.
  ///   - adapter: What goes with the weights, declared on that tape; nil for nothing.
  /// - Returns: [R, C]
  /// - Throws: `TensorError` for tokens or shapes that do not fit; cancellation.
  public func hidden(
    _ tape: Tape, _ parameters: Parameters, tokens: UnsafeBufferPointer<Int32>, starts: [Int],
    adapter: AdapterParameters? = nil
  ) throws -> Variable {
    let c = layout.configuration
    let heads = AttentionHeads(
      queries: c.heads, keyValues: c.keyValueHeads, dimension: c.headDimension)
    var x = try tape.embedding(parameters.embedding, tokens: tokens)
    for (index, layer) in parameters.layers.enumerated() {
      let added = adapter?.layers[index]
      let normed = try tape.rmsNorm(x, weight: layer.attentionNorm, epsilon: c.normEpsilon)
      let projection = try tape.linear(
        normed, weight: layer.projection, bias: layer.projectionBias, with: added?.projection)
      let mixed: Variable
      if let prefix = added?.prefix {
        mixed = try tape.attention(
          projection, prefix: prefix, heads: heads, starts: starts, rotary: rotary)
      } else {
        mixed = try tape.attention(
          projection, heads: heads, starts: starts, rotary: rotary, isCausal: true)
      }
      x = try tape.linear(
        mixed, weight: layer.output, with: added?.output, through: added?.afterAttention,
        adding: x)
      let again = try tape.rmsNorm(x, weight: layer.feedForwardNorm, epsilon: c.normEpsilon)
      let gated = try tape.swiglu(
        try tape.linear(again, weight: layer.gateUp, with: added?.gateUp))
      x = try tape.linear(
        gated, weight: layer.down, with: added?.down, through: added?.afterFeedForward, adding: x)
    }
    return try tape.rmsNorm(x, weight: parameters.finalNorm, epsilon: c.normEpsilon)
  }
}
