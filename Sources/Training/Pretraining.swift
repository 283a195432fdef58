public import Bytes
public import Corpora
public import Execution
public import LanguageModels
public import Tokenizers

/// A decoder trained from random weights on a run of tokens, or on lessons.
public struct Pretraining: Sendable {
  /// The shape of the model.
  public var configuration: DecoderConfiguration
  /// B: windows of a step.
  public let sequences: Int
  /// The share at the end of the text that is measured and not learned.
  public let heldOut: Double
  /// How long and how fast.
  public let plan: TrainingPlan
  /// What initial weights and windows are drawn by, each from a stream of its own.
  public let seed: UInt64

  /// A pretraining from its parts.
  ///
  /// - Parameters:
  ///   - configuration: The shape of the model.
  ///   - sequences: Windows of a step.
  ///   - heldOut: The share at the end of the text that is measured and not learned.
  ///   - plan: How long and how fast.
  ///   - seed: What initial weights and windows are drawn by.
  public init(
    configuration: DecoderConfiguration, sequences: Int, heldOut: Double, plan: TrainingPlan,
    seed: UInt64
  ) {
    self.configuration = configuration
    self.sequences = sequences
    self.heldOut = heldOut
    self.plan = plan
    self.seed = seed
  }

  /// Trains on a run of tokens.
  ///
  /// - Returns: The weights in the order of ``LanguageModels/DecoderLayout``, and what was done.
  /// - Throws: ``TrainingError``; `DecoderConfigurationError`; cancellation.
  public func run(
    _ tokens: [Int32], checkpoints: any CheckpointStore = NoCheckpoints(), context: WorkContext
  ) throws -> (weights: SharedBytes, summary: TrainingSummary) {
    try configuration.validate()
    for token in tokens where token < 0 || Int(token) >= configuration.vocabularySize {
      throw TrainingError.token(got: Int(token), vocabulary: configuration.vocabularySize)
    }
    let windows = try TokenWindows(
      tokens: tokens, context: configuration.context, sequences: sequences, heldOut: heldOut,
      seed: seed)
    return try train(on: windows, checkpoints: checkpoints, context: context)
  }

  /// Trains on lessons, which are drawn anew at every step; a step has about as many tokens as
  /// ``sequences`` full ones.
  ///
  /// - Returns: The weights in the order of ``LanguageModels/DecoderLayout``, and what was done.
  /// - Throws: ``TrainingError``; `DecoderConfigurationError`; cancellation.
  public func run(
    _ lessons: Lessons, tokenizer: Tokenizer, checkpoints: any CheckpointStore = NoCheckpoints(),
    context: WorkContext
  ) throws -> (weights: SharedBytes, summary: TrainingSummary) {
    try configuration.validate()
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw TrainingError.token(
        got: tokenizer.vocabularySize - 1, vocabulary: configuration.vocabularySize)
    }
    let (tokens, overflow) = sequences.multipliedReportingOverflow(by: configuration.context)
    return try train(
      on: LessonBatches(
        lessons, tokenizer: tokenizer, steps: plan.steps, tokens: overflow ? .max : tokens,
        context: configuration.context, heldOut: heldOut > 0),
      checkpoints: checkpoints, context: context)
  }

  private func train(
    on source: some BatchSource, checkpoints: any CheckpointStore, context: WorkContext
  ) throws -> (weights: SharedBytes, summary: TrainingSummary) {
    let layout = DecoderLayout(configuration)
    let trainer = Trainer(DecoderObjective(DecoderGraph(layout)), plan: plan)
    let result = try trainer.run(source, checkpoints: checkpoints, context: context) {
      layout.initialize($0, seed: seed)
    }
    return (result.parameters, result.summary)
  }

  /// Floating-point operations of a run that goes to its end.
  public var operations: Double {
    let objective = DecoderObjective(
      DecoderGraph(DecoderLayout(configuration), positions: 1))
    let step = objective.operations(
      lengths: Array(repeating: configuration.context, count: sequences))
    return step * Double(plan.steps)
  }

  /// Bytes of memory that a run takes at most, about.
  public var memory: Int {
    TrainingMemory(
      parameters: DecoderLayout(configuration).count, configuration: configuration,
      groupRows: max(plan.groupRows, configuration.context), keepsBest: plan.patience != nil
    ).bytes
  }
}
