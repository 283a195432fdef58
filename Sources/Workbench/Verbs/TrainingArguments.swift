import LanguageModels
import Language
import Tensors
import Tokenizers
import Training

/// What all trainers take.
struct SharedTraining {
  let learningRate: Double
  let weightDecay: Double
  let heldOut: Double
  let patience: Int?
  let seed: UInt64

  /// - Parameters:
  ///   - arguments: Those of the call.
  ///   - rate: The learning rate where none is given; nil where one has to be.
  /// - Throws: ``VerbError``.
  init(_ arguments: Arguments, rate: Double? = nil) throws {
    if let rate, arguments.isNone("learning_rate") {
      learningRate = rate
    } else {
      learningRate = try Self.positive(arguments, "learning_rate", atMost: 100)
    }
    weightDecay = try arguments.number("weight_decay")
    guard (0...1).contains(weightDecay) else {
      throw VerbError(
        "expected a decay from 0 to 1, got \(arguments["weight_decay"].interpolated)",
        parameter: "weight_decay")
    }
    heldOut = try arguments.number("held_out")
    guard (0...0.5).contains(heldOut) else {
      throw VerbError(
        "expected a share from 0 to 0.5, got \(arguments["held_out"].interpolated)",
        parameter: "held_out")
    }
    patience =
      arguments.isNone("early_stopping")
      ? nil : try arguments.integer("early_stopping", in: 1...100_000)
    if patience != nil, heldOut == 0 {
      throw VerbError(
        "early stopping needs a part that is held out", parameter: "early_stopping",
        help: "give held_out: 0.1, say")
    }
    seed = UInt64(try arguments.integer("seed", in: 0...Int(1) << 53))
  }

  /// A plan of so many steps, in which the learning rate falls over the last share of them.
  func plan(steps: Int, evaluateEvery: Int, decay: Double = 1) -> TrainingPlan {
    TrainingPlan(
      steps: steps,
      schedule: LearningRateSchedule(
        peak: learningRate, warmup: min(100, steps / 10), steps: steps, decay: decay),
      optimizer: AdamW(beta2: 0.99, weightDecay: Float(weightDecay)),
      evaluateEvery: evaluateEvery, patience: patience)
  }

  private static func positive(
    _ arguments: Arguments, _ name: String, atMost limit: Double
  ) throws -> Double {
    let value = try arguments.number(name)
    guard value > 0, value <= limit else {
      throw VerbError(
        "expected a number above 0 and up to \(Int(limit)), got \(arguments[name].interpolated)",
        parameter: name)
    }
    return value
  }
}

/// What a fine-tuning starts from, and which numbers it trains.
struct FineTuningStart {
  /// A model without an adapter.
  let stored: StoredModel
  /// Where it is stored.
  let handle: ArtifactHandle
  let method: FineTuningMethod

  /// A LoRA that the model carries is folded into its weights first: what is trained next goes
  /// with a base of its own.
  init(_ arguments: Arguments, _ context: VerbContext) throws {
    let given = try arguments.handle("model", .model)
    let model = try given.object(as: StoredModel.self)
    let freeze = try TrainingParts.parts(arguments.strings("freeze"), parameter: "freeze")
    switch try AdaptationArguments.method(arguments) {
    case .full(let own): method = .full(freeze: freeze + own)
    case let other:
      guard freeze.isEmpty else {
        throw VerbError(
          "\(other.name)(…) trains none of the model's own weights, so nothing can be frozen",
          parameter: "freeze", help: "leave it out, or use method: full()")
      }
      method = other
    }
    if model.model.adapter == nil {
      (stored, handle) = (model, given)
    } else {
      stored = try model.merged(given, context: context.work)
      handle = try context.handle(.model, stored)
    }
    _ = try AdaptationArguments.layout(method, stored.model)
  }
}

/// The arguments of `pretrain`, checked.
struct PretrainingArguments {
  let layers: Int
  let width: Int
  let heads: Int
  let keyValueHeads: Int?
  let feedForward: Int
  let context: Int
  let ropeBase: Double
  let vocabulary: Int
  /// One that is there already.
  let tokenizer: Tokenizer?
  let units: String
  let batch: Int
  let steps: Int
  /// The share of the steps over which the learning rate falls.
  let decay: Double
  let shared: SharedTraining
  /// What models are made for; see `DecoderConfiguration`.
  private static let largestHead = 1024

  init(_ arguments: Arguments) throws {
    layers = try arguments.integer("layers", in: 1...200)
    width = try arguments.integer("width", in: 2...16_384)
    heads = try arguments.integer("heads", in: 1...256)
    guard width % heads == 0, width / heads % 2 == 0 else {
      throw VerbError(
        "a width of \(width) does not divide into \(heads) heads of an even size",
        parameter: "heads", help: "a width that is a multiple of \(2 * heads) does")
    }
    guard width / heads <= Self.largestHead else {
      throw VerbError(
        "a width of \(width) in \(heads) heads gives heads of \(width / heads), more than "
          + "\(Self.largestHead)", parameter: "heads", help: "use more heads")
    }
    keyValueHeads =
      arguments.isNone("key_value_heads")
      ? nil : try arguments.integer("key_value_heads", in: 1...heads)
    if let keyValueHeads, heads % keyValueHeads != 0 {
      throw VerbError(
        "\(heads) heads are no multiple of \(keyValueHeads)", parameter: "key_value_heads")
    }
    feedForward =
      arguments.isNone("feed_forward")
      ? 3 * width : try arguments.integer("feed_forward", in: 1...131_072)
    context = try arguments.integer("context", in: 2...65_536)
    ropeBase = try arguments.number("rope_base")
    guard (1...1e12).contains(ropeBase) else {
      throw VerbError(
        "expected a number from 1 to 1e12, got \(formatNumber(ropeBase))", parameter: "rope_base")
    }
    vocabulary = try arguments.integer("vocabulary", in: 2...1_000_000)
    if let units = arguments["tokenizer"].text {
      tokenizer = nil
      self.units = try TokenizerUnits.known(units, parameter: "tokenizer")
    } else {
      tokenizer = try arguments.handle("tokenizer", .tokenizer).object(as: Tokenizer.self)
      units = "bpe"
    }
    batch = try arguments.integer("batch", in: 1...65_536)
    switch (arguments.isNone("steps"), arguments.isNone("tokens")) {
    case (false, true): steps = try arguments.integer("steps", in: 1...100_000_000)
    case (true, false):
      let tokens = try arguments.integer("tokens", in: 1...Int(1) << 50)
      steps = max(1, (tokens + batch * context - 1) / (batch * context))
    case (true, true):
      throw VerbError(
        "how long to train is missing", parameter: "steps",
        help: "give steps: 500 or tokens: 1000000, say")
    case (false, false):
      throw VerbError(
        "steps and tokens both say how long to train", parameter: "tokens",
        help: "leave one of them out")
    }
    decay = try arguments.number("decay")
    guard decay > 0, decay <= 1 else {
      throw VerbError(
        "expected a share above 0 and up to 1, got \(formatNumber(decay))", parameter: "decay")
    }
    shared = try SharedTraining(arguments)
  }

  /// The vocabulary as far as it is known before the tokenizer is trained.
  var plannedVocabulary: Int {
    if let tokenizer { return tokenizer.vocabularySize }
    return units == "bytes" ? 257 : vocabulary
  }

  func run(vocabulary: Int) -> Pretraining {
    Pretraining(
      configuration: DecoderConfiguration(
        vocabularySize: vocabulary, width: width, layers: layers, heads: heads,
        keyValueHeads: keyValueHeads, feedForwardWidth: feedForward, context: context,
        ropeBase: ropeBase),
      sequences: batch, heldOut: shared.heldOut,
      plan: shared.plan(steps: steps, evaluateEvery: max(1, steps / 20), decay: decay),
      seed: shared.seed)
  }
}
