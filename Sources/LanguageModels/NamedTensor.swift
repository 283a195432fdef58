/// One tensor of a model's weights, which lie in one contiguous run of float32, by the name that
/// Hugging Face gives it.
public struct NamedTensor: Hashable, Sendable {
  /// Such as `model.layers.0.mlp.up_proj.weight`.
  public let name: String
  /// Its dimensions, output first.
  public let shape: [Int]
  /// In floats from the start of the run.
  public let offset: Int
  /// The product of the shape.
  public var count: Int { shape.reduce(1, *) }

  package init(name: String, shape: [Int], offset: Int) {
    self.name = name
    self.shape = shape
    self.offset = offset
  }
}
