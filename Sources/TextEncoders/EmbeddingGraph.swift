public import Tensors

/// How a trainable encoder makes vectors of tokens on a ``Tape``: what contrastive training
/// differentiates.
///
/// Immutable; shared by threads, each with a tape of its own.
public protocol EmbeddingGraph: Sendable {
  /// The numbers that are trained, in one run.
  var parameterCount: Int { get }
  /// The number of components of a vector.
  var dimension: Int { get }
  /// How many tokens there are embeddings for.
  var vocabularySize: Int { get }
  /// The longest sequence that the graph reads; nil for any.
  var positions: Int? { get }
  /// The parts of the run by name; together they are all of it.
  var parts: [EmbeddingGraphPart] { get }
  /// Floats that a tape keeps for one token until the way back has passed it, about.
  var floatsPerToken: Int { get }
  /// Floating-point operations of a forward and backward pass over sequences of these lengths.
  func operations(lengths: [Int]) -> Double

  /// The vectors of sequences, each of length 1.
  ///
  /// - Parameters:
  ///   - tape: Where to compute; what is on it already stays.
  ///   - weights: The run, unchanged until the tape is reset.
  ///   - gradients: A run of the same size that gradients are added to; nil where nothing trains.
  ///   - trains: Which parts train, by their offset.
  ///   - tokens: R tokens: all sequences, one after another.
  ///   - starts: Where each of the S sequences starts.
  /// - Returns: [S, dimension]
  /// - Throws: `TensorError` for tokens or shapes that do not fit; cancellation.
  func vectors(
    _ tape: Tape, weights: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
    trains: (Int) -> Bool, tokens: UnsafeBufferPointer<Int32>, starts: [Int]
  ) throws -> Variable
}

/// A tensor of an ``EmbeddingGraph``'s run of numbers.
public struct EmbeddingGraphPart: Hashable, Sendable {
  /// Its name, as Hugging Face has it where it has one.
  public let name: String
  /// Where it lies in the run.
  public let range: Range<Int>
  /// Whether weight decay shrinks it, as is usual for matrices.
  public let decays: Bool

  /// A part of its name, its place and its kind.
  public init(name: String, range: Range<Int>, decays: Bool) {
    self.name = name
    self.range = range
    self.decays = decays
  }
}
