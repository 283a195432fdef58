/// What building a graph will take.
public struct GraphPlan: Sendable, Hashable {
  /// The size of the graph's stored form, without the vectors.
  public var storedBytes: Int
  /// The most memory that building takes beyond the vectors; about.
  public var workingBytes: Int
  /// Products of one byte with another that building computes; about. A core does some 2 · 10^10 a
  /// second with AVX-512, memory's share included.
  public var operations: Double
}

extension HNSWGraph {
  /// What building a graph over `count` rows will take; zeros where it cannot be built.
  ///
  /// - Parameters:
  ///   - count: The number of rows.
  ///   - dimension: The number of components of a row.
  ///   - options: How it would be built.
  /// - Returns: Estimates; that of the stored form is within a percent or so.
  public static func plan(count: Int, dimension: Int, options: HNSWOptions) -> GraphPlan {
    guard count > 0, count <= GraphLayout.mostRows, GraphLayout.dimensions.contains(dimension)
    else { return GraphPlan(storedBytes: 0, workingBytes: 0, operations: 0) }
    var levelCounts = [count]
    while let last = levelCounts.last, last / options.m > 0 {
      levelCounts.append(last / options.m)
    }
    let layout = GraphLayout(dimension: dimension, m: options.m, levelCounts: levelCounts)
    let width = Double(max(options.efConstruction, layout.degree))
    let degree = Double(layout.degree)
    // A node's search; the nodes of its round; the choice among what both found; and the choice
    // anew of the neighbours that it links back to.
    let reach = min(Double(count), width * degree / 2)
    let round = Double(GraphBuilder.roundSize)
    let last = Double(count % GraphBuilder.roundSize)
    // All members of a round meet; those of the first find no graph to search yet.
    let met = Double(count / GraphBuilder.roundSize) * round * round + last * last
    let searched = max(0, Double(count) - round)
    let choice = width * degree / 4
    let back = degree * degree / 2
    let products = searched * reach + met + Double(count) * (choice + back)
    return GraphPlan(
      storedBytes: layout.totalBytes,
      workingBytes: layout.totalBytes + 16 * count
        + GraphBuilder.roundSize * layout.degree * 16,
      operations: products * Double(layout.stride))
  }
}
