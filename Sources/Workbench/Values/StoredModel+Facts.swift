import Artifacts
import Bytes
import Corpora
import Language
import LanguageModels
import Tokenizers
import Training

/// What a model is in the language.
extension StoredModel {
  static let members: [(name: String, type: StaticType)] = [
    ("parameters", .number), ("layers", .number), ("width", .number), ("heads", .number),
    ("context", .number), ("vocabulary", .number), ("bytes", .number),
    ("tokenizer", .artifact("tokenizer")), ("curve", .table), ("steps", .number),
    ("tokens", .number), ("flops", .number), ("validation_loss", .number), ("loss", .number),
    ("method", .string), ("trained_parameters", .number), ("base", .artifact("model")),
  ]

  /// The value of a member; nil where there is none of that name.
  func member(_ name: String, tokenizer: (Tokenizer) -> Value) throws -> Value? {
    let c = model.configuration
    switch name {
    case "parameters": return .number(Double(parameterCount))
    case "method": return .string(versions.own.kind)
    case "base":
      guard let base else {
        throw VerbError(
          "the model has weights of its own, so it has no base",
          help: "models from finetune(…, method: lora(…)) and adapter(…) have")
      }
      return .artifact(base)
    case "layers": return .number(Double(c.layers))
    case "width": return .number(Double(c.width))
    case "heads": return .number(Double(c.heads))
    case "context": return .number(Double(c.context))
    case "vocabulary": return .number(Double(c.vocabularySize))
    case "bytes": return .number(Double(ownBytes))
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
    case "trained_parameters": return .number(Double(training.trainedParameters))
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
    var line = "a model of \(counted(model.layout.count, "parameter"))"
    if let adapter = model.adapter {
      line += " with \(adapter.article) of \(counted(adapter.layout.count, "parameter"))"
    }
    return training.map { "\(line), trained on \(counted($0.tokens, "token"))" } ?? line
  }

  /// What `describe` tells.
  var facts: [(String, Value)] {
    let c = model.configuration
    var facts: [(String, Value)] = [
      ("architecture", .string(c.architecture.rawValue)),
      ("parameters", .number(Double(parameterCount))),
      ("layers", .number(Double(c.layers))), ("width", .number(Double(c.width))),
      ("heads", .number(Double(c.heads))), ("key/value heads", .number(Double(c.keyValueHeads))),
      ("feed-forward width", .number(Double(c.feedForwardWidth))),
      ("vocabulary", .number(Double(c.vocabularySize))), ("context", .number(Double(c.context))),
      ("tied embeddings", .boolean(c.tiesEmbeddings)),
      ("bytes", .number(Double(ownBytes))),
    ]
    if let adapter = model.adapter {
      facts += [
        ("method", .string(adapter.shape.name)),
        ("adapter parameters", .number(Double(adapter.layout.count))),
        ("base", .string(base.map { String($0.digest.hex.prefix(12)) } ?? "")),
      ]
    }
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
