import Artifacts
import Execution
import Glibc
import Language
import TestFolders
import Testing
import Workbench

@Suite struct StoreTests {
  static let source = notebook(
    "tiny = load(\"tiny\")", "index = bm25(tiny.corpus)",
    "report = evaluate(index, on: tiny.test, metrics: [\"mrr\"])",
    "{#show}\nreport\nsearch(index, \"zinc\")\nindex.terms\ntiny.test.queries")

  private func prepared() throws -> TemporaryFolder {
    let folder = try tinyCollection()
    try folder.write(Self.source, to: "nb.md")
    #expect(try NotebookSession.open(folder).run(.stale).status == .success)
    return folder
  }

  @Test func nothingRunsTwice() throws {
    let folder = try prepared()
    let session = try NotebookSession.open(folder)
    let log = NodeLog()
    log.follow(session)
    #expect(session.run(.stale).ran == [])
    #expect(log.computed == [] && log.reused == [])
    #expect(session.run(.all).ran == [0, 1, 2, 3])
    #expect(log.computed == [])
    #expect(Set(log.reused) == ["load", "bm25", "evaluate", "search"])
  }

  @Test func anEqualResultCutsOffWhatFollows() throws {
    let folder = try prepared()
    let before = try folder.text("nb.md")
    // Other bytes, the same documents.
    try folder.write(
      try folder.text("tiny/corpus.jsonl").replacing("\",\"text", with: "\" , \"text"),
      to: "tiny/corpus.jsonl")
    let session = try NotebookSession.open(folder)
    let log = NodeLog()
    log.follow(session)
    #expect(session.run(.stale).ran == [0, 1, 2, 3])
    #expect(log.computed == ["load"])
    #expect(Set(log.reused) == ["bm25", "evaluate", "search"])
    func bodies(_ text: String) -> [Substring] {
      text.split(separator: "\n").filter { !$0.hasPrefix("<!-- poise:out") }
    }
    #expect(bodies(try folder.text("nb.md")) == bodies(before))
  }

  @Test func aFileThatChangesWhileItIsReadIsNotStored() throws {
    let folder = try TemporaryFolder()
    try folder.write("one", to: "data.txt")
    try folder.write(notebook("a = slurp(\"data.txt\")"), to: "nb.md")
    let file = folder("data.txt")
    func library(changing: Bool) -> VerbLibrary {
      VerbLibrary([
        Verb(
          VerbSignature(
            "slurp", topic: "test", .compute, summary: "", example: "",
            parameters: [.init("path", .path, positional: true, "")], result: { _ in .string })
        ) { _, context in
          let bytes = try TemporaryFolder.bytes(at: try context.input("path").path)
          if changing {
            let descriptor = Glibc.open(file, O_WRONLY | O_APPEND)
            _ = write(descriptor, " more", 5)
            close(descriptor)
          }
          return .string(String(decoding: bytes, as: UTF8.self))
        }
      ])
    }
    let recorder = Recorder()
    let session = try NotebookSession.open(
      folder, observer: recorder, verbs: library(changing: true))
    #expect(session.run(.stale).failed == [0])
    #expect(recorder.output("a").contains("'data.txt' changed while it was read"))
    #expect(!recorder.output("a").contains(folder.path))

    let log = NodeLog()
    let again = try NotebookSession.open(
      folder, observer: recorder, verbs: library(changing: false))
    log.follow(again)
    #expect(again.run(.stale).status == .success)
    #expect(log.computed == ["slurp"])
    #expect(recorder.output("a") == "a: one more")
  }

  enum Damage: String, CaseIterable { case flipped, truncated, swapped, deleted, grown, emptied }

  @Test(arguments: Damage.allCases)
  func damagedObjectsAreReportedAndComputedAgain(_ damage: Damage) throws {
    let folder = try prepared()
    let before = try folder.read("nb.md")
    let objects = folder.files(below: "artifacts/objects")
    #expect(objects.count >= 6)
    for (index, object) in objects.enumerated() {
      let name = "artifacts/objects/" + object
      let bytes = try folder.read(name)
      chmod(folder(name), 0o644)
      switch damage {
      case .flipped:
        var changed = bytes
        changed[changed.count / 2] ^= 1
        try folder.write(changed, to: name)
      case .truncated: try folder.write(Array(bytes.dropLast()), to: name)
      case .swapped:
        let other = objects[(index + 1) % objects.count]
        try folder.write(try folder.read("artifacts/objects/" + other), to: name)
      case .deleted: unlink(folder(name))
      case .grown: try folder.write(bytes + [0], to: name)
      case .emptied: try folder.write([UInt8](), to: name)
      }
      let recorder = Recorder()
      let session = try NotebookSession.open(folder, observer: recorder)
      let tally = session.run(.all)
      #expect(tally.status == .success, "\(object): \(recorder.notes)")
      #expect(try folder.read("nb.md") == before, "\(object)")
      if damage != .deleted {
        let isKnown = recorder.notes.contains { $0.contains("computed again") }
        // What explains a cell's key is read only when somebody asks.
        let isExplanation = String(decoding: bytes, as: UTF8.self).contains("syntax")
        #expect(isKnown || isExplanation, "\(object) \(recorder.notes)")
      }
      #expect(try NotebookSession.open(folder).run(.all).status == .success)
    }
  }

  @Test func allObjectsGoneAtOnce() throws {
    let folder = try prepared()
    let before = try folder.read("nb.md")
    for object in folder.files(below: "artifacts/objects") {
      unlink(folder("artifacts/objects/" + object))
    }
    let session = try NotebookSession.open(folder)
    let log = NodeLog()
    log.follow(session)
    #expect(session.run(.all).status == .success)
    #expect(Set(log.computed) == ["load", "bm25", "evaluate", "search"])
    #expect(try folder.read("nb.md") == before)
  }

  /// Actions of a store that came with the notebook, each pointing at another's output.
  @Test func actionsThatNameOtherObjectsNeverTrap() throws {
    let folder = try tinyCollection()
    try folder.write(Self.source, to: "nb.md")
    let clean = ArtifactStore.inMemory()
    #expect(try NotebookSession.open(folder, store: clean).run(.all).status == .success)
    let before = try folder.read("nb.md")
    let actions = try clean.list().compactMap { clean.action($0.key) }
    let objects = Set(actions.flatMap(\.objects) + actions.map(\.output)).sorted {
      $0.hex < $1.hex
    }
    for (index, action) in actions.enumerated() {
      for object in objects where object != action.output {
        var forged = action
        forged.output = object
        forged.objects = [object]
        try clean.record(forged)
        let recorder = Recorder()
        let session = try NotebookSession.open(folder, observer: recorder, store: clean)
        _ = session.run(.all)
        for (name, text) in session.shown { #expect(!text.isEmpty, "\(name) \(index)") }
      }
      try clean.record(action)
    }
    #expect(try NotebookSession.open(folder, store: clean).run(.all).status == .success)
    #expect(try folder.read("nb.md") == before)
  }

  /// Objects with right digests that are something else than what the index or value says.
  @Test func objectsThatAreNotWhatTheirActionSaysAreComputedAgain() throws {
    let folder = try tinyCollection()
    try folder.write(Self.source, to: "nb.md")
    let store = ArtifactStore.inMemory()
    #expect(try NotebookSession.open(folder, store: store).run(.all).status == .success)
    let before = try folder.read("nb.md")
    let load = try #require(
      try store.list().first { $0.verb == "bm25" }.flatMap { store.action($0.key) })
    // An index value whose index object is a text.
    let junk = try store.put(Array("not an index".utf8))
    var encoder = ValueEncoder()
    try encoder.append(
      .artifact(ArtifactHandle(kind: .index, digest: junk, isSeeded: false) { 0 }))
    var forged = load
    forged.output = try store.put(encoder.bytes)
    forged.objects = [forged.output, junk]
    try store.record(forged)
    let recorder = Recorder()
    let session = try NotebookSession.open(folder, observer: recorder, store: store)
    #expect(session.run(.all).status == .success)
    #expect(recorder.notes.contains { $0.contains("computed again") && $0.contains("an index") })
    #expect(try folder.read("nb.md") == before)
  }

  @Test func anIndexWithAnotherCorpusIsRefused() throws {
    let folder = try tinyCollection()
    try folder.write(Self.source, to: "nb.md")
    let store = ArtifactStore.inMemory()
    #expect(try NotebookSession.open(folder, store: store).run(.all).status == .success)
    let bm25 = try #require(
      try store.list().first { $0.verb == "bm25" }.flatMap { store.action($0.key) })
    let corpus = try #require(
      try store.list().first { $0.verb == "load" }.flatMap { store.action($0.key) }?.objects
        .first { digest in
          store.get(digest)?.withUnsafeBytes {
            $0.prefix(8).elementsEqual("poiseCRP".utf8)
          } ?? false
        })
    let small = try TemporaryFolder()
    try small.write("{\"_id\":\"x\",\"text\":\"zinc\"}\n", to: "small/corpus.jsonl")
    try small.write("{\"_id\":\"q\",\"text\":\"zinc\"}\n", to: "small/queries.jsonl")
    try small.write("q\tx\t1\n", to: "small/qrels/test.tsv")
    try small.write(notebook("s = load(\"small\")"), to: "nb.md")
    #expect(try NotebookSession.open(small, store: store).run(.all).status == .success)
    let corpora = try store.list().filter { $0.verb == "load" }.compactMap {
      store.action($0.key)
    }
    for digest in corpora.flatMap(\.objects) {
      for object in bm25.objects {
        guard let bytes = store.get(object)?.withUnsafeBytes({ Array($0) }), bytes.count > 32
        else { continue }
        // An index names its corpus in JSON, postings by the first bytes.
        let mixed =
          bytes.first == UInt8(ascii: "{")
          ? try store.put(
            Array(
              String(decoding: bytes, as: UTF8.self)
                .replacing(corpus.hex, with: digest.hex).utf8))
          : try store.put(digest.bytes + bytes.dropFirst(32))
        var encoder = ValueEncoder()
        try encoder.append(
          .artifact(ArtifactHandle(kind: .index, digest: mixed, isSeeded: false) { 0 }))
        var forged = bm25
        forged.output = try store.put(encoder.bytes)
        forged.objects = [forged.output, mixed, digest]
        try store.record(forged)
        _ = try NotebookSession.open(folder, store: store).run(.all)
      }
    }
  }

  @Test func recomputingTellsWhereResultsDiffer() throws {
    let folder = try TemporaryFolder()
    try folder.write(notebook("a = dice(1)"), to: "nb.md")
    func library(_ value: Double) -> VerbLibrary {
      VerbLibrary([
        Verb(
          VerbSignature(
            "dice", topic: "test", .compute, summary: "", example: "",
            parameters: [.init("x", .number, positional: true, "")], result: { _ in .number })
        ) { _, _ in .number(value) }
      ])
    }
    #expect(try NotebookSession.open(folder, verbs: library(1)).run(.stale).status == .success)
    var options = SessionOptions()
    options.ignoresStored = true
    let session = try NotebookSession.open(folder, options: options, verbs: library(2))
    let log = NodeLog()
    log.follow(session)
    session.run(.all)
    #expect(log.labels("differs") == ["dice(1)"])
    #expect(try folder.text("nb.md").contains("a: 2"))
  }
}
