import Corpora
import Language
import TextEncoders
import Training

extension StoredEncoder {
  static let members: [(name: String, type: StaticType)] = [
    ("name", .string), ("dimension", .number), ("longest", .number), ("parameters", .number),
    ("curve", .table), ("steps", .number), ("tokens", .number), ("flops", .number),
  ]

  /// The value of a member; nil where there is none of that name.
  func member(_ name: String) throws -> Value? {
    let encoder = try encoder()
    switch name {
    case "name": return .string(encoder.name)
    case "dimension": return .number(Double(encoder.dimension))
    case "longest": return .number(Double(encoder.maximumLength))
    case "parameters": return .number(Double(try parameterCount()))
    case "curve", "steps", "tokens", "flops": break
    default: return nil
    }
    guard let training else {
      throw VerbError(
        "the encoder was not tuned, so it has no '\(name)'",
        help: "encoders from tune_encoder(…) have")
    }
    switch name {
    case "curve": return StoredModel.table(training.curve)
    case "steps": return .number(Double(training.steps))
    case "tokens": return .number(Double(training.tokens))
    default: return .number(training.operations)
    }
  }

  /// Such as `an encoder into 384 dimensions, tuned in 51 steps`.
  func summaryLine() throws -> String {
    let encoder = try encoder()
    let line = "the encoder \(encoder.name) into \(encoder.dimension) dimensions"
    return training.map { "\(line), tuned in \(counted($0.steps, "step"))" } ?? line
  }

  /// What `describe` tells.
  func facts() throws -> [(String, Value)] {
    let encoder = try encoder()
    var facts: [(String, Value)] = [
      ("name", .string(encoder.name)), ("dimension", .number(Double(encoder.dimension))),
      ("longest text, tokens", .number(Double(encoder.maximumLength))),
      ("parameters", .number(Double(try parameterCount()))),
    ]
    if case .bert(let bert) = engine {
      let c = bert.model.configuration
      facts += [
        ("layers", .number(Double(c.layers))), ("heads", .number(Double(c.heads))),
        ("pooling", .string(bert.model.pooling.rawValue)),
      ]
    }
    if case .projected(let base, let projection) = engine {
      facts += [
        ("of", .string(try base.summaryLine())), ("method", .string(projection.method.rawValue)),
        ("variance kept", .number(projection.keptVariance)),
      ]
    }
    if let training {
      facts += [
        ("steps", .number(Double(training.steps))),
        ("tokens seen", .number(Double(training.tokens))),
        ("training FLOPs", .number(training.operations)),
      ]
    }
    return facts
  }
}
