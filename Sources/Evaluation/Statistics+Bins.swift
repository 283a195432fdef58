extension Statistics {
  /// The most bins that are made.
  public static let binLimit = 10_000

  /// The edges of bins of equal width from the smallest to the largest value: one more than bins.
  ///
  /// - Throws: ``Failure/constant`` where all values are equal, ``Failure/tooFew(got:needed:)``,
  ///   ``Failure/notFinite(index:)``, ``Failure/count(got:allowed:)``.
  public static func equalWidthEdges(_ values: [Double], bins: Int) throws -> [Double] {
    try checkBins(values, bins)
    guard let low = values.min(), let high = values.max(), low < high else {
      throw Failure.constant
    }
    // Weighted ends, since high - low may overflow; the last edge is exact.
    return (0...bins).map { edge in
      let share = Double(edge) / Double(bins)
      return edge == bins ? high : low * (1 - share) + high * share
    }
  }

  /// The edges of bins that hold equally many values, as far as ties allow: quantiles. Equal edges
  /// are merged, so there may be fewer bins than asked for.
  ///
  /// - Throws: as ``equalWidthEdges(_:bins:)``.
  /// - Complexity: O(n log n).
  public static func equalCountEdges(_ values: [Double], bins: Int) throws -> [Double] {
    try checkBins(values, bins)
    let sorted = values.sorted()
    var edges: [Double] = []
    for edge in 0...bins {
      let next = sortedQuantile(sorted, Double(edge) / Double(bins))
      if edges.last.map({ $0 < next }) ?? true { edges.append(next) }
    }
    guard edges.count > 1 else { throw Failure.constant }
    return edges
  }

  /// The bin that a value falls into, from 0: edges belong to the bin above, the last edge to the
  /// last bin. Nil outside.
  ///
  /// - Complexity: O(log bins).
  public static func bin(of value: Double, edges: [Double]) -> Int? {
    guard edges.count > 1, let first = edges.first, let last = edges.last,
      value >= first, value <= last
    else { return nil }
    var low = 0
    var high = edges.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if edges[middle] <= value { low = middle } else { high = middle }
    }
    return low
  }

  /// Splits items into groups of equal size by rank of their value: deciles for 10. Unlike edges,
  /// this splits ties (by index), so that sizes differ by one at most.
  ///
  /// - Returns: The group of each value, from 0 for the smallest.
  /// - Throws: as ``equalWidthEdges(_:bins:)``, and ``Failure/tooFew(got:needed:)`` for fewer values
  ///   than groups.
  public static func rankGroups(_ values: [Double], groups: Int) throws -> [Int] {
    try checkBins(values, groups)
    try check(values, atLeast: groups)
    var result = [Int](repeating: 0, count: values.count)
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    for (rank, index) in order.enumerated() { result[index] = rank * groups / values.count }
    return result
  }

  private static func checkBins(_ values: [Double], _ bins: Int) throws {
    guard (1...binLimit).contains(bins) else {
      throw Failure.count(got: bins, allowed: 1...binLimit)
    }
    try check(values, atLeast: 1)
  }
}
