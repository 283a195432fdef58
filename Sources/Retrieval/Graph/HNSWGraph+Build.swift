import Bytes
public import Execution

extension HNSWGraph {
  /// Builds a graph over rows.
  ///
  /// The same rows, options and seed give the same bytes on any CPU and any number of threads.
  ///
  /// - Parameters:
  ///   - rows: The vectors: finite, zeros allowed, of any length up to 1e18.
  ///   - options: How to build it.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: The graph.
  /// - Throws: ``GraphError``, or `CancellationRequested`.
  /// - Complexity: About n log n products of codes times `efConstruction`; see
  ///   ``plan(count:dimension:options:)``.
  public static func build(
    _ rows: VectorRows, options: HNSWOptions, context: WorkContext
  ) throws -> HNSWGraph {
    try check(rows)
    let levels = drawLevels(rows.count, options: options)
    let order = insertionOrder(rows.count, options: options)
    let nodeRows = sortedByLevel(order, level: { levels[Int($0)] })
    let builder = try GraphBuilder(
      rows: rows, nodeRows: nodeRows, levelCounts: levelCounts(of: levels), options: options,
      context: context)
    try builder.insert((0..<rows.count).map { UInt32($0) }, context: context)
    return try builder.finish(inserted: rows.count, context: context)
  }

  static func check(_ rows: VectorRows) throws(GraphError) {
    guard GraphLayout.dimensions.contains(rows.dimension) else {
      throw .dimension(allowed: GraphLayout.dimensions, got: rows.dimension)
    }
    guard rows.count <= GraphLayout.mostRows else {
      throw .tooManyRows(most: GraphLayout.mostRows, got: rows.count)
    }
  }

  /// The highest level of each row: a level has about an m-th of the nodes of the one below.
  static func drawLevels(_ count: Int, options: HNSWOptions) -> [UInt8] {
    var stream = RandomStream(seed: options.seed, purpose: "hnsw/levels")
    let share = 1 / Double(options.m)
    return (0..<count).map { _ in
      let draw = stream.uniform()
      var level: UInt8 = 0
      var below = share
      while draw < below, Int(level) + 1 < GraphLayout.mostLevels {
        level += 1
        below *= share
      }
      return level
    }
  }

  /// Rows in the order in which they come: shuffled, since neighbours in rows may be neighbours in
  /// space, and a graph that grows from one end is a bad one.
  static func insertionOrder(_ count: Int, options: HNSWOptions) -> [UInt32] {
    var stream = RandomStream(seed: options.seed, purpose: "hnsw/order")
    var order = (0..<count).map { UInt32($0) }
    for at in stride(from: count - 1, to: 0, by: -1) { order.swapAt(at, stream.below(at + 1)) }
    return order
  }

  /// Highest level first, else in the order that they have.
  static func sortedByLevel(_ items: [UInt32], level: (UInt32) -> UInt8) -> [UInt32] {
    var buckets = [[UInt32]](repeating: [], count: GraphLayout.mostLevels)
    for item in items { buckets[Int(level(item))].append(item) }
    return Array(buckets.reversed().joined())
  }

  /// Nodes of each level, lowest first.
  static func levelCounts(of levels: [UInt8]) -> [Int] {
    var counts = [Int](repeating: 0, count: GraphLayout.mostLevels)
    for level in levels { counts[Int(level)] += 1 }
    for level in stride(from: counts.count - 2, through: 0, by: -1) {
      counts[level] += counts[level + 1]
    }
    while counts.last == 0 { counts.removeLast() }
    return counts
  }
}

extension GraphBuilder {
  /// The graph, every node of which can be reached; the builder writes no more.
  func finish(inserted: Int, context: WorkContext) throws -> HNSWGraph {
    try connect(present: [Bool](repeating: true, count: layout.count), context: context)
    let products = searches.productCount + selections.productCount
    layout.writeHeader(to: memory, options: options, productCount: products)
    return HNSWGraph(
      bytes: memory.shared(), layout: layout, options: options, productCount: products,
      insertedRows: inserted, rows: rows)
  }
}
