public import Bytes

/// A trained adapter: its shape and its numbers, without the model that it goes with.
public struct DecoderAdapter: Sendable {
  /// Where each number lies.
  public let layout: AdapterLayout
  /// float32, ``AdapterLayout/count`` of them.
  public let weights: SharedBytes

  /// What it is.
  public var shape: AdapterShape { layout.shape }

  /// An adapter from its parts.
  ///
  /// - Throws: ``AdapterError`` where the numbers are not as many as the layout asks for, or not
  ///   finite. O(numbers).
  public init(_ layout: AdapterLayout, weights: SharedBytes) throws(AdapterError) {
    guard weights.count == 4 * layout.count else {
      throw .count(expected: layout.count, got: weights.count / 4)
    }
    self.layout = layout
    self.weights = weights
    let numbers = floats
    for tensor in layout.tensors {
      for index in 0..<tensor.count where !numbers[tensor.offset + index].isFinite {
        throw .notFinite(tensor: tensor.name, index: index)
      }
    }
  }

  /// The numbers, valid while this adapter lives.
  package var floats: UnsafeBufferPointer<Float> {
    weights.bytes.assumingMemoryBound(to: Float.self)
  }

  /// As a sentence names it: `a LoRA`.
  public var article: String {
    switch shape {
    case .lowRank: "a LoRA"
    case .bottleneck: "bottleneck adapters"
    case .prefix: "a prefix"
    }
  }
}
