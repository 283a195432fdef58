import Corpora
import Execution
import Glibc
import Language
import TextEncoders
import Training

extension VerbLibrary {
  /// What turns texts into vectors, and its tuning.
  static var encoderVerbs: [Verb] { [encoder, staticEncoder, project, tuneEncoder] }

  private static let encoder = Verb(
    VerbSignature(
      "encoder", topic: "models", .compute,
      summary: "A BERT-type encoder from a Hugging Face folder, or a language model's states.",
      example: "minilm = encoder(\"minilm\")",
      parameters: [
        .init(
          "path", .union([.path, .artifact("model")]), positional: true,
          "A folder with config.json, safetensors and a tokenizer; the name of a known one, "
            + EncoderFolder.names.map { "\"\($0)\"" }.joined(separator: ", ")
            + "; or a language model, whose hidden states are averaged.")
      ],
      result: { _ in .artifact("encoder") }),
    files: { try EncoderFolder.inputs($0) },
    shortNames: EncoderFolder.names,
    place: { name in
      try EncoderFolder.named(name) { variable in getenv(variable).map { String(cString: $0) } }
    },
    estimate: { _, inputs in
      guard let path = inputs["path"]?.path else { return nil }
      // Weights as they lie, and laid out for products.
      return PlannedWork(
        memoryBytes: 12 * EncoderLayout(try EncoderFolder.configuration(path)).count)
    }
  ) { arguments, context in
    if case .artifact(let model) = arguments["path"], model.kind == .model {
      return try context.artifact(.encoder, StoredEncoder(.decoder(model)))
    }
    let input = try context.input("path")
    let allowed = Set(input.files)
    let model = try EncoderFolder.load(
      input.path, mayRead: { allowed.contains($0) }, context: context.work)
    context.count(WorkCount.parameters, Double(model.layout.count))
    let written = try arguments.string("path")
    let name = EncoderFolder.names.contains(written) ? written : "encoder"
    return try context.artifact(.encoder, StoredEncoder(.bert(BertEncoder(model, name: name))))
  }

  private static let staticEncoder = Verb(
    VerbSignature(
      "static_encoder", topic: "models", .compute,
      summary: "Learns a vector for each word of a corpus from the words around it, in seconds.",
      example: "words = static_encoder(scifact.corpus, dimension: 256)",
      parameters: [
        .init("corpus", .artifact("corpus"), positional: true, "The texts."),
        .init("dimension", .number, default: "256", "Components of a vector."),
        .init("vocabulary", .number, default: "30000", "How many words get a vector at most."),
        .init("window", .number, default: "10", "How many words to each side count as around one."),
        .init(
          "from", StaticType.artifact("encoder").optional, default: "none",
          "Takes each word's vector from this encoder instead."),
        .init("seed", .number, default: "0", "What the projection is drawn by."),
      ],
      result: { _ in .artifact("encoder") })
  ) { arguments, context in
    let corpus = try arguments.handle("corpus", .corpus).object(as: Corpus.self)
    let vocabulary = try arguments.integer("vocabulary", in: 2...1_000_000)
    context.recordKernels()
    if !arguments.isNone("from") {
      let teacher = try arguments.handle("from", .encoder).object(as: StoredEncoder.self).encoder()
      return try context.artifact(
        .encoder,
        StoredEncoder(
          .fixed(
            try StaticEncoder.distill(
              teacher, corpus: corpus, vocabulary: vocabulary, context: context.work))))
    }
    let settings = StaticTraining(
      dimension: try arguments.integer("dimension", in: 1...4096), vocabulary: vocabulary,
      window: try arguments.integer("window", in: 1...1000),
      seed: UInt64(try arguments.integer("seed", in: 0...Int(1) << 53)))
    return try context.artifact(
      .encoder,
      StoredEncoder(.fixed(try StaticEncoder.train(corpus, settings, context: context.work))))
  }

  private static let project = Verb(
    VerbSignature(
      "project", topic: "models", .compute,
      summary: "An encoder whose vectors are mapped to fewer dimensions.",
      example: "small = project(encoder(\"minilm\"), dimension: 64, on: scifact.corpus)",
      parameters: [
        .init("encoder", .artifact("encoder"), positional: true, "What to start from."),
        .init("dimension", .number, "Components of a vector."),
        .init(
          "method", .string, default: "\"pca\"",
          choices: Projection.Method.allCases.map(\.rawValue),
          "By the directions in which a corpus varies most, the first components, or at random."),
        .init(
          "on", StaticType.artifact("corpus").optional, default: "none",
          "With pca: the corpus whose documents show the directions."),
        .init("sample", .number, default: "2000", "With pca: how many documents at most."),
        .init("seed", .number, default: "0", "What the sample or the directions are drawn by."),
      ],
      result: { _ in .artifact("encoder") })
  ) { arguments, context in
    let base = try arguments.handle("encoder", .encoder)
    let encoder = try base.object(as: StoredEncoder.self).encoder()
    let dimension = try arguments.integer("dimension", in: 1...encoder.dimension)
    let seed = UInt64(try arguments.integer("seed", in: 0...Int(1) << 53))
    let projection: Projection
    switch try known(arguments, "method", Projection.Method.allCases.map(\.rawValue)) {
    case "truncate": projection = try .truncation(from: encoder.dimension, to: dimension)
    case "random": projection = try .random(from: encoder.dimension, to: dimension, seed: seed)
    default:
      guard !arguments.isNone("on") else {
        throw VerbError(
          "pca needs a corpus to find directions in", parameter: "method",
          help: "give on: scifact.corpus, say")
      }
      let corpus = try arguments.handle("on", .corpus).object(as: Corpus.self)
      let places = RandomStream.permutation(
        corpus.count, seed: seed, purpose: "projection sample"
      ).prefix(try arguments.integer("sample", in: 2...1_000_000)).sorted()
      let texts = places.map { corpus[$0].encodedText }
      projection = try .pca(
        of: try encoder.encode(texts, as: .document, context: context.work), to: dimension,
        context: context.work)
    }
    context.recordKernels()
    return try context.artifact(.encoder, StoredEncoder(.projected(base: base, projection)))
  }

  private static let tuneEncoder = Verb(
    VerbSignature(
      "tune_encoder", topic: "training", .compute,
      summary: "Tunes an encoder so that queries come near their documents, by contrast.",
      example: "tuned = tune_encoder(encoder(\"minilm\"), on: scifact.train, "
        + "corpus: scifact.corpus, negatives: \"bm25\")",
      parameters: [
        .init("encoder", .artifact("encoder"), positional: true, "What to start from."),
        .init(
          "on", .union([.artifact("questions"), .table]),
          "Judged queries, or records of query and document (the texts)."),
        .init(
          "corpus", StaticType.artifact("corpus").optional, default: "none",
          "Where the judged documents are; needed with judged queries."),
        .init(
          "negatives", .string, default: "\"in-batch\"", choices: Negatives.names,
          "What a query is kept from: other queries' documents; besides, one that BM25 or the "
            + "encoder itself ranks high."),
        .init("method", .option("full"), default: "full()", "Which numbers are trained."),
        .init(
          "temperature", .number, default: "0.05",
          "How sharply the right document has to stand out."),
        .init("epochs", .number, default: "1", "Passes over the pairs."),
        .init("batch", .number, default: "32", "Pairs of a step, each other's negatives."),
        .init("length", .number, default: "128", "Tokens of a text that training reads."),
        .init(
          "learning_rate", StaticType.number.optional, default: "none",
          "The highest learning rate; none for what suits the encoder."),
        .init(
          "held_out", .number, default: "0",
          "The share of queries that is measured and not learned; 0 to 0.5."),
        .init(
          "early_stopping", StaticType.number.optional, default: "none",
          "Measurements without improvement after which training stops, keeping the best."),
        .init("seed", .number, default: "0", "What the random numbers are drawn by."),
      ],
      result: { _ in .artifact("encoder") }),
    estimate: { arguments, _ in
      let stored = try arguments.handle("encoder", .encoder).object(as: StoredEncoder.self)
      let examples = try EncoderPairs.examples(arguments)
      let tuning = try EncoderPairs.tuning(arguments)
      let estimate =
        switch stored.engine {
        case .bert(let encoder): try tuning.estimate(encoder, on: examples)
        case .fixed(let encoder): try tuning.estimate(encoder, on: examples)
        case .decoder, .projected: throw EncoderPairs.notTunable
        }
      return PlannedWork(
        memoryBytes: estimate.bytes, operations: estimate.operations,
        note: "\(counted(estimate.steps, "step")) of \(tuning.batchSize) pairs")
    }
  ) { arguments, context in
    let stored = try arguments.handle("encoder", .encoder).object(as: StoredEncoder.self)
    let examples = try EncoderPairs.examples(arguments)
    let tuning = try EncoderPairs.tuning(arguments)
    let tuned: StoredEncoder
    switch stored.engine {
    case .bert(let encoder):
      let (result, summary) = try tuning.run(
        encoder, on: examples, checkpoints: context.checkpoints, context: context.work)
      tuned = StoredEncoder(.bert(result), training: summary)
    case .fixed(let encoder):
      let (result, summary) = try tuning.run(
        encoder, on: examples, checkpoints: context.checkpoints, context: context.work)
      tuned = StoredEncoder(.fixed(result), training: summary)
    case .decoder, .projected: throw EncoderPairs.notTunable
    }
    if let summary = tuned.training {
      context.record(summary, parameters: try tuned.parameterCount())
    }
    return try context.artifact(.encoder, tuned)
  }
}

/// The arguments of `tune_encoder`, checked.
enum EncoderPairs {
  static let notTunable = VerbError(
    "only BERT-type and static encoders are tuned", parameter: "encoder",
    help: "tune first and project the result")

  static func examples(_ arguments: Arguments) throws -> ContrastiveExamples {
    if case .list = arguments["on"] {
      let pairs = try arguments.table("on").enumerated().map { index, record in
        guard let query = record["query"]?.text, let document = record["document"]?.text else {
          throw VerbError(
            "pair \(index): expected the fields 'query' and 'document' with texts",
            parameter: "on")
        }
        return (query: query, document: document)
      }
      return try ContrastiveExamples(pairs: pairs)
    }
    let set = try arguments.handle("on", .questions).object(as: JudgedSet.self)
    guard !arguments.isNone("corpus") else {
      throw VerbError(
        "judged queries name documents, so their corpus is needed", parameter: "on",
        help: "give corpus: scifact.corpus, say")
    }
    return try ContrastiveExamples(
      set, corpus: try arguments.handle("corpus", .corpus).object(as: Corpus.self))
  }

  static func tuning(_ arguments: Arguments) throws -> EncoderTuning {
    let name = try arguments.string("negatives")
    guard let negatives = Negatives(name) else {
      throw VerbError(
        "there are no negatives '\(name)'", parameter: "negatives",
        help: "there are \(Negatives.names.joined(separator: ", "))")
    }
    let method = try arguments.option("method", anyOf: ["full"])
    let temperature = try arguments.number("temperature")
    guard temperature > 0, temperature <= 10 else {
      throw VerbError(
        "expected a temperature above 0 and up to 10, got \(formatNumber(temperature))",
        parameter: "temperature")
    }
    let heldOut = try arguments.number("held_out")
    guard (0...0.5).contains(heldOut) else {
      throw VerbError(
        "expected a share from 0 to 0.5, got \(formatNumber(heldOut))", parameter: "held_out")
    }
    let rate = arguments.isNone("learning_rate") ? nil : try arguments.number("learning_rate")
    if let rate, !(rate > 0 && rate <= 100) {
      throw VerbError(
        "expected a number above 0 and up to 100, got \(formatNumber(rate))",
        parameter: "learning_rate")
    }
    return EncoderTuning(
      method: .full(
        freeze: try TrainingParts.parts(
          Arguments(method.arguments).strings("freeze"), parameter: "method")),
      negatives: negatives, temperature: temperature,
      epochs: try arguments.integer("epochs", in: 1...10_000),
      batchSize: try arguments.integer("batch", in: 2...65_536),
      maximumLength: try arguments.integer("length", in: 4...8192), heldOut: heldOut,
      seed: UInt64(try arguments.integer("seed", in: 0...Int(1) << 53)), learningRate: rate,
      patience: arguments.isNone("early_stopping")
        ? nil : try arguments.integer("early_stopping", in: 1...100_000))
  }
}
