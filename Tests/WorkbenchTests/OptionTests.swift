import Testing
import TestFolders
import Workbench

/// Arguments that are one of several things.
@Suite struct OptionTests {
  private func run(_ source: String, in folder: String = "/nowhere") throws -> String {
    try output(of: source, in: folder, verbs: ToyTraining().library)
  }

  @Test func aVerbRestrictsTheOptionsThatItTakes() throws {
    #expect(try run("toil(steps: 3, method: lora(rank: 4)).value").isEmpty == false)
    let wrong = try run("toil(steps: 3, method: prefix())")
    #expect(wrong.contains("full(…) or lora(…)"), "\(wrong)")
    // Where the checker can't see it, the verb does.
    let late = try run("toil(steps: 3, method: [prefix(), lora()][count([1]) - 1])")
    #expect(late.contains("expected full(…) or lora(…), got prefix(…)"), "\(late)")
    let none = try run("f(m) = toil(steps: 3, method: m)\nf({a: 3}[\"a\"])")
    #expect(none.contains("full(…) or lora(…)"), "\(none)")
  }

  @Test func anOptionsOwnArgumentsAreChecked() throws {
    #expect(try run("lora(rank: 65)").contains("expected a whole number from 1 to 64"))
    #expect(try run("lora(rank: 4).rank") == "4")
    let misspelt = try run("lora(rank: 4).rnk")
    #expect(misspelt.contains("did you mean 'rank'?"), "\(misspelt)")
  }

  @Test func anOptionIsPartOfTheKey() throws {
    let session = try NotebookSession.inMemory(
      notebook("a = toil(steps: 9, method: lora(rank: 4))", "b = toil(steps: 9, method: lora())"),
      verbs: ToyTraining().library)
    let log = NodeLog()
    log.follow(session)
    session.run(.all)
    #expect(log.computed == ["toil", "toil"])
  }

  @Test func oneParameterTakesArtifactsTablesTextsOrAPath() throws {
    let folder = try tinyCollection()
    let cases = [
      "amount(on: load(\"tiny\").corpus)": "corpus",
      "amount(on: load(\"tiny\").test)": "questions",
      "amount(on: [{a: 1}, {a: 2}])": "2 items",
      "amount(on: [\"one\", \"two\", \"three\"])": "3 items",
      "amount(on: \"tiny/corpus.jsonl\")": "file tiny/corpus.jsonl",
    ]
    for (source, expected) in cases {
      #expect(try run(source, in: folder.path) == expected, "\(source)")
    }
    let wrong = try run("amount(on: 3)", in: folder.path)
    #expect(wrong.contains("a table, a list of strings or a path"), "\(wrong)")
    #expect(wrong.contains("a corpus"))
  }

  /// A path is part of the cell's key, so it has to be known before the run.
  @Test func aPathAmongOtherThingsIsKnownOrRefused() throws {
    let folder = try tinyCollection()
    for source in [
      "amount(on: veil(\"tiny/corpus.jsonl\"))",
      "f(n) = if n > 0 then \"tiny/{n}.jsonl\" else [\"x\"]\namount(on: f(count(range(1, 3))))",
      "amount(on: \"tiny/{count([1])}\")",
    ] {
      let text = try run(source, in: folder.path)
      #expect(text.contains("error"), "\(source): \(text)")
      #expect(!text.contains("file tiny"), "\(source): \(text)")
    }
    // A change of the file makes the cell stale.
    try folder.write(notebook("a = amount(on: \"tiny/corpus.jsonl\")"), to: "nb.md")
    let library = ToyTraining().library
    #expect(try NotebookSession.open(folder, verbs: library).run(.stale).ran == [0])
    #expect(try NotebookSession.open(folder, verbs: library).run(.stale).ran == [])
    try folder.write("{\"_id\":\"x\",\"text\":\"new\"}\n", to: "tiny/corpus.jsonl")
    #expect(try NotebookSession.open(folder, verbs: library).run(.stale).ran == [0])
  }

  @Test func aMemberThatIsATableCanBePlotted() throws {
    let folder = try tinyCollection()
    let text = try run(
      """
      tiny = load("tiny")
      report = evaluate(bm25(tiny.corpus), on: tiny.test, metrics: ["mrr"])
      plot(report.queries, x: "query", y: "mrr")
      """, in: folder.path)
    #expect(text == "plot", "\(text)")
  }
}
