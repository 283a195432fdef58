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
  /// What trains beside frozen weights, which the model's file is mapped for; nil where they train.
  public let adapter: AdapterLayout?

  /// An estimate for a run.
  ///
  /// - Parameters:
  ///   - parameters: Numbers that are trained.
  ///   - configuration: The model's shape.
  ///   - groupRows: Positions that go through the model at once; no less than the longest sequence.
  ///   - keepsBest: Whether the best weights are kept beside the latest.
  ///   - adapter: What trains beside frozen weights; nil where these train.
  public init(
    parameters: Int, configuration: DecoderConfiguration, groupRows: Int, keepsBest: Bool,
    adapter: AdapterLayout? = nil
  ) {
    self.parameters = parameters
    self.configuration = configuration
    self.groupRows = groupRows
    self.keepsBest = keepsBest
    self.adapter = adapter
  }

  /// Weights, two moments, one gradient a lane, and each lane's intermediate results.
  public var bytes: Int {
    let lanes = GradientLanes.laneCount(
      parameters: parameters,
      passSize: adapter == nil ? parameters : configuration.parameterCount)
    let runs = 3 + lanes + (keepsBest ? 1 : 0)
    return 4 * (runs * parameters + lanes * intermediate)
  }

  /// Floats that one lane's tape holds: what each layer keeps for its gradient, the widest
  /// gradients in flight, and a block of logits.
  private var intermediate: Int {
    let c = configuration
    var layer =
      4 * c.width + c.projectionWidth + c.queryWidth + 3 * c.feedForwardWidth + c.heads + 2
    switch adapter?.shape {
    case .lowRank(let shape):
      layer += shape.sites.reduce(0) { $0 + $1.rank } / max(1, c.layers)
    case .bottleneck(let width): layer += 2 * (3 * c.width + 2 * width)
    // A copy of the projection and of what attention gives; sequences are taken to be long
    // compared with the prefix.
    case .prefix: layer += c.projectionWidth + c.queryWidth
    case nil: break
    }
    let flowing = 4 * c.width + 2 * c.projectionWidth + 4 * c.feedForwardWidth
    let block = Tape.headBlockRows(vocabulary: c.vocabularySize)
    let logits = block * (c.vocabularySize + 2 * c.width)
    return groupRows * (c.layers * layer + flowing + 3 * c.width) + logits
  }
}
