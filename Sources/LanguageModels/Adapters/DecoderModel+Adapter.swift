import Bytes
import CKernels
public import Execution

extension DecoderModel {
  /// This model with an adapter beside its weights, which both share.
  ///
  /// Several models may stand on the same weights, each with an adapter of its own. A prefix takes
  /// its positions from the context that is left for texts. O(1).
  ///
  /// - Throws: ``AdapterError`` where the model carries one already, or the adapter is for another
  ///   shape of model.
  public func attaching(_ adapter: DecoderAdapter) throws(AdapterError) -> DecoderModel {
    if let present = self.adapter { throw .occupied(by: present.article) }
    // The layout of the same shape for this model: the numbers have to be as many.
    let layout = try AdapterLayout(adapter.shape, for: configuration)
    guard layout.tensors == adapter.layout.tensors else {
      throw .count(expected: layout.count, got: adapter.layout.count)
    }
    return DecoderModel(self, adapter: adapter)
  }

  /// The model without its adapter.
  public var base: DecoderModel { DecoderModel(self, adapter: nil) }

  /// A plain model that computes the same: W + s B A in the place of each W.
  ///
  /// Sums run in float32 in the order of the rank, with the same bits everywhere. O(weights + rank ·
  /// weights of the matrices that are added to).
  ///
  /// - Parameter context: When to stop; asked for each matrix.
  /// - Returns: A model with weights of its own; this one where it carries no adapter.
  /// - Throws: ``AdapterError/unmergeable(kind:)`` for bottleneck adapters and prefixes;
  ///   cancellation.
  public func merged(context: WorkContext = WorkContext()) throws -> DecoderModel {
    guard let adapter else { return self }
    guard case .lowRank = adapter.shape else {
      throw AdapterError.unmergeable(kind: adapter.article)
    }
    let buffer = FloatBuffer(count: layout.count)
    buffer.fill(from: weights.bytes)
    for (offsets, layer) in zip(layout.layers, adapter.layout.layers) {
      for (matrix, addition) in [
        (offsets.projection, layer.projection), (offsets.output, layer.output),
        (offsets.gateUp, layer.gateUp), (offsets.down, layer.down),
      ] {
        try context.check()
        if let addition { adapter.add(addition, to: buffer.base + matrix) }
      }
    }
    return try withExtendedLifetime(adapter) {
      try DecoderModel(
        configuration: base.configuration, weights: buffer.shared(), tokenizer: tokenizer)
    }
  }
}

extension DecoderAdapter {
  /// W += s B A for each part of a matrix.
  func add(_ addition: AdapterLayout.LowRank, to matrix: UnsafeMutablePointer<Float>) {
    guard let numbers = floats.baseAddress else { return }
    let columns = addition.columns
    var down = numbers + addition.down
    for term in addition.terms {
      for row in 0..<term.rows.count {
        let up = numbers + term.up + row * term.rank
        for r in 0..<term.rank {
          ck_axpy(
            Int64(columns), term.scale * up[r], down + r * columns,
            matrix + (term.rows.lowerBound + row) * columns)
        }
      }
      down += term.rank * columns
    }
  }
}
