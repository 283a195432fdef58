import Glibc

extension Reference {
  /// The numbers of one step of AdamW.
  public struct AdamWStep: Hashable, Sendable {
    /// Learning rate.
    public var rate: Double
    /// Decay of the mean of gradients.
    public var beta1: Double
    /// Decay of the mean of squared gradients.
    public var beta2: Double
    /// Added to the root.
    public var epsilon: Double
    /// Weight decay, times the rate.
    public var decay: Double
    /// What gradients are multiplied by.
    public var clip: Double
    /// The step, from 1.
    public var step: Int

    /// A step from its numbers.
    public init(
      rate: Double, beta1: Double, beta2: Double, epsilon: Double, decay: Double, clip: Double,
      step: Int
    ) {
      self.rate = rate
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.decay = decay
      self.clip = clip
      self.step = step
    }
  }

  /// One step of AdamW (Loshchilov and Hutter 2019) on all numbers, with the moments corrected for
  /// their start at 0.
  public static func adamW(
    _ step: AdamWStep, weights: inout [Double], gradient: [Double], mean: inout [Double],
    square: inout [Double]
  ) {
    for i in weights.indices {
      let g = gradient[i] * step.clip
      mean[i] = step.beta1 * mean[i] + (1 - step.beta1) * g
      square[i] = step.beta2 * square[i] + (1 - step.beta2) * g * g
      let m = mean[i] / (1 - pow(step.beta1, Double(step.step)))
      let v = square[i] / (1 - pow(step.beta2, Double(step.step)))
      weights[i] -= step.rate * step.decay * weights[i]
      weights[i] -= step.rate * m / (v.squareRoot() + step.epsilon)
    }
  }
}
