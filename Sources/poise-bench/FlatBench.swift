import Bytes
import Execution
import FoundationEssentials
import Retrieval

extension BenchCommand {
  /// Exact search over `base.fvecs` for `query.fvecs`, as `ann.py` has faiss do it: all queries at
  /// once, and the first 200 one by one; recall@10 against `truth.ivecs`.
  static let flat = BenchCommand(
    name: "flat", arguments: "DIR [--threads N]",
    summary: "exact search over vectors, batched and one by one"
  ) { arguments in
    let threads = try arguments.integer("--threads", default: 1, in: 1...1024)
    let folder = try arguments.only("a folder with base.fvecs, query.fvecs and truth.ivecs")
    let base = try VectorFile(folder + "/base.fvecs")
    let queries = try VectorFile(folder + "/query.fvecs")
    let truth = try VectorFile(folder + "/truth.ivecs")
    let builder = VectorMatrixBuilder(count: base.count, dimension: base.dimension)
    for row in 0..<base.count {
      base.copy(row, into: builder.row(row))
    }
    let searcher = ExactSearcher(try builder.finish())
    let copy = FloatBuffer(count: queries.count * queries.dimension)
    for row in 0..<queries.count {
      queries.copy(row, into: copy.base + row * queries.dimension)
    }
    let context = WorkContext(threads: threads)
    func rows(_ count: Int) -> QueryRows {
      QueryRows(base: copy.base, count: count, dimension: queries.dimension)
    }
    let clock = ContinuousClock()
    _ = try searcher.searchAll(rows(min(50, queries.count)), k: 10, allowed: nil, context: context)
    var found: [[(row: Int, score: Float)]] = []
    let batched = try clock.measure {
      found = try searcher.searchAll(rows(queries.count), k: 10, allowed: nil, context: context)
    }
    var hits = 0
    for (query, list) in found.enumerated() {
      let wanted = Set(truth.integers(query).prefix(10))
      hits += list.count { wanted.contains(Int32(truncatingIfNeeded: $0.row)) }
    }
    print(
      """
      {"peer":"poise-flat (batched)","recall":\
      \(rounded(Double(hits) / Double(max(1, queries.count * 10)), 4)),\
      "qps":\(Int(Double(queries.count) / seconds(batched))),"threads":\(threads)}
      """)
    let few = min(200, queries.count)
    for query in 0..<min(8, few) {
      _ = searcher.search(copy.base + query * queries.dimension, k: 10, allowed: nil)
    }
    defer { withExtendedLifetime(copy) {} }
    var same = true
    let single = clock.measure {
      for query in 0..<few {
        let list = searcher.search(copy.base + query * queries.dimension, k: 10, allowed: nil)
        same = same && list.elementsEqual(found[query], by: ==)
      }
    }
    print(
      """
      {"peer":"poise-flat (one by one)","qps":\(Int(Double(few) / seconds(single))),\
      "equals_batched":\(same)}
      """)
  }
}

/// Vectors as benchmarks of nearest neighbours store them: each its dimension as int32, then as many
/// numbers of four bytes.
struct VectorFile {
  private let bytes: Data
  let dimension: Int
  let count: Int

  init(_ path: String) throws {
    bytes = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
    let first = bytes.withUnsafeBytes { bytes in
      bytes.count >= 4 ? Int(bytes.loadUnaligned(as: Int32.self)) : 0
    }
    guard first > 0, bytes.count % (first * 4 + 4) == 0 else {
      throw BadVectorFile(path: path)
    }
    dimension = first
    count = bytes.count / (first * 4 + 4)
  }

  /// Copies the numbers of a row.
  func copy(_ row: Int, into target: UnsafeMutableRawPointer) {
    bytes.withUnsafeBytes { bytes in
      let start = row * (dimension * 4 + 4) + 4
      UnsafeMutableRawBufferPointer(start: target, count: dimension * 4)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + dimension * 4]))
    }
  }

  func integers(_ row: Int) -> [Int32] {
    var row32 = [Int32](repeating: 0, count: dimension)
    row32.withUnsafeMutableBytes { target in
      if let base = target.baseAddress { copy(row, into: base) }
    }
    return row32
  }
}

/// A file that is not one of vectors.
struct BadVectorFile: Error, CustomStringConvertible {
  let path: String

  var description: String { "\(path) does not hold vectors of one dimension" }
}
