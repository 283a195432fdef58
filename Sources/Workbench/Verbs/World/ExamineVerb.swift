import Corpora
import Evaluation
import Language
import LanguageModels
import Tokenizers

extension VerbLibrary {
  /// Reading and knowing, measured on questions that nothing was trained on.
  static let examine = Verb(
    VerbSignature(
      "examine", topic: "worlds", .compute, version: 3,
      summary: "How well a model reads about people it never met, or knows its world by heart.",
      example: "examine(base, world, passages: 3).accuracy",
      parameters: [
        .init("model", .artifact("model"), positional: true, "What answers."),
        .init("world", worldType, positional: true, "What synthesize gave."),
        .init(
          "passages", .number, default: "3",
          "Pages of a context; 0 asks about the world's own people without any."),
        .init("count", .number, default: "400", "How many questions have an answer."),
        .init(
          "unanswerable", .number, default: "100",
          "How many have none in the context; of no use without passages."),
        .init(
          "namesakes", .boolean, default: "false",
          "Whether all people of a context share their first or last name with the one who is asked "
            + "for; of no use without passages."),
        .init("seed", .number, default: "0", "What questions are drawn by."),
      ],
      result: { _ in
        .record(
          [
            .init("accuracy", .number), .init("refusal", StaticType.number.optional),
            .init("over_refusal", .number), .init("deciles", .table), .init("answers", .table),
          ], isOpen: false)
      })
  ) { arguments, context in
    let model = try arguments.handle("model", .model).object(as: StoredModel.self).model
    let handle = try world(arguments)
    let passages = try arguments.integer("passages", in: 0...Lessons.mostPassages)
    let count = try arguments.integer("count", in: 10...10_000)
    let seed = try arguments.integer("seed", in: 0...Int(1) << 53)
    let unanswerable =
      passages == 0 ? 0 : try arguments.integer("unanswerable", in: 0...10_000)
    let namesakes = try arguments.boolean("namesakes")
    let exam =
      passages == 0
      ? ReadingExam(closedBook: try handle.object(as: World.self), count: count, seed: UInt64(seed))
      : ReadingExam(
        try handle.object(as: World.self), passages: passages, answerable: count,
        unanswerable: unanswerable, namesakes: namesakes, seed: UInt64(seed))
    try requireRoom(for: exam, in: model)
    let options = GenerationOptions(maxTokens: 6, stops: ["\n"])
    let (results, operations) = try Generator(model, options: options).run(
      exam.items.map(\.prompt), context: context.work)
    context.count(WorkCount.operations, operations)
    context.count(
      WorkCount.tokens, Double(results.reduce(0) { $0 + $1.promptTokens + $1.tokens.count }))
    let marks = zip(exam.items, results).map { ExamMark($0, said: $1.text) }
    // Two models are compared on the same questions wherever these numbers are the same.
    let identity =
      "exam/\(handle.digest)/\(passages)/\(count)/\(unanswerable)/\(namesakes)/\(seed)"
    let seeds = context.isSeeded ? 1 : 0
    func share(
      _ part: String, of marks: [ExamMark], _ isCounted: (ExamMark) -> Bool
    ) throws -> Value {
      guard marks.count > 1 else { return .none }
      return .measured(
        try Measured.mean(
          of: marks.map { isCounted($0) ? 1 : 0 }, identity: "\(identity)/\(part)", seeds: seeds))
    }
    let answerable = marks.filter { $0.item.answer != nil }
    var record = Record()
    record["accuracy"] = try share("answerable", of: answerable, \.isRight)
    record["refusal"] = try share(
      "unanswerable", of: marks.filter { $0.item.answer == nil }, \.isRight)
    record["over_refusal"] = try share("answerable", of: answerable, \.isRefused)
    record["deciles"] = .list(
      try Set(marks.map(\.item.decile)).subtracting([0]).sorted().map { decile in
        .record(
          Record([
            ("decile", .number(Double(decile))),
            (
              "accuracy",
              try share(
                "decile/\(decile)", of: marks.filter { $0.item.decile == decile }, \.isRight)
            ),
          ]))
      })
    record["answers"] = .table(
      columns: ["question", "expected", "said", "right"],
      rows: marks.map { mark in
        [
          .string(mark.item.question), mark.item.answer.map { .string($0) } ?? .none,
          .string(mark.said), .boolean(mark.isRight),
        ]
      })
    return .record(record)
  }

  private static func requireRoom(for exam: ReadingExam, in model: DecoderModel) throws {
    guard let tokenizer = model.tokenizer else {
      throw VerbError("the model has no tokenizer", parameter: "model")
    }
    let longest = exam.items.reduce(0) { max($0, tokenizer.encode($1.prompt).count) }
    let room = model.configuration.context
    guard longest < room else {
      throw VerbError(
        "a question takes up to \(grouped(longest)) tokens, the model reads \(grouped(room))",
        parameter: "passages", help: "ask for fewer passages")
    }
  }
}

/// An answer beside what was expected.
private struct ExamMark {
  let item: ReadingExam.Item
  /// What was said, without the space before it.
  let said: String

  init(_ item: ReadingExam.Item, said: String) {
    self.item = item
    let lead = PromptTemplate.standard.answerLead
    self.said = said.hasPrefix(lead) ? String(said.dropFirst(lead.count)) : said
  }

  var isRefused: Bool { said == PromptTemplate.standard.refusal }
  var isRight: Bool { item.answer.map { said == $0 } ?? isRefused }
}
