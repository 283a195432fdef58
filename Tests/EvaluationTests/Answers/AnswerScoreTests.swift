import Corpora
import Evaluation
import Testing

@Suite struct AnswerScoreTests {
  private static func query(
    _ id: String, _ answers: [String], kind: String? = nil, decile: Int? = nil,
    evidence: [String] = []
  ) -> Query {
    let fields = [
      kind.map { (name: "kind", values: [$0]) }, decile.map { (name: "decile", values: ["\($0)"]) },
    ].compactMap { $0 }
    return Query(
      id: id, text: id, answers: answers, evidence: evidence, fields: DocumentFields(fields))
  }

  private static let queries = [
    query("q1", ["Paris"], kind: "known", decile: 1, evidence: ["d1", "d2"]),
    query("q2", ["Rome", "Roma"], kind: "new", decile: 1),
    query("q3", ["12"], kind: "new", decile: 10, evidence: ["d3"]),
    query("q4", [], kind: "unanswerable"),
    query("q5", [], kind: "unanswerable"),
  ]

  private static let answers = [
    GivenAnswer(
      question: "q5", text: "Oslo", confidence: 0.6, usage: AnswerUsage(modelCalls: 2)),
    GivenAnswer(
      question: "q1", text: "paris.", evidence: ["d2", "d9"], confidence: 0.9,
      usage: AnswerUsage(modelCalls: 1, promptTokens: 10, generatedTokens: 2, retrieverCalls: 1)),
    GivenAnswer(question: "q2", text: "in Roma", confidence: 0.7),
    GivenAnswer(question: "q3", text: "", refused: true, confidence: 0.2),
    GivenAnswer(question: "q4", text: "", refused: true, confidence: 0.8),
  ]

  /// Real questions tell how popular a subject is, and not its tenth.
  @Test func tenthsFollowFromPopularity() throws {
    func deciles(_ fields: (Int) -> [(name: String, values: [String])]) throws -> [Int?] {
      let queries = (0..<20).map { number in
        Query(
          id: "\(number)", text: "?", answers: ["a"], fields: DocumentFields(fields(number)))
      }
      return try AskedQuestions(queries, identity: "popular").deciles
    }
    // 7 and 20 have nothing in common: every number up to 20 once.
    let drawn = try deciles { [("s_pop", ["\(($0 * 7 % 20) * 1000)"])] }
    #expect(drawn == (0..<20).map { ($0 * 7 % 20) / 2 + 1 })
    #expect(
      try deciles { [("s_pop", ["\($0)"]), ("decile", ["3"])] } == Array(repeating: 3, count: 20))
    #expect(
      try deciles { $0 == 4 ? [] : [("s_pop", ["\($0)"])] } == Array(repeating: nil, count: 20))
    #expect(try deciles { _ in [("exposure", ["many"])] } == Array(repeating: nil, count: 20))
  }

  private func scores() throws -> AnswerScores {
    try AnswerScores(
      Self.answers, to: AskedQuestions(Self.queries, identity: "set"),
      latencies: ["q1": 10, "q2": 20, "q3": 30, "q4": 40, "q5": 50])
  }

  private static let expected: [AnswerMetric: Double] = [
    .accuracy: 0.4, .refusal: 0.4, .hallucination: 0.5, .modelCalls: 0.6, .tokens: 2.4,
    // Of three with an answer: one exact, another contained with two words for one, one refused.
    .exactMatch: 1.0 / 3, .f1: 5.0 / 9, .contains: 2.0 / 3, .overRefusal: 1.0 / 3,
    // One of two passages for q1, none for q3.
    .evidenceRecall: 0.25, .latencyMedian: 30, .latencyTail: 48,
    // Right are q1 (.9) and q4 (.8); wrong q2 (.7), q3 (.2), q5 (.6): all pairs in order.
    .rocArea: 1,
    // Each in a bin of its own: .1 + .7 + .2 + .2 + .6, of five.
    .calibrationError: 0.36,
  ]

  @Test(arguments: expected)
  func byHand(_ metric: AnswerMetric, _ expected: Double) throws {
    let value = try #require(try scores().measured(metric, seeds: 0))
    #expect(abs(value.point - expected) < 1e-12, "\(metric)")
  }

  @Test func groups() throws {
    let scores = try scores()
    #expect(scores.asked.kindNames == ["known", "new", "unanswerable"])
    #expect(scores.asked.decileNumbers == [1, 10])
    #expect(try scores.measured(.accuracy, .kind("unanswerable"), seeds: 0)?.point == 0.5)
    #expect(try scores.measured(.exactMatch, .kind("unanswerable"), seeds: 0) == nil)
    #expect(try scores.measured(.accuracy, .decile(1), seeds: 0)?.questions == 2)
    #expect(try scores.measured(.f1, .kind("absent"), seeds: 0) == nil)
  }

  @Test func answerersArePaired() throws {
    let first = try scores()
    var worse = Self.answers
    worse[1].text = "Oslo"
    let second = try AnswerScores(worse, to: first.asked)
    for group in [QuestionGroup.all, .kind("known"), .decile(1)] {
      let a = try #require(try first.measured(.accuracy, group, seeds: 1))
      let b = try #require(try second.measured(.accuracy, group, seeds: 1))
      // They differ in q1 alone, so no replicate can favour the worse one.
      #expect((a - b).replicates.allSatisfy { $0 >= 0 })
      #expect((a - a).interval.halfWidth == 0 || (a - a).point == 0)
    }
    // A group's draws are its own.
    let all = try #require(try first.measured(.accuracy, seeds: 0))
    let kind = try #require(try first.measured(.accuracy, .kind("new"), seeds: 0))
    #expect(all.questions == 5 && kind.questions == 2)
  }

  @Test func withoutConfidenceOrVarietyNothingIsCalibrated() throws {
    let plain = Self.answers.map { GivenAnswer(question: $0.question, text: $0.text) }
    let asked = try AskedQuestions(Self.queries, identity: "set")
    let scores = try AnswerScores(plain, to: asked)
    #expect(try scores.measured(.calibrationError, seeds: 0) == nil)
    #expect(try scores.measured(.latencyMedian, seeds: 0) == nil)
    let wrong = Self.queries.map { GivenAnswer(question: $0.id, text: "no", confidence: 0.5) }
    #expect(try AnswerScores(wrong, to: asked).measured(.rocArea, seeds: 0) == nil)
  }

  @Test func whatDoesNotBelongTogetherIsTold() throws {
    typealias Failure = AskedQuestions.Failure
    func asked(_ queries: [Query]) throws -> AskedQuestions {
      try AskedQuestions(queries, identity: "set")
    }
    #expect(throws: Failure.noQuestions) { try asked([]) }
    #expect(throws: Failure.repeated(id: "q1")) { try asked(Self.queries + [Self.queries[0]]) }
    #expect(throws: Failure.noAnswers(count: 1)) { try asked([Self.query("a", [])]) }
    #expect(throws: Failure.withoutAnswer(id: "b", kind: "new")) {
      try asked([Self.query("a", ["x"]), Self.query("b", [], kind: "new")])
    }
    // Without kinds, as in SQuAD 2.0, the right answer is that there is none.
    let mixed = try asked([Self.query("a", ["x"]), Self.query("b", [])])
    let refused = try AnswerScores(
      [
        GivenAnswer(question: "a", text: "x"), GivenAnswer(question: "b", text: "", refused: true),
      ], to: mixed)
    #expect(refused.right == [1, 1])

    let set = try asked(Self.queries)
    #expect(throws: Failure.missing(id: "q1", answers: 4)) {
      try AnswerScores(Self.answers.filter { $0.question != "q1" }, to: set)
    }
    #expect(throws: Failure.answeredTwice(id: "q5")) {
      try AnswerScores(Self.answers + [Self.answers[0]], to: set)
    }
    #expect(throws: Failure.unknown(id: "zz")) {
      try AnswerScores(Self.answers + [GivenAnswer(question: "zz", text: "")], to: set)
    }
    var sure = Self.answers
    sure[0].confidence = 1.5
    #expect(throws: Failure.confidence(id: "q5", got: 1.5)) { try AnswerScores(sure, to: set) }
    #expect(throws: Failure.latency(id: "q2")) {
      try AnswerScores(Self.answers, to: set, latencies: ["q1": 1])
    }
  }
}
