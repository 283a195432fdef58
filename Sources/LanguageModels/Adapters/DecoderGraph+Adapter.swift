public import Tensors

extension DecoderGraph {
  /// An adapter's numbers as variables of one tape.
  public struct AdapterParameters {
    let layers: [Layer]

    struct Layer {
      var projection: LowRank?
      var output: LowRank?
      var gateUp: LowRank?
      var down: LowRank?
      var afterAttention: Bottleneck?
      var afterFeedForward: Bottleneck?
      var prefix: Variable?
    }

    struct LowRank {
      let down: Variable
      let terms: [LowRankTerm]
    }

    struct Bottleneck {
      let down: Variable
      let downBias: Variable
      let up: Variable
      let upBias: Variable
    }
  }

  /// Declares an adapter on a tape.
  ///
  /// - Parameters:
  ///   - adapter: Where its numbers lie.
  ///   - tape: One thread's tape, just reset.
  ///   - weights: A run in the order of the layout, unchanged until the tape is reset.
  ///   - gradients: A run in the same order that gradients are added to; nil where nothing trains.
  /// - Returns: The numbers as variables, until the tape is reset.
  public func declare(
    _ adapter: AdapterLayout, on tape: Tape, weights: UnsafePointer<Float>,
    gradients: UnsafeMutablePointer<Float>? = nil
  ) -> AdapterParameters {
    let c = adapter.configuration
    func variable(_ offset: Int, _ rows: Int, _ columns: Int) -> Variable {
      tape.parameter(
        weights + offset, gradient: gradients.map { $0 + offset }, rows: rows, columns: columns)
    }
    func lowRank(_ addition: AdapterLayout.LowRank?) -> AdapterParameters.LowRank? {
      addition.map { addition in
        AdapterParameters.LowRank(
          down: variable(addition.down, addition.rank, addition.columns),
          terms: addition.terms.map { term in
            LowRankTerm(
              up: variable(term.up, term.rows.count, term.rank),
              firstColumn: term.rows.lowerBound, scale: term.scale)
          })
      }
    }
    func bottleneck(_ layers: AdapterLayout.Bottleneck?) -> AdapterParameters.Bottleneck? {
      layers.map { layers in
        AdapterParameters.Bottleneck(
          down: variable(layers.down, layers.width, c.width),
          downBias: variable(layers.downBias, 1, layers.width),
          up: variable(layers.up, c.width, layers.width),
          upBias: variable(layers.upBias, 1, c.width))
      }
    }
    return AdapterParameters(
      layers: adapter.layers.map { layer in
        AdapterParameters.Layer(
          projection: lowRank(layer.projection), output: lowRank(layer.output),
          gateUp: lowRank(layer.gateUp), down: lowRank(layer.down),
          afterAttention: bottleneck(layer.afterAttention),
          afterFeedForward: bottleneck(layer.afterFeedForward),
          prefix: layer.prefix.map {
            variable($0, adapter.prefixLength, 2 * c.keyValueWidth)
          })
      })
  }
}

extension Tape {
  /// A matrix of the decoder with what an adapter adds to it.
  func linear(
    _ x: Variable, weight: Variable, bias: Variable? = nil,
    with addition: DecoderGraph.AdapterParameters.LowRank?, adding residual: Variable? = nil
  ) throws -> Variable {
    guard let addition else {
      return try linear(x, weight: weight, bias: bias, adding: residual)
    }
    return try lowRankLinear(
      x, weight: weight, bias: bias, down: addition.down, terms: addition.terms, adding: residual)
  }

  /// x Wᵀ through two small layers, where an adapter has them, before the residual is added.
  func linear(
    _ x: Variable, weight: Variable, with addition: DecoderGraph.AdapterParameters.LowRank?,
    through layers: DecoderGraph.AdapterParameters.Bottleneck?, adding residual: Variable
  ) throws -> Variable {
    guard let layers else {
      return try linear(x, weight: weight, with: addition, adding: residual)
    }
    let block = try linear(x, weight: weight, with: addition)
    let hidden = try gelu(try linear(block, weight: layers.down, bias: layers.downBias))
    let changed = try linear(hidden, weight: layers.up, bias: layers.upBias, adding: block)
    return try add(residual, changed)
  }
}
