import Execution
import Glibc
import Retrieval

extension BenchCommand {
  /// Graph search over vectors: time to build, and top-10 queries a second on one thread against
  /// recall@10, as the peers measure it.
  ///
  /// `clustered` in place of a folder stands for vectors drawn here, as the peers' script draws
  /// its own; with `--count` this shows how time grows. Neighbours are then found by comparing all.
  static let ann = BenchCommand(
    name: "ann",
    arguments: "DIR|clustered [--m N] [--efc N] [--threads N] [--count N] [--queries N]",
    summary: "build time of a graph index; queries a second against recall@10, one thread"
  ) { arguments in
    let m = try arguments.integer("--m", default: 16, in: HNSWOptions.degrees)
    let efc = try arguments.integer("--efc", default: 200, in: HNSWOptions.constructionWidths)
    let threads = try arguments.integer("--threads", default: 2, in: 1...1024)
    let count = try arguments.integer("--count", default: 0, in: 0...100_000_000)
    let queries = try arguments.integer("--queries", default: 1000, in: 1...1_000_000)
    let path = try arguments.only("a folder with base.fvecs, query.fvecs and truth.ivecs")
    let context = WorkContext(threads: threads)
    let set =
      try path == "clustered"
      ? VectorSet.clustered(
        count: count == 0 ? 100_000 : count, dimension: 384, queries: queries, context: context)
      : VectorSet.read(folder: path, first: count == 0 ? .max : count, context: context)
    let clock = ContinuousClock()
    let options = try HNSWOptions(m: m, efConstruction: efc)
    var built: HNSWGraph?
    let building = try clock.measure {
      built = try HNSWGraph.build(set.base, options: options, context: context)
    }
    guard let graph = built else { return }
    for ef in [10, 16, 24, 32, 48, 64, 96, 128, 192, 256] {
      var found: [[Int]] = []
      for query in 0..<min(50, set.queries.count) {
        _ = try graph.search(query: set.queries.row(query), k: 10, efSearch: ef)
      }
      let searching = try clock.measure {
        for query in 0..<set.queries.count {
          found.append(
            try graph.search(query: set.queries.row(query), k: 10, efSearch: ef).map(\.row))
        }
      }
      print(
        """
        {"peer":"poise","build_s":\(rounded(seconds(building), 2)),"ef":\(ef),\
        "recall":\(rounded(set.recall(found), 4)),\
        "qps":\(Int((Double(set.queries.count) / seconds(searching)).rounded())),\
        "count":\(set.base.count),"build_threads":\(threads),"graph_bytes":\(graph.byteCount)}
        """)
      fflush(nil)
    }
  }
}
