import Glibc
public import Tensors

/// How long and how fast a model learns; everything that the result depends on besides the data.
public struct TrainingPlan: Hashable, Sendable {
  /// Optimiser steps.
  public var steps: Int
  /// The learning rate over the steps.
  public var schedule: LearningRateSchedule
  /// The optimiser's constants.
  public var optimizer: AdamW
  /// The largest norm that a gradient keeps; nil for any.
  public var clip: Double?
  /// Steps from one measurement on the validation split to the next.
  public var evaluateEvery: Int
  /// Measurements without improvement after which training stops, keeping the best; nil for never.
  public var patience: Int?
  /// Positions that go through the model at once. It changes the order of sums.
  public var groupRows: Int

  /// A plan from its parts.
  ///
  /// - Parameters:
  ///   - steps: Optimiser steps.
  ///   - schedule: The learning rate over the steps.
  ///   - optimizer: The optimiser's constants.
  ///   - clip: The largest norm that a gradient keeps; nil for any.
  ///   - evaluateEvery: Steps between measurements on the validation split.
  ///   - patience: Measurements without improvement after which training stops; nil for never.
  ///   - groupRows: Positions that go through the model at once.
  public init(
    steps: Int, schedule: LearningRateSchedule, optimizer: AdamW = AdamW(), clip: Double? = 1,
    evaluateEvery: Int, patience: Int? = nil, groupRows: Int = 512
  ) {
    self.steps = steps
    self.schedule = schedule
    self.optimizer = optimizer
    self.clip = clip
    self.evaluateEvery = max(1, evaluateEvery)
    self.patience = patience
    self.groupRows = max(1, groupRows)
  }
}

/// Warm-up in a straight line, then a cosine down to a floor (Loshchilov and Hutter 2017); with a
/// shorter decay the highest rate is kept until that begins (Hägele et al. 2024).
public struct LearningRateSchedule: Hashable, Sendable {
  /// The highest rate.
  public var peak: Double
  /// Steps until it is reached.
  public var warmup: Int
  /// Steps in all.
  public var steps: Int
  /// The rate at the end, as a share of the highest; 1 for a constant rate.
  public var floor: Double
  /// The share of the steps after the warm-up over which the rate falls; 1 for all of them.
  public var decay: Double

  /// A schedule over so many steps.
  ///
  /// - Parameters:
  ///   - peak: The highest rate.
  ///   - warmup: Steps until it is reached.
  ///   - steps: Steps in all.
  ///   - floor: The rate at the end as a share of the highest.
  ///   - decay: The share of the steps after the warm-up over which the rate falls.
  public init(
    peak: Double, warmup: Int, steps: Int, floor: Double = 0.1, decay: Double = 1
  ) {
    self.peak = peak
    self.warmup = max(0, warmup)
    self.steps = steps
    self.floor = floor
    self.decay = decay
  }

  /// The rate of a step, counted from 1.
  public func rate(at step: Int) -> Double {
    if step <= warmup { return peak * Double(step) / Double(warmup + 1) }
    let left = Double(max(0, steps - step)) / Double(max(1, steps - warmup))
    guard left < decay else { return peak }
    return peak * (floor + (1 - floor) * 0.5 * (1 - cos(Double.pi * left / decay)))
  }
}
