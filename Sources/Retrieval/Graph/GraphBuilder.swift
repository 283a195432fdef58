import Bytes
import CKernels
import Execution

/// A graph while it is being built, in the memory where the finished one will lie.
///
/// Neighbours are chosen by Euclidean distance. For rows of equal length it ranks as the inner
/// product does; shorter rows get one component more that makes all as long as the longest
/// (Bachrach et al. 2014), kept here in `extras` and not in the codes: a query has none.
///
/// `@unchecked Sendable`: parts that run in parallel write to links of different nodes, and read
/// only what no part of the same phase writes.
final class GraphBuilder: @unchecked Sendable {
  let layout: GraphLayout
  let options: HNSWOptions
  let rows: VectorRows
  let memory: GraphMemory
  let view: GraphView
  let codes: UnsafeMutablePointer<UInt8>
  let terms: UnsafeMutablePointer<Float>
  let links: UnsafeMutablePointer<UInt32>
  let upper: [UnsafeMutablePointer<UInt32>]
  let rowOfNode: UnsafeMutablePointer<UInt32>
  let mean: UnsafeMutablePointer<Float>
  /// The component that makes a node's row as long as the longest; all zero where `isLevel`.
  let extras: FloatBuffer
  var isLevel = true
  /// The longest row's length, squared.
  var longest: Float = 0
  var meanSquare: Float = 0
  let searches: GraphScratchPool
  let selections = SelectionPool()

  /// Codes all rows; nodes have no links yet.
  ///
  /// - Parameters:
  ///   - rows: The vectors.
  ///   - nodeRows: The row of each node, the nodes of higher levels first.
  ///   - levelCounts: Nodes of each level, lowest first.
  ///   - options: How to build.
  ///   - context: Threads, cancellation.
  /// - Throws: ``GraphError``, or `CancellationRequested`.
  init(
    rows: VectorRows, nodeRows: [UInt32], levelCounts: [Int], options: HNSWOptions,
    context: WorkContext
  ) throws {
    self.rows = rows
    self.options = options
    let layout = GraphLayout(dimension: rows.dimension, m: options.m, levelCounts: levelCounts)
    self.layout = layout
    let memory = GraphMemory(count: layout.totalBytes)
    self.memory = memory
    codes = memory.pointer(layout.codesOffset)
    terms = memory.pointer(layout.termsOffset)
    links = memory.pointer(layout.linksOffset)
    upper = layout.upperOffsets.map { memory.pointer($0) }
    rowOfNode = memory.pointer(layout.rowsOffset)
    mean = memory.pointer(layout.meanOffset)
    extras = FloatBuffer(count: layout.count)
    searches = GraphScratchPool(
      count: layout.count, degree: layout.degree, stride: layout.stride)
    view = GraphView(
      count: layout.count, m: layout.m, stride: layout.stride, codes: UnsafePointer(codes),
      terms: UnsafePointer(terms), links: UnsafePointer(links),
      upper: upper.map { UnsafePointer($0) })
    layout.writeHeader(to: memory, options: options, productCount: 0)
    for (node, row) in nodeRows.enumerated() { rowOfNode[node] = row }
    links.update(repeating: GraphLayout.none, count: layout.count * layout.degree)
    for (level, base) in upper.enumerated() {
      base.update(repeating: GraphLayout.none, count: levelCounts[level + 1] * layout.m)
    }
    try encodeRows(context: context)
  }

  /// The query that a node is to its neighbours.
  func query(of node: Int, signed: UnsafeMutablePointer<Int8>) -> GraphQuery {
    let shift = ck_code_signed(Int64(layout.stride), codes + node * layout.stride, signed)
    return GraphQuery(
      kernel: ck_code_query(query: signed, shift: shift, scale: terms[2 * node], weight: 1),
      extras: isLevel ? nil : UnsafePointer(extras.base), ownExtra: extras.base[node])
  }

  /// The links of a node on a level, to be written.
  func links(
    of node: Int, level: Int
  ) -> (base: UnsafeMutablePointer<UInt32>, capacity: Int) {
    level == 0
      ? (links + node &* layout.degree, layout.degree)
      : (upper[level - 1] + node &* layout.m, layout.m)
  }

  /// How many of a node's links are in use.
  func linkCount(of node: Int, level: Int) -> Int {
    let (base, capacity) = links(of: node, level: level)
    var n = 0
    while n < capacity, base[n] != GraphLayout.none { n &+= 1 }
    return n
  }
}

extension GraphBuilder {
  /// The longest row whose products with another such row float32 can hold.
  static let longestRow = 1e18

  /// Means, codes and terms of all rows.
  private func encodeRows(context: WorkContext) throws {
    let d = layout.dimension
    let count = layout.count
    guard count > 0 else { return }
    // A million numbers at a time, whatever the threads: sums are of the same blocks everywhere.
    let block = max(1, (1 << 20) / d)
    let blocks = (count + block - 1) / block
    let sums = try parallelMap(blocks, context: context) { index in
      try self.sumRows(index * block..<min(count, (index + 1) * block))
    }
    var total = [Double](repeating: 0, count: d)
    var longestSquare = 0.0
    for part in sums {
      for component in 0..<d { total[component] += part.sums[component] }
      longestSquare = max(longestSquare, part.longestSquare)
    }
    for component in 0..<d { mean[component] = Float(total[component] / Double(count)) }
    longest = Float(longestSquare)
    meanSquare = Float(ck_sum_of_squares(Int64(d), mean))
    let most = longestSquare
    let unequal = try parallelMap(blocks, context: context) { index in
      self.encodeNodes(index * block..<min(count, (index + 1) * block), longest: most)
    }
    isLevel = !unequal.contains(true)
  }

  private func sumRows(
    _ range: Range<Int>
  ) throws(GraphError) -> (sums: [Double], longestSquare: Double) {
    let d = layout.dimension
    var longestSquare = 0.0
    for row in range {
      let square = ck_sum_of_squares(Int64(d), rows.row(row))
      if !(square <= Self.longestRow * Self.longestRow) {
        let x = rows.row(row)
        for component in 0..<d where !x[component].isFinite { throw .notFinite(row: row) }
        throw .tooLong(row: row, longest: Self.longestRow)
      }
      longestSquare = max(longestSquare, square)
    }
    var sums = [Double](repeating: 0, count: d)
    sums.withUnsafeMutableBufferPointer { sums in
      for row in range {
        let x = rows.row(row)
        for component in 0..<d { sums[component] += Double(x[component]) }
      }
    }
    return (sums, longestSquare)
  }

  /// Codes some nodes' rows; returns whether one is clearly shorter than the longest.
  private func encodeNodes(_ nodes: Range<Int>, longest: Double) -> Bool {
    let d = Int64(layout.dimension)
    var unequal = false
    for node in nodes {
      let x = rows.row(Int(rowOfNode[node]))
      terms[2 * node] = ck_code_row(
        d, Int64(layout.stride), x, mean, codes + node * layout.stride)
      ck_linear(1, d, mean, 1, x, d, nil, terms + 2 * node + 1, 1, false)
      let missing = longest - ck_sum_of_squares(d, x)
      // What is normalised in float32 differs by its rounding, which is nothing to make up for.
      if missing > 1e-5 * longest {
        extras.base[node] = Float(missing.squareRoot())
        unequal = true
      }
    }
    return unequal
  }
}
