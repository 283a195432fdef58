public import Execution
public import LanguageModels

/// A part of a decoder that training leaves as it is.
public enum FrozenPart: Hashable, Sendable {
  /// The embedding, and the output projection where it is the same.
  case embeddings
  /// All norms.
  case norms
  /// Queries, keys, values and the output of attention.
  case attention
  /// Gate, up and down.
  case feedForward
  /// The first so many layers.
  case layers(below: Int)

  /// The part of a name: `embeddings`, `norms`, `attention`, `feed-forward`, or `layers < 3`.
  public init?(_ name: String) {
    switch name {
    case "embeddings": self = .embeddings
    case "norms": self = .norms
    case "attention": self = .attention
    case "feed-forward": self = .feedForward
    default:
      let words = name.split(separator: " ")
      guard words.count == 3, words[0] == "layers", words[1] == "<", let count = Int(words[2]),
        count > 0
      else { return nil }
      self = .layers(below: count)
    }
  }

  /// The names that ``init(_:)`` knows.
  public static let names = ["embeddings", "norms", "attention", "feed-forward", "layers < N"]

  /// Whether a tensor belongs to it, by the name that Hugging Face gives the tensor.
  func contains(_ tensor: String) -> Bool {
    switch self {
    case .embeddings: tensor.hasPrefix("model.embed_tokens.")
    case .norms: tensor.hasSuffix("norm.weight")
    case .attention: tensor.contains(".self_attn.")
    case .feedForward: tensor.contains(".mlp.")
    case .layers(let below):
      tensor.split(separator: ".").dropFirst(2).first.flatMap { Int($0) }.map { $0 < below }
        ?? false
    }
  }
}

/// A decoder that goes on learning from examples.
public struct FineTuning: Sendable {
  /// What is trained.
  public let method: FineTuningMethod
  /// Examples of a step.
  public let batchSize: Int
  /// The share of the examples that is measured and not learned.
  public let heldOut: Double
  /// What the order of the examples and the held-out part are drawn by.
  public let seed: UInt64
  /// Passes over the examples.
  public let epochs: Int
  /// The plan, given how many steps an epoch has.
  public let plan: @Sendable (_ steps: Int, _ stepsPerEpoch: Int) -> TrainingPlan

  /// A fine-tuning from its parts.
  ///
  /// - Parameters:
  ///   - method: What is trained.
  ///   - epochs: Passes over the examples.
  ///   - batchSize: Examples of a step.
  ///   - heldOut: The share of the examples that is measured and not learned.
  ///   - seed: What the order and the held-out part are drawn by.
  ///   - plan: The plan, given all steps and those of an epoch.
  public init(
    method: FineTuningMethod, epochs: Int, batchSize: Int, heldOut: Double, seed: UInt64,
    plan: @escaping @Sendable (_ steps: Int, _ stepsPerEpoch: Int) -> TrainingPlan
  ) {
    self.method = method
    self.epochs = epochs
    self.batchSize = batchSize
    self.heldOut = heldOut
    self.seed = seed
    self.plan = plan
  }

  /// Trains a model on examples.
  ///
  /// - Returns: The model with new weights, or with the same and a new adapter; and what was done.
  /// - Throws: ``TrainingError``; `AdapterError` where the method does not go with the model, or the
  ///   model carries an adapter already; cancellation.
  public func run(
    _ model: DecoderModel, on examples: [TrainingExample],
    checkpoints: any CheckpointStore = NoCheckpoints(), context: WorkContext
  ) throws -> (model: DecoderModel, summary: TrainingSummary) {
    if let present = model.adapter { throw AdapterError.occupied(by: present.article) }
    let configuration = model.configuration
    let adapter = try method.layout(for: configuration)
    let limit = configuration.context - (adapter?.prefixLength ?? 0)
    for example in examples {
      guard example.tokens.count <= limit else {
        throw TrainingError.tooLong(got: example.tokens.count, context: limit)
      }
      for token in example.tokens
      where token < 0 || Int(token) >= configuration.vocabularySize {
        throw TrainingError.token(got: Int(token), vocabulary: configuration.vocabularySize)
      }
    }
    let source = try ExampleBatches(
      examples, batchSize: batchSize, heldOut: heldOut, seed: seed)
    let steps = epochs * source.stepsPerEpoch
    let plan = plan(steps, source.stepsPerEpoch)
    if let adapter {
      let objective = AdapterObjective(
        model, adapter: adapter, positions: source.longestSequence)
      let result = try Trainer(objective, plan: plan).run(
        source, checkpoints: checkpoints, context: context
      ) { adapter.initialize($0, seed: seed) }
      let trained = try DecoderAdapter(adapter, weights: result.parameters)
      return (try model.attaching(trained), result.summary)
    }
    let objective = DecoderObjective(
      DecoderGraph(model.layout, positions: source.longestSequence)
    ) { name in frozen.contains { $0.contains(name) } }
    let result = try Trainer(objective, plan: plan).run(
      source, checkpoints: checkpoints, context: context
    ) { _ = $0.update(fromContentsOf: model.floats) }
    let trained = try DecoderModel(
      configuration: configuration, weights: result.parameters, tokenizer: model.tokenizer)
    return (trained, result.summary)
  }

  private var frozen: [FrozenPart] {
    if case .full(let freeze) = method { freeze } else { [] }
  }
}
