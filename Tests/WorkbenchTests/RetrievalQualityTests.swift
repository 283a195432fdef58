import Artifacts
import Glibc
import TestFolders
import Testing
import TextEncoders
import Workbench

/// What the literature reports, reached with real data and a real encoder.
@Suite(
  .enabled(
    if: SciFactAndMiniLM.data != nil && SciFactAndMiniLM.hasModel,
    "needs SciFact in $POISE_DATA or ../shared/data, and all-MiniLM-L6-v2 in $POISE_MODELS or pip's"
  ))
struct RetrievalQualityTests {
  /// One notebook, so that the corpus is encoded once.
  @Test func miniLMOnSciFact() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      notebook(
        "param data", "scifact = load(data)", "reader = encoder(\"minilm\")",
        """
        lexical = bm25(scifact.corpus)
        dense = flat(scifact.corpus, encoder: reader)
        quality(index) = evaluate(index, on: scifact.test, metrics: ["ndcg@10"])["ndcg@10"]
        words = quality(lexical)
        exact = quality(dense)
        graph = quality(hnsw(scifact.corpus, encoder: reader))
        both = quality(fuse([lexical, dense]))
        """,
        "{#literature}\n[exact >= 0.64, exact <= 0.65]",
        "{#graph-loss}\n[graph - exact <= 0.005, exact - graph <= 0.005]",
        "{#above-words}\nclaim both > words : \"fused above BM25\"",
        "{#above-exact}\nclaim both > exact : \"fused above the encoder\"",
        "{#values}\n[words, exact, graph, both]"), to: "nb.md")
    var options = SessionOptions()
    options.overrides.set("data", to: try #require(SciFactAndMiniLM.data))
    options.outputFile = folder("out.md")
    options.threads = 2
    let session = try NotebookSession.open(
      folder, options: options, store: ArtifactStore.inMemory())
    #expect(session.run(.all).status == .success, "\(session.shown)")
    let values = session.shown["values"] ?? ""
    #expect(session.shown["literature"] == "[true, true]", "\(values)")
    #expect(session.shown["graph-loss"] == "[true, true]", "\(values)")
    for cell in ["above-words", "above-exact"] {
      #expect(session.shown[cell]?.contains("claim held") == true, "\(session.shown[cell] ?? "")")
    }
  }
}

/// What the tests need beside the repository.
private enum SciFactAndMiniLM {
  static let data: String? = {
    var candidates = [testFile("../../../shared/data")]
    if let given = getenv("POISE_DATA") { candidates.insert(String(cString: given), at: 0) }
    return candidates.map { $0 + "/scifact" }.first { access($0, R_OK) == 0 }
  }()

  static let hasModel =
    (try? EncoderFolder.named("minilm") { name in getenv(name).map { String(cString: $0) } }) != nil
}
