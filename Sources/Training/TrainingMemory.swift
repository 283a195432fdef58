public import LanguageModels
import Tensors

/// What training takes in memory, known before it starts.
public struct TrainingMemory: Hashable, Sendable {
  /// Numbers that are trained.
  public let parameters: Int
  /// The model's shape.
  public let configuration: DecoderConfiguration
  /// Positions that go through the model at once.
  public let groupRows: Int
  /// Whether the best weights are kept beside the latest.
  public let keepsBest: Bool

  /// An estimate for a run.
  ///
  /// - Parameters:
  ///   - parameters: Numbers that are trained.
  ///   - configuration: The model's shape.
  ///   - groupRows: Positions that go through the model at once; no less than the longest sequence.
  ///   - keepsBest: Whether the best weights are kept beside the latest.
  public init(
    parameters: Int, configuration: DecoderConfiguration, groupRows: Int, keepsBest: Bool
  ) {
    self.parameters = parameters
    self.configuration = configuration
    self.groupRows = groupRows
    self.keepsBest = keepsBest
  }

  /// Weights, two moments, one gradient a lane, and each lane's intermediate results.
  public var bytes: Int {
    let lanes = GradientLanes.laneCount(parameters: parameters)
    let runs = 3 + lanes + (keepsBest ? 1 : 0)
    return 4 * (runs * parameters + lanes * intermediate)
  }

  /// Floats that one lane's tape holds: what each layer keeps for its gradient, the widest
  /// gradients in flight, and a block of logits.
  private var intermediate: Int {
    let c = configuration
    let layer =
      4 * c.width + c.projectionWidth + c.queryWidth + 3 * c.feedForwardWidth + c.heads + 2
    let flowing = 4 * c.width + 2 * c.projectionWidth + 4 * c.feedForwardWidth
    let block = Tape.headBlockRows(vocabulary: c.vocabularySize)
    let logits = block * (c.vocabularySize + 2 * c.width)
    return groupRows * (c.layers * layer + flowing + 3 * c.width) + logits
  }
}
