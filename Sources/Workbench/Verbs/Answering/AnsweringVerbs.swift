import Artifacts
import Bytes
package import Corpora
import Evaluation
package import Execution
import Language
package import Routing

extension VerbLibrary {
  /// Asking answerers.
  static var answeringVerbs: [Verb] { [answer, answers, coverageRisk, answerLatency] }

  private static let answererParameter = VerbSignature.Parameter(
    "answerer", AnswererArgument.type, positional: true, "What is asked.")

  private static let answer = Verb(
    VerbSignature(
      "answer", topic: "answering", .compute,
      summary: "Answers one question, and shows what was looked up, read and written.",
      example: "answer(answerer(base, index: store), \"The birthplace of Anna Berg is\")",
      parameters: [
        answererParameter, .init("question", .string, positional: true, "What is asked."),
        .init(
          "fields", StaticType.union([.record([], isOpen: true), .none]), default: "none",
          "What else is known of the question, such as {exposure: 3}."),
        .init(
          "answers", .list(.string), default: "[]",
          "Accepted answers, which only oracle_router() looks at."),
      ],
      result: { _ in
        .record(
          [
            .init("answer", .string), .init("refused", .boolean), .init("confidence", .any),
            .init("evidence", .list(.string)), .init("found", .table),
            .init("prompts", .list(.string)), .init("drafts", .list(.string)),
            .init("queries", .list(.string)), .init("usage", .record([], isOpen: true)),
          ], isOpen: false)
      })
  ) { arguments, context in
    let text = try arguments.string("question")
    var fields: [(name: String, values: [String])] = []
    if case .record(let record) = arguments["fields"] {
      fields = record.fields.map { ($0.name, [$0.value.interpolated]) }
    }
    let question = Query(
      id: text, text: text, answers: try arguments.strings("answers"),
      fields: DocumentFields(fields))
    let trace = try asked(arguments) { try $0.trace(question, context: context.work) }
    let given = trace.answer
    context.count(WorkCount.operations, given.usage.operations)
    return .record(
      Record(
        [
          ("answer", .string(given.text)), ("refused", .boolean(given.refused)),
          ("confidence", given.confidence.map { .number($0) } ?? .none),
          ("evidence", .list(given.evidence.map { .string($0) })),
          (
            "found",
            .table(
              columns: ["document", "score", "in_prompt", "text"],
              rows: trace.found.map {
                [
                  .string($0.id), .number($0.score), .boolean($0.isInPrompt), .string($0.text),
                ]
              })
          ),
          ("prompts", .list(trace.prompts.map { .string($0) })),
          ("drafts", .list(trace.drafts.map { .string($0) })),
          ("queries", .list(trace.queries.map { .string($0) })),
          ("usage", .record(Record(StoredAnswers.fields(of: given.usage)))),
        ],
        headline: given.refused
          ? "refused" : "\(Value.string(given.text).quoted)\(sure(given.confidence))"))
  }

  private static func sure(_ confidence: Double?) -> String {
    confidence.map { ", with confidence \(formatNumber(($0 * 1000).rounded() / 1000))" } ?? ""
  }

  private static let answers = Verb(
    VerbSignature(
      "answers", topic: "answering", .compute,
      summary: "Answers all questions of a data set, and counts what that took.",
      example: "answers(closed_book(base), on: fresh.questions.test).usage",
      parameters: [
        answererParameter, .init("on", .artifact("questions"), "The questions."),
      ],
      result: { _ in .artifact("answers") })
  ) { arguments, context in
    let handle = try arguments.handle("on", .questions)
    let set = try handle.object(as: JudgedSet.self)
    guard !set.queries.isEmpty else {
      throw VerbError("there are no questions", parameter: "on")
    }
    let given = try asked(arguments) { try $0.answers(to: set.queries, context: context.work) }
    let stored = StoredAnswers(
      answers: given, approach: try AnswererArgument.approach(of: arguments["answerer"]))
    let usage = stored.usage
    context.count(WorkCount.operations, usage.operations)
    context.count(WorkCount.tokens, Double(usage.promptTokens + usage.generatedTokens))
    return try context.artifact(.answers, stored)
  }

  private static let coverageRisk = Verb(
    VerbSignature(
      "coverage_risk", topic: "answering", .compute,
      summary: "How often an answerer is wrong by how many questions it answers, the surest first.",
      example:
        "plot(coverage_risk(closed_book(base), on: dev).curve, x: \"coverage\", y: \"risk\")",
      parameters: [
        answererParameter, .init("on", .artifact("questions"), "Questions with answers."),
      ],
      result: { _ in
        .record([.init("curve", .table), .init("area", .number)], isOpen: false)
      }), computes: ["answers"]
  ) { arguments, context in
    let handle = try arguments.handle("on", .questions)
    let stored = try context.answers(of: arguments["answerer"], on: handle)
    let questions = try handle.object(as: JudgedSet.self).queries
    let known = zip(questions, stored.answers).compactMap { question, answer in
      answer.confidence.map {
        (confidence: $0, isRight: Router.rightness(of: answer, to: question) == 2)
      }
    }
    guard questions.contains(where: { !$0.answers.isEmpty }) else {
      throw VerbError("none of the questions has an answer", parameter: "on")
    }
    guard !known.isEmpty else {
      throw VerbError("the answerer does not say how sure it is", parameter: "answerer")
    }
    let curve = CoverageRisk(known)
    // As many points as a plot shows.
    let step = max(1, (curve.points.count + 199) / 200)
    let shown = curve.points.indices.filter { $0 % step == 0 || $0 == curve.points.count - 1 }
    let area = try Measured.statistic(
      count: known.count, identity: handle.digest.hex, seeds: context.isSeeded ? 1 : 0,
      range: 0...1
    ) { indices in CoverageRisk(indices.map { known[$0] }).area }
    return .record(
      Record([
        (
          "curve",
          .table(
            columns: ["threshold", "coverage", "risk"],
            rows: shown.map { place in
              let point = curve.points[place]
              return [.number(point.threshold), .number(point.coverage), .number(point.risk)]
            })
        ), ("area", .measured(area)),
      ]))
  }

  private static let answerLatency = Verb(
    VerbSignature(
      "answer_latency", topic: "answering", .describe,
      summary: "How long answers take one after the other on one thread, measured now.",
      example: "answer_latency(closed_book(base), on: fresh.questions.test, count: 50)",
      parameters: [
        answererParameter, .init("on", .artifact("questions"), "What is asked."),
        .init("count", .number, default: "100", "How many questions at most."),
      ],
      isMeasured: true,
      result: { _ in
        .record([.init("median_ms", .number), .init("p95_ms", .number)], isOpen: false)
      })
  ) { arguments, context in
    let questions = try arguments.handle("on", .questions).object(as: JudgedSet.self).queries
      .prefix(try arguments.integer("count", in: 1...100_000))
    guard !questions.isEmpty else {
      throw VerbError("there are no questions", parameter: "on")
    }
    let seconds = try asked(arguments) {
      try AnswerTimes.seconds(of: $0, on: Array(questions), context: context.work)
    }.sorted()
    func milliseconds(_ share: Double) -> Value {
      let place = min(seconds.count - 1, Int(share * Double(seconds.count)))
      return .number((seconds[place] * 1e5).rounded() / 100)
    }
    return .record(Record([("median_ms", milliseconds(0.5)), ("p95_ms", milliseconds(0.95))]))
  }

  /// Asks the answerer of a call; what keeps it from answering points at what is at fault.
  private static func asked<Result>(
    _ arguments: Arguments, _ body: (any Answerer) throws -> Result
  ) throws -> Result {
    do {
      return try body(
        try AnswererArgument.answerer(arguments["answerer"], parameter: "answerer"))
    } catch let error as RoutingError {
      let isAsked =
        switch error {
        case .questionTooLong, .missingField, .fieldIsNoNumber, .noAnswer: true
        default: false
        }
      throw VerbError("\(error)", parameter: isAsked ? "on" : "answerer")
    }
  }
}

/// How long answers take, apart from what they are: times never enter a stored result.
package enum AnswerTimes {
  /// The seconds that each question takes, asked alone and in order on one thread. A router with a
  /// state begins with each question anew.
  ///
  /// - Parameters:
  ///   - answerer: What is asked.
  ///   - questions: In order.
  ///   - work: Cancellation.
  /// - Returns: Seconds, one a question.
  /// - Throws: What the answerer throws.
  package static func seconds(
    of answerer: any Answerer, on questions: [Query], context work: WorkContext
  ) throws -> [Double] {
    let single = WorkContext(cancellation: work.cancellation, threads: 1)
    // The first question may open files and load libraries.
    if let first = questions.first { _ = try answerer.answers(to: [first], context: single) }
    return try questions.map { question in
      try work.check()
      let start = CostMeter.now()
      _ = try answerer.answers(to: [question], context: single)
      return CostMeter.now() - start
    }
  }
}

extension VerbContext {
  /// What an answerer gives to the questions of a data set: a node of its own, so that whoever
  /// measures the same answers has them computed once.
  ///
  /// - Parameters:
  ///   - answerer: What a describe verb gave, such as `closed_book(base)`.
  ///   - set: The questions.
  /// - Returns: The answers in the order of the questions.
  /// - Throws: What is wrong with the answerer or the questions.
  package func answers(of answerer: Value, on set: ArtifactHandle) throws -> StoredAnswers {
    let value = try compute(
      "answers", Record([("answerer", answerer), ("on", .artifact(set))]))
    guard case .artifact(let handle) = value else { throw VerbError("expected answers") }
    return try handle.object(as: StoredAnswers.self)
  }
}
