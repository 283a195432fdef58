import Corpora
import Execution
import Retrieval
import Testing

/// Quality on public collections, with default settings; and agreement with the plain reference
/// on real text.
@Suite struct BM25QualityTests {
  private func run(_ set: String, depth: Int) throws -> PlainMetrics {
    let collection = try SharedData.load(set)
    let test = try #require(collection.split("test"))
    let index = try BM25Index.build(collection.corpus, context: WorkContext(threads: 2))
    let run = try index.run(test.queries, k: depth, context: WorkContext(threads: 2))
    return PlainMetrics(run, test)
  }

  @Test(.enabled(if: SharedData.has("scifact"), "needs the SciFact data"))
  func scifact() throws {
    let ndcg = try run("scifact", depth: 10).ndcg10
    #expect(ndcg >= 0.675 && ndcg <= 0.69, "nDCG@10 \(ndcg)")
  }

  @Test(.enabled(if: SharedData.has("cranfield"), "needs the Cranfield data"))
  func cranfield() throws {
    let ndcg = try run("cranfield", depth: 10).ndcg10
    #expect(ndcg >= 0.37 && ndcg <= 0.38, "graded nDCG@10 \(ndcg)")
  }

  @Test(.enabled(if: SharedData.has("cacm"), "needs the CACM data"))
  func cacm() throws {
    let map = try run("cacm", depth: 1000).averagePrecision
    #expect(map >= 0.30 && map <= 0.37, "MAP \(map)")
  }

  @Test(.enabled(if: SharedData.has("scifact"), "needs the SciFact data"))
  func equalsThePlainReferenceOnSciFact() throws {
    let collection = try SharedData.load("scifact")
    let test = try #require(collection.split("test"))
    let index = try BM25Index.build(collection.corpus, context: WorkContext())
    let plain = PlainBM25(collection.corpus)
    for query in test.queries.prefix(60) {
      #expect(try index.search(query.text, k: 20) == plain.search(query.text, k: 20))
    }
  }

  @Test(.enabled(if: SharedData.has("xquad"), "needs the XQuAD data"))
  func findsPassagesOfXQuAD() throws {
    let collection = try SharedData.load("xquad/xquad.en.json")
    #expect(collection.corpus.count == 240)
    let test = try #require(collection.split("test"))
    #expect(test.queries.count == 1190)
    let index = try BM25Index.build(collection.corpus, context: WorkContext())
    let run = try index.run(test.queries, k: 10, context: WorkContext())
    #expect(PlainMetrics(run, test).ndcg10 > 0.9)
  }
}
