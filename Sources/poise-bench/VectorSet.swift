import Bytes
import CKernels
import Execution
import Glibc
import Retrieval

/// Vectors, queries and the true neighbours of these.
struct VectorSet {
  let base: VectorRows
  let queries: VectorRows
  /// The best rows of each query, ten at least where there are as many.
  let truth: [[Int]]

  struct Unreadable: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) is not a file of vectors of one length" }
  }

  /// A folder of TEXMEX files; of the first rows only, the neighbours are found here.
  static func read(folder: String, first: Int, context: WorkContext) throws -> VectorSet {
    let base = try vectors(folder + "/base.fvecs", first: first)
    let queries = try vectors(folder + "/query.fvecs", first: .max)
    if base.count == first {
      return VectorSet(
        base: base, queries: queries,
        truth: try neighbours(of: queries, in: base, context: context))
    }
    let (numbers, width) = try words(folder + "/truth.ivecs", first: .max)
    let truth = stride(from: 0, to: numbers.count, by: width).map { at in
      numbers[at..<at + width].map { Int(Int32(bitPattern: $0)) }
    }
    return VectorSet(base: base, queries: queries, truth: truth)
  }

  private static func vectors(_ path: String, first: Int) throws -> VectorRows {
    let (numbers, width) = try words(path, first: first)
    let buffer = FloatBuffer(count: numbers.count)
    for (at, bits) in numbers.enumerated() { buffer.base[at] = Float(bitPattern: bits) }
    return VectorRows(
      base: buffer.base, count: numbers.count / width, dimension: width, owner: buffer)
  }

  /// The components of rows, and how many a row has.
  private static func words(
    _ path: String, first: Int
  ) throws -> (numbers: [UInt32], width: Int) {
    guard let file = fopen(path, "rb") else { throw Unreadable(path: path) }
    defer { fclose(file) }
    var head: UInt32 = 0
    guard fread(&head, 4, 1, file) == 1, head > 0, head < 1 << 20, fseek(file, 0, SEEK_END) == 0
    else { throw Unreadable(path: path) }
    let bytes = ftell(file)
    let width = Int(head)
    guard bytes > 0, bytes % (4 * (width + 1)) == 0 else { throw Unreadable(path: path) }
    rewind(file)
    let count = min(first, bytes / (4 * (width + 1)))
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

  /// The ten best rows of each query, by comparing it with all.
  private static func neighbours(
    of queries: VectorRows, in base: VectorRows, context: WorkContext
  ) throws -> [[Int]] {
    let d = Int64(base.dimension)
    let group = 8
    let groups = try parallelMap((queries.count + group - 1) / group, context: context) { index in
      let members = index * group..<min(queries.count, (index + 1) * group)
      var best = [[(score: Float, row: Int)]](repeating: [], count: members.count)
      let block = 1024
      var scores = [Float](repeating: 0, count: block * group)
      for first in stride(from: 0, to: base.count, by: block) {
        let rows = min(block, base.count - first)
        ck_linear(
          Int64(rows), d, base.row(first), Int64(members.count), queries.row(members.lowerBound),
          d, nil, &scores, Int64(block), false)
        for member in members.indices {
          let place = member - members.lowerBound
          for row in 0..<rows {
            let score = scores[place * block + row]
            if best[place].count == 10, score <= best[place][9].score { continue }
            let at = best[place].firstIndex { $0.score < score } ?? best[place].count
            best[place].insert((score, first + row), at: at)
            if best[place].count > 10 { best[place].removeLast() }
          }
        }
      }
      return best.map { $0.map(\.row) }
    }
    return Array(groups.joined())
  }
}

extension VectorSet {
  /// The same queries with their neighbours among some rows only.
  func restricted(to allowed: DocumentSet, context: WorkContext) throws -> VectorSet {
    let rows = allowed.ranks
    let buffer = FloatBuffer(count: rows.count * base.dimension)
    for (place, row) in rows.enumerated() {
      (buffer.base + place * base.dimension).update(from: base.row(row), count: base.dimension)
    }
    let few = VectorRows(
      base: buffer.base, count: rows.count, dimension: base.dimension, owner: buffer)
    let truth = try Self.neighbours(of: queries, in: few, context: context)
    return VectorSet(base: base, queries: queries, truth: truth.map { $0.map { rows[$0] } })
  }

  /// Unit vectors around 2,000 centres of skewed sizes, that differ from theirs mostly in 32
  /// directions, as the vectors of sentences do.
  static func clustered(
    count: Int, dimension: Int, queries: Int, context: WorkContext
  ) throws -> VectorSet {
    let model = ClusterModel(dimension: dimension)
    let base = try model.draw(count, purpose: "base", context: context)
    let asked = try model.draw(queries, purpose: "queries", context: context)
    return VectorSet(
      base: base, queries: asked, truth: try neighbours(of: asked, in: base, context: context))
  }
}

/// What clustered vectors are drawn from.
private struct ClusterModel: Sendable {
  let dimension: Int
  let centres: [Float]
  /// dimension × 32
  let basis: [Float]
  /// Sums of the centres' shares.
  let shares: [Double]

  init(dimension: Int) {
    self.dimension = dimension
    var stream = RandomStream(seed: 7, purpose: "bench/ann/model")
    centres = (0..<2000 * dimension).map { _ in Self.normal(&stream) }
    basis = (0..<32 * dimension).map { _ in Self.normal(&stream) / Float(32).squareRoot() }
    // Zipf's law with exponent 1.3; what it gives beyond the last centre falls on all alike.
    var sum = 0.0
    shares = (1...2000).map { rank in
      sum += pow(Double(rank), -1.3) / 3.932 + 0.087 / 2000
      return sum
    }
  }

  private static func normal(_ stream: inout RandomStream) -> Float {
    let radius = (-2 * log(1 - stream.uniform())).squareRoot()
    return Float(radius * cos(2 * Double.pi * stream.uniform()))
  }

  func draw(_ count: Int, purpose: String, context: WorkContext) throws -> VectorRows {
    let buffer = FloatBuffer(count: count * dimension)
    let block = 1000
    _ = try parallelMap((count + block - 1) / block, context: context) { index in
      var stream = RandomStream(seed: UInt64(index), purpose: "bench/ann/\(purpose)")
      for row in index * block..<min(count, (index + 1) * block) {
        put(into: buffer.base + row * dimension, &stream)
      }
    }
    return VectorRows(base: buffer.base, count: count, dimension: dimension, owner: buffer)
  }

  private func put(into x: UnsafeMutablePointer<Float>, _ stream: inout RandomStream) {
    let draw = stream.uniform()
    let centre = shares.firstIndex { $0 > draw } ?? 1999
    let place = (0..<32).map { _ in Self.normal(&stream) }
    ck_linear(Int64(dimension), 32, basis, 1, place, 32, nil, x, Int64(dimension), false)
    for at in 0..<dimension {
      x[at] += 0.6 * centres[centre * dimension + at] + 0.25 * Self.normal(&stream)
    }
    let length = Float(ck_sum_of_squares(Int64(dimension), x).squareRoot())
    for at in 0..<dimension { x[at] /= length }
  }
}
