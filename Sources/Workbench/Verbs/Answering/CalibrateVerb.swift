import Artifacts
import Corpora
import Evaluation
import Language
import Retrieval
import Routing

extension VerbLibrary {
  /// Making a model's confidence mean something.
  static let calibrate = Verb(
    VerbSignature(
      "calibrate", topic: "answering", .compute,
      summary: "Finds the temperature at which a model is as often right as it says.",
      example: "closed_book(calibrate(base, on: dev).model)",
      parameters: [
        .init("model", .artifact("model"), positional: true, "What is calibrated."),
        .init(
          "on", .union([.artifact("questions"), .table]),
          "Questions with answers that it was not trained on."),
        .init(
          "index", StaticType.artifact("index").optional, default: "none",
          "What finds passages; none for answers from memory."),
        .init("k", .number, default: "3", "How many passages."),
        .init(
          "likelihood", .string, default: "\"answers\"",
          choices: Calibration.Target.allCases.map(\.rawValue),
          "What is made likeliest: that answers are right or wrong, or the tokens of accepted ones."
        ),
        answerLength,
      ],
      result: { _ in
        .record(
          [
            .init("model", .option("calibrated")), .init("temperature", .number),
            .init("ece_before", .number), .init("ece_after", .number),
            .init("reliability", .table),
          ], isOpen: false)
      })
  ) { arguments, context in
    let model = try arguments.handle("model", .model)
    guard let set = try ComparedSet(arguments, "on", context) else {
      throw arguments.mismatch("on", "a data set or a table of questions")
    }
    let questions = set.set.queries
    guard questions.count >= 2 else {
      throw VerbError("expected at least two questions", parameter: "on")
    }
    let index =
      arguments.isNone("index")
      ? nil : try arguments.handle("index", .index).object(as: StoredIndex.self).retriever()
    let word = try known(
      arguments, "likelihood", Calibration.Target.allCases.map(\.rawValue))
    let calibration: Calibration
    do {
      calibration = try Calibration.fit(
        try AnswererArgument.reader(arguments), on: questions, retriever: index,
        k: try arguments.integer("k", in: 1...1000),
        target: Calibration.Target(rawValue: word) ?? .answers, context: context.work)
    } catch let error as RoutingError {
      throw VerbError("\(error)", parameter: error == .emptyIndex ? "index" : "on")
    }
    func error(after: Bool) throws -> Value {
      .measured(
        try Measured.statistic(
          count: calibration.answers.count, identity: set.identity,
          seeds: context.isSeeded ? 1 : 0, range: 0...1
        ) { try calibration.error(after: after, of: $0) })
    }
    let rows = [false, true].flatMap { after in
      calibration.bins(after: after).map { bin in
        [
          .string(after ? "after" : "before"), .number(bin.low), .number(bin.confidence),
          .number(bin.accuracy), .number(Double(bin.count)),
        ] as [Value]
      }
    }
    return .record(
      Record([
        (
          "model",
          .option(
            OptionValue(
              verb: "calibrated", version: 1,
              arguments: Record([
                ("model", .artifact(model)), ("temperature", .number(calibration.temperature)),
              ])))
        ),
        ("temperature", .number(calibration.temperature)),
        ("ece_before", try error(after: false)), ("ece_after", try error(after: true)),
        (
          "reliability",
          .table(
            columns: ["confidences", "low", "confidence", "accuracy", "answers"], rows: rows)
        ),
      ]))
  }
}
