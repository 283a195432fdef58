import Artifacts
import Corpora
import Evaluation
import Glibc
import Language
import LanguageModels
import Tokenizers

extension VerbLibrary {
  /// What models say.
  static var generationVerbs: [Verb] { [generate, score, choose, perplexity, bitsPerByte] }

  private static let generate = Verb(
    VerbSignature(
      "generate", topic: "models", .compute,
      summary: "Continues a text, or each of a list of texts.",
      example: "generate(base, \"The miller\", max_tokens: 40, temperature: 0.8, seed: 1)",
      parameters: [
        .init("model", .artifact("model"), positional: true, "What continues."),
        .init(
          "prompt", .union([.string, .list(.string)]), positional: true, "What is continued."),
        .init("max_tokens", .number, default: "50", "Tokens to add at most."),
        .init("min_tokens", .number, default: "0", "Tokens to add at least."),
        .init(
          "temperature", .number, default: "0",
          "What logits are divided by; 0 takes the likeliest token."),
        .init(
          "top_k", StaticType.number.optional, default: "none",
          "Choose among so many of the likeliest tokens."),
        .init(
          "top_p", StaticType.number.optional, default: "none",
          "Choose among the likeliest tokens that have this probability together."),
        .init("stop", .list(.string), default: "[]", "Texts to stop before."),
        .init("seed", .number, default: "0", "What random choices are drawn by."),
      ],
      result: { types in
        if case .string = types["prompt"] { return .string }
        if case .list = types["prompt"] { return .list(.string) }
        return .union([.string, .list(.string)])
      })
  ) { arguments, context in
    let model = try arguments.handle("model", .model).object(as: StoredModel.self).model
    let prompts = try arguments.strings("prompt")
    let options = GenerationOptions(
      maxTokens: try arguments.integer("max_tokens", in: 1...1_000_000),
      minTokens: try arguments.integer("min_tokens", in: 0...1_000_000),
      sampling: Sampling(
        temperature: try number(arguments, "temperature", 0...1000),
        topK: arguments.isNone("top_k") ? nil : try arguments.integer("top_k", in: 1...10_000_000),
        topP: arguments.isNone("top_p") ? nil : try number(arguments, "top_p", 1e-9...1)),
      stops: try arguments.strings("stop"),
      seed: UInt64(try arguments.integer("seed", in: 0...Int(1) << 53)))
    let (results, operations) = try Generator(model, options: options).run(
      prompts, context: context.work)
    context.count(WorkCount.operations, operations)
    context.count(
      WorkCount.tokens, Double(results.reduce(0) { $0 + $1.promptTokens + $1.tokens.count }))
    let texts = results.map { Value.string($0.text) }
    if case .list = arguments["prompt"] { return .list(texts) }
    return texts.first ?? .string("")
  }

  private static let score = Verb(
    VerbSignature(
      "score", topic: "models", .compute,
      summary: "Each token of a text with its log-probability and the entropy before it, in nats.",
      example: "score(base, \"The miller weighed the flour.\")",
      parameters: [
        .init("model", .artifact("model"), positional: true, "What predicts."),
        .init("text", .string, positional: true, "What is predicted."),
      ],
      result: { _ in
        .list(
          .record(
            [
              .init("token", .string), .init("log_probability", StaticType.number.optional),
              .init("entropy", StaticType.number.optional),
            ], isOpen: false))
      })
  ) { arguments, context in
    let model = try arguments.handle("model", .model).object(as: StoredModel.self).model
    let (tokens, operations) = try Scorer(model).score(
      try arguments.string("text"), context: context.work)
    context.count(WorkCount.operations, operations)
    context.count(WorkCount.tokens, Double(tokens.count))
    return .table(
      columns: ["token", "log_probability", "entropy"],
      rows: tokens.map { scored in
        [
          .string(shown(scored.token, model.tokenizer)),
          scored.logProbability.map { .number($0) } ?? .none,
          scored.entropy.map { .number($0) } ?? .none,
        ]
      })
  }

  private static let choose = Verb(
    VerbSignature(
      "choose", topic: "models", .compute,
      summary: "Ranks given answers by their likelihood after a prompt.",
      example: "choose(base, \"The cat is\", among: [\" grey\", \" green\"])",
      parameters: [
        .init("model", .artifact("model"), positional: true, "What chooses."),
        .init("prompt", .string, positional: true, "What comes before the answer."),
        .init("among", .list(.string), "The answers, each with the space that it begins with."),
      ],
      result: { _ in
        .list(
          .record(
            [
              .init("answer", .string), .init("log_probability", .number),
              .init("mean_log_probability", .number), .init("share", .number),
            ], isOpen: false))
      })
  ) { arguments, context in
    let model = try arguments.handle("model", .model).object(as: StoredModel.self).model
    let answers = try arguments.strings("among")
    guard !answers.isEmpty, answers.allSatisfy({ !$0.isEmpty }) else {
      throw VerbError("expected answers that are not empty", parameter: "among")
    }
    let (choices, operations) = try Scorer(model).choose(
      try arguments.string("prompt"), among: answers, context: context.work)
    context.count(WorkCount.operations, operations)
    return .table(
      columns: ["answer", "log_probability", "mean_log_probability", "share"],
      rows: choices.map { choice in
        [
          .string(answers[choice.index]), .number(choice.logProbability),
          .number(choice.meanLogProbability), .number(choice.share),
        ]
      })
  }

  private static let perplexity = likelihoodVerb(
    "perplexity",
    summary: "exp of the mean negative log-likelihood a token; comparable for one tokenizer."
  ) { loss, scores in exp(loss / Double(max(scores.reduce(0) { $0 + $1.tokens }, 1))) }

  private static let bitsPerByte = likelihoodVerb(
    "bits_per_byte",
    summary: "How well texts are predicted, in bits a byte; comparable for any tokenizers."
  ) { loss, scores in loss / log(2) / Double(max(scores.reduce(0) { $0 + $1.bytes }, 1)) }

  /// A verb that tells how well a model predicts texts, by their negative log-likelihood and sizes.
  private static func likelihoodVerb(
    _ name: String, summary: String,
    _ statistic: @escaping @Sendable (_ loss: Double, _ scores: [TextScore]) -> Double
  ) -> Verb {
    Verb(
      VerbSignature(
        name, topic: "models", .compute, summary: summary,
        example: "\(name)(base, on: parts.test)",
        parameters: [
          .init("model", .artifact("model"), positional: true, "What predicts."),
          .init(
            "on", .union([.artifact("corpus"), .string, .list(.string)]),
            "A corpus, a text, or texts; the interval is over documents."),
        ],
        result: { _ in .number })
    ) { arguments, context in
      try likelihood(arguments, context) { scores in
        statistic(scores.reduce(0) { $0 + $1.negativeLogLikelihood }, scores)
      }
    }
  }

  /// A statistic of how well documents are predicted, resampled over documents.
  private static func likelihood(
    _ arguments: Arguments, _ context: VerbContext, _ statistic: ([TextScore]) -> Double
  ) throws -> Value {
    let model = try arguments.handle("model", .model).object(as: StoredModel.self).model
    let texts: [String]
    let identity: String
    if case .artifact = arguments["on"] {
      let handle = try arguments.handle("on", .corpus)
      texts = ModelTexts.texts(of: try handle.object(as: Corpus.self))
      identity = handle.digest.description
    } else {
      texts = try arguments.strings("on")
      identity = texts.joined(separator: "\u{1E}")
    }
    let (scores, operations) = try Scorer(model).likelihoods(of: texts, context: context.work)
    context.count(WorkCount.operations, operations)
    context.count(WorkCount.tokens, Double(scores.reduce(0) { $0 + $1.tokens }))
    let usable = scores.filter { $0.tokens > 0 }
    guard !usable.isEmpty else {
      throw VerbError("there is nothing to predict", parameter: "on")
    }
    guard usable.count > 1 else { return .number(statistic(usable)) }
    return .measured(
      try Measured.statistic(
        count: usable.count, identity: identity, seeds: context.isSeeded ? 1 : 0
      ) { indices in statistic(indices.map { usable[$0] }) })
  }

  private static func number(
    _ arguments: Arguments, _ name: String, _ range: ClosedRange<Double>
  ) throws -> Double {
    let value = try arguments.number(name)
    guard range.contains(value) else {
      // A least value of next to nothing stands for one that is above 0.
      let least = range.lowerBound > 0 ? "above 0 and up to" : "from 0 to"
      throw VerbError(
        "expected a number \(least) \(formatNumber(range.upperBound)), got "
          + formatNumber(value), parameter: name)
    }
    return value
  }

  /// A token as people read it: white space and bytes that are no text made visible.
  private static func shown(_ token: Int32, _ tokenizer: Tokenizer?) -> String {
    guard let bytes = tokenizer?.bytes(of: token) else { return "\(token)" }
    return String(decoding: bytes, as: UTF8.self)
      .replacing("\n", with: "\\n").replacing("\t", with: "\\t").replacing(" ", with: "·")
  }
}
