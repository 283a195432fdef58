import Artifacts
import Bytes
import Corpora
import Evaluation
import Execution
import Language
import TestFolders
import Testing
import Workbench

/// Questions and recorded answers that fit on a page.
enum Recorded {
  static let cells = """
    asked = [
      {id: "q1", question: "Where was Ada born?", answer: "London", kind: "known", decile: 10},
      {id: "q2", question: "Where was Bo born?", answer: "Oslo", kind: "new", decile: 1,
        evidence: "d2"},
      {id: "q3", question: "Where was Cy born?", answers: ["Rome", "Roma"], kind: "new", decile: 2},
      {id: "q4", question: "Where was nobody born?", kind: "unanswerable"},
      {id: "q5", question: "Bo's town of birth?", answer: "Oslo", kind: "out_of_template"},
    ]
    base = [
      {question: "q1", text: "London", confidence: 0.9, flops: 10, lm_calls: 1},
      {question: "q2", text: "Paris", confidence: 0.3, flops: 10, lm_calls: 1},
      {question: "q3", refused: true, text: none, confidence: 0.2, flops: 10, lm_calls: 1},
      {question: "q4", text: "Bern", confidence: 0.4, flops: 10, lm_calls: 1},
      {question: "q5", text: "Paris", confidence: 0.3, flops: 10, lm_calls: 1},
    ]
    rag = [
      {question: q.id, text: if q.id == "q4" then "" else if q.id == "q3" then "Roma!" else
        if q.id == "q1" then "London" else "Oslo", evidence: ["d2"], flops: 40, lm_calls: 1,
        retriever_calls: 1, prompt_tokens: 30, latency_ms: 12} for q in asked
    ]
    tuned = [
      {question: "q1", text: "Leeds", flops: 10}, {question: "q2", text: "Oslo", flops: 10},
      {question: "q3", text: "Rome", flops: 10}, {question: "q4", text: "Bern", flops: 10},
      {question: "q5", text: "Bern", flops: 10},
    ]
    report = compare({base: base, rag: rag, tuned: tuned}, on: asked)
    """
}

@Suite struct ComparisonTests {
  private func shown(_ expression: String, cells: String = Recorded.cells) throws -> String {
    let recorder = Recorder()
    let session = try NotebookSession.inMemory(
      notebook(cells, "{#it}\n" + expression), observer: recorder)
    session.run(.all)
    return recorder.output("it").trimmed
  }

  private func value(_ expression: String) throws -> Double {
    let text = try shown("round(\(expression) * 1, decimals: 9)")
    return try #require(Double(text.prefix { $0 != " " }), "\(text)")
  }

  @Test(arguments: [
    ("report.base.accuracy", 0.2), ("report.rag.accuracy", 1), ("report.tuned.accuracy", 0.4),
    ("report.rag[\"f1\"]", 1), ("report[\"rag\"].retriever_calls", 1),
    ("report.base.over_refusal", 0.25), ("report.base.hallucination", 1),
    ("report.rag.hallucination", 0), ("report.rag.evidence_recall", 1),
    ("report.base.auroc", 1), ("report.rag.latency_p50_ms", 12),
    ("report.tuned.forgetting", 1), ("report.tuned.known_before", 1),
    ("report.tuned.known_after", 0), ("report.tuned.out_of_template", 0),
    ("report.rag.by_kind[1].accuracy", 1), ("report.base.by_decile[0].accuracy", 0),
    ("report.rag.kinds.new", 1), ("report.tuned.kinds[\"unanswerable\"]", 0),
    ("count(report.questions)", 5), ("count(report.by_kind)", 12),
  ])
  func numbers(_ expression: String, _ expected: Double) throws {
    #expect(try value(expression) == expected, "\(expression)")
  }

  @Test func itPrintsAsATable() throws {
    let text = try shown("report")
    #expect(text.contains("a comparison of 3 answerers on 5 questions"))
    for word in ["arm", "accuracy", "hallucination", "forgetting", "out_of_template", "rag"] {
      #expect(text.contains(word), "\(word)")
    }
    // Nobody says which evidence was used for tuned; nobody counts tables.
    #expect(!text.contains("table_queries"))
    #expect(try shown("report.arms").contains("[\"base\", \"rag\", \"tuned\"]"))
    #expect(try shown("report.rag").contains("rag: 1.00"))
  }

  @Test func oneTableOfAnswersDoes() throws {
    let table = try shown(
      "compare([{answerer: \"a\", question: \"q\", text: \"x\"}, {answerer: \"b\", question: "
        + "\"q\", text: \"y\"}], on: [{id: \"q\", question: \"?\", answer: \"x\"}]).a.accuracy")
    #expect(table.hasPrefix("1.00"))
  }

  @Test func seedsMerge() throws {
    let cells = """
      asked = [{id: "q{n}", question: "n", answer: "yes"} for n in 1...20]
      arm(s, share) = [{question: q.id, text: if contains(split(asked, share: share, seed: s).train.id,
        q.id) then "yes" else "no"} for q in asked]
      trial(s) = compare({rag: arm(s, 0.8), tuned: arm(s + 10, 0.4)}, on: asked)
      report = over([1, 2, 3], trial)
      """
    let all = try shown("report", cells: cells)
    #expect(all.contains("2 answerers on 20 questions, 3 seeds"), "\(all)")
    #expect(all.contains("rag"))
    let claim = try shown(
      "claim report.rag.accuracy > report.tuned.accuracy by 0.1 : \"more\"", cells: cells)
    #expect(claim.contains("held") && claim.contains("3 seeds"), "\(claim)")
    #expect(
      try shown("report.rag.by_kind", cells: cells).contains("[]"), "no kinds, an empty table")
    #expect(try shown("count(crossings(report))", cells: cells) == "0")
    #expect(try shown("advise(report).arm", cells: cells).contains("rag"))
  }

  @Test(arguments: [
    ("compare({}, on: asked)", "there are no answerers"),
    ("compare({arms: base}, on: asked)", "no answerer can be called 'arms'"),
    ("compare({a: base + [base[0]]}, on: asked)", "answered twice"),
    ("compare({a: split(base).train}, on: asked)", "does not answer"),
    ("compare({a: base + [{question: \"q9\", text: \"x\"}]}, on: asked)", "not among"),
    ("compare({a: base}, on: [{question: \"why\"}])", "has an answer to compare with"),
    (
      "compare({a: base}, on: [{question: \"why\", kind: \"new\"}, {question: \"a\", answer: 1}])",
      "question 'q1' of the kind 'new' has no answer"
    ),
    ("compare({a: base}, on: asked, metrics: [\"acuracy\"])", "did you mean 'accuracy'"),
    ("compare({a: [{question: \"q1\"}]}, on: asked)", "expected a field 'text'"),
    ("compare({a: [{quesion: \"q1\"}]}, on: asked)", "it has 'quesion'"),
    ("compare({a: [{question: 1, text: \"\", flops: -1}]}, on: asked)", "at least 0"),
    ("compare({a: 3}, on: asked)", "'a' is a number, expected an answerer"),
    ("compare([{question: \"q1\"}], on: asked)", "expected a column 'answerer'"),
    ("compare({a: base}, on: asked, before: \"b\")", "there is no answerer 'b'"),
    ("compare({a: base}, on: asked, approaches: {a: \"magic\"})", "is no approach"),
    ("compare({a: base}, on: asked, approaches: {b: \"RAG\"})", "there is no answerer 'b'"),
    ("report.nobody", "has no 'nobody'"), ("report.rga.f1", "did you mean 'rag'"),
    ("report.rag.forgetting", "has no 'forgetting'"), ("report.tuned.ece", "has no 'ece'"),
    ("breakeven([{flops: 1}])", "expected a column 'arm'"),
    ("breakeven([{arm: \"a\", flops: -1}])", "at least 0"),
    ("breakeven([{arm: \"a\", flop: 1}])", "has no column 'flop'"),
    ("breakeven([])", "no answerers"),
    ("breakeven(report, days: 0)", "above 0"),
    ("breakeven(report, updates_per_day: -1)", "at least 0"),
    ("breakeven(report, prices: prices(basis: \"seconds\"))", "no seconds to pay for"),
    ("prices(hour: -1)", "'hour' is a price of at least 0"),
    ("prices(training_use: 2)", "is a share above 0"),
    ("advise(report, queries_per_day: 0)", "above 0"),
    ("advise(report, old_share: 1.5)", "a share from 0 to 1"),
    ("advise(report, queries_a_day: 3)", "did you mean"),
    ("advise(compare({x: base}, on: asked))", "it is not known how 'x'"),
    ("advise(report, ledger: [{arm: \"rag\", flops: 1}])", "no row of 'base'"),
    ("ledger(3)", "nothing recorded"),
  ])
  func mistakesAreExplained(_ expression: String, _ message: String) throws {
    let text = try shown(expression)
    #expect(text.contains("error") && text.contains(message), "\(text)")
  }
}

@Suite struct ComparisonCodecTests {
  private func report() throws -> ComparisonReport {
    let queries = [
      Query(id: "a", text: "?", answers: ["x"], fields: DocumentFields([("kind", ["known"])])),
      Query(id: "b", text: "?", answers: ["y", "z"], evidence: ["d"]),
    ]
    let answers = [
      GivenAnswer(
        question: "a", text: "x", evidence: ["d", "e"], confidence: 0.5,
        usage: AnswerUsage(modelCalls: 1, promptTokens: 2, operations: 3.5, toggles: 1)),
      GivenAnswer(question: "b", text: "", refused: true),
    ]
    return try ComparisonReport(
      identity: "set", isSeeded: true, metrics: [.accuracy, .f1],
      set: JudgedSet(name: "n", identity: "", queries: queries, judgements: [:]),
      known: JudgedSet(name: "k", identity: "", queries: [queries[0]], judgements: [:]),
      arms: [
        .init(
          name: "rag", approach: .rag, answers: answers, latencies: ["a": 1, "b": 2],
          known: [answers[0]], before: [answers[0]], documents: 3),
        .init(name: "base", approach: nil, answers: answers),
      ])
  }

  private func decode(_ bytes: [UInt8]) throws -> ComparisonReport {
    try ComparisonReport(decoding: bytes) { kind, digest in
      ArtifactHandle(kind: kind, digest: digest, isSeeded: false) { throw VerbError("lost") }
    }
  }

  @Test func whatIsStoredComesBack() throws {
    let report = try report()
    let again = try decode(report.encoded())
    #expect(again.encoded() == report.encoded())
    #expect(again.arms[0].latencies == ["a": 1, "b": 2])
    #expect(again.scores[0].right == [1, 0])
    let answers = StoredAnswers(answers: report.arms[0].answers, approach: .both)
    let back = try StoredAnswers(decoding: answers.encoded())
    #expect(back.answers == answers.answers && back.approach == .both)
  }

  @Test func hostileBytesThrow() throws {
    let bytes = try report().encoded()
    var random = RandomStream(seed: 1, purpose: "comparison bytes")
    for _ in 0..<3_000 {
      var changed = bytes
      for _ in 0...random.below(3) {
        changed[random.below(changed.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      if random.below(4) == 0 { changed = Array(changed.prefix(random.below(changed.count))) }
      // Either a report or an error; never a trap.
      _ = try? decode(changed).summaryText
    }
    #expect(throws: (any Error).self) { try decode([]) }
    #expect(throws: (any Error).self) { try StoredAnswers(decoding: bytes) }
  }
}

extension ComparisonReport {
  fileprivate var summaryText: String { "\(arms.count) \(asked.queries.count)" }
}

extension String {
  fileprivate var trimmed: String {
    let lines = split(separator: "\n", omittingEmptySubsequences: false)
    return lines.joined(separator: "\n").reduced
  }

  private var reduced: String {
    var text = Substring(self)
    while text.last?.isWhitespace == true { text.removeLast() }
    while text.first?.isWhitespace == true { text.removeFirst() }
    return String(text)
  }
}
