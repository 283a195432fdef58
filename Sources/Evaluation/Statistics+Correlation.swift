extension Statistics {
  /// Pearson's correlation of two lists that go together.
  ///
  /// - Throws: ``Failure/lengths(_:_:)``, ``Failure/tooFew(got:needed:)`` below two pairs,
  ///   ``Failure/notFinite(index:)``, ``Failure/constant`` where either does not vary.
  public static func pearson(_ x: [Double], _ y: [Double]) throws -> Double {
    try checkPairs(x, y, atLeast: 2)
    // Scaled by the largest deviation, so that squares neither overflow nor vanish.
    let left = try scaledDeviations(x)
    let right = try scaledDeviations(y)
    var products = 0.0
    var squares = (0.0, 0.0)
    for (a, b) in zip(left, right) {
      products += a * b
      squares.0 += a * a
      squares.1 += b * b
    }
    return min(1, max(-1, products / (squares.0 * squares.1).squareRoot()))
  }

  private static func scaledDeviations(_ values: [Double]) throws -> [Double] {
    guard let low = values.min(), let high = values.max(), low < high else {
      throw Failure.constant
    }
    let mean = try mean(values)
    let deviations = values.map { $0 - mean }
    let largest = deviations.reduce(0) { max($0, abs($1)) }
    guard largest > 0 else { throw Failure.constant }
    return deviations.map { $0 / largest }
  }

  /// Spearman's rank correlation: Pearson's of the ranks, ties given their average rank.
  ///
  /// - Throws: as ``pearson(_:_:)``.
  /// - Complexity: O(n log n).
  public static func spearman(_ x: [Double], _ y: [Double]) throws -> Double {
    try checkPairs(x, y, atLeast: 2)
    return try pearson(averageRanks(x), averageRanks(y))
  }

  /// Spearman's rank correlation of two series of measured numbers, such as a gain by decile:
  /// computed anew in each replicate, so that its interval reflects how sure the order is.
  ///
  /// A replicate in which a series does not vary has no correlation and counts as NaN. The list is
  /// short and fixed, so replicates are not recentred; the point can lie at the interval's end.
  ///
  /// - Throws: as ``pearson(_:_:)``, for the points.
  /// - Complexity: ``Measured/replicateCount`` x O(n log n).
  public static func spearman(_ x: [Measured], _ y: [Measured]) throws -> Measured {
    let point = try spearman(x.map(\.point), y.map(\.point))
    let all = x + y
    let sampled = all.filter { !$0.isExact }
    guard !sampled.isEmpty else { return Measured(exact: point) }
    func correlation(_ value: (Measured) -> Double) -> Double {
      (try? spearman(x.map(value), y.map(value))) ?? .nan
    }
    let replicates = (0..<Measured.replicateCount).map { replicate in
      correlation { $0.isExact ? $0.point : $0.replicates[replicate] }
    }
    var lists: [String: Int] = [:]
    for spread in all.flatMap(\.spreads) { lists[spread.list] = spread.deviations.count }
    let spreads = lists.sorted { $0.key < $1.key }.map { list, count in
      Measured.SeedSpread(
        list: list,
        deviations: (0..<count).map { seed in
          let one = correlation { value in
            let own = value.spreads.first { $0.list == list && $0.deviations.count == count }
            return value.point + (own?.deviations[seed] ?? 0)
          }
          return one.isNaN ? 0 : one - point
        })
    }
    return Measured(
      unchecked: point, replicates, seeds: sampled.map(\.seeds).filter { $0 > 0 }.min() ?? 0,
      questions: sampled.map(\.questions).filter { $0 > 0 }.min() ?? 0, spreads: spreads,
      range: -1...1)
  }

  /// The rank of each value, from 1; equal values share the mean of their ranks.
  ///
  /// - Complexity: O(n log n).
  public static func averageRanks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      let rank = Double(start + 1 + end) / 2
      for place in start..<end { ranks[order[place]] = rank }
      start = end
    }
    return ranks
  }
}
