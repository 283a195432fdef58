import Artifacts
import TestFolders
import Testing
import Workbench

/// Vectors that a reranker takes from the store are those that it would make itself.
@Suite struct RerankVerbTests {
  private static let names = """
    t = load("tiny").corpus
    lexical = bm25(t)
    words = static_encoder(t, dimension: 2)
    reader = encoder(pretrain(t, tokenizer: "bytes", layers: 1, width: 8, heads: 1, context: 64, \
    steps: 1, batch: 1))
    both = fuse([lexical, flat(t, encoder: words)])
    later(i, e, each) = rerank(i, encoder: e, tokens: each, ahead: false)
    now(i, e, each) = rerank(i, encoder: e, tokens: each)
    added = [{id: "d9", text: "zinc and oxygen"}, {id: "d1", text: "iron tea"}]
    same(a, b) = [search(a, q, k: 9) == search(b, q, k: 9) for q in ["zinc iron", "oxygen tea"]]
    """

  private func shown(_ expression: String) throws -> String? {
    let folder = try tinyCollection()
    try folder.write(notebook(Self.names, "{#it}\n" + expression), to: "nb.md")
    let session = try NotebookSession.open(folder, store: ArtifactStore.inMemory())
    #expect(session.run(.all).status == .success, "\(expression): \(session.shown)")
    return session.shown["it"]
  }

  @Test(arguments: [
    "same(now(lexical, words, false), later(lexical, words, false))",
    "same(now(lexical, reader, true), later(lexical, reader, true))",
    "same(now(both, words, false), later(both, words, false))",
    "same(upsert(now(lexical, words, false), added), upsert(later(lexical, words, false), added))",
    "same(upsert(now(both, reader, true), added), upsert(later(both, reader, true), added))",
    "same(delete(now(lexical, words, false), \"d2\"), delete(later(lexical, words, false), \"d2\"))",
    "same(compact(upsert(now(lexical, words, false), added)), "
      + "later(compact(upsert(lexical, added)), words, false))",
    "same(compact(upsert(now(both, reader, true), added)), "
      + "later(compact(upsert(both, added)), reader, true))",
    "same(now(now(lexical, words, false), reader, true), "
      + "later(later(lexical, words, false), reader, true))",
  ])
  func storedVectorsGiveTheSameAsLaterOnes(_ expression: String) throws {
    #expect(try shown(expression) == "[true, true]")
  }

  @Test func vectorsThatOtherIndexesHaveAreShared() throws {
    let folder = try tinyCollection()
    try folder.write(
      notebook(
        Self.names,
        "{#it}\n[both.count, now(lexical, words, false).count]"), to: "nb.md")
    let store = try ArtifactStore.inMemory()
    let session = try NotebookSession.open(folder, store: store)
    #expect(session.run(.all).status == .success, "\(session.shown)")
    #expect(try store.list().count { $0.verb == "embed" } == 1)
  }
}
