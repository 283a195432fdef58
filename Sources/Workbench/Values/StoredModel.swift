package import Bytes
import Corpora
package import Execution
package import LanguageModels
import Language
import Tokenizers
package import Training

/// A model in the language: the decoder and, where it was trained here, how that went.
package struct StoredModel: Sendable {
  package let model: DecoderModel
  /// What the last training did; nil for a model that was loaded.
  package let training: TrainingSummary?

  package init(model: DecoderModel, training: TrainingSummary?) {
    self.model = model
    self.training = training
  }

  private static let note = "poise.training"

  /// Writes a safetensors file, weights as they lie; see `DecoderModelCodec`.
  package func encode(to sink: ByteSink) throws {
    let notes = training.map {
      [(name: Self.note, text: String(decoding: $0.json.serialized(), as: UTF8.self))]
    }
    try DecoderModelCodec(model, notes: notes ?? []).encode { try sink.write($0) }
  }

  /// Reads ``encode(to:)`` in place; weights are not touched.
  package init(decoding bytes: SharedBytes) throws {
    model = try DecoderModel(decoding: bytes)
    training = try DecoderModelCodec.note(Self.note, in: bytes).map { text in
      guard let summary = TrainingSummary(json: try JSONValue(parsing: text)) else {
        throw VerbError("a stored model's training can't be read")
      }
      return summary
    }
  }
}

// MARK: - In the language

extension StoredModel {
  static let members: [(name: String, type: StaticType)] = [
    ("parameters", .number), ("layers", .number), ("width", .number), ("heads", .number),
    ("context", .number), ("vocabulary", .number), ("bytes", .number),
    ("tokenizer", .artifact("tokenizer")), ("curve", .table), ("steps", .number),
    ("tokens", .number), ("flops", .number), ("validation_loss", .number), ("loss", .number),
  ]

  /// The value of a member; nil where there is none of that name.
  func member(_ name: String, tokenizer: (Tokenizer) -> Value) throws -> Value? {
    let c = model.configuration
    switch name {
    case "parameters": return .number(Double(model.layout.count))
    case "layers": return .number(Double(c.layers))
    case "width": return .number(Double(c.width))
    case "heads": return .number(Double(c.heads))
    case "context": return .number(Double(c.context))
    case "vocabulary": return .number(Double(c.vocabularySize))
    case "bytes": return .number(Double(model.weights.count))
    case "tokenizer":
      guard let own = model.tokenizer else { throw VerbError("the model has no tokenizer") }
      return tokenizer(own)
    default: break
    }
    guard Self.members.contains(where: { $0.name == name }) else { return nil }
    guard let training else {
      throw VerbError(
        "the model was loaded, so it has no '\(name)'",
        help: "models from pretrain(…) and finetune(…) have")
    }
    let last = training.curve.points.last
    switch name {
    case "curve": return Self.table(training.curve)
    case "steps": return .number(Double(training.steps))
    case "tokens": return .number(Double(training.tokens))
    case "flops": return .number(training.operations)
    case "loss": return last.map { .number($0.loss) } ?? Value.none
    default:
      let kept = training.curve.points.last { $0.step == training.keptStep } ?? last
      return kept?.validationLoss.map { .number($0) } ?? Value.none
    }
  }

  static func table(_ curve: TrainingCurve) -> Value {
    .table(
      columns: ["step", "loss", "validation_loss", "tokens", "learning_rate"],
      rows: curve.points.map { point in
        [
          .number(Double(point.step)), .number(point.loss),
          point.validationLoss.map { .number($0) } ?? .none, .number(Double(point.tokens)),
          .number(point.learningRate),
        ]
      })
  }

  /// Such as `a model of 1,115,264 parameters, trained on 614,400 tokens`.
  var summaryLine: String {
    let line = "a model of \(counted(model.layout.count, "parameter"))"
    return training.map { "\(line), trained on \(counted($0.tokens, "token"))" } ?? line
  }

  /// What `describe` tells.
  var facts: [(String, Value)] {
    let c = model.configuration
    var facts: [(String, Value)] = [
      ("architecture", .string(c.architecture.rawValue)),
      ("parameters", .number(Double(model.layout.count))),
      ("layers", .number(Double(c.layers))), ("width", .number(Double(c.width))),
      ("heads", .number(Double(c.heads))), ("key/value heads", .number(Double(c.keyValueHeads))),
      ("feed-forward width", .number(Double(c.feedForwardWidth))),
      ("vocabulary", .number(Double(c.vocabularySize))), ("context", .number(Double(c.context))),
      ("tied embeddings", .boolean(c.tiesEmbeddings)),
      ("bytes", .number(Double(model.weights.count))),
    ]
    if let training {
      facts += [
        ("trained parameters", .number(Double(training.trainedParameters))),
        ("steps", .number(Double(training.steps))),
        ("tokens seen", .number(Double(training.tokens))),
        ("training FLOPs", .number(training.operations)),
      ]
      if training.stoppedEarly {
        facts.append(("stopped early, kept step", .number(Double(training.keptStep))))
      }
    }
    return facts
  }
}
