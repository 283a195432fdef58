import Artifacts
import Bytes
import Diagnostics
import Evaluation
import Execution
import Language
import LanguageModels
import Training

extension VerbLibrary {
  /// What is trained beside a model's weights, and what can be done with it.
  static var adaptationVerbs: [Verb] {
    [lora, adapters, prefix, adapter, merge, lineage, updateRank]
  }

  /// A method of fine-tuning: a value that says which, and that `finetune` takes.
  ///
  /// - Parameters:
  ///   - name: The verb's name.
  ///   - summary: What the documentation says.
  ///   - example: A call.
  ///   - parameters: What it takes.
  ///   - check: Throws where arguments do not do.
  /// - Returns: The verb.
  static func method(
    _ name: String, _ summary: String, example: String,
    _ parameters: [VerbSignature.Parameter], check: @escaping @Sendable (Arguments) throws -> Void
  ) -> Verb {
    .option(
      VerbSignature(
        name, topic: "training", .describe, summary: summary, example: "method = \(example)",
        parameters: parameters, result: { _ in .option(name) }), check: check)
  }

  private static let lora = method(
    "lora", "Fine-tuning by low-rank additions to matrices; the model's own weights stay.",
    example: "lora(rank: 8, layers: [0, 1], parts: [\"q\", \"v\"])",
    [
      .init("rank", .number, default: "8", "How many directions each addition has."),
      .init(
        "alpha", StaticType.number.optional, default: "none",
        "An addition counts alpha / rank; none for twice the rank."),
      .init(
        "layers", StaticType.list(.number).optional, default: "none",
        "Which layers, from 0; none for all."),
      .init(
        "parts", .list(.string),
        default: Value.list(DecoderPart.names.map { .string($0) }).quoted,
        "Which matrices: \(DecoderPart.names.joined(separator: ", "))."),
    ]
  ) { _ = try AdaptationArguments.lora($0) }

  /// A method of one size.
  private static func method(
    _ name: String, _ summary: String, size: String, _ meaning: String
  ) -> Verb {
    method(
      name, summary, example: "\(name)(\(size): 16)",
      [.init(size, .number, default: "16", meaning)]
    ) { _ = try $0.integer(size, in: 1...65_536) }
  }

  private static let adapters = method(
    "adapters",
    "Fine-tuning of two small layers after attention and after each feed-forward block.",
    size: "width", "Hidden units of the small layers.")

  private static let prefix = method(
    "prefix", "Fine-tuning of keys and values that every layer sees before those of the text.",
    size: "length", "Positions that it takes from the model's context.")

  private static let adapter = Verb(
    VerbSignature(
      "adapter", topic: "models", .compute,
      summary: "A model with an adapter from a folder: PEFT's LoRA and prefixes, or poise's own.",
      example: "tuned = adapter(\"support-lora\", base: base)",
      parameters: [
        .init(
          "path", .path, positional: true,
          "A folder with adapter_config.json and adapter_model.safetensors."),
        .init("base", .artifact("model"), "The model that the adapter was trained beside."),
      ],
      result: { _ in .artifact("model") }),
    files: { try AdapterFolder.inputs($0) }
  ) { arguments, context in
    let input = try context.input("path")
    let handle = try arguments.handle("base", .model)
    let base = try handle.object(as: StoredModel.self)
    if let present = base.model.adapter {
      throw VerbError(
        "the base carries \(present.article) already", parameter: "base",
        help: "give it a model with weights of its own, such as merge(…) of this one")
    }
    // What may be read was decided when the path was resolved: those files and no others.
    let allowed = Set(input.files)
    let adapter = try AdapterFolder.load(
      input.path, for: base.model, mayRead: { allowed.contains($0) }, context: context.work)
    context.count(WorkCount.parameters, Double(adapter.layout.count))
    return try context.artifact(
      .model,
      StoredModel(
        model: try base.model.attaching(adapter), training: nil, base: handle,
        root: base.root ?? handle,
        lineage: base.lineage(
          as: handle.digest,
          then: ModelVersion(
            kind: adapter.shape.name, method: "adapter(\(Value.string(input.written).quoted))",
            data: "", steps: nil, trainedParameters: adapter.layout.count,
            bytes: adapter.weights.count))))
  }

  private static let merge = Verb(
    VerbSignature(
      "merge", topic: "training", .compute,
      summary: "A plain model with a LoRA folded into its weights.",
      example: "plain = merge(tuned)",
      parameters: [
        .init("model", .artifact("model"), positional: true, "A model that carries a LoRA.")
      ],
      result: { _ in .artifact("model") }),
    estimate: { arguments, _ in
      let model = try arguments.handle("model", .model).object(as: StoredModel.self).model
      return PlannedWork(memoryBytes: 2 * model.weights.count)
    }
  ) { arguments, context in
    let handle = try arguments.handle("model", .model)
    let model = try handle.object(as: StoredModel.self)
    // A model without an adapter is what it is.
    guard model.model.adapter != nil else { return .artifact(handle) }
    return try context.artifact(.model, model.merged(handle, context: context.work))
  }

  private static let updateRank = Verb(
    VerbSignature(
      "update_rank", topic: "training", .compute,
      summary:
        "How training changed each matrix of a model: over how many directions, and how far.",
      example: "mean(update_rank(tuned, from: base))",
      parameters: [
        .init("model", .artifact("model"), positional: true, "The model after training."),
        .init("from", .artifact("model"), "The model before, of the same shape."),
      ],
      result: { _ in .table })
  ) { arguments, context in
    func plain(_ parameter: String) throws -> DecoderModel {
      let model = try arguments.handle(parameter, .model).object(as: StoredModel.self).model
      do {
        return try model.merged(context: context.work)
      } catch let error as AdapterError {
        throw VerbError(
          "\(error)", parameter: parameter,
          help: "what is trained beside the matrices has no rank among them")
      }
    }
    let (tuned, base) = (try plain("model"), try plain("from"))
    guard
      let changes = try UpdateSpectrum.changes(from: base, to: tuned, context: context.work)
    else {
      throw VerbError(
        "the models have different shapes, so their matrices can't be compared", parameter: "from")
    }
    return .table(
      columns: ["matrix", "rank_90", "rank_99", "full_rank", "change"],
      rows: changes.map { change in
        [
          .string(change.name), .number(Double(change.rank(share: 0.9))),
          .number(Double(change.rank(share: 0.99))), .number(Double(change.values.count)),
          .number(Double(significant(change.relativeNorm, digits: 6)) ?? change.relativeNorm),
        ]
      })
  }

  private static let lineage = Verb(
    VerbSignature(
      "lineage", topic: "training", .describe,
      summary: "The versions that led to a model: what was done, on which data, and how much.",
      example: "lineage(tuned)",
      parameters: [
        .init("model", .artifact("model"), positional: true, "A model.")
      ],
      result: { _ in .table })
  ) { arguments, _ in
    let handle = try arguments.handle("model", .model)
    let lineage = try handle.object(as: StoredModel.self).versions
    var versions = lineage.ancestors + [lineage.own]
    versions[versions.count - 1].digest = handle.digest
    return .table(
      columns: [
        "version", "parent", "kind", "method", "data", "steps", "trained parameters", "bytes",
      ],
      rows: versions.indices.map { index in
        let version = versions[index]
        return [
          .string(version.digest?.short ?? ""),
          index > 0 ? .string(versions[index - 1].digest?.short ?? "") : .none,
          .string(version.kind), version.method.isEmpty ? .none : .string(version.method),
          version.data.isEmpty ? .none : .string(version.data),
          version.steps.map { .number(Double($0)) } ?? .none,
          version.trainedParameters.map { .number(Double($0)) } ?? .none,
          .number(Double(version.bytes)),
        ]
      })
  }
}

extension StoredModel {
  /// The model with its LoRA folded into its weights.
  ///
  /// - Throws: ``VerbError`` for bottleneck adapters and prefixes; cancellation.
  func merged(_ handle: ArtifactHandle, context: WorkContext) throws -> StoredModel {
    let plain: DecoderModel
    do {
      plain = try model.merged(context: context)
    } catch let error as AdapterError {
      throw VerbError(
        "\(error)", parameter: "model", help: "only a LoRA is a change of weights")
    }
    return StoredModel(
      model: plain, training: training, root: root ?? handle,
      lineage: lineage(
        as: handle.digest,
        then: ModelVersion(
          kind: "merge", method: "merge()", data: "", steps: nil, trainedParameters: nil,
          bytes: plain.weights.count)))
  }
}

/// A method of fine-tuning out of what the language says of it.
enum AdaptationArguments {
  /// The describe verbs that `finetune(method:)` takes.
  static let methods = ["full", "lora", "adapters", "prefix"]

  /// The method that an option stands for.
  ///
  /// - Parameters:
  ///   - arguments: Those of `finetune`.
  ///   - parameter: Which of them is the method.
  /// - Returns: The method as the engine knows it.
  /// - Throws: ``VerbError``.
  static func method(_ arguments: Arguments, parameter: String = "method") throws
    -> FineTuningMethod
  {
    let option = try arguments.option(parameter, anyOf: methods)
    let own = Arguments(option.arguments)
    switch option.verb {
    case "lora": return try lora(own)
    case "adapters": return .adapters(width: try own.integer("width", in: 1...65_536))
    case "prefix": return .prefix(length: try own.integer("length", in: 1...65_536))
    default:
      return .full(freeze: try TrainingParts.parts(own.strings("freeze"), parameter: parameter))
    }
  }

  /// What a method trains beside a model's weights; nil where it trains these.
  static func layout(_ method: FineTuningMethod, _ model: DecoderModel) throws -> AdapterLayout? {
    do {
      return try method.layout(for: model.layout.configuration)
    } catch {
      throw VerbError("\(error)", parameter: "method")
    }
  }

  static func lora(_ arguments: Arguments) throws -> FineTuningMethod {
    let rank = try arguments.integer("rank", in: 1...65_536)
    let alpha = arguments.isNone("alpha") ? Double(2 * rank) : try arguments.number("alpha")
    guard alpha.isFinite, alpha != 0, abs(alpha) <= 1e9 else {
      throw VerbError(
        "expected a number other than 0, got \(arguments["alpha"].interpolated)",
        parameter: "alpha")
    }
    let parts = try arguments.strings("parts").map { name in
      guard let part = DecoderPart(rawValue: name) else {
        throw VerbError(
          "there is no part '\(name)'", parameter: "parts",
          help: "parts are \(DecoderPart.names.joined(separator: ", "))")
      }
      return part
    }
    guard !parts.isEmpty else {
      throw VerbError("no part is named, so nothing would be trained", parameter: "parts")
    }
    guard Set(parts).count == parts.count else {
      throw VerbError("a part is named twice", parameter: "parts")
    }
    guard !arguments.isNone("layers") else {
      return .lora(rank: rank, alpha: alpha, layers: nil, on: parts)
    }
    let layers = try arguments.list("layers").map { item in
      guard let number = item.point, let layer = Int(exactly: number), layer >= 0 else {
        throw VerbError(
          "expected layers as whole numbers from 0, got \(item.interpolated)",
          parameter: "layers")
      }
      return layer
    }
    guard !layers.isEmpty else {
      throw VerbError("no layer is named, so nothing would be trained", parameter: "layers")
    }
    guard Set(layers).count == layers.count else {
      throw VerbError("a layer is named twice", parameter: "layers")
    }
    return .lora(rank: rank, alpha: alpha, layers: layers, on: parts)
  }
}
