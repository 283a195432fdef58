import Artifacts
import TestFolders
import Testing
import Workbench

/// Indexes of vectors after `upsert`, `delete` and `compact`, as a notebook has them.
@Suite struct LiveIndexTests {
  /// Words that go together: a document or query is of one of forty topics.
  private static func text(_ seed: Int, words: Int) -> String {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let topic = next(40)
    return (0..<words).map { _ in
      next(4) == 0 ? "common\(next(30))" : "topic\(topic)word\(next(12))"
    }.joined(separator: " ")
  }

  /// Collections `many` of documents and queries, and `more` of as many updates: half of them
  /// replace documents of `many`. The order of ids is not that of the file.
  private static func collections(_ count: Int, more: Int) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    func lines(_ ids: [(String, Int)], words: Int) -> String {
      ids.map { "{\"_id\":\"\($0.0)\",\"text\":\"\(text($0.1, words: words))\"}\n" }.joined()
    }
    try folder.write(
      lines((0..<count).map { ("d\($0 * 7919 % count)", $0) }, words: 14), to: "many/corpus.jsonl")
    try folder.write(
      lines((0..<40).map { ("q\($0)", 100_000 + $0) }, words: 5), to: "many/queries.jsonl")
    try folder.write(
      "query-id\tcorpus-id\tscore\n"
        + (0..<40).map { "q\($0)\td\($0)\t1\n" }.joined(), to: "many/qrels/test.tsv")
    try folder.write(
      lines(
        (0..<more).map { ($0 % 2 == 0 ? "d\($0)" : "e\($0)", 200_000 + $0) }, words: 14),
      to: "more.jsonl")
    return folder
  }

  private static func source(_ kind: String, gone: [String]) -> String {
    """
    many = load("many")
    words = static_encoder(many.corpus, dimension: 24)
    index = \(kind)
    ids = [\(gone.map { "\"\($0)\"" }.joined(separator: ", "))]
    changed = delete(upsert(index, load("more.jsonl").corpus), ids)
    tidy = compact(changed)
    found(i) = [search(i, q.text, k: 20) for q in many.test.queries]
    """
  }

  private static let hnsw = "hnsw(many.corpus, encoder: words, m: 8, ef_construction: 60)"
  private static let flat = "flat(many.corpus, encoder: words)"

  /// Runs a cell of setup and cells of one expression each, named `a`, `b`…; what these show.
  private func shown(
    _ folder: TemporaryFolder, _ setup: String, _ expressions: [String], threads: Int = 1
  ) throws -> (shown: [String], session: NotebookSession, store: ArtifactStore) {
    var text = notebook("{#setup}\n" + setup)
    for (place, expression) in expressions.enumerated() {
      text += "\n" + notebook("{#it\(place)}\n" + expression)
    }
    try folder.write(text, to: "nb.md")
    var options = SessionOptions()
    options.threads = threads
    let store = ArtifactStore.inMemory()
    let session = try NotebookSession.open(folder, options: options, store: store)
    #expect(session.run(.all).status == .success, "\(session.shown)")
    return (expressions.indices.map { session.shown["it\($0)"] ?? "" }, session, store)
  }

  private func action(_ verb: String, in store: ArtifactStore) throws -> Action {
    let actions = try store.list().filter { $0.verb == verb }.compactMap { store.action($0.key) }
    return try #require(actions.first { $0.cost.counts["FLOPs"] != nil })
  }

  @Test(arguments: [flat, hnsw])
  func changesShowAndCompactingKeepsThem(_ kind: String) throws {
    let folder = try Self.collections(300, more: 40)
    let (shown, _, _) = try self.shown(
      folder, Self.source(kind, gone: ["d1", "d77", "e3", "d4"]),
      [
        "found(changed) == found(tidy)", "found(index) == found(changed)",
        "[index.count, changed.count, tidy.count]", "describe(tidy)",
        // What was replaced is found by what it says now, what is gone not at all.
        "[h.document for h in search(tidy, \"\(Self.text(200_006, words: 14))\", k: 1)]",
        "[h.document for h in search(changed, \"\(Self.text(200_006, words: 14))\", k: 1)]",
        "count([d.id for d in changed.documents if contains(ids, d.id)])",
        "[count([h for h in search(i, \"\(Self.text(200_004, words: 14))\", k: 320) if "
          + "contains(ids, h.document)]) for i in [index, changed, tidy]]",
        "compact(tidy) == tidy",
      ])
    #expect(shown[0] == "true")
    #expect(shown[1] == "false")
    #expect(shown[2] == "[300, 316, 316]")
    #expect(!shown[3].contains("dead") && !shown[3].contains("parts"))
    #expect(shown[4] == "[\"d6\"]")
    #expect(shown[5] == "[\"d6\"]")
    #expect(shown[6] == "0")
    #expect(shown[7] == "[3, 0, 0]")
    #expect(shown[8] == "true")
  }

  /// The graph of a compacted index is the old one repaired, and as good as a new one.
  @Test func compactingRepairsTheGraph() throws {
    let folder = try Self.collections(3000, more: 300)
    let gone = (0..<400).map { "d\($0 * 6 + 301)" }
    let source =
      Self.source(Self.hnsw, gone: gone) + """

        exact = compact(delete(upsert(\(Self.flat), load("more.jsonl").corpus), ids))
        recall(i) = recall_against(i, exact, on: many.test, k: 10)
        """

    let expressions = [
      // Which rows the graph holds on to is decided by last bits: some hundredths of leeway.
      "recall(tidy) >= 0.93", "[recall(changed) >= recall(tidy) - 0.02, recall(changed) >= 0.92]",
      "tidy.count",
    ]
    let (shown, session, store) = try self.shown(folder, source, expressions)
    #expect(shown[0].hasPrefix("true"), "\(shown)")
    // Until then links that lead to what is gone cost next to nothing.
    #expect(shown[1] == "[true, true]", "\(shown)")
    // 3,000 and 150 new ones, less 400.
    #expect(shown[2] == "2750")
    let compact = try action("compact", in: store)
    // 150 documents were replaced: their old vectors, and those of what is gone, lost their place.
    #expect(compact.cost.counts["vectors kept"] == 2450)
    #expect(compact.cost.counts["vectors linked"] == 300)
    let link = try action("link", in: store)
    let whole = try #require(link.cost.counts["FLOPs"])
    let repaired = try #require(compact.cost.counts["FLOPs"])
    #expect(repaired > 0 && repaired < whole / 2, "\(repaired) of \(whole)")
    // Everything is the same on several threads.
    let again = try self.shown(folder, source, expressions, threads: 3)
    #expect(try action("compact", in: again.store).output == compact.output)
    #expect(again.shown == shown)
    // In the same store nothing is computed twice.
    let log = NodeLog()
    log.follow(session)
    session.run(.all)
    #expect(log.computed == [])
  }
}
