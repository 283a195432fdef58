import LanguageModels
public import Tensors

/// A BERT-type encoder's computation on a ``Tape``, as training differentiates it.
///
/// Immutable; shared by threads, each with a tape of its own.
public struct EncoderGraph: EmbeddingGraph {
  /// Where the weights are.
  public let layout: EncoderLayout
  /// How the tokens' vectors become one.
  public let pooling: EncoderModel.Pooling

  /// The graph of weights in a layout.
  public init(_ layout: EncoderLayout, pooling: EncoderModel.Pooling) {
    self.layout = layout
    self.pooling = pooling
  }

  /// The graph of a model.
  public init(_ model: EncoderModel) { self.init(model.layout, pooling: model.pooling) }

  /// All weights of the layout.
  public var parameterCount: Int { layout.count }

  /// C
  public var dimension: Int { layout.configuration.width }

  /// V
  public var vocabularySize: Int { layout.configuration.vocabularySize }

  /// Rows of the position embedding.
  public var positions: Int? { layout.configuration.positions }

  /// The tensors by their Hugging Face names; matrices decay.
  public var parts: [EmbeddingGraphPart] {
    layout.tensors.map { tensor in
      EmbeddingGraphPart(
        name: tensor.name, range: tensor.offset..<tensor.offset + tensor.count,
        decays: tensor.shape.count > 1)
    }
  }

  /// What each layer keeps, and the widest gradients in flight.
  public var floatsPerToken: Int {
    let c = layout.configuration
    let layer = 8 * c.width + 2 * c.feedForwardWidth + c.heads + 6
    return c.layers * layer + 9 * c.width + 2 * c.feedForwardWidth
  }

  /// Products with matrices and attention's; embeddings, norms and activations are not counted.
  public func operations(lengths: [Int]) -> Double {
    let c = layout.configuration
    // Two a weight and token forwards, four backwards; attention's scores and sums the same way.
    let tokens = lengths.reduce(0.0) { $0 + Double($1) }
    let squares = lengths.reduce(0.0) { $0 + Double($1) * Double($1) }
    return 6 * Double(layout.matrixCount) * tokens + 12 * Double(c.layers * c.width) * squares
  }

  /// The last hidden states: R tokens → [R, C]; parameters as ``EmbeddingGraph`` has them.
  public func hidden(
    _ tape: Tape, weights: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
    trains: (Int) -> Bool = { _ in true }, tokens: UnsafeBufferPointer<Int32>, starts: [Int]
  ) throws -> Variable {
    let c = layout.configuration
    func variable(_ offset: Int, _ rows: Int, _ columns: Int) -> Variable {
      tape.parameter(
        weights + offset, gradient: trains(offset) ? gradients.map { $0 + offset } : nil,
        rows: rows, columns: columns)
    }
    func row(_ offset: Int, _ columns: Int? = nil) -> Variable {
      variable(offset, 1, columns ?? c.width)
    }
    func norm(_ x: Variable, _ weight: Int, _ bias: Int) throws -> Variable {
      try tape.layerNorm(x, weight: row(weight), bias: row(bias), epsilon: c.normEpsilon)
    }
    let heads = AttentionHeads(
      queries: c.heads, keyValues: c.heads, dimension: c.headDimension)
    let form: GELUForm = c.activation == .gelu ? .exact : .tanh
    let words = try tape.embedding(
      variable(layout.wordEmbedding, c.vocabularySize, c.width), tokens: tokens)
    let places = try tape.embedding(
      variable(layout.positionEmbedding, c.positions, c.width),
      rows: Self.positions(starts, count: tokens.count))
    let types = try tape.embedding(
      variable(layout.typeEmbedding, c.tokenTypes, c.width),
      rows: [Int32](repeating: 0, count: tokens.count))
    var x = try norm(
      try tape.add(try tape.add(words, types), places), layout.embeddingNorm,
      layout.embeddingNormBias)
    for layer in layout.layers {
      let projection = try tape.linear(
        x, weight: variable(layer.projection, 3 * c.width, c.width),
        bias: row(layer.projectionBias, 3 * c.width))
      let mixed = try tape.attention(
        projection, heads: heads, starts: starts, rotary: nil, isCausal: false)
      let attended = try tape.linear(
        mixed, weight: variable(layer.output, c.width, c.width), bias: row(layer.outputBias),
        adding: x)
      x = try norm(attended, layer.attentionNorm, layer.attentionNormBias)
      let bent = try tape.gelu(
        try tape.linear(
          x, weight: variable(layer.up, c.feedForwardWidth, c.width),
          bias: row(layer.upBias, c.feedForwardWidth)), form: form)
      let fed = try tape.linear(
        bent, weight: variable(layer.down, c.width, c.feedForwardWidth), bias: row(layer.downBias),
        adding: x)
      x = try norm(fed, layer.feedForwardNorm, layer.feedForwardNormBias)
    }
    return x
  }

  /// The pooled and normalised vectors; see ``EmbeddingGraph``.
  public func vectors(
    _ tape: Tape, weights: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
    trains: (Int) -> Bool = { _ in true }, tokens: UnsafeBufferPointer<Int32>, starts: [Int]
  ) throws -> Variable {
    let states = try hidden(
      tape, weights: weights, gradients: gradients, trains: trains, tokens: tokens,
      starts: starts)
    switch pooling {
    case .mean: return try tape.normalize(try tape.meanPooling(states, starts: starts))
    case .firstToken:
      let firsts = starts.map { Int32(truncatingIfNeeded: $0) }
      return try tape.normalize(
        try firsts.withUnsafeBufferPointer { try tape.rows(states, at: $0) })
    }
  }

  /// The place of each row in its sequence.
  private static func positions(_ starts: [Int], count: Int) -> [Int32] {
    var positions = [Int32](repeating: 0, count: count)
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : count
      guard start >= 0, start <= end, end <= count else { break }
      for row in start..<end { positions[row] = Int32(truncatingIfNeeded: row - start) }
    }
    return positions
  }
}

extension Tape {
  fileprivate func embedding(_ table: Variable, rows: [Int32]) throws -> Variable {
    try rows.withUnsafeBufferPointer { try embedding(table, tokens: $0) }
  }
}
