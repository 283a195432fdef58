import Artifacts
import Corpora
import Diagnostics
import Evaluation
import Language

extension VerbLibrary {
  /// Answerers against each other: accuracy, costs, break-even, advice.
  static var weighingVerbs: [Verb] { [compare, prices, breakeven, crossings, advise] }

  private static let compare = Verb(
    VerbSignature(
      "compare", topic: "weighing", .compute, version: 2,
      summary: "Asks several answerers the same questions, or takes recorded answers, and scores "
        + "them.",
      example: "report = compare({rag: [{question: \"q1\", text: \"Paris\"}], base: [{question: "
        + "\"q1\", text: \"Rome\"}]}, on: [{id: \"q1\", question: \"Capital of France?\", "
        + "answer: \"Paris\"}])",
      parameters: [
        .init(
          "arms", .union([.record([], isOpen: true), .table]), positional: true,
          "A record of answerers or of tables of answers, or one table of answers with a column "
            + "'answerer'; a row has question (its id) and text, and may have refused, "
            + "confidence, evidence, latency_ms and counts."),
        .init(
          "on", .union([.artifact("questions"), .table]),
          "Questions with answers; their fields kind and decile group them."),
        .init(
          "metrics", .list(.metric),
          default: "[\"accuracy\", \"f1\", \"evidence_recall\", \"over_refusal\", "
            + "\"hallucination\", \"ece\", \"auroc\", \"lm_calls\", \"retriever_calls\", "
            + "\"tokens\"]",
          metrics: AnswerMetric.allCases.map(\.rawValue), "What the summary shows."),
        .init(
          "known", .union([.artifact("questions"), .table, .none]), default: "none",
          "Questions about what was known before any training, for what training forgot; those of "
            + "the kind 'known' where left out."),
        .init(
          "before", StaticType.string.optional, default: "none",
          "The arm that the trained ones were trained from; the first that is neither trained nor "
            + "has an index where left out, and without one the model that training began with."),
        .init(
          "approaches", .union([.record([], isOpen: true), .none]), default: "none",
          "How arms come by their answers, where they can't say: "
            + Approach.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") + "."),
      ],
      result: { _ in .artifact("comparison") }), computes: ["answers"]
  ) { arguments, context in
    let metrics = try arguments.strings("metrics").map { name in
      guard let metric = AnswerMetric(rawValue: name) else {
        throw VerbError(
          "there is no metric '\(name)' of answers", parameter: "metrics",
          help: closestName(to: name, among: AnswerMetric.allCases.map(\.rawValue)).map {
            "did you mean '\($0)'?"
          })
      }
      return metric
    }.reduce(into: [AnswerMetric]()) { if !$0.contains($1) { $0.append($1) } }
    guard !metrics.isEmpty else {
      throw VerbError("expected at least one metric", parameter: "metrics")
    }
    guard let on = try ComparedSet(arguments, "on", context) else {
      throw arguments.mismatch("on", "a data set or a table of questions")
    }
    let known = try ComparedSet(arguments, "known", context)
    // What is wrong with the questions is told before anything is asked.
    for set in [on, known].compactMap({ $0 }) { try set.check() }
    var compared = try ComparedArms(arguments, on: on, known: known, context: context)
    try compared.fillBefore(try arguments.optionalString("before"), context)
    let arms = compared.arms
    do {
      let report = try ComparisonReport(
        identity: on.identity, isSeeded: context.isSeeded, metrics: metrics, set: on.set,
        known: known?.set, arms: arms)
      return try context.artifact(.comparison, report)
    } catch let error as AskedQuestions.Failure {
      throw VerbError("\(error)", parameter: "on")
    } catch let error as VerbError {
      throw VerbError(error.message, parameter: "arms", help: error.help)
    }
  }
}

/// Questions that are asked: a data set, or a table written by hand.
struct ComparedSet {
  let set: JudgedSet
  let identity: String
  /// Nil for a table until an answerer is asked it.
  let handle: ArtifactHandle?
  let parameter: String

  /// Nil where nothing was given.
  init?(_ arguments: Arguments, _ parameter: String, _ context: VerbContext) throws {
    self.parameter = parameter
    if arguments.isNone(parameter) { return nil }
    if case .list = arguments[parameter] {
      set = try RecordedAnswers.questions(
        try arguments.table(parameter), parameter: parameter)
      identity = Digest(hashing: set.encoded()).hex
      handle = nil
    } else {
      let given = try arguments.handle(parameter, .questions)
      set = try given.object(as: JudgedSet.self)
      identity = given.digest.hex
      handle = given
    }
  }

  /// Whether any of the questions is about what was known before training.
  var asksWhatWasKnown: Bool {
    self.set.queries.contains { $0.fields.values(of: "kind").first == AskedQuestions.known }
  }

  func check() throws {
    do {
      _ = try AskedQuestions(set.queries, identity: identity)
    } catch {
      throw VerbError("\(error)", parameter: parameter)
    }
  }
}

/// The arms of a comparison: recorded, or asked now.
private struct ComparedArms {
  private(set) var arms: [ComparisonReport.Arm] = []
  private let given: [(name: String, value: Value)]
  private let on: ComparedSet
  private let known: ComparedSet?

  init(
    _ arguments: Arguments, on: ComparedSet, known: ComparedSet?, context: VerbContext
  ) throws {
    self.on = on
    self.known = known
    if case .record(let record) = arguments["arms"] {
      given = record.fields.map { (name: $0.name, value: $0.value) }
    } else {
      given = try RecordedAnswers.arms(try arguments.table("arms"), parameter: "arms").map {
        (name: $0.0, value: .list($0.1.map { .record($0) }))
      }
    }
    guard !given.isEmpty else {
      throw VerbError(
        "there are no answerers to compare", parameter: "arms",
        help: "give a record of them: {rag: …, tuned: …}")
    }
    let names = given.map(\.name)
    let reserved = ComparisonReport.members.map(\.name)
    if let name = names.first(where: reserved.contains) {
      throw VerbError(
        "no answerer can be called '\(name)', which every comparison has", parameter: "arms")
    }
    let approaches = try Self.approaches(arguments, names: names)
    try AnswererArgument.checkVocabularies(
      given.map { (name: $0.name, answerer: $0.value) }, parameter: "arms")
    // Recorded answers first: what is wrong with them is told before anything is asked.
    let recorded = try given.map { name, value -> ComparisonReport.Arm? in
      guard case .list = value else { return nil }
      return try Self.recorded(name, value, on: on, known: known)
    }
    for ((name, value), recorded) in zip(given, recorded) {
      var arm = try recorded ?? Self.asked(name, value, on: on, known: known, context)
      arm.approach = approaches[name] ?? arm.approach ?? Approach(named: name)
      arm.documents = try Self.documents(of: value)
      arms.append(arm)
    }
  }

  /// How many documents are in the index that an answerer searches; 0 where it has none.
  private static func documents(of value: Value) throws -> Int {
    guard case .option(let option) = value, case .artifact(let index)? = option.arguments["index"],
      index.kind == .index, let count = try index.member("count")?.point
    else { return 0 }
    return Int(exactly: count) ?? 0
  }

  private static func approaches(
    _ arguments: Arguments, names: [String]
  ) throws -> [String: Approach] {
    guard case .record(let record) = arguments["approaches"] else { return [:] }
    var result: [String: Approach] = [:]
    for (name, value) in record.fields {
      guard names.contains(name) else {
        throw VerbError(
          "there is no answerer '\(name)'", parameter: "approaches",
          help: closestName(to: name, among: names).map { "did you mean '\($0)'?" })
      }
      guard let text = value.text, let approach = Approach(rawValue: text) else {
        let known = Approach.allCases.map(\.rawValue)
        throw VerbError(
          "\(value.quoted) is no approach", parameter: "approaches",
          help: "there are \(known.joined(separator: ", "))")
      }
      result[name] = approach
    }
    return result
  }

  private static func recorded(
    _ name: String, _ value: Value, on: ComparedSet, known: ComparedSet?
  ) throws -> ComparisonReport.Arm {
    let rows = try Arguments(Record([("arms", value)])).table("arms")
    let recorded = try RecordedAnswers.answers(rows, of: name, parameter: "arms")
    let ids = Set(on.set.queries.map(\.id))
    let old = Set(known?.set.queries.map(\.id) ?? [])
    let answers = recorded.answers.filter {
      ids.contains($0.question) || !old.contains($0.question)
    }
    if let extra = answers.first(where: { !ids.contains($0.question) }) {
      throw VerbError(
        "'\(name)' answers '\(extra.question)', which is not among the questions",
        parameter: "arms",
        help: "all answerers are compared on the same questions, by id"
          + (closestName(to: extra.question, among: ids.sorted()).map {
            "; did you mean '\($0)'?"
          } ?? ""))
    }
    let answered = Set(answers.map(\.question))
    if let missing = on.set.queries.first(where: { !answered.contains($0.id) }) {
      throw VerbError(
        "'\(name)' does not answer '\(missing.id)', so it can't be compared with the others",
        parameter: "arms", help: "it answers \(answered.count) of \(ids.count) questions")
    }
    let times = recorded.latencies.filter { ids.contains($0.key) }
    return ComparisonReport.Arm(
      name: name, approach: recorded.approach.flatMap(Approach.init(rawValue:)),
      answers: answers, latencies: times.isEmpty ? nil : times,
      known: recorded.answers.filter { old.contains($0.question) })
  }

  private static func asked(
    _ name: String, _ value: Value, on: ComparedSet, known: ComparedSet?, _ context: VerbContext
  ) throws -> ComparisonReport.Arm {
    if case .artifact(let given) = value, given.kind == .answers {
      let stored = try given.object(as: StoredAnswers.self)
      return ComparisonReport.Arm(
        name: name, approach: stored.approach, source: given, answers: stored.answers)
    }
    guard case .option(let option) = value, AnswererArgument.verbs.contains(option.verb) else {
      throw VerbError(
        "'\(name)' is \(value.typeName), expected an answerer or a table of answers",
        parameter: "arms")
    }
    let (handle, stored) = try ask(name, value, on, context)
    return ComparisonReport.Arm(
      name: name, approach: stored.approach, source: handle, answers: stored.answers,
      known: try known.map { try ask(name, value, $0, context).1.answers } ?? [])
  }

  private static func ask(
    _ name: String, _ value: Value, _ set: ComparedSet, _ context: VerbContext
  ) throws -> (ArtifactHandle, StoredAnswers) {
    let questions = try set.handle ?? context.handle(.questions, set.set)
    let result = try context.compute(
      "answers", Record([("answerer", value), ("on", .artifact(questions))]))
    guard case .artifact(let handle) = result, handle.kind == .answers else {
      throw VerbError("'\(name)' gave no answers", parameter: "arms")
    }
    return (handle, try handle.object(as: StoredAnswers.self))
  }
}

// MARK: - What was forgotten

extension ComparedArms {
  /// Gives trained arms the answers of what they were trained from, for what they forgot: those of
  /// the arm named, else of the first that is neither trained nor has an index, else of the model
  /// that training began with, which is asked where anything was known before.
  ///
  /// - Parameters:
  ///   - before: The arm's name, where one was named.
  ///   - context: What asks.
  /// - Throws: `VerbError` for a name that no arm has; what asking throws.
  mutating func fillBefore(_ before: String?, _ context: VerbContext) throws {
    let names = arms.map(\.name)
    if let before, !names.contains(before) {
      throw VerbError(
        "there is no answerer '\(before)'", parameter: "before",
        help: closestName(to: before, among: names).map { "did you mean '\($0)'?" }
          ?? "there are \(names.joined(separator: ", "))")
    }
    let base = arms.first { $0.name == before } ?? arms.first { $0.approach == .prompt }
    for index in arms.indices where arms[index].before.isEmpty && arms[index].name != base?.name {
      guard arms[index].approach == .fineTuning || arms[index].approach == .both else { continue }
      if let base {
        arms[index].before = known == nil ? base.answers : base.known
      } else if let set = known ?? (on.asksWhatWasKnown ? on : nil),
        let root = try AnswererArgument.untrained(given[index].value)
      {
        arms[index].before = try Self.ask(names[index], root, set, context).1.answers
      }
    }
  }
}

extension Approach {
  /// What an answerer's name tells, where nothing else does.
  init?(named name: String) {
    switch name.lowercased() {
    case "base", "closed_book", "prompt", "prompted", "few_shot": self = .prompt
    case "rag", "retrieval", "bm25", "dense", "always", "routed": self = .rag
    case "tuned", "finetuned", "fine_tuned", "ft", "full", "lora", "adapters", "prefix":
      self = .fineTuning
    case "both": self = .both
    case "long_context", "long": self = .longContext
    case "tables", "relational", "sql": self = .tables
    default: return nil
    }
  }
}
