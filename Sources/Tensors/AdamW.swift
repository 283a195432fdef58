import CKernels
import Glibc

/// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), as
/// `torch.optim.AdamW` computes it.
public struct AdamW: Hashable, Sendable {
  /// The decay rate of the first moment.
  public var beta1: Float
  /// The decay rate of the second moment.
  public var beta2: Float
  /// Added to the root of the second moment.
  public var epsilon: Float
  /// λ: a step shrinks a decayed weight by learning rate · λ.
  public var weightDecay: Float

  /// PyTorch's defaults unless given.
  public init(
    beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0.01
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Updates a run of weights and its moments in place. O(count).
  ///
  /// - Parameters:
  ///   - weights: What changes.
  ///   - gradient: Multiplied by `clip` first.
  ///   - first: The mean of gradients, decaying.
  ///   - second: The mean of their squares, decaying.
  ///   - count: How many weights.
  ///   - clip: What the gradient is multiplied by.
  ///   - learningRate: The rate of this step.
  ///   - step: 1 for the first update; the moments' bias is corrected by it.
  ///   - decays: Whether weight decay applies.
  public func update(
    _ weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, count: Int,
    clip: Float, learningRate: Double, step: Int, decays: Bool
  ) {
    let correction1 = 1 - pow(Double(beta1), Double(step))
    let correction2 = 1 - pow(Double(beta2), Double(step))
    ck_adamw(
      Int64(count), weights, gradient, first, second, clip, beta1, beta2,
      Float(learningRate / correction1), Float(1 / correction2.squareRoot()), epsilon,
      decays ? Float(learningRate * Double(weightDecay)) : 0)
  }
}
