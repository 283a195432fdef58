import Corpora
import Evaluation
import Language
import TestFolders
import Testing
import Workbench

/// Verbs that cost what they are told to: trainers, indexes and an answerer over them.
private enum Fakes {
  static var library: VerbLibrary {
    VerbLibrary(
      VerbLibrary.standard.all.filter { !["finetune", "bm25"].contains($0.signature.name) } + [
        maker("base_model", "base", flops: 1e6), maker("finetune", "of", flops: 5e3),
        maker("bm25", "of", flops: 2e2), reciting,
      ])
  }

  /// A verb that gives answers to no questions, standing for a model or an index.
  private static func maker(_ name: String, _ parameter: String, flops: Double) -> Verb {
    Verb(
      VerbSignature(
        name, topic: "test", .compute, summary: "", example: "",
        parameters: [
          .init(parameter, .any, positional: true, default: "none", ""),
          .init("seed", .number, default: "0", ""),
        ], result: { _ in .any })
    ) { arguments, context in
      context.count(WorkCount.operations, flops)
      let seed = try arguments.number("seed")
      return try context.artifact(
        .answers,
        StoredAnswers(
          answers: [GivenAnswer(question: "\(name) \(seed)", text: "")], approach: nil))
    }
  }

  /// `recite("rag", from: […])`: answers to q1 and q2, made from models and indexes.
  private static var reciting: Verb {
    Verb(
      VerbSignature(
        "recite", topic: "test", .compute, summary: "", example: "",
        parameters: [
          .init("approach", .string, positional: true, ""), .init("from", .any, ""),
          .init("flops", .number, default: "10", ""),
        ], result: { _ in .any })
    ) { arguments, context in
      context.count(WorkCount.latencyTail, 7)
      let usage = AnswerUsage(modelCalls: 1, operations: try arguments.number("flops"))
      return try context.artifact(
        .answers,
        StoredAnswers(
          answers: ["q1", "q2"].map { GivenAnswer(question: $0, text: "x", usage: usage) },
          approach: Approach(rawValue: try arguments.string("approach"))))
    }
  }
}

@Suite struct LedgerTests {
  private static let cells = """
    asked = [{id: "q1", question: "a", answer: "x"}, {id: "q2", question: "b", answer: "y"}]
    base = base_model()
    tuned(s) = finetune(base, seed: s)
    arms(s) = {base: recite("prompt", from: base), rag: recite("RAG", from: [base, bm25(base)],
      flops: 40), tuned: recite("fine-tuning", from: tuned(s), flops: 11)}
    trial(s) = compare(arms(s), on: asked)
    report = trial(1)
    """

  private func shown(_ expression: String) throws -> String {
    let recorder = Recorder()
    let session = try NotebookSession.inMemory(
      notebook(Self.cells, "{#it}\n" + expression), observer: recorder, verbs: Fakes.library)
    session.run(.all)
    return recorder.output("it").split(separator: "\n").joined(separator: "\n")
  }

  @Test func eachArmPaysForItsOwnWork() throws {
    // The base model is everybody's, so nobody's.
    #expect(
      try shown("[r.training_flops for r in ledger(report)]").contains("[0, 0, 5000]"))
    #expect(try shown("[r.index_flops for r in ledger(report)]").contains("[0, 200, 0]"))
    #expect(
      try shown("[r.updating for r in ledger(report)]").contains(
        "[\"never\", \"upsert\", \"retrain\"]"))
    #expect(try shown("[r.update_flops for r in ledger(report)]").contains("[0, 0, 5000]"))
    #expect(
      try shown("[r.latency_p95_ms for r in ledger(report)]").contains("[7, 7, 7]"))
    #expect(try shown("[r.flops == 40 for r in ledger(report)]").contains("[false, true, false]"))
  }

  @Test func countsCross() throws {
    // 200 + 40q = 5000 + 11q at q = 4800/29; one operation costs 1.
    let prices =
      "prices(hour: 3600, peak_flops: 1, training_use: 1, answering_use: 1, storage: 0, "
      + "lm_call: 0, retriever_call: 0)"
    let text = try shown(
      "[[c.cheaper_below, c.cheaper_above, c.queries > 165.516 and c.queries < 165.518] for c in "
        + "crossings(report, prices: \(prices))]")
    #expect(text.contains("[\"rag\", \"tuned\", true]"), "\(text)")
    // With an update a day, thirty trainings more: 154800/29.
    let busy = try shown(
      "[c.queries > 5337.92 and c.queries < 5337.94 for c in crossings(report, prices: \(prices), "
        + "updates_per_day: 1)]")
    #expect(busy.contains("true"), "\(busy)")
    let rows = try shown("breakeven(report, queries: 100, prices: \(prices))")
    #expect(rows.contains("| 100") || rows.contains("100 "), "\(rows)")
    let plot = try shown("plot(breakeven(report), x: \"queries\", y: \"cost\", by: \"arm\")")
    #expect(!plot.contains("error"))
  }

  @Test func secondsEnterOnlyWhereAskedFor() throws {
    let counted = try shown("breakeven(report)")
    #expect(!counted.contains("measured"))
    let timed = try shown("breakeven(ledger(report), prices: prices(basis: \"seconds\"))")
    #expect(timed.contains("measured seconds"), "\(timed)")
    // A table of counts alone gives what the comparison gives.
    #expect(try shown("breakeven(ledger(report)) == breakeven(report)").contains("true"))
  }

  @Test func seedsAreAveraged() throws {
    let text = try shown("[r.training_flops for r in ledger(over([1, 2], trial))]")
    #expect(text.contains("5000"), "\(text)")
  }

  @Test func adviceReadsTheLedger() throws {
    let text = try shown("advise(report, ledger: ledger(report), latency_ms: 5)")
    #expect(text.contains("no answerer keeps the stated limits"), "\(text)")
    #expect(text.contains("7"))
    let plain = try shown("advise(report, latency_ms: 5)")
    #expect(plain.contains("operations"), "\(plain)")
  }
}
