/// How the loss went.
public struct TrainingCurve: Hashable, Sendable {
  /// One measurement.
  public struct Point: Hashable, Sendable {
    /// Optimiser steps done.
    public var step: Int
    /// Positions read until then.
    public var tokens: Int
    /// The mean training loss since the point before, in nats a labelled token.
    public var loss: Double
    /// The loss on the validation split, where there is one.
    public var validationLoss: Double?
    /// The rate of the last step.
    public var learningRate: Double

    /// A point from its parts.
    public init(
      step: Int, tokens: Int, loss: Double, validationLoss: Double?, learningRate: Double
    ) {
      self.step = step
      self.tokens = tokens
      self.loss = loss
      self.validationLoss = validationLoss
      self.learningRate = learningRate
    }
  }

  /// In the order of the steps.
  public var points: [Point]

  /// A curve of some points.
  public init(_ points: [Point] = []) { self.points = points }

  /// The point with the lowest validation loss, the first where several share it.
  public var best: Point? {
    points.filter { $0.validationLoss != nil }.min {
      ($0.validationLoss ?? .infinity, $0.step) < ($1.validationLoss ?? .infinity, $1.step)
    }
  }
}

/// What training did, besides changing the weights: all of it is the same on every machine.
public struct TrainingSummary: Hashable, Sendable {
  /// How the loss went.
  public var curve: TrainingCurve
  /// Optimiser steps done.
  public var steps: Int
  /// The step whose weights were kept: the best on the validation split where early stopping was
  /// asked for, else the last.
  public var keptStep: Int
  /// Whether it ended before its plan did.
  public var stoppedEarly: Bool
  /// Positions read in training.
  public var tokens: Int
  /// Positions that had a label.
  public var labelledTokens: Int
  /// Floating-point operations of the training passes, validation not counted.
  public var operations: Double
  /// How many numbers could change.
  public var trainedParameters: Int

  /// A summary from its parts.
  public init(
    curve: TrainingCurve, steps: Int, keptStep: Int, stoppedEarly: Bool, tokens: Int,
    labelledTokens: Int, operations: Double, trainedParameters: Int
  ) {
    self.curve = curve
    self.steps = steps
    self.keptStep = keptStep
    self.stoppedEarly = stoppedEarly
    self.tokens = tokens
    self.labelledTokens = labelledTokens
    self.operations = operations
    self.trainedParameters = trainedParameters
  }
}
