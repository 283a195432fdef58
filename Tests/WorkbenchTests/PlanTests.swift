import Artifacts
import TestFolders
import Testing
import Workbench

/// What `poise plan` says of calls before they run.
@Suite struct PlanTests {
  private func steps(_ folder: TemporaryFolder, _ toy: ToyTraining) throws -> [RunPlan.Step] {
    try NotebookSession.open(folder, verbs: toy.library).plan().cells.flatMap(\.steps)
  }

  @Test func aPlanTellsMemoryAndTime() throws {
    let folder = try TemporaryFolder()
    try folder.write(notebook("b = toil(steps: 2000)", "c = toil(b, steps: 500)"), to: "nb.md")
    let toy = ToyTraining()
    let plan = try NotebookSession.open(folder, verbs: toy.library).plan()
    #expect(
      plan.text == """
        b: missing, would run
          to run  toil(steps: 2000)  (about 310.0 MB, about 40 s at 100 GFLOP/s)
          to run  and what follows from it
        c: missing, would run
          to run  toil(…, steps: 500)  (about 10 s at 100 GFLOP/s, memory depends on the start)
          to run  and what follows from it
        """)
    #expect(toy.taken == [], "a plan runs nothing")
    #expect(folder.files(below: "artifacts/actions") == [])
  }

  @Test func theRateIsThatOfTheLatestRun() throws {
    let folder = try TemporaryFolder()
    try folder.write(notebook("b = toil(steps: 300)"), to: "nb.md")
    let toy = ToyTraining()
    #expect(try NotebookSession.open(folder, verbs: toy.library).run(.stale).status == .success)
    let store = try ArtifactStore.open(at: folder("artifacts"), create: false)
    // The cell has a record of its own; which of the two was used last is a matter of a second.
    let toil = try #require(try store.list().first { $0.verb == "toil" })
    var action = try #require(store.action(toil.key))
    action.cost.seconds = 2
    try store.record(action)
    try folder.write(notebook("b = toil(steps: 600)"), to: "nb.md")
    let step = try #require(try steps(folder, toy).first)
    #expect(step.expected?.operationsPerSecond == 3e11)
    #expect(step.expected?.seconds == 4)
    #expect(step.expected?.text == "about 310.0 MB, about 4.0 s at 300 GFLOP/s as before")
  }

  @Test func whatDependsOnUncomputedArgumentsSaysSo() throws {
    let folder = try tinyCollection()
    try folder.write(
      notebook(
        "tiny = load(\"tiny\")", "n = amount(on: tiny.corpus)", "m = amount(on: tiny.test)",
        "x = bm25(tiny.corpus)"), to: "nb.md")
    let toy = ToyTraining()
    let plan = try NotebookSession.open(folder, verbs: toy.library).plan()
    let steps = plan.cells.flatMap(\.steps)
    #expect(steps.map(\.label) == ["load(\"tiny\")", "amount(on: …)", "bm25(…)"])
    #expect(steps.first?.expected?.memoryBytes ?? 0 > 1 << 26)
    #expect(
      steps.dropFirst().map { $0.expected?.text }
        == Array(repeating: "memory unknown until load(\"tiny\") is there", count: 2))
    #expect(plan.cells.map(\.isOpen) == [true, true, true, true])
    // Once it is there, the numbers are, too.
    let session = try NotebookSession.open(folder, verbs: toy.library)
    #expect(session.run(.only([0])).status == .success)
    let known = session.plan().cells.flatMap(\.steps).filter { !$0.isStored }
    #expect(known.map(\.expected?.waitsFor) == [nil, nil, nil])
    #expect(known.compactMap { $0.expected?.memoryBytes }.count == 3)
  }

  /// Time and memory of every kind of index are told before one was built, and by what earlier
  /// ones took afterwards.
  @Test func indexesTellWhatTheyWillTake() throws {
    let folder = try tinyCollection()
    let reader =
      "encoder(pretrain(tiny.corpus, tokenizer: \"bytes\", layers: 1, width: 8, heads: 1, "
      + "context: 64, steps: 1, batch: 1))"
    func cells(_ m: Int, _ k1: Double) -> String {
      notebook(
        "tiny = load(\"tiny\")", "words = static_encoder(tiny.corpus, dimension: 2)",
        "reader = \(reader)", "a = bm25(tiny.corpus, k1: \(k1))",
        "b = flat(tiny.corpus, encoder: words)", "c = hnsw(tiny.corpus, encoder: words, m: \(m))",
        "d = late_interaction(tiny.corpus, encoder: reader)")
    }
    try folder.write(cells(4, 1), to: "nb.md")
    let session = try NotebookSession.open(folder)
    for cell in 0..<3 { #expect(session.run(.only([cell])).status == .success) }
    let before = session.plan()
    let steps = before.cells.flatMap(\.steps)
    #expect(
      steps.map { $0.label.prefix { $0 != "(" } } == ["bm25", "flat", "hnsw", "late_interaction"])
    for step in steps {
      let expected = try #require(step.expected, "\(step.label)")
      #expect(expected.memoryBytes ?? 0 > 0 && expected.seconds ?? 0 > 0, "\(step)")
      #expect(!expected.isRateMeasured)
      #expect(expected.text.contains("MB, about "), "\(expected.text)")
    }
    #expect(steps[0].expected?.bytesPerSecond == 4e7)
    // The graph's work is more than its vectors'.
    #expect(steps[2].expected?.operations ?? 0 > 10 * (steps[1].expected?.operations ?? .infinity))
    #expect(session.run(.all).status == .success)
    try folder.write(cells(5, 2), to: "nb.md")
    let after = try NotebookSession.open(folder).plan().cells.flatMap(\.steps)
      .filter { !$0.isStored }
    #expect(after.map { $0.label.prefix { $0 != "(" } } == ["bm25", "hnsw"])
    for step in after {
      #expect(step.expected?.isRateMeasured == true, "\(step)")
      #expect(step.expected?.text.contains(" as before") == true)
    }
  }

  @Test func workThatDoesNotFitIsRefusedBeforeItStarts() throws {
    let folder = try TemporaryFolder()
    try folder.write(notebook("b = giant()"), to: "nb.md")
    let toy = ToyTraining()
    let recorder = Recorder()
    let session = try NotebookSession.open(folder, observer: recorder, verbs: toy.library)
    #expect(session.run(.stale).failed == [0])
    #expect(toy.taken == [])
    #expect(recorder.output("b").contains("this would need about 1152921.5 TB of memory"))
    #expect(try steps(folder, toy).first?.expected?.memoryBytes == 1 << 60)
  }
}
