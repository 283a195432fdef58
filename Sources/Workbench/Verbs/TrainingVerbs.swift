import Artifacts
import Bytes
import Corpora
import Execution
import Language
import LanguageModels
import Tensors
import Tokenizers
import Training

extension VerbLibrary {
  /// Trainers.
  static var trainingVerbs: [Verb] { [pretrain, finetune, full] }

  private static let pretrain = Verb(
    VerbSignature(
      "pretrain", topic: "training", .compute,
      summary: "Trains a language model on a corpus, or on lessons, from random weights.",
      example: "base = pretrain(docs.corpus, layers: 4, width: 128, steps: 500)",
      parameters: [
        .init(
          "corpus", .union([.artifact("corpus"), .artifact("lessons")]), positional: true,
          "What it reads: texts, or lessons with a tokenizer of their own words."),
        .init("layers", .number, default: "4", "Transformer layers."),
        .init("width", .number, default: "128", "The size of a hidden state."),
        .init("heads", .number, default: "4", "Attention heads; a divisor of the width."),
        .init(
          "key_value_heads", StaticType.number.optional, default: "none",
          "Heads of keys and values, a divisor of the heads; none for as many."),
        .init(
          "feed_forward", StaticType.number.optional, default: "none",
          "The size between gate and down; none for three times the width."),
        .init("context", .number, default: "128", "The longest sequence, in tokens."),
        .init(
          "rope_base", .number, default: "10000",
          "The base of the rotary angles: the larger, the more of a head compares what is said and "
            + "not where."),
        .init(
          "vocabulary", .number, default: "2048", "How many tokens the tokenizer learns at most."),
        .init(
          "tokenizer", .union([.string, .artifact("tokenizer")]), default: "\"bpe\"",
          choices: TokenizerUnits.names, "What a token is, or a tokenizer that is there already."),
        .init("steps", StaticType.number.optional, default: "none", "Optimiser steps."),
        .init(
          "tokens", StaticType.number.optional, default: "none",
          "How many tokens to read, instead of steps."),
        .init("batch", .number, default: "32", "Sequences of a step."),
        .init(
          "decay", .number, default: "1",
          "The share of the steps, the last ones, over which the learning rate falls; it stays at "
            + "its highest before."),
      ] + sharedParameters(rate: "0.003", decay: "0.1"),
      result: { _ in .artifact("model") }),
    estimate: { arguments, _ in
      let shape = try PretrainingArguments(arguments)
      let run = shape.run(vocabulary: shape.plannedVocabulary)
      return PlannedWork(
        memoryBytes: run.memory, operations: run.operations,
        note: "\(counted(run.plan.steps, "step")) of \(shape.batch) × \(shape.context) tokens")
    }
  ) { arguments, context in
    let shape = try PretrainingArguments(arguments)
    let source = try arguments.handle("corpus", anyOf: [.corpus, .lessons])
    if source.kind == .lessons {
      return try pretrain(shape, on: try source.object(as: Lessons.self), context)
    }
    let texts = ModelTexts.texts(of: try source.object(as: Corpus.self))
    let tokenizer =
      try shape.tokenizer
      ?? TokenizerUnits.train(
        shape.units, texts: texts, vocabulary: shape.vocabulary, context: context.work)
    let tokens = try ModelTexts.tokens(texts, tokenizer, context: context.work)
    var run = shape.run(vocabulary: tokenizer.vocabularySize)
    run.configuration.endTokens = tokenizer.endOfText.map { [$0] } ?? []
    run.configuration.beginToken = tokenizer.beginOfText
    let result = try run.run(tokens, checkpoints: context.checkpoints, context: context.work)
    context.record(result.summary, parameters: DecoderLayout(run.configuration).count)
    let model = try DecoderModel(
      configuration: run.configuration, weights: result.weights, tokenizer: tokenizer)
    return try context.artifact(.model, StoredModel(model: model, training: result.summary))
  }

  /// A model brought up on lessons; what is said in them is known before, so that words are its
  /// tokens unless it is given a tokenizer.
  private static func pretrain(
    _ shape: PretrainingArguments, on lessons: Lessons, _ context: VerbContext
  ) throws -> Value {
    let tokenizer =
      try shape.tokenizer
      ?? TokenizerUnits.train(
        "words", texts: Wording.vocabulary, vocabulary: 1_000_000, context: context.work)
    var run = shape.run(vocabulary: tokenizer.vocabularySize)
    run.configuration.endTokens = tokenizer.endOfText.map { [$0] } ?? []
    run.configuration.beginToken = tokenizer.beginOfText
    let result = try run.run(
      lessons, tokenizer: tokenizer, checkpoints: context.checkpoints, context: context.work)
    context.record(result.summary, parameters: DecoderLayout(run.configuration).count)
    let model = try DecoderModel(
      configuration: run.configuration, weights: result.weights, tokenizer: tokenizer)
    return try context.artifact(.model, StoredModel(model: model, training: result.summary))
  }

  private static let finetune = Verb(
    VerbSignature(
      "finetune", topic: "training", .compute, version: 2,
      summary: "Goes on training a model on examples; prompts are read, completions learned.",
      example: "tuned = finetune(base, on: [{prompt: \"The capital of Chad is\", completion: "
        + "\" N'Djamena\"}], epochs: 20, method: lora(rank: 8))",
      parameters: [
        .init("model", .artifact("model"), positional: true, "What to start from."),
        .init(
          "on",
          .union([.artifact("corpus"), .artifact("questions"), .table, .list(.string)]),
          "Texts, questions with answers, or records with prompt and completion, or text."),
        .init("epochs", .number, default: "3", "Passes over the examples."),
        .init(
          "method", .union(AdaptationArguments.methods.map { .option($0) }), default: "full()",
          "Which numbers are trained: full(), lora(…), adapters(…) or prefix(…)."),
        .init(
          "freeze", .list(.string), default: "[]",
          "Parts that full() leaves as they are, besides its own: "
            + FrozenPart.names.joined(separator: ", ") + "."),
        .init("batch", .number, default: "16", "Examples of a step."),
      ] + sharedParameters(rate: "none", decay: "0.01"),
      result: { _ in .artifact("model") }),
    estimate: { arguments, _ in
      let model = try arguments.handle("model", .model).object(as: StoredModel.self).model
      let adapter = try AdaptationArguments.layout(
        AdaptationArguments.method(arguments), model)
      let memory = TrainingMemory(
        parameters: adapter?.count ?? model.layout.count, configuration: model.configuration,
        groupRows: max(512, min(model.configuration.context, 4096)),
        keepsBest: !arguments.isNone("early_stopping"), adapter: adapter)
      return PlannedWork(memoryBytes: memory.bytes)
    }
  ) { arguments, context in
    let start = try FineTuningStart(arguments, context)
    let base = start.stored.model
    let examples = try TrainingExamples.examples(
      arguments, model: base, method: start.method, context: context.work)
    let shared = try SharedTraining(
      arguments,
      rate: start.method.defaultLearningRate(parameters: base.layout.count))
    let run = FineTuning(
      method: start.method, epochs: try arguments.integer("epochs", in: 1...100_000),
      batchSize: try arguments.integer("batch", in: 1...65_536), heldOut: shared.heldOut,
      seed: shared.seed
    ) { steps, stepsPerEpoch in
      shared.plan(steps: steps, evaluateEvery: max(1, min(stepsPerEpoch, steps / 10)))
    }
    let result = try run.run(
      base, on: examples, checkpoints: context.checkpoints, context: context.work)
    context.record(result.summary, parameters: base.layout.count)
    let adapter = result.model.adapter
    return try context.artifact(
      .model,
      StoredModel(
        model: result.model, training: result.summary,
        base: adapter == nil ? nil : start.handle, root: start.stored.root ?? start.handle,
        lineage: start.stored.lineage(
          as: start.handle.digest,
          then: ModelVersion(
            kind: start.method.name, method: arguments["method"].quoted,
            data: try TrainingExamples.description(arguments), steps: result.summary.steps,
            trainedParameters: result.summary.trainedParameters,
            bytes: adapter?.weights.count ?? result.model.weights.count))))
  }

  private static let full = method(
    "full", "Fine-tuning of a model's own weights, all but the frozen parts.",
    example: "full(freeze: [\"embeddings\", \"layers < 2\"])",
    [
      .init(
        "freeze", .list(.string), default: "[]",
        "Parts that stay as they are: " + FrozenPart.names.joined(separator: ", ") + ".")
    ]
  ) { _ = try TrainingParts.parts($0.strings("freeze"), parameter: "freeze") }

  /// What all trainers take; in the order of the documentation.
  private static func sharedParameters(
    rate: String, decay: String
  ) -> [VerbSignature.Parameter] {
    [
      .init(
        "learning_rate", rate == "none" ? StaticType.number.optional : .number, default: rate,
        "The highest learning rate; a warm-up comes before, a cosine down to a tenth after it."
          + (rate == "none" ? " None for one by the method and the model's size." : "")),
      .init(
        "weight_decay", .number, default: decay, "AdamW's decay of matrices."),
      .init(
        "held_out", .number, default: "0.1",
        "The share that is measured and not learned; 0 to 0.5."),
      .init(
        "early_stopping", StaticType.number.optional, default: "none",
        "Measurements without improvement after which training stops, keeping the best."),
      .init("seed", .number, default: "0", "What the random numbers are drawn by."),
    ]
  }
}

/// Parts of a model that a training leaves as they are.
enum TrainingParts {
  static func parts(_ names: [String], parameter: String) throws -> [FrozenPart] {
    try names.map { name in
      guard let part = FrozenPart(name) else {
        throw VerbError(
          "there is no part '\(name)'", parameter: parameter,
          help: "parts are \(FrozenPart.names.joined(separator: ", "))")
      }
      return part
    }
  }
}

extension VerbContext {
  /// Records what training cost, and on which kernels.
  func record(_ summary: TrainingSummary, parameters: Int) {
    count(WorkCount.operations, summary.operations)
    count(WorkCount.tokens, Double(summary.tokens))
    count(WorkCount.steps, Double(summary.steps))
    count(WorkCount.parameters, Double(parameters))
    if let blas = try? BLAS.shared() { kernel("\(Vectors.instructionSet) + \(blas.kernel)") }
  }
}
