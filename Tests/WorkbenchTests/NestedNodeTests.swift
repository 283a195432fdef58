import Artifacts
import Language
import Synchronization
import TestFolders
import Testing
import Workbench

/// Verbs that compute others: their keys, and what they are declared to compute.
@Suite struct NestedNodeTests {
  private static let words = "static_encoder(load(\"tiny\").corpus, dimension: 2)"
  private static let model =
    "pretrain(load(\"tiny\").corpus, tokenizer: \"bytes\", layers: 1, width: 8, heads: 1, "
    + "context: 64, steps: 1, batch: 1)"
  private static let late = "late_interaction(load(\"tiny\").corpus, encoder: encoder(\(model)))"

  // MARK: - The ledger

  /// What a reused index computed on the way was computed in the first session alone.
  @Test func theLedgerCountsInnerNodesInASecondSession() throws {
    let folder = try tinyCollection()
    let store = ArtifactStore.inMemory()
    let indexes = [
      ("flat(load(\"tiny\").corpus, encoder: \(Self.words))", ["embed"]),
      ("hnsw(load(\"tiny\").corpus, encoder: \(Self.words), m: 4)", ["embed", "link"]),
      (Self.late, ["embed_tokens"]),
    ]
    for (index, _) in indexes {
      try folder.write(notebook("index = \(index)", "{#n}\nindex.count"), to: "nb.md")
      #expect(try NotebookSession.open(folder, store: store).run(.all).failed == [], "\(index)")
    }
    for (index, inner) in indexes {
      try folder.write(
        notebook("index = \(index)", "{#calls}\n[l.call for l in ledger(index)]"), to: "nb.md")
      let session = try NotebookSession.open(folder, store: store)
      let log = NodeLog()
      log.follow(session)
      #expect(session.run(.all).status == .success)
      #expect(log.computed == [], "\(index)")
      let calls = try #require(session.shown["calls"])
      for verb in inner + ["load"] { #expect(calls.contains("\(verb)("), "\(verb): \(calls)") }
    }
  }

  // MARK: - Keys

  private static func library(inner: Int, declared: [String] = ["inner"]) -> VerbLibrary {
    func verb(
      _ name: String, version: Int = 1, computes: [String] = [], _ asks: String? = nil
    ) -> Verb {
      Verb(
        VerbSignature(
          name, topic: "test", .compute, version: version, summary: "", example: "",
          parameters: [.init("x", .number, positional: true, "")], result: { _ in .number }),
        computes: computes
      ) { arguments, context in
        guard let asks else { return .number(Double(version)) }
        return try context.compute(asks, Record([("x", arguments["x"])]))
      }
    }
    return VerbLibrary([
      verb("inner", version: inner), verb("middle", computes: declared, "inner"),
      verb("outer", computes: ["middle", "outer"], "middle"), verb("other"),
    ])
  }

  @Test func anInnerVerbsVersionIsPartOfTheKeysOfTheOuterOnes() throws {
    let folder = try TemporaryFolder()
    try folder.write(notebook("a = outer(1)", "b = a + 1", "c = other(1)"), to: "nb.md")
    let store = ArtifactStore.inMemory()
    func keys(_ version: Int) throws -> [String: String] {
      let session = try NotebookSession.open(
        folder, store: store, verbs: Self.library(inner: version))
      return Dictionary(
        uniqueKeysWithValues: session.notebook.cells.map { ($0.id, $0.key.hex ?? "") })
    }
    let (first, second) = (try keys(1), try keys(2))
    #expect(first["a"] != second["a"] && first["b"] != second["b"])
    #expect(first["c"] == second["c"])

    // A node that was stored with the old version is not taken for one of the new.
    func shown(_ version: Int) throws -> String? {
      try folder.write(notebook("{#it}\nouter(1)"), to: "nb.md")
      let session = try NotebookSession.open(
        folder, store: store, verbs: Self.library(inner: version))
      #expect(session.run(.all).status == .success)
      return session.shown["it"]
    }
    #expect(try shown(1) == "1")
    #expect(try shown(2) == "2")
  }

  @Test func whatIsNotDeclaredIsNotComputed() throws {
    let text = try output(of: "outer(1)", verbs: Self.library(inner: 1, declared: []))
    #expect(text.contains("'middle' is not declared to compute 'inner'"), "\(text)")
  }

  // MARK: - Declarations

  /// Every declared verb is computed by one of these calls; that none else is, the runner holds,
  /// in these and in all other tests.
  @Test func declarationsAreWhatIsComputed() throws {
    let folder = try tinyCollection()
    let more = (0..<2100).map { #"{"_id":"m\#($0)","text":"iron tea \#($0 % 7) zinc"}"# + "\n" }
    try folder.write(more.joined(), to: "more.jsonl")
    let dense = "hnsw(load(\"tiny\").corpus, encoder: \(Self.words), m: 4, ef_construction: 8)"
    let tiny = "bm25(load(\"tiny\").corpus)"
    let ordered = "rerank(\(tiny), encoder: \(Self.words))"
    let reader = "encoder(\(Self.model))"
    let tokens = "rerank(\(tiny), encoder: \(reader), tokens: true)"
    let apart =
      "fuse([\(tiny), bm25(documents([{id: \"d1\", text: \"tea\"}, {id: \"x\", text: \"a\"}]))])"
    let new = "[{id: \"d9\", text: \"oxygen\"}]"
    let calls = [
      "flat(load(\"tiny\").corpus, encoder: \(Self.words))", dense, Self.late,
      "upsert(\(dense), load(\"more.jsonl\").corpus)", "upsert(\(Self.late), \(new))",
      "upsert(fuse([bm25(load(\"tiny\").corpus), \(dense)]), \(new))",
      "delete(fuse([bm25(load(\"tiny\").corpus), \(dense)]), \"d1\")",
      "compact(upsert(fuse([\(Self.late), \(dense)]), \(new)))", ordered, tokens,
      "delete(\(ordered), \"d1\")", "delete(\(tokens), \"d1\")",
      "compact(rerank(\(apart), encoder: \(Self.words)))",
      "compare({base: closed_book(\(Self.model), max_tokens: 1)}, on: questions(\"pilot.csv\"))",
      "coverage_risk(closed_book(\(Self.model), max_tokens: 1), on: questions(\"pilot.csv\")).curve",
    ]
    try folder.write("question,answer\nwhat?,that\n", to: "pilot.csv")
    let found = Mutex<[String: Set<String>]>([:])
    for call in calls {
      try folder.write(notebook("{#it}\ndescribe(\(call))"), to: "nb.md")
      let session = try NotebookSession.open(folder, store: ArtifactStore.inMemory())
      session.runner.onNested = { outer, inner in
        found.withLock { _ = $0[outer, default: []].insert(inner) }
      }
      #expect(session.run(.all).status == .success, "\(call): \(session.shown)")
    }
    var declared: [String: Set<String>] = [:]
    for verb in VerbLibrary.standard.all where !verb.computes.isEmpty {
      declared[verb.signature.name] = Set(verb.computes)
    }
    #expect(found.withLock { $0 } == declared)
  }

  @Test func versionsInsideAreThoseOfAllThatIsReached() {
    let library = Self.library(inner: 5)
    #expect(library.versions(inside: "outer").map(\.name) == ["inner", "middle"])
    #expect(library.versions(inside: "outer").map(\.version) == [5, 1])
    #expect(library.versions(inside: "other").isEmpty && library.versions(inside: "no").isEmpty)
  }
}
