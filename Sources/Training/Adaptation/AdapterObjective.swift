public import LanguageModels
public import Tensors

/// Next-token cross-entropy of a decoder beside whose frozen weights an adapter trains.
///
/// The decoder's weights have no gradient, no state of the optimiser and no products for either:
/// what flows back stops at the lowest layer that something is added to.
public struct AdapterObjective: Objective {
  /// The decoder's computation.
  public let graph: DecoderGraph
  /// Where the trained numbers lie.
  public let adapter: AdapterLayout
  /// All matrices, or everything; a prefix, which is no matrix of the model, only in the latter case.
  public let decayed: [Range<Int>]
  /// Nothing: what is frozen is no part of the trained numbers.
  public var frozen: [Range<Int>] { [] }
  private let model: DecoderModel

  /// - Parameters:
  ///   - model: What stays as it is; an adapter that it carries is left out.
  ///   - adapter: The layout of what is trained, for this model.
  ///   - positions: The longest sequence that will come, without a prefix; the context where nil.
  ///   - decaysAll: Whether weight decay shrinks biases and prefixes too; else matrices only.
  public init(
    _ model: DecoderModel, adapter: AdapterLayout, positions: Int? = nil, decaysAll: Bool = false
  ) {
    self.model = model
    self.adapter = adapter
    graph = DecoderGraph(model.layout, positions: positions.map { $0 + adapter.prefixLength })
    decayed = adapter.tensors.filter {
      decaysAll || $0.shape.count > 1 && !$0.name.hasSuffix(".prefix.weight")
    }.map { $0.offset..<$0.offset + $0.count }
  }

  /// The adapter's numbers.
  public var parameterCount: Int { adapter.count }

  /// Two operations a weight and position forwards; backwards two for each weight from the lowest
  /// layer that trains on, and for each number of the adapter four; attention as for full training.
  public func operations(lengths: [Int]) -> Double {
    let c = graph.layout.configuration
    let tokens = Double(lengths.reduce(0, +))
    let before = Double(adapter.prefixLength)
    let squares = lengths.reduce(0.0) { $0 + Double($1) * (Double($1) + 2 * before) }
    let first = adapter.firstLayer
    let share = 1 - Double(first) / Double(max(1, c.layers))
    let head = Double(c.vocabularySize * c.width)
    let layers = Double(graph.layout.matrixCount) - head
    // Those of a prefix are keys and values, of which no product is made.
    let added = adapter.prefixLength > 0 ? 0 : Double(adapter.count)
    return 2 * tokens * (layers * (1 + share) + 2 * head) + 6 * tokens * added
      + (2 + 4 * share) * Double(c.layers * c.queryWidth) * squares
  }

  /// How many numbers a pass goes through, which decides how many passes are kept side by side.
  public var passSize: Int { graph.layout.count }

  /// The cross-entropy; see ``Objective``.
  public func loss(
    _ tape: Tape, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
    tokens: UnsafeBufferPointer<Int32>, labels: UnsafeBufferPointer<Int32>, starts: [Int],
    scale: Float
  ) throws -> Double {
    tape.reset()
    // A validated model has weights.
    guard let weights = model.floats.baseAddress else { return 0 }
    let declared = graph.declare(on: tape, weights: weights)
    let added = graph.declare(adapter, on: tape, weights: parameters, gradients: gradients)
    let hidden = try graph.hidden(
      tape, declared, tokens: tokens, starts: starts, adapter: added)
    let loss = try tape.crossEntropy(hidden, head: declared.head, labels: labels, scale: scale)
    if gradients != nil { try tape.backward() }
    return loss.sum
  }
}
