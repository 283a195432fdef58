import Corpora
import TestFolders
import Testing
import Workbench

/// Answerers and routers as notebooks have them.
@Suite struct AnsweringTests {
  private static let model =
    "pretrain(load(\"tiny\").corpus, tokenizer: \"bytes\", layers: 1, width: 8, heads: 1, "
    + "context: 64, steps: 1, batch: 1)"

  private static func routed(_ router: String, _ rest: String = ", max_tokens: 2") -> String {
    "answerer(\(model), index: bm25(load(\"tiny\").corpus), k: 1, router: \(router)\(rest))"
  }

  /// What is wrong is told; where the values are known, before anything has run.
  @Test(arguments: [
    ("thermostat(above: 1, below: 2)", "switch off below that", true),
    ("thermostat(above: 60, below: 2)", "it has to be from 0 to 50 nats", true),
    ("uncertainty(above: 1.5)", "it has to be from 0 to 1", true),
    ("uncertainty(above: 1.5, signal: \"entropy\").above", "1.5", false),
    ("[uncertainty(above: 1.5, signal: s) for s in [\"entropy\"]][0].above", "1.5", false),
    ("uncertainty(above: 0.5, signal: \"doubt\")", "'doubt' is no choice", true),
    ("feature_router(calls: 2)", "expected a share from 0 to 1", true),
    ("abstain(closed_book(\(model)), below: 7)", "expected a number from 0 to 1, got 7", true),
    ("answers(\(routed("always()", ", k: 0")), on: load(\"tiny\").test)", "given twice", true),
    ("calibrated(\(model), temperature: 0)", "from 0.01 to 100", true),
    ("thermostat(above: mean([1]), below: 2)", "switch off below that", false),
    (
      "answers(answerer(\(model), index: delete(bm25(load(\"tiny\").corpus), [\"d1\", \"d2\", "
        + "\"d3\"])), on: load(\"tiny\").test)", "the index has no documents", false
    ),
    (
      "answers(answerer(\(model), index: bm25(load(\"tiny\").corpus), k: 3, max_tokens: 16), "
        + "on: judge(load(\"tiny\").corpus, [{query: \"oxygen in the blood of all\", relevant: "
        + "[\"d1\"]}]))", "can't hold one passage", false
    ),
    (
      "answers(\(routed("oracle_router()")), on: load(\"tiny\").test)",
      "has no answer to compare with", false
    ),
    (
      "answers(\(routed("popularity(below: 3)")), on: load(\"tiny\").test)",
      "none of the questions has a field 'exposure'", false
    ),
    (
      "compare({a: closed_book(\(model)), b: closed_book(pretrain(load(\"tiny\").corpus, "
        + "tokenizer: \"characters\", layers: 1, width: 8, heads: 1, context: 64, steps: 1, "
        + "batch: 1))}, on: [{id: \"q1\", question: \"tea\", answer: \"zinc\"}])",
      "have different vocabularies", false
    ),
    ("closed_book(load_model(\"llama\"))", "no tokenizer", false),
  ])
  func badInputIsExplained(_ source: String, _ message: String, _ isStatic: Bool) throws {
    let folder = try tinyCollection()
    try copyModel(to: folder, "llama")
    let recorder = Recorder()
    let session = try NotebookSession.inMemory(
      notebook("{#it}\n" + source), in: folder.path, observer: recorder)
    let log = NodeLog()
    log.follow(session)
    session.run(.all)
    #expect(recorder.output("it").contains(message), "\(source): \(recorder.output("it"))")
    if isStatic { #expect(log.computed.isEmpty, "\(log.computed)") }
    #expect(!log.computed.contains("answers"))
  }

  @Test func whoMeasuresTheSameAnswersHasThemOnce() throws {
    let folder = try tinyCollection()
    try folder.write("question,answer\nwhat?,that\nwho?,me\n", to: "pilot.csv")
    let session = try NotebookSession.inMemory(
      notebook(
        "m = \(Self.model)\nq = questions(\"pilot.csv\")\nlimit = 2",
        "{#a}\nanswers(closed_book(m, max_tokens: limit), on: q).count",
        "{#b}\ncoverage_risk(closed_book(m, max_tokens: 2), on: q).area",
        "{#c}\ncompare({base: closed_book(m, max_tokens: 2)}, on: q).base.lm_calls"),
      in: folder.path)
    let log = NodeLog()
    log.follow(session)
    session.run(.all)
    #expect(log.computed.count { $0 == "answers" } == 1, "\(log.computed)")
    #expect(log.computed.contains("compare") && log.computed.contains("coverage_risk"))
  }

  /// A model that was made from another is a tuned one, whatever the answerer is called.
  @Test func approachesFollowFromLineage() throws {
    let folder = try tinyCollection()
    let shown = try output(
      of: """
        m = \(Self.model)
        t = finetune(m, on: [{prompt: "a", completion: "b"}], epochs: 1, held_out: 0)
        store = bm25(load("tiny").corpus)
        report = compare({
          p: closed_book(m, max_tokens: 1), q: closed_book(t, max_tokens: 1),
          r: answerer(m, index: store, k: 1, max_tokens: 1),
          s: answerer(t, index: store, k: 1, max_tokens: 1),
          u: answerer(t, index: store, k: 1, router: never(), max_tokens: 1),
          v: abstain(closed_book(t, max_tokens: 1), below: 0.5),
        }, on: [{id: "q1", question: "tea", answer: "zinc"}])
        [report[a].approach for a in report.arms]
        """, in: folder.path)
    #expect(
      shown.contains(
        #"["prompt", "fine-tuning", "RAG", "both", "fine-tuning", "fine-tuning"]"#), "\(shown)")
  }

  /// What else a file tells of its questions is in the table: numbers where all are.
  @Test func questionsShowTheirFields() throws {
    let folder = try tinyCollection()
    try folder.write(
      """
      {"question": "a", "answer": "b", "s_pop": 3, "tags": ["x", "y"], "years": [1, 2]}
      {"question": "c", "answer": "d", "s_pop": 10, "years": 3, "id": "second"}
      """, to: "asked.jsonl")
    let shown = try output(
      of: "q = questions(\"asked.jsonl\").queries\n"
        + "[[x.id, x.s_pop + 1, x.tags, x.years] for x in q]", in: folder.path)
    let many = (0..<200).map { "{\"question\": \"q\($0)\", \"field \($0)\": 1}" }
    try folder.write(many.joined(separator: "\n"), to: "many.jsonl")
    let fields = try output(
      of: "r = questions(\"many.jsonl\").queries\n[r[63][\"field 63\"], r[64][\"field 64\"]]",
      in: folder.path)
    #expect(fields.contains("this record has no 'field 64'"), "\(fields)")
    #expect(
      shown == #"[["q1", 4, ["x", "y"], ["1", "2"]], ["second", 11, none, "3"]]"#, "\(shown)")
  }

  /// What training forgot is told by default: without the base among the arms, it is asked.
  @Test func forgettingNeedsNoBaseAmongTheArms() throws {
    let folder = try tinyCollection()
    let template = PromptTemplate.standard
    let prompt = template.prompt(question: "what?")
    try folder.write(
      "{\"_id\": \"a\", \"text\": \"\(prompt + template.completion("that"))\"}\n",
      to: "learned.jsonl")
    try folder.write("question,answer,kind\nwhat?,that,known\nwho?,me,new\n", to: "asked.csv")
    let shown = try output(
      of: """
        m = pretrain(load("learned.jsonl").corpus, tokenizer: "characters", layers: 1, width: 16,
          heads: 2, context: 64, steps: 300, batch: 4, learning_rate: 0.02, held_out: 0)
        t = finetune(m, on: [{prompt: "\(prompt)", completion: " hat"}], epochs: 60,
          learning_rate: 0.02, held_out: 0)
        u = finetune(t, on: [{prompt: "w", completion: "h"}], method: lora(rank: 2), epochs: 1,
          held_out: 0)
        q = questions("asked.csv")
        tuned = {
          t: closed_book(t, max_tokens: 6),
          u: abstain(closed_book(u, max_tokens: 6), below: 0),
        }
        alone = compare(tuned, on: q)
        beside = compare({base: closed_book(m, max_tokens: 6)} + tuned, on: q)
        [r[a].forgetting for r in [alone, beside] for a in ["t", "u"]] + [count(alone.arms)]
        """, in: folder.path)
    // One known question: right before, wrong after.
    let lost = "1.00 [-0.90, 1.00]"
    #expect(shown == "[\(lost), \(lost), \(lost), \(lost), 2]")
  }

  @Test func oneAnswerShowsHowItCameAbout() throws {
    let folder = try tinyCollection()
    let shown = try output(
      of: "answer(\(Self.routed("uncertainty(above: 0)")), \"zinc\").prompts", in: folder.path)
    #expect(shown.contains("Question: zinc") && shown.contains("Zinc supports immunity."))
    let read = try output(
      of: "answer(\(Self.routed("uncertainty(above: 0)")), \"zinc\").usage.lm_calls",
      in: folder.path)
    #expect(read == "2")
  }

  /// Times are measured when they are asked for and in no stored result.
  @Test func latenciesAreMeasuredApart() throws {
    let folder = try tinyCollection()
    let shown = try output(
      of: "answer_latency(closed_book(\(Self.model), max_tokens: 2), on: load(\"tiny\").test)"
        + ".median_ms > 0", in: folder.path)
    #expect(shown == "true")
  }
}
