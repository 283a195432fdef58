import Corpora
import Language
import Routing

extension VerbLibrary {
  /// What answers questions.
  static var answererVerbs: [Verb] {
    [closedBook, prompted, answerer, longContext, relational, abstain, calibrated]
  }

  static let askedModel = VerbSignature.Parameter(
    "model", AnswererArgument.modelType, positional: true, "What answers.")
  static let answerLength = VerbSignature.Parameter(
    "max_tokens", .number, default: "32", "Tokens of an answer at most.")

  static let closedBook = Verb.option(
    VerbSignature(
      "closed_book", topic: "answering", .describe,
      summary: "An answerer that asks a model from memory.",
      example: "closed_book(base)", parameters: [askedModel, answerLength],
      result: { _ in .option("closed_book") })
  ) { arguments in
    _ = try AnswererArgument.reader(arguments)
  }

  private static let prompted = Verb.option(
    VerbSignature(
      "prompted", topic: "answering", .describe,
      summary: "An answerer that shows a model some questions with answers before each question.",
      example:
        "prompted(base, examples: [{question: \"The pet of Ida Holm is\", answer: \"dog\"}])",
      parameters: [
        askedModel,
        .init(
          "examples", .union([.artifact("questions"), .table]),
          "Questions with answers, or records of question and answer."),
        .init("count", .number, default: "4", "How many of them are shown at most."), answerLength,
      ], result: { _ in .option("prompted") })
  ) { arguments in
    _ = try AnswererArgument.reader(arguments)
  }

  private static let answerer = Verb.option(
    VerbSignature(
      "answerer", topic: "answering", .describe,
      summary: "An answerer that asks a model with the passages that an index finds, where a "
        + "router wants them.",
      example: "answerer(base, index: store, k: 3, router: always())",
      parameters: [
        askedModel, .init("index", .artifact("index"), "What finds passages."),
        .init("k", .number, default: "3", "How many passages are looked for."),
        .init(
          "router", RouterArgument.type, default: "always()",
          "What decides whether a question is looked up."), answerLength,
      ], result: { _ in .option("answerer") }
    ).constrained { known in
      known.numbers["k"].flatMap { k in
        k >= 1 && k <= 1000 && k == k.rounded()
          ? nil : .init("k", "expected a whole number from 1 to 1000, got \(formatNumber(k))")
      }
    }
  ) { arguments in
    _ = try AnswererArgument.reader(arguments)
    let index = try arguments.handle("index", .index)
    if try index.member("count")?.point == 0 {
      throw VerbError(
        "the index has no documents", parameter: "index", help: "upsert(…) adds some")
    }
    _ = try arguments.integer("k", in: 1...1000)
    _ = try RouterArgument.router(arguments["router"], parameter: "router")
  }

  private static let longContext = Verb.option(
    VerbSignature(
      "long_context", topic: "answering", .describe,
      summary:
        "An answerer that puts all documents into the prompt that have room, in their order.",
      example: "long_context(base, fresh.documents)",
      parameters: [
        askedModel,
        .init("corpus", .artifact("corpus"), positional: true, "The documents."), answerLength,
      ], result: { _ in .option("long_context") })
  ) { arguments in
    _ = try AnswererArgument.reader(arguments)
    let corpus = try arguments.handle("corpus", .corpus).object(as: Corpus.self)
    guard !corpus.isEmpty else {
      throw VerbError("the corpus has no documents", parameter: "corpus")
    }
  }

  private static let relational = Verb.option(
    VerbSignature(
      "relational", topic: "answering", .describe,
      summary: "An answerer that turns a question into a SELECT over tables: lookup, join, count.",
      example: "answer(relational(fresh.tables), \"The pet of Anna Berg is\").queries",
      parameters: [.init("tables", .artifact("tables"), positional: true, "What is asked.")],
      result: { _ in .option("relational") }))

  private static let abstain = Verb.option(
    VerbSignature(
      "abstain", topic: "answering", .describe,
      summary: "An answerer that refuses what another is not sure enough of.",
      example: "abstain(closed_book(base), below: 0.5)",
      parameters: [
        .init("answerer", AnswererArgument.type, positional: true, "What answers."),
        .init("below", .number, "Answers of a lower confidence are refused; 0 to 1."),
      ], result: { _ in .option("abstain") }
    ).constrained { known in
      known.numbers["below"].flatMap { below in
        (0...1).contains(below)
          ? nil : .init("below", "expected a number from 0 to 1, got \(formatNumber(below))")
      }
    }
  ) { arguments in
    let below = try arguments.number("below")
    guard (0...1).contains(below) else {
      throw VerbError(
        "expected a number from 0 to 1, got \(formatNumber(below))", parameter: "below")
    }
  }

  private static let calibrated = Verb.option(
    VerbSignature(
      "calibrated", topic: "answering", .describe,
      summary: "A model whose confidences are those of its logits divided by a temperature.",
      example: "closed_book(calibrated(base, temperature: 1.4))",
      parameters: [
        .init("model", .artifact("model"), positional: true, "The model."),
        .init("temperature", .number, "What logits are divided by; calibrate(…) finds it."),
      ], result: { _ in .option("calibrated") }
    ).constrained { known in
      known.numbers["temperature"].flatMap { value in
        (0.01...100).contains(value)
          ? nil
          : .init(
            "temperature", "expected a number from 0.01 to 100, got \(formatNumber(value))")
      }
    }
  ) { arguments in
    let value = try arguments.number("temperature")
    guard (0.01...100).contains(value) else {
      throw VerbError(
        "expected a number from 0.01 to 100, got \(formatNumber(value))",
        parameter: "temperature")
    }
  }
}
