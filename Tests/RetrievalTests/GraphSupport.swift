import Bytes
import Execution
import Retrieval

/// Vectors for tests of graphs.
struct GraphVectors {
  var rows: VectorRows
  let buffer: FloatBuffer

  init(count: Int, dimension: Int, value: (Int, Int) -> Float) {
    buffer = FloatBuffer(count: count * dimension)
    for row in 0..<count {
      for component in 0..<dimension {
        buffer.base[row * dimension + component] = value(row, component)
      }
    }
    rows = VectorRows(base: buffer.base, count: count, dimension: dimension, owner: buffer)
  }

  /// Unit vectors around a few dozen centres, of which the first has a share of its own, in rows
  /// that are near each other where the vectors are.
  static func clustered(
    _ count: Int, dimension: Int, seed: UInt64, centres: Int = 40, unit: Bool = true
  ) -> GraphVectors {
    var places = RandomStream(seed: 1, purpose: "tests/graph/centres")
    var stream = RandomStream(seed: seed, purpose: "tests/graph")
    func normal(_ stream: inout RandomStream) -> Float {
      Float((0..<6).reduce(0.0) { sum, _ in sum + stream.uniform() } - 3)
    }
    let middle = (0..<centres * dimension).map { _ in normal(&places) }
    var values: [Float] = []
    for row in 0..<count {
      let centre = row * centres / max(1, count)
      var x = (0..<dimension).map { middle[centre * dimension + $0] + 0.7 * normal(&stream) }
      let square = x.reduce(0) { $0 + $1 * $1 }
      let length = unit ? square.squareRoot() : Float(1 + stream.below(4))
      for component in x.indices { x[component] /= length }
      values += x
    }
    return GraphVectors(count: count, dimension: dimension) { values[$0 * dimension + $1] }
  }

  subscript(row: Int) -> UnsafePointer<Float> { UnsafePointer(buffer.base) + row * rows.dimension }

  /// The exact best rows by products in double, ties by row.
  func nearest(_ query: UnsafePointer<Float>, k: Int, where allowed: (Int) -> Bool) -> [Int] {
    let d = rows.dimension
    var scored: [(row: Int, score: Double)] = []
    for row in 0..<rows.count where allowed(row) {
      var sum = 0.0
      for component in 0..<d { sum += Double(self[row][component]) * Double(query[component]) }
      scored.append((row, sum))
    }
    scored.sort { $0.score != $1.score ? $0.score > $1.score : $0.row < $1.row }
    return scored.prefix(k).map(\.row)
  }

  /// The rows at some places, in that order.
  func picked(_ places: [Int]) -> GraphVectors {
    GraphVectors(count: places.count, dimension: rows.dimension) { self[places[$0]][$1] }
  }
}

extension HNSWGraph {
  /// The share of the ten true neighbours that is found, over all queries.
  func recall(
    _ queries: GraphVectors, in base: GraphVectors, efSearch: Int, allowed: DocumentSet? = nil,
    deleted: Int = 0
  ) throws -> Double {
    var hits = 0
    var wanted = 0
    for query in 0..<queries.rows.count {
      let found = try search(
        query: queries[query], k: 10, efSearch: efSearch, allowed: allowed, deleted: deleted)
      let truth = base.nearest(queries[query], k: 10) { allowed?.contains($0) ?? true }
      hits += Set(found.map(\.row)).intersection(truth).count
      wanted += truth.count
    }
    return wanted == 0 ? 1 : Double(hits) / Double(wanted)
  }
}
