import Artifacts
import Bytes
import Corpora
import Execution
import Glibc
import LanguageModels
import TestFolders
import Testing
import TextEncoders
import Workbench

/// Indexes' runs and encoders, written for other programs and read again.
@Suite struct RetrievalExportTests {
  private static let peer = getenv("POISE_PEER_PYTHON").map { String(cString: $0) }

  private static func format(_ name: String) throws -> ExportFormat {
    try #require(ExportFormat.all.first { $0.name == name })
  }

  private static let topics = [
    "zinc", "iron", "immunity", "retrieval", "weights", "memory", "balance", "river", "granite",
    "harbour", "kernel",
  ]

  /// A collection of forty documents and a dozen queries, and an encoder in `reader`.
  private static func collection() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let documents = (0..<40).map { index in
      let words = (0..<12).map { topics[(index * 7 + $0 * ($0 + index)) % topics.count] }
      return #"{"_id":"d\#(index)","text":"On \#(words.joined(separator: " "))"}"# + "\n"
    }
    try folder.write(documents.joined(), to: "many/corpus.jsonl")
    let queries = (0..<12).map { index in
      #"{"_id":"q\#(index)","text":"\#(topics[index % 11]) and \#(topics[index * 3 % 11])"}"# + "\n"
    }
    try folder.write(queries.joined(), to: "many/queries.jsonl")
    let judged = (0..<12).map { "q\($0)\td\($0)\t1\nq\($0)\td\($0 * 3)\t2\n" }
    try folder.write(
      "query-id\tcorpus-id\tscore\n" + judged.joined(), to: "many/qrels/test.tsv")
    try copyEncoder(to: folder, "reader")
    return folder
  }

  private func run(_ text: String, in folder: TemporaryFolder) throws -> NotebookSession {
    try folder.write(text, to: "nb.md")
    let session = try NotebookSession.open(folder, store: ArtifactStore.inMemory())
    #expect(session.run(.all).status == .success, "\(session.shown)")
    return session
  }

  // MARK: - Runs

  @Test func runsOfAllIndexesComeToTheSameFiguresWhenRead() throws {
    let folder = try Self.collection()
    let kinds = ["bm25", "flat", "hnsw", "late", "fused", "weighted", "reranked", "matched"]
    let setUp = [
      "many = load(\"many\")", "reader = encoder(\"reader\")",
      """
      lexical = bm25(many.corpus)
      dense = flat(many.corpus, encoder: reader)
      late = late_interaction(many.corpus, encoder: reader)
      """,
      "measure(system) = evaluate(system, on: many.test, metrics: [\"ndcg@10\", \"map\", \"mrr\", "
        + "\"recall@5\"])",
      """
      reports = {
        bm25: measure(lexical), flat: measure(dense),
        hnsw: measure(hnsw(many.corpus, encoder: reader, m: 4)), late: measure(late),
        fused: measure(fuse([lexical, dense])),
        weighted: measure(fuse([lexical, late], method: "weighted")),
        reranked: measure(rerank(lexical, encoder: reader, depth: 5)),
        matched: measure(rerank(dense, encoder: reader, tokens: true)),
      }
      """,
    ]
    let first = try run(
      (setUp + kinds.map { "{#\($0)}\nreports.\($0).queries" }).map { notebook($0) }
        .joined(separator: "\n"), in: folder)
    let written = try first.save("reports", to: folder("out"), as: Self.format("trec"))
    #expect(
      written.map { String($0.split(separator: "/").last ?? "") }
        == kinds.map { "reports.\($0).run" })
    let shown = first.shown

    let again = try run(
      (setUp.dropLast()
        + kinds.map { "{#\($0)}\nmeasure(run(\"out/reports.\($0).run\")).queries" })
        .map { notebook($0) }.joined(separator: "\n"), in: folder)
    for kind in kinds {
      let figures = try #require(shown[kind])
      #expect(figures.split(separator: "\n").count > 12, "\(figures)")
      #expect(again.shown[kind] == figures, "\(kind)")
    }
    #expect(Set(kinds.compactMap { shown[$0] }).count > 4, "the systems differ")
  }

  // MARK: - Encoders

  private static let tuned = [
    "many = load(\"many\")", "reader = encoder(\"reader\")",
    "small = tune_encoder(reader, on: many.test, corpus: many.corpus, batch: 4, epochs: 2)",
  ]

  private static func shows(_ encoder: String) -> String {
    """
    {#scores}
    [[round(h.score * 1000000) for h in search(flat(many.corpus, encoder: \(encoder)), q, k: 40)]
      for q in ["zinc and iron", "a river", ""]]
    """
  }

  @Test func aSavedEncoderIsTheSameInAnotherNotebook() throws {
    let folder = try Self.collection()
    let first = try run(
      (Self.tuned + [Self.shows("small")]).map { notebook($0) }.joined(separator: "\n"),
      in: folder)
    let names = try first.save("small", to: folder("out"), as: Self.format("hf"))
    #expect(
      names.map { String($0.dropFirst(folder("out").count + 1)) }.sorted() == [
        "1_Pooling/config.json", "config.json", "model.safetensors", "modules.json",
        "sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json",
      ])
    // Again, over its own files.
    #expect(try first.save("small", to: folder("out"), as: Self.format("hf")) == names)
    let second = try run(
      ["many = load(\"many\")", "loaded = encoder(\"out\")", Self.shows("loaded")]
        .map { notebook($0) }.joined(separator: "\n"), in: folder)
    #expect(first.shown["scores"] == second.shown["scores"])
    #expect(first.shown["scores"] != nil)
  }

  /// An encoder that was loaded has the same digest when it is saved and loaded again, so that
  /// vectors are shared.
  @Test func theDigestIsThatOfTheContents() throws {
    let folder = try Self.collection()
    let first = try run(notebook("reader = encoder(\"reader\")"), in: folder)
    _ = try first.save("reader", to: folder("out"), as: Self.format("hf"))
    let session = try run(
      notebook(
        "many = load(\"many\")",
        "{#calls}\n[[l.call for l in ledger(flat(many.corpus, encoder: encoder(e))) if "
          + "contains(l.call, \"flat(\")] for e in [\"reader\", \"out\"]]"), in: folder)
    let calls = try #require(session.shown["calls"])
    let digests = calls.split(separator: "encoder ").dropFirst().map { $0.prefix(8) }
    #expect(digests.count == 2 && Set(digests).count == 1, "\(calls)")
  }

  @Test func encodersOfOtherKindsSayWhatToSave() throws {
    let folder = try Self.collection()
    let session = try run(
      notebook(
        "many = load(\"many\")", "words = static_encoder(many.corpus, dimension: 2)",
        "small = project(words, dimension: 1, method: \"truncate\")"), in: folder)
    for (name, message) in [
      ("words", "a static encoder has no layers"),
      ("small", "a projected encoder has a part that such folders don't; save the encoder that"),
    ] {
      do {
        _ = try session.save(name, to: folder("out"), as: Self.format("hf"))
        Issue.record("'\(name)' was saved")
      } catch let error as SessionError {
        #expect(error.description.contains(message), "\(error)")
      }
    }
    #expect(!folder.exists("out"))
  }

  @Test(
    .enabled(
      if: peer != nil, "needs a Python with sentence-transformers: name it in $POISE_PEER_PYTHON"))
  func sentenceTransformersGivesOurVectors() throws {
    let folder = try Self.collection()
    let session = try run(
      Self.tuned.map { notebook($0) }.joined(separator: "\n"), in: folder)
    _ = try session.save("small", to: folder("out"), as: Self.format("hf"))
    let texts =
      ["", "Zinc.", "an unknown wörd 🚢", String(repeating: "harbour ", count: 90)]
      + (0..<20).map { "On \(Self.topics[$0 % 11]) and \(Self.topics[$0 * 5 % 11])" }
    try folder.write(JSONValue.list(texts.map { .string($0) }).serialized(), to: "texts.json")
    let status = system(
      "HF_HUB_OFFLINE=1 \(try #require(Self.peer)) \(testFile("../Fixtures/encoders/peer.py")) "
        + "\(folder("out")) \(folder("texts.json")) \(folder("out.f32")) > \(folder("log")) 2>&1")
    try #require(status == 0, "\(String((try? folder.text("log")) ?? "").suffix(2000))")
    let encoder = BertEncoder(
      try EncoderFolder.load(folder("out"), context: WorkContext()), name: "out")
    let ours = try encoder.encode(texts, as: .document, context: WorkContext())
    let theirs = try folder.read("out.f32").withUnsafeBytes { raw in
      (0..<raw.count / 4).map {
        Float(
          bitPattern: UInt32(
            littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
    try #require(theirs.count == texts.count * ours.dimension)
    for text in texts.indices {
      var (dot, first, second) = (0.0, 0.0, 0.0)
      for (component, our) in ours[text].enumerated() {
        let their = Double(theirs[text * ours.dimension + component])
        dot += Double(our) * their
        first += Double(our) * Double(our)
        second += their * their
      }
      #expect(dot / (first * second).squareRoot() >= 0.99999, "\(texts[text])")
    }
  }
}
