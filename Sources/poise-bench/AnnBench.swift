import Execution
import Glibc
import Retrieval

extension BenchCommand {
  /// Graph search over vectors: time to build, and top-10 queries a second on one thread against
  /// recall@10, as the peers measure it; then the same where few rows may be returned.
  ///
  /// `clustered` in place of a folder stands for vectors drawn here, as the peers' script draws
  /// its own. Neighbours are then found by comparing all. With `--growth N` it tells how costs grow
  /// from ten thousand such vectors to N.
  static let ann = BenchCommand(
    name: "ann",
    arguments: "DIR|clustered [--m N] [--efc N] [--threads N] [--count N] [--queries N] "
      + "[--growth N]",
    summary: "build time of a graph index; queries a second against recall@10, one thread"
  ) { arguments in
    let m = try arguments.integer("--m", default: 16, in: HNSWOptions.degrees)
    let efc = try arguments.integer("--efc", default: 200, in: HNSWOptions.constructionWidths)
    let threads = try arguments.integer("--threads", default: 2, in: 1...1024)
    let count = try arguments.integer("--count", default: 0, in: 0...100_000_000)
    let queries = try arguments.integer("--queries", default: 1000, in: 1...1_000_000)
    let growth = try arguments.integer("--growth", default: 0, in: 0...100_000_000)
    let path = try arguments.only("a folder with base.fvecs, query.fvecs and truth.ivecs")
    let context = WorkContext(threads: threads)
    let options = try HNSWOptions(m: m, efConstruction: efc)
    func clustered(_ count: Int) throws -> VectorSet {
      try VectorSet.clustered(count: count, dimension: 384, queries: queries, context: context)
    }
    guard growth == 0 else {
      for count in [10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000] where count <= growth {
        let bench = try AnnBench(try clustered(count), options: options, context: context)
        for ef in [32, 64, 128] { try bench.line(ef: ef) }
        for share in [0.01, 0.1] { try bench.filtered(share, ef: 64, context: context) }
      }
      return
    }
    let set =
      try path == "clustered"
      ? clustered(count == 0 ? 100_000 : count)
      : VectorSet.read(folder: path, first: count == 0 ? .max : count, context: context)
    let bench = try AnnBench(set, options: options, context: context)
    for ef in [10, 16, 24, 32, 48, 64, 96, 128, 192, 256] { try bench.line(ef: ef) }
    for share in [0.01, 0.1] {
      for ef in [32, 64, 128] { try bench.filtered(share, ef: ef, context: context) }
    }
  }
}

/// A graph over some vectors and what building it took.
private struct AnnBench {
  let set: VectorSet
  let graph: HNSWGraph
  let building: Double
  let threads: Int

  init(_ set: VectorSet, options: HNSWOptions, context: WorkContext) throws {
    let clock = ContinuousClock()
    let start = clock.now
    graph = try HNSWGraph.build(set.base, options: options, context: context)
    building = seconds(clock.now - start)
    self.set = set
    threads = context.threads
  }

  /// Rows found for each query, and queries a second.
  private func search(ef: Int, allowed: DocumentSet?) throws -> (found: [[Int]], rate: Int) {
    func rows(_ query: Int) throws -> [Int] {
      try graph.search(query: set.queries.row(query), k: 10, efSearch: ef, allowed: allowed)
        .map(\.row)
    }
    for query in 0..<min(50, set.queries.count) { _ = try rows(query) }
    var found: [[Int]] = []
    let searching = try ContinuousClock().measure {
      for query in 0..<set.queries.count { found.append(try rows(query)) }
    }
    return (found, Int((Double(set.queries.count) / seconds(searching)).rounded()))
  }

  /// The line that stands beside the peers'.
  func line(ef: Int) throws {
    let (found, rate) = try search(ef: ef, allowed: nil)
    print(
      """
      {"peer":"poise","build_s":\(rounded(building, 2)),"ef":\(ef),\
      "recall":\(rounded(set.recall(found), 4)),"qps":\(rate),\
      "count":\(set.base.count),"build_threads":\(threads),"graph_bytes":\(graph.byteCount),\
      "build_operations":\(2 * graph.operations)}
      """)
    fflush(nil)
  }

  /// The same where a share of the rows, drawn at random, may be returned.
  func filtered(_ share: Double, ef: Int, context: WorkContext) throws {
    var stream = RandomStream(seed: 11, purpose: "bench/ann/filter")
    var allowed = DocumentSet(capacity: set.base.count)
    for row in 0..<set.base.count where stream.uniform() < share { allowed.insert(row) }
    let exact = try set.restricted(to: allowed, context: context)
    let (found, rate) = try search(ef: ef, allowed: allowed)
    print(
      """
      {"peer":"poise","filter":\(share),"ef":\(ef),"recall":\(rounded(exact.recall(found), 4)),\
      "qps":\(rate),"count":\(set.base.count),"allowed":\(allowed.count)}
      """)
    fflush(nil)
  }
}
