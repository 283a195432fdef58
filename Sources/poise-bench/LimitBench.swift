import Corpora
import Execution
import Glibc
import Retrieval
import TextEncoders

extension BenchCommand {
  /// LIMIT with its corpus made again: what BM25 finds of it, and what vectors of an encoder do.
  static let limit = BenchCommand(
    name: "limit", arguments: "FOLDER [--documents N] [--model FOLDER] [--threads N]",
    summary: "recall on LIMIT of BM25 and of one vector a document"
  ) { arguments in
    let count = try arguments.integer("--documents", default: 50_000, in: 1...500_000)
    let model = try arguments.text("--model") ?? "minilm"
    let context = WorkContext(threads: try arguments.integer("--threads", default: 2, in: 1...64))
    let collection = try LimitCollection(
      folder: try arguments.only("a folder of LIMIT"), documents: count, context: context)
    let place =
      model.contains("/")
      ? model
      : try EncoderFolder.named(model) { name in getenv(name).map { String(cString: $0) } }
    let lexical = try BM25Index.build(collection.corpus, context: context)
    report(lexical, on: collection, try recalls(lexical, collection, context))
    let encoder = BertEncoder(try EncoderFolder.load(place, context: context), name: "encoder")
    let dense = try DenseIndex(collection.corpus, encoder: encoder, context: context)
    report(dense, on: collection, try recalls(dense, collection, context))
  }

  private static func report(
    _ index: some Retriever, on collection: LimitCollection, _ recalls: [Double]
  ) {
    print(
      """
      {"peer":"poise-\(index.name)","docs":\(collection.corpus.count),\
      "recall@2":\(rounded(recalls[0], 4)),"recall@10":\(rounded(recalls[1], 4)),\
      "recall@100":\(rounded(recalls[2], 4))}
      """)
  }

  /// Shares of the relevant documents among the best 2, 10 and 100.
  private static func recalls(
    _ index: some Retriever, _ collection: LimitCollection, _ context: WorkContext
  ) throws -> [Double] {
    let run = try index.run(collection.test.queries, k: 100, context: context)
    return [2, 10, 100].map { depth in
      let shares = run.rankings.map { ranking in
        let wanted = collection.test.grades(ofQuery: ranking.queryID)
        let found = ranking.entries.prefix(depth).count { wanted[$0.documentID] != nil }
        return Double(found) / Double(max(1, wanted.count))
      }
      return shares.reduce(0, +) / Double(max(1, shares.count))
    }
  }
}
