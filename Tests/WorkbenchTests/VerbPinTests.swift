import Artifacts
import Glibc
import Language
import TestFolders
import Testing
import Workbench

/// A small result of every verb, in `Fixtures/verb-pins.txt`: the verb's version, an expression,
/// and the digest and first line of what it gave. A result that changes needs a new version, since
/// stored results of the old one would else pass for it. `POISE_RECORD=1` adds what is missing, and
/// takes a new result only together with a new version.
@Suite struct VerbPinTests {
  private static let path = testFile("Fixtures/verb-pins.txt")

  /// What each verb is tried with; several where one would miss a branch.
  private static let expressions: [String: [String]] = [
    "load": ["load(\"tiny\")", "load(\"docs\", words: 20).corpus.documents"],
    "questions": ["questions(\"pilot.csv\").queries"],
    "run": ["run(\"theirs.trec\").ranking"],
    "qrels": ["qrels(\"judged.qrel\", load(\"tiny\").test).judgements"],
    "judge": [
      "judge(load(\"tiny\").corpus, [{query: \"a\", relevant: [\"d1\", {document: \"d2\", "
        + "grade: 2}]}, {query: \"b\", document: \"d3\"}]).judgements"
    ],
    "bm25": [
      "describe(bm25(load(\"tiny\").corpus))",
      "describe(bm25(load(\"tiny\").corpus, k1: 1.2, b: 0.75, stem: none, stopwords: none))",
    ],
    "search": ["search(bm25(load(\"tiny\").corpus, k1: 0.9, b: 0.4), \"oxygen tea\", k: 2)"],
    "evaluate": [
      "evaluate(bm25(load(\"tiny\").corpus), on: load(\"tiny\").test, metrics: [\"ndcg@2\", "
        + "\"recall@1\", \"precision@2\", \"map\", \"mrr\"]).queries",
      "evaluate(bm25(load(\"tiny\").corpus), on: load(\"tiny\").test).summary",
    ],
    "embed": ["describe(embed(load(\"tiny\").corpus, encoder: \(words)))"],
    "embed_tokens": ["embed_tokens(load(\"tiny\").corpus, encoder: \(reader)).count"],
    "link": ["describe(link(embed(load(\"tiny\").corpus, encoder: \(words)), m: 4))"],
    "flat": [
      "[h.document for h in search(flat(load(\"tiny\").corpus, encoder: \(words)), \"iron\", k: 1)]"
    ],
    "hnsw": [
      "[h.document for h in search(hnsw(load(\"tiny\").corpus, encoder: \(words), m: 4), "
        + "\"iron\", k: 1)]"
    ],
    "late_interaction": [
      "late_interaction(load(\"tiny\").corpus, encoder: \(reader)).count"
    ],
    "fuse": [
      "[h.document for h in search(fuse([bm25(load(\"tiny\").corpus), flat(load(\"tiny\").corpus, "
        + "encoder: \(words))], method: \"weighted\", weights: [2, 1]), \"oxygen tea\", k: 2)]"
    ],
    "rerank": [
      "[h.document for h in search(rerank(bm25(load(\"tiny\").corpus), encoder: \(words), "
        + "depth: 2), \"zinc iron\", k: 2)]",
      "search(rerank(bm25(load(\"tiny\").corpus), model: \(tiny)), \"zinc\", k: 2)[0].rank",
    ],
    "documents": [
      "documents([{id: \"n1\", text: \"zinc\", user: \"ann\"}, {id: 2, title: \"T\", text: \"tea\"}])"
        + ".documents"
    ],
    "upsert": [
      "search(upsert(bm25(load(\"tiny\").corpus), [{id: \"d1\", text: \"only copper\"}, {id: "
        + "\"d9\", text: \"zinc zinc\"}]), \"zinc copper\", k: 5)",
      "describe(upsert(flat(load(\"tiny\").corpus, encoder: \(words)), [{id: \"d9\", text: "
        + "\"oxygen\"}]))",
    ],
    "delete": ["describe(delete(bm25(load(\"tiny\").corpus), \"d1\"))"],
    "compact": [
      "describe(compact(delete(bm25(load(\"tiny\").corpus), [\"d1\"])))",
      "describe(compact(delete(hnsw(load(\"tiny\").corpus, encoder: \(words), m: 4), [\"d1\"])))",
    ],
    "neighbours": [
      "count(neighbours(flat(load(\"tiny\").corpus, encoder: \(words)), \"d1\", k: 1))"
    ],
    "recall_against": [
      "recall_against(hnsw(load(\"tiny\").corpus, encoder: \(words), m: 4), "
        + "flat(load(\"tiny\").corpus, encoder: \(words)), on: load(\"tiny\").test, k: 2)"
    ],
    "confidence": [
      "confidence(bm25(load(\"tiny\").corpus), on: judge(load(\"tiny\").corpus, [{query: \"tea\", "
        + "relevant: [\"d1\"]}, {query: \"zinc\", relevant: [\"d1\"]}])).gap != 0"
    ],
    "encoder": ["describe(\(reader)).fact"],
    "static_encoder": ["describe(\(words))"],
    "project": [
      "describe(project(\(words), dimension: 1, method: \"truncate\"))",
      "project(\(words), dimension: 1, on: load(\"tiny\").corpus).dimension",
    ],
    "tune_encoder": [
      "describe(tune_encoder(\(words), on: [{query: \"iron\", document: \"zinc\"}, {query: \"tea\", "
        + "document: \"iron\"}], batch: 2, epochs: 2))"
    ],
    "disagreements": [
      "disagreements(evaluate(bm25(load(\"tiny\").corpus), on: load(\"tiny\").test), "
        + "evaluate(run(\"theirs.trec\"), on: load(\"tiny\").test), count: 2)"
    ],
    "compare": [
      "compare(\(arms), on: \(asked))",
      "[[k.kind, k.questions, k.accuracy] for k in compare(\(arms), on: \(asked)).rag.by_kind]",
    ],
    "prices": ["prices(hour: 1, storage: 0.5)"],
    "breakeven": [
      "breakeven(\(costs), queries: 1000)",
      "breakeven(\(costs), by: \"updates_per_day\", queries: 100, updates_per_day: 2, days: 7)",
    ],
    "crossings": ["crossings(\(costs), updates_per_day: 0.1)"],
    "advise": [
      "advise(compare(\(arms), on: \(asked)), queries_per_day: 100, updates_per_day: 2, facts: 9, "
        + "budget: 5, purpose: \"knowledge\")",
      "advise(compare(\(arms), on: \(asked)), value: 1, latency_ms: 1, strict_format: true).flips",
    ],
    "table": ["table({a: [1, 2], b: [\"x\", none]}, only: [\"b\", \"a\"])"],
    "count": ["count([1, 2])", "count([{g: 1}, {g: 2}, {g: 1}], by: \"g\")", "count(\"é🇩🇪\")"],
    "sort": ["sort([\"b\", 2, \"a\", 1])", "sort([{a: 2}, {a: 1}], by: \"a\", descending: true)"],
    "distinct": ["distinct([1, \"1\", 1])", "distinct([{a: 1, b: 2}, {a: 1}], by: \"a\")"],
    "join": [
      "join([{k: 1, v: 2}, {k: 3, v: 1}], [{k: 1, v: 5}], by: \"k\")", "join([1, \"a\"], \"-\")",
    ],
    "split": [
      "split([1, 2, 3, 4, 5, 6], share: 0.5, seed: 7)", "split([1, 2, 3, 4], test: 0.25)",
      "split(\"a--b\", \"-\")", "split(load(\"tiny\").corpus, test: 0.3, seed: 1).test.documents",
    ],
    "contains": ["[contains([1], 1), contains({a: 1}, \"b\"), contains(\"abc\", \"bc\")]"],
    "describe": ["describe([{a: 1, b: \"x\"}, {a: 2}])", "describe(load(\"tiny\").test)"],
    "mean": ["mean([1, 2, 4])", "mean([{g: 1, x: 2}, {g: 1, x: 3}], by: \"g\")"],
    "sum": ["sum([0.1, 0.2, 0.3, 1e16, -1e16])"],
    "min": ["min([3, 1, 2])"],
    "max": ["max([3, 1, 2])"],
    "median": ["[median([3, 1, 2]), median([4, 1, 2, 3])]"],
    "log": ["[log(2), log(8, base: 2)]"],
    "round": ["round([1.005, 2.5, -2.5], decimals: 1)"],
    "bins": [
      "bins([1, 2, 3, 10], count: 3)", "bins([1, 2, 3, 10], count: 2, width: \"quantile\")",
    ],
    "spearman": ["spearman([1, 2, 3, 4], [2, 1, 3, 4])"],
    "fit": ["fit([1, 2, 3, 4], [1, 4, 9, 17], degree: 2)"],
    "plot": [
      "plot([{x: 1, y: 2, s: \"a\"}, {x: 2, y: 3, s: \"b\"}], x: \"x\", y: \"y\", by: \"s\")"
    ],
    "over": ["over([1, 2, 3], trial)"],
    "synthesize": [
      "describe(\(world))", "\(world).background.documents", "\(world).questions.queries[0].text",
      "\(world).world.people",
    ],
    "new_facts": [
      "describe(\(fresh("")))", "\(fresh("")).facts[0]",
      "\(fresh(", contradictions: 0.5, ocr: 0.1, distractors: 2")).documents.documents",
      "\(fresh("")).questions.test.queries", "\(fresh("")).updates",
      "round(\(fresh(", ocr: 0.1")).character_error_rate, decimals: 6)",
    ],
    "lessons": [
      "lessons(\(world)).examples",
      "describe(\(pupil))",
    ],
    "examine": [
      "examine(\(pupil), \(world), passages: 1, count: 10, unanswerable: 2).answers[0].question",
      "examine(\(pupil), \(world), passages: 0, count: 10).accuracy == 0",
    ],
    "rows": ["rows(\(fresh("")).tables, \"SELECT count(*) AS people, min(name) FROM people\")"],
    "load_model": ["describe(load_model(\"llama\"))"],
    "tokenizer": [
      "describe(tokenizer(load(\"tiny\").corpus, vocabulary: 270))",
      "[tokenizer(load(\"tiny\").corpus, units: u).count for u in [\"bytes\", \"characters\", "
        + "\"words\"]]",
      "[t.token for t in score(pretrain(load(\"tiny\").corpus, tokenizer: tokenizer("
        + "load(\"tiny\").corpus, vocabulary: 270), layers: 1, width: 8, heads: 1, context: 16, "
        + "steps: 1, batch: 1), \"Zinc is brewed in the blood\")]",
    ],
    "pretrain": [
      "describe(\(trained))",
      "[{step: p.step, tokens: p.tokens, loss: round(p.loss, decimals: 1)} for p in "
        + "pretrain(load(\"tiny\").corpus, layers: 1, width: 8, heads: 2, key_value_heads: 1, "
        + "feed_forward: 12, context: 8, tokenizer: \"bytes\", tokens: 96, batch: 4, seed: 3).curve]",
    ],
    "finetune": [
      "describe(\(tuned(", freeze: [\"embeddings\"]")))",
      "choose(\(tuned(", seed: 1")), \"ab\", among: [\"ab\", \"ba\"])[0].answer",
    ],
    "full": ["describe(\(tuned(", method: full(freeze: [\"layers < 1\"])")))"],
    "lora": [
      withoutBase(tuned(", method: lora(rank: 2)")),
      withoutBase(
        tuned(", method: lora(rank: 4, alpha: 2, layers: [0], parts: [\"q\", \"up\"])")),
    ],
    "adapters": [withoutBase(tuned(", method: adapters(width: 4)"))],
    "prefix": [withoutBase(tuned(", method: prefix(length: 4)"))],
    "adapter": ["describe(adapter(\"lora\", base: load_model(\"llama\")))"],
    "merge": [
      "describe(merge(\(tuned(", method: lora(rank: 2)"))))",
      "choose(merge(\(tuned(", method: lora(rank: 2)"))), \"ab\", among: [\"ab\", \"ba\"])[0].answer",
    ],
    "lineage": [
      "table(lineage(merge(\(tuned(", method: lora(rank: 2)")))), only: [\"kind\", \"method\", \"data\", "
        + "\"steps\", \"trained parameters\", \"bytes\"])"
    ],
    "update_rank": [
      "[r.rank_99 <= 1 for r in update_rank(\(tuned(", method: lora(rank: 1)")), from: \(trained))]"
    ],
    // Of a text that is learned by heart, so that digits which depend on the machine play no part.
    "generate": ["generate(\(trained), [\"ab\", \"aba\"], max_tokens: 6)"],
    "score": [
      "[{token: t.token, sure: t.log_probability > -1} for t in score(\(trained), \"ababab\")]"
    ],
    "choose": [
      "[{answer: c.answer, share: round(c.share, decimals: 0)} for c in choose(\(trained), \"aba\", "
        + "among: [\"ab\", \"ba\"])]"
    ],
    "closed_book": [
      "answer(closed_book(\(tiny), max_tokens: 2), \"zinc\").prompts",
      "[{lm: a.lm_calls, read: a.prompt_tokens, passages: a.evidence} for a in answers(closed_book("
        + "\(tiny), max_tokens: 2), on: load(\"tiny\").test).table]",
    ],
    "prompted": [
      "answer(prompted(\(tiny), examples: [{question: \"a\", answer: \"b\"}], max_tokens: 2), "
        + "\"zinc\").prompts"
    ],
    "answerer": [
      "[{searches: a.retriever_calls, left_out: a.dropped_passages, passages: a.evidence} for a in "
        + "answers(\(routed("always()")), on: load(\"tiny\").test).table]",
      "answer(\(routed("always()")), \"zinc\").found",
    ],
    "long_context": [
      "answer(long_context(\(tiny), load(\"tiny\").corpus, max_tokens: 2), \"zinc\")"
        + ".usage.dropped_passages"
    ],
    "relational": [
      "[answer(relational(\(fresh("")).tables), q.text).queries for q in "
        + "\(fresh("")).questions.test.queries]"
    ],
    "abstain": [
      "answer(abstain(closed_book(\(tiny), max_tokens: 2), below: 1), \"zinc\").refused"
    ],
    "calibrated": ["calibrated(\(tiny), temperature: 2).temperature"],
    "never": ["answers(\(routed("never()")), on: load(\"tiny\").test).usage.retriever_calls"],
    "always": ["answers(\(routed("always()")), on: load(\"tiny\").test).usage.retriever_calls"],
    "oracle_router": [
      "answer(\(routed("oracle_router()")), \"zinc\", answers: [\"tea\"]).usage.lm_calls"
    ],
    "uncertainty": [
      "[answers(\(routed("uncertainty(above: 0, signal: s, samples: 2)")), on: "
        + "load(\"tiny\").test).usage.lm_calls for s in [\"probability\", \"entropy\", "
        + "\"margin\", \"agreement\"]]"
    ],
    "popularity": [
      "[answer(\(routed("popularity(below: 5)")), \"zinc\", fields: {exposure: e}).usage"
        + ".retriever_calls for e in [3, 5]]"
    ],
    "thermostat": [
      "[answers(\(routed("thermostat(above: a, below: 0.001)")), on: load(\"tiny\").test).usage"
        + ".lm_calls for a in [0.01, 50]]"
    ],
    "answer": ["answer(\(routed("always()")), \"zinc\").evidence"],
    "answers": ["answers(\(routed("always()")), on: load(\"tiny\").test).usage.lm_calls"],
    "coverage_risk": [
      "coverage_risk(closed_book(\(tiny), max_tokens: 2), on: questions(\"pilot.csv\")).curve"
        + "[0].coverage"
    ],
    "calibrate": [
      "calibrate(\(tiny), on: \(world).questions, max_tokens: 2).ece_before >= 0",
      "calibrate(\(tiny), on: \(world).questions, likelihood: \"tokens\", max_tokens: 2)"
        + ".temperature > 0",
    ],
    "recorded": ["recorded(\"outcomes.jsonl\").table"],
    "feature_router": ["feature_router(calls: 0.5).calls"],
    "route": [
      "route(recorded(\"outcomes.jsonl\"), always()).lines",
      "route(recorded(\"outcomes.jsonl\"), feature_router(calls: 1, folds: 2)).lines",
    ],
    "perplexity": ["perplexity(\(trained), on: \"bababababababa\") < 2"],
    "bits_per_byte": ["bits_per_byte(\(trained), on: \"bababababababa\") < 1"],
  ]

  /// Recorded answers of three answerers, and what they cost.
  private static let asked =
    "[{id: \"a\", question: \"?\", answer: \"yes\", kind: \"new\"}, {id: \"b\", question: "
    + "\"?\", answer: \"no\", kind: \"known\"}, {id: \"c\", question: \"?\", kind: "
    + "\"unanswerable\"}]"
  private static let arms =
    "{base: [{question: q, text: \"no\", flops: 10} for q in [\"a\", \"b\", \"c\"]], rag: "
    + "[{question: q, text: \"Yes.\", refused: q == \"c\", flops: 50, retriever_calls: 1, "
    + "confidence: 0.8} for q in [\"a\", \"b\", \"c\"]], tuned: [{question: q, text: \"yes\", "
    + "flops: 10} for q in [\"a\", \"b\", \"c\"]]}"
  private static let costs =
    "[{arm: \"rag\", flops: 5e12, retriever_calls: 1, update_flops: 1e9}, {arm: \"tuned\", "
    + "training_flops: 1e16, flops: 1e12, update_flops: 1e16}]"

  /// A language model that costs nothing, and its hidden states as an encoder.
  private static let tiny =
    "pretrain(load(\"tiny\").corpus, tokenizer: \"bytes\", layers: 1, width: 8, heads: 1, "
    + "context: 64, steps: 1, batch: 1)"
  private static let reader = "encoder(\(tiny))"
  private static let world = "synthesize(people: 6, attributes: 3, seed: 1)"

  private static let pupil =
    "pretrain(lessons(\(world), passages: 2), layers: 1, width: 8, heads: 1, context: 64, steps: 2, "
    + "batch: 1, held_out: 0)"

  private static func fresh(_ arguments: String) -> String {
    "new_facts(\(world), people: 5, updates: 4, paraphrases: 1, questions: 20\(arguments))"
  }

  private static func routed(_ router: String) -> String {
    "answerer(\(tiny), index: bm25(load(\"tiny\").corpus), k: 1, router: \(router), "
      + "max_tokens: 2)"
  }

  private static let words = "static_encoder(load(\"tiny\").corpus, dimension: 2)"

  private static let trained =
    "pretrain(load(\"ab.jsonl\").corpus, layers: 1, width: 16, heads: 2, context: 16, "
    + "tokenizer: \"characters\", steps: 300, batch: 8, learning_rate: 0.02, held_out: 0)"

  /// What is told of an adapted model but its base's digest, whose last bits are the machine's.
  private static func withoutBase(_ model: String) -> String {
    "[r for r in describe(\(model)) if r.fact != \"base\"]"
  }

  private static func tuned(_ arguments: String) -> String {
    "finetune(\(trained), on: [{prompt: \"ab\", completion: \"ba\"}], epochs: 30, "
      + "learning_rate: 0.01, held_out: 0\(arguments))"
  }

  private struct Pin: Equatable {
    var version: Int
    var digest: String
    var shown: String
  }

  private func measure() throws -> [(name: String, expression: String, pin: Pin)] {
    let folder = try tinyCollection()
    try folder.write("# A\n\nfirst words\n\n## B\n\nsecond words here\n", to: "docs/a.md")
    try folder.write("question,answer\nwhat?,that\n", to: "pilot.csv")
    try folder.write("q1 Q0 d2 1 2 t\nq1 Q0 d1 2 1 t\nq3 Q0 d3 1 1 t\n", to: "theirs.trec")
    let text = String(repeating: "ab", count: 12)
    try folder.write(
      (0..<6).map { "{\"_id\":\"\($0)\",\"text\":\"\(text)\"}\n" }.joined(), to: "ab.jsonl")
    try copyModel(to: folder, "llama")
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
      let source = testFile("../Fixtures/peft/lora/" + file)
      try folder.write(TemporaryFolder.bytes(at: source), to: "lora/" + file)
    }
    try folder.write("q1 0 d1 2\nq2 0 d2 1\n", to: "judged.qrel")
    try folder.write(
      (0..<4).map { index in
        "{\"question\":\"who \(index)?\",\"answers\":[\"tea\"],\"answer_without_retrieval\":"
          + "\"\(index == 0 ? "Tea." : "zinc")\",\"answer_with_retrieval\":\"\(index < 3 ? "tea" : "")"
          + "\",\"passages\":[{\"title\":\"T\",\"text\":\"tea\"}]}\n"
      }.joined(), to: "outcomes.jsonl")
    var results: [(String, String, Pin)] = []
    for verb in VerbLibrary.standard.all {
      let name = verb.signature.name
      for expression in Self.expressions[name] ?? [] {
        try folder.write(
          notebook(
            "trial(s) = {a: s * 2, b: split([1, 2, 3, 4], seed: s).test}", "{#it}\n" + expression),
          to: "nb.md")
        let session = try NotebookSession.open(folder, store: ArtifactStore.inMemory())
        #expect(session.run(.all).status == .success, "\(expression): \(session.shown)")
        // The document has every decimal that is printed; the region's markers hold the key.
        let body = try folder.text("nb.md").split(separator: "\n").filter {
          !$0.hasPrefix("<!--")
        }.joined(separator: "\n")
        let shown = session.shown["it"]?.split(separator: "\n").first.map(String.init) ?? ""
        results.append(
          (
            name, expression,
            Pin(
              version: verb.signature.version,
              digest: Digest(hashing: Array(body.utf8)).short, shown: shown)
          ))
      }
    }
    return results
  }

  private func recorded() throws -> [String: Pin] {
    guard access(Self.path, F_OK) == 0 else { return [:] }
    let text = String(decoding: try TemporaryFolder.bytes(at: Self.path), as: UTF8.self)
    var pins: [String: Pin] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      try #require(fields.count == 5, "\(line)")
      pins[fields[0] + "\t" + fields[2]] = Pin(
        version: try #require(Int(fields[1])), digest: fields[3], shown: fields[4])
    }
    return pins
  }

  @Test func everyVerbHasAPin() {
    let names = Set(VerbLibrary.standard.all.map(\.signature.name))
    let measured: Set<String> = ["answer_latency", "latency", "ledger"]
    #expect(names.subtracting(Self.expressions.keys) == measured, "pin new verbs here")
    #expect(Set(Self.expressions.keys).subtracting(names) == [])
  }

  @Test func resultsChangeOnlyWithVersions() throws {
    let pins = try recorded()
    var lines = [
      "# verb, version, expression, digest of the output, its first line; see VerbPinTests.swift"
    ]
    for (name, expression, pin) in try measure() {
      let old = pins[name + "\t" + expression]
      if GoldenTests.isRecording {
        if let old, old.version == pin.version, old != pin {
          Issue.record("\(name): the result of \(expression) changed; bump the verb's version")
        }
        lines.append("\(name)\t\(pin.version)\t\(expression)\t\(pin.digest)\t\(pin.shown)")
        continue
      }
      guard let old else {
        Issue.record("\(name): no pin for \(expression); record it with POISE_RECORD=1")
        continue
      }
      if old.version == pin.version {
        #expect(old == pin, "\(name): \(expression) changed; bump the verb's version")
      } else {
        Issue.record("\(name): version \(pin.version) has no pin yet; record it")
      }
    }
    guard GoldenTests.isRecording else { return }
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    let file = Glibc.open(Self.path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    try #require(file >= 0)
    defer { close(file) }
    _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
  }
}
