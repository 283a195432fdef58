public import LanguageModels
public import Tensors

/// What a trainer changes: a run of numbers, and what a pass over them costs.
public protocol TrainedNumbers: Sendable {
  /// How many numbers are trained.
  var parameterCount: Int { get }
  /// Numbers that weight decay shrinks, as ranges of the run: matrices, by convention.
  var decayed: [Range<Int>] { get }
  /// Runs of the parameters that stay as they are.
  var frozen: [Range<Int>] { get }
  /// Floating-point operations of a forward and backward pass over sequences of these lengths.
  func operations(lengths: [Int]) -> Double
  /// How many numbers a pass goes through, frozen ones included; the trained ones by default. It
  /// decides how many passes are kept side by side.
  var passSize: Int { get }
}

extension TrainedNumbers {
  /// The trained numbers.
  public var passSize: Int { parameterCount }
}

/// What a trainer changes, and how good it is: the seam between the training loop and what is
/// trained. Full fine-tuning is one; low-rank adapters, prefixes or preference losses are others.
///
/// The loss is a sum over sequences; ``CoupledObjective`` is for those where it is not.
public protocol Objective: TrainedNumbers {
  /// Computes the loss of some sequences on a tape and adds its gradients.
  ///
  /// - Parameters:
  ///   - tape: Where to compute; it is reset first.
  ///   - parameters: The trained numbers.
  ///   - gradients: Where their gradients are added; nil to measure only.
  ///   - tokens: All sequences, one after another.
  ///   - labels: For each position the token that should follow; negative where nothing counts.
  ///   - starts: Where each sequence starts.
  ///   - scale: What one labelled position counts in the gradient.
  /// - Returns: The sum of the losses of labelled positions, in nats.
  /// - Throws: `TensorError` for tokens or shapes that do not fit; cancellation.
  func loss(
    _ tape: Tape, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
    tokens: UnsafeBufferPointer<Int32>, labels: UnsafeBufferPointer<Int32>, starts: [Int],
    scale: Float
  ) throws -> Double
}

/// An objective whose loss compares the sequences of a batch with each other, such as
/// contrastive ones.
///
/// Lanes compute outputs of their sequences and keep their tapes; the loss is computed once from
/// all outputs, and what it says of each flows back through the lane's tape (Gao et al. 2021,
/// GradCache, without the second pass forwards).
public protocol CoupledObjective: TrainedNumbers {
  /// The number of components of a sequence's output.
  var outputWidth: Int { get }

  /// The outputs of some sequences.
  ///
  /// - Parameters:
  ///   - tape: Where to compute; what is on it already stays.
  ///   - parameters: The trained numbers.
  ///   - gradients: Where their gradients are added; nil to measure only.
  ///   - tokens: All sequences, one after another.
  ///   - starts: Where each of the S sequences starts.
  /// - Returns: [S, outputWidth]
  /// - Throws: `TensorError` for tokens or shapes that do not fit; cancellation.
  func outputs(
    _ tape: Tape, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
    tokens: UnsafeBufferPointer<Int32>, starts: [Int]
  ) throws -> Variable

  /// The loss of a whole batch, whose gradient is left to ``Tensors/Tape/backward()``.
  ///
  /// - Parameters:
  ///   - tape: Where to compute.
  ///   - outputs: [sequences of the batch, outputWidth]
  ///   - batch: What was put through.
  ///   - scale: What the loss of one labelled item counts in the gradient.
  /// - Returns: The sum of the losses of the batch's labelled items, in nats.
  /// - Throws: `TensorError`; cancellation.
  func loss(_ tape: Tape, outputs: Variable, of batch: Batch, scale: Float) throws -> Double
}

/// Next-token cross-entropy of a decoder whose own weights train.
public struct DecoderObjective: Objective {
  /// The decoder's computation.
  public let graph: DecoderGraph
  private let frozenOffsets: Set<Int>
  /// Runs of the parameters that stay as they are.
  public let frozen: [Range<Int>]
  /// All matrices, or everything.
  public let decayed: [Range<Int>]

  /// - Parameters:
  ///   - graph: The decoder.
  ///   - decaysAll: Whether weight decay shrinks norms and biases too; else matrices only.
  ///   - freeze: Which tensors stay as they are, by the names that Hugging Face gives them.
  public init(
    _ graph: DecoderGraph, decaysAll: Bool = false, freeze: (String) -> Bool = { _ in false }
  ) {
    self.graph = graph
    let tensors = graph.layout.tensors
    let still = tensors.filter { freeze($0.name) }
    frozen = still.map { $0.offset..<$0.offset + $0.count }
    frozenOffsets = Set(still.map(\.offset))
    decayed = tensors.filter { decaysAll || $0.shape.count > 1 }
      .map { $0.offset..<$0.offset + $0.count }
  }

  /// All weights of the decoder.
  public var parameterCount: Int { graph.layout.count }

  /// Products with matrices and attention's; norms and activations are not counted.
  public func operations(lengths: [Int]) -> Double {
    let c = graph.layout.configuration
    let tokens = lengths.reduce(0, +)
    // Two a weight and token forwards, four backwards; attention's scores and sums the same way,
    // half of them behind the causal mask.
    let squares = lengths.reduce(0.0) { $0 + Double($1) * Double($1) }
    return 6 * Double(graph.layout.matrixCount) * Double(tokens)
      + 6 * Double(c.layers * c.queryWidth) * squares
  }

  /// The decoder's cross-entropy; see ``Objective``.
  public func loss(
    _ tape: Tape, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
    tokens: UnsafeBufferPointer<Int32>, labels: UnsafeBufferPointer<Int32>, starts: [Int],
    scale: Float
  ) throws -> Double {
    tape.reset()
    let declared = graph.declare(on: tape, weights: parameters, gradients: gradients) {
      !frozenOffsets.contains($0)
    }
    let hidden = try graph.hidden(tape, declared, tokens: tokens, starts: starts)
    let loss = try tape.crossEntropy(hidden, head: declared.head, labels: labels, scale: scale)
    if gradients != nil { try tape.backward() }
    return loss.sum
  }
}
