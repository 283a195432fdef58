import Corpora
public import Execution
public import TextEncoders

/// An encoder that learns which texts belong together.
public struct EncoderTuning: Sendable {
  /// What is trained.
  public enum Method: Hashable, Sendable {
    /// The encoder's own numbers, all but the frozen parts.
    case full(freeze: [FrozenPart])
  }

  /// What is trained.
  public var method: Method
  /// Where negatives come from.
  public var negatives: Negatives
  /// τ of ``ContrastiveObjective``.
  public var temperature: Double
  /// Passes over the pairs.
  public var epochs: Int
  /// Pairs of a step.
  public var batchSize: Int
  /// The most tokens that training reads of a text.
  public var maximumLength: Int
  /// The share of the queries that is measured and not learned.
  public var heldOut: Double
  /// What order, negatives and held-out part are drawn by.
  public var seed: UInt64
  /// The highest learning rate; the encoder's usual one where nil.
  public var learningRate: Double?
  /// The share of the steps until it is reached.
  public var warmup: Double
  /// Steps from one measurement to the next; an epoch where nil.
  public var evaluateEvery: Int?
  /// Measurements without improvement after which training stops, keeping the best; nil for never.
  public var patience: Int?
  /// Positions that go through the encoder at once.
  public var groupRows: Int

  /// A tuning from its parts; sentence encoders are usually tuned with such settings.
  public init(
    method: Method = .full(freeze: []), negatives: Negatives = .inBatch,
    temperature: Double = 0.05, epochs: Int = 1, batchSize: Int = 32, maximumLength: Int = 128,
    heldOut: Double = 0, seed: UInt64 = 0, learningRate: Double? = nil, warmup: Double = 0.1,
    evaluateEvery: Int? = nil, patience: Int? = nil, groupRows: Int = 1024
  ) {
    self.method = method
    self.negatives = negatives
    self.temperature = temperature
    self.epochs = epochs
    self.batchSize = batchSize
    self.maximumLength = maximumLength
    self.heldOut = heldOut
    self.seed = seed
    self.learningRate = learningRate
    self.warmup = warmup
    self.evaluateEvery = evaluateEvery
    self.patience = patience
    self.groupRows = groupRows
  }

  /// Tunes an encoder.
  ///
  /// The result depends on the settings, the encoder and the examples only: not on threads, and
  /// not on interruptions. Pairs whose texts have no token that the encoder knows are left out.
  ///
  /// - Parameters:
  ///   - encoder: What to start from.
  ///   - examples: What belongs together.
  ///   - source: Where negatives come from, if not from what ``negatives`` says.
  ///   - checkpoints: Where to keep states.
  ///   - context: Threads, progress, and when to stop.
  /// - Returns: The tuned encoder, and what was done.
  /// - Throws: ``ContrastiveError``; ``TrainingError``; what the encoder throws; cancellation.
  public func run<Encoder: TunableEncoder>(
    _ encoder: Encoder, on examples: ContrastiveExamples,
    negativesFrom source: (any NegativeSource)? = nil,
    checkpoints: any CheckpointStore = NoCheckpoints(), context: WorkContext
  ) throws -> (encoder: Encoder, summary: TrainingSummary) {
    try validate(ownNegatives: source == nil)
    let limit = limit(of: encoder)
    let tokens: @Sendable (ContrastiveText) -> [Int32] = { text in
      switch text {
      case .query(let text): encoder.tokens(of: text, as: .query, limit: limit)
      case .document(let text): encoder.tokens(of: text, as: .document, limit: limit)
      }
    }
    let known = try examples.known(tokens)
    let window = negatives.window
    var candidates: [[Int]] = []
    if let source = source ?? self.source(encoder) {
      var hasTokens: [Int: Bool] = [:]
      candidates = try source.candidates(for: known, context: context).map { documents in
        documents.filter { document in
          let isKnown =
            hasTokens[document]
            ?? !tokens(.document(known.corpus[document].encodedText)).isEmpty
          hasTokens[document] = isKnown
          return isKnown
        }
      }
    }
    guard known.pairs.count > 1 || !candidates.isEmpty else {
      throw ContrastiveError.batchTooSmall(got: known.pairs.count, needed: 2)
    }
    let batches = try ContrastiveBatches(
      known, batchSize: batchSize, candidates: candidates,
      negativesPerQuery: window?.perQuery ?? 1, heldOut: heldOut, seed: seed, longest: limit,
      tokens: tokens)
    let objective = objective(encoder.graph)
    let plan = plan(encoder, stepsPerEpoch: batches.stepsPerEpoch)
    let result = try Trainer(objective, plan: plan).run(
      batches, checkpoints: checkpoints, context: context
    ) { encoder.fillWeights($0) }
    return (try encoder.replacingWeights(result.parameters), result.summary)
  }

  func objective<Graph: EmbeddingGraph>(_ graph: Graph) -> ContrastiveObjective<Graph> {
    switch method {
    case .full(let freeze):
      ContrastiveObjective(graph, temperature: temperature) { name in
        freeze.contains { $0.containsEncoderTensor(name) }
      }
    }
  }

  func limit(of encoder: some TunableEncoder) -> Int {
    min(maximumLength, encoder.maximumLength, encoder.graph.positions ?? .max)
  }

  func plan(_ encoder: some TunableEncoder, stepsPerEpoch: Int) -> TrainingPlan {
    let steps = epochs * stepsPerEpoch
    return TrainingPlan(
      steps: steps,
      schedule: LearningRateSchedule(
        peak: learningRate ?? encoder.usualLearningRate,
        warmup: Int((Double(steps) * warmup).rounded()), steps: steps, floor: 0),
      evaluateEvery: evaluateEvery ?? stepsPerEpoch, patience: patience, groupRows: groupRows)
  }

  private func source(_ encoder: some TextEncoder) -> (any NegativeSource)? {
    switch negatives {
    case .inBatch: nil
    case .bm25(let window): LexicalNegatives(window)
    case .mined(let window): MinedNegatives(encoder, window: window)
    }
  }

  /// - Throws: ``ContrastiveError`` for settings that make no sense.
  func validate(ownNegatives: Bool) throws(ContrastiveError) {
    func check(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(ContrastiveError) {
      guard allowed.contains(value) else {
        throw .outOfRange(
          name: name, got: "\(value)",
          expected: "\(allowed.lowerBound) to \(allowed.upperBound)")
      }
    }
    try check("the number of epochs", epochs, 1...100_000)
    try check("the batch size", batchSize, 1...65_536)
    try check("the maximum length", maximumLength, 4...131_072)
    guard temperature.isFinite, temperature >= 1e-3, temperature <= 100 else {
      throw .outOfRange(
        name: "the temperature", got: "\(temperature)", expected: "0.001 to 100")
    }
    guard (0...0.5).contains(heldOut) else {
      throw .outOfRange(
        name: "the validation share", got: "\(heldOut)", expected: "0 to 0.5")
    }
    guard (0...1).contains(warmup) else {
      throw .outOfRange(name: "the warm-up", got: "\(warmup)", expected: "0 to 1")
    }
    if let learningRate, !(learningRate.isFinite && learningRate > 0) {
      throw .outOfRange(
        name: "the learning rate", got: "\(learningRate)", expected: "a positive number")
    }
    try negatives.window?.validate()
    guard batchSize > 1 || negatives != .inBatch || !ownNegatives else {
      throw .batchTooSmall(got: batchSize, needed: 2)
    }
  }
}

extension ContrastiveExamples {
  /// Without pairs whose texts have no token.
  fileprivate func known(
    _ tokens: (ContrastiveText) -> [Int32]
  ) throws(ContrastiveError) -> ContrastiveExamples {
    var documents: [Int: Bool] = [:]
    let queryIsKnown = queries.map { !tokens(.query($0)).isEmpty }
    let kept = pairs.filter { pair in
      let isKnown =
        documents[pair.document] ?? !tokens(.document(corpus[pair.document].encodedText)).isEmpty
      documents[pair.document] = isKnown
      return isKnown && queryIsKnown[pair.query]
    }
    return try keeping(kept)
  }
}

extension FrozenPart {
  /// Whether a tensor of an encoder belongs to it, by the name that Hugging Face gives the tensor.
  func containsEncoderTensor(_ tensor: String) -> Bool {
    switch self {
    case .embeddings: tensor.hasPrefix("embeddings.")
    case .norms: tensor.contains("LayerNorm")
    case .attention: tensor.contains(".attention.") && !tensor.contains("LayerNorm")
    case .feedForward:
      !tensor.contains(".attention.") && !tensor.contains("LayerNorm")
        && (tensor.contains(".intermediate.") || tensor.contains(".output."))
    case .layers(let below):
      tensor.hasPrefix("encoder.layer.")
        && tensor.split(separator: ".").dropFirst(2).first.flatMap { Int($0) }
          .map { $0 < below } ?? false
    }
  }
}
