public import Bytes
public import Corpora

/// An encoder whose numbers can be trained.
public protocol TunableEncoder: TextEncoder {
  /// The kind of its computation.
  associatedtype Graph: EmbeddingGraph

  /// The computation that training differentiates.
  var graph: Graph { get }

  /// The learning rate that usually suits its kind of numbers.
  var usualLearningRate: Double { get }

  /// The tokens that a text is encoded from, special ones included.
  ///
  /// - Parameters:
  ///   - text: Any text.
  ///   - role: What it is to a search.
  ///   - limit: The most tokens; what is beyond is left out.
  /// - Returns: The tokens; none where the text has none of its own.
  func tokens(of text: String, as role: TextRole, limit: Int) -> [Int32]

  /// Fills the run of numbers that training starts from.
  func fillWeights(_ target: UnsafeMutableBufferPointer<Float>)

  /// The same encoder with the numbers that training ended with, float32.
  ///
  /// - Throws: What the kind of encoder says of a run that does not fit.
  func replacingWeights(_ weights: SharedBytes) throws -> Self
}
