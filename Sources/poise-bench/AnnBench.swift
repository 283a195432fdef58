import Bytes
import CKernels
import Execution
import Glibc
import Retrieval

extension BenchCommand {
  /// Graph search over vectors: time to build, and top-10 queries a second on one thread against
  /// recall@10, as the peers measure it.
  static let ann = BenchCommand(
    name: "ann", arguments: "DIR [--m N] [--efc N] [--threads N] [--count N]",
    summary: "build time of a graph index; queries a second against recall@10, one thread"
  ) { arguments in
    let m = try arguments.integer("--m", default: 16, in: HNSWOptions.degrees)
    let efc = try arguments.integer("--efc", default: 200, in: HNSWOptions.constructionWidths)
    let threads = try arguments.integer("--threads", default: 2, in: 1...1024)
    let path = try arguments.only("a folder with base.fvecs, query.fvecs and truth.ivecs")
    let set = try VectorSet(folder: path)
    let clock = ContinuousClock()
    let options = try HNSWOptions(m: m, efConstruction: efc)
    var built: HNSWGraph?
    let building = try clock.measure {
      built = try HNSWGraph.build(
        set.base, options: options, context: WorkContext(threads: threads))
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
        "qps":\(Int((Double(set.queries.count) / seconds(searching)).rounded()))}
        """)
    }
  }
}

/// Vectors, queries and the true neighbours, as a folder of TEXMEX files has them.
struct VectorSet {
  let base: VectorRows
  let queries: VectorRows
  let truth: [[Int]]

  struct Unreadable: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) is not a file of vectors of one length" }
  }

  init(folder: String) throws {
    base = try Self.read(folder + "/base.fvecs")
    queries = try Self.read(folder + "/query.fvecs")
    let (numbers, width) = try Self.words(folder + "/truth.ivecs")
    truth = stride(from: 0, to: numbers.count, by: width).map { at in
      numbers[at..<at + width].map { Int(Int32(bitPattern: $0)) }
    }
  }

  private static func read(_ path: String) throws -> VectorRows {
    let (numbers, width) = try words(path)
    let buffer = FloatBuffer(count: numbers.count)
    for (at, bits) in numbers.enumerated() { buffer.base[at] = Float(bitPattern: bits) }
    return VectorRows(
      base: buffer.base, count: numbers.count / width, dimension: width, owner: buffer)
  }

  /// The components of all rows, and how many a row has.
  private static func words(_ path: String) throws -> (numbers: [UInt32], width: Int) {
    guard let file = fopen(path, "rb") else { throw Unreadable(path: path) }
    defer { fclose(file) }
    var head: UInt32 = 0
    guard fread(&head, 4, 1, file) == 1, head > 0, head < 1 << 20, fseek(file, 0, SEEK_END) == 0
    else { throw Unreadable(path: path) }
    let bytes = ftell(file)
    let width = Int(head)
    guard bytes > 0, bytes % (4 * (width + 1)) == 0 else { throw Unreadable(path: path) }
    rewind(file)
    let count = bytes / (4 * (width + 1))
    var numbers = [UInt32](repeating: 0, count: count * width)
    var row = [UInt32](repeating: 0, count: width + 1)
    for index in 0..<count {
      guard fread(&row, 4, width + 1, file) == width + 1, row[0] == head else {
        throw Unreadable(path: path)
      }
      for at in 0..<width { numbers[index * width + at] = row[at + 1] }
    }
    return (numbers, width)
  }

  /// The share of the ten true neighbours that was found, over all queries.
  func recall(_ found: [[Int]]) -> Double {
    var hits = 0
    for (rows, neighbours) in zip(found, truth) {
      hits += Set(rows.prefix(10)).intersection(neighbours.prefix(10)).count
    }
    return Double(hits) / Double(10 * max(1, found.count))
  }
}
