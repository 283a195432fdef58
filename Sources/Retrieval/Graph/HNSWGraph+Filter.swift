import CKernels

extension HNSWGraph {
  /// How the allowed rows are searched.
  ///
  /// A walk looks at about `width / share` nodes to find `width` allowed ones, and at some m new
  /// neighbours of each; where comparing the query with all allowed rows costs less, that is done.
  /// It also is where a walk turns out to have cost as much, since the allowed rows lie elsewhere.
  func findAllowed(
    _ query: UnsafePointer<Float>, wanted: Int, width: Int, allowed: DocumentSet,
    scratch: GraphScratch
  ) -> [ScoredRow] {
    let few = Double(allowed.count)
    let budget = Self.rowCost * few
    let expected = Double(width) * Double(count) / few * Double(layout.m)
    let found = allowed.withWords { words -> Bool in
      guard expected < budget, let base = words.baseAddress else { return false }
      let graphQuery = encode(query, scratch: scratch)
      let start = view.descendAll(
        from: 0, level: layout.levelCounts.count - 1, query: graphQuery, scratch: scratch)
      return view.walk(
        from: start.node, score: start.score, width: width, query: graphQuery,
        allowed: AllowedNodes(words: base, count: words.count * 64, rowOfNode: rowOfNode),
        budget: Int(budget), scratch: scratch)
    }
    return found
      ? rescore(query, wanted: wanted, scratch: scratch)
      : scan(query, wanted: wanted, allowed: allowed, scratch: scratch)
  }

  /// What a product with a row costs, in products with a code.
  private static let rowCost = 3.0

  /// The best of the allowed rows, all of which are compared.
  func scan(
    _ query: UnsafePointer<Float>, wanted: Int, allowed: DocumentSet, scratch: GraphScratch
  ) -> [ScoredRow] {
    scratch.begin(width: wanted)
    let d = Int64(dimension)
    let limit = count
    allowed.withWords { words in
      for (index, word) in words.enumerated() {
        var rest = word
        while rest != 0 {
          let row = index << 6 + rest.trailingZeroBitCount
          rest &= rest - 1
          if row >= limit { break }
          var score: Float = 0
          ck_linear(1, d, rows.row(row), 1, query, d, nil, &score, 1, false)
          _ = scratch.insert(
            CandidateKey.make(score: score, node: UInt32(row)), width: wanted)
        }
      }
    }
    return (0..<scratch.keyCount).map {
      ScoredRow(
        row: CandidateKey.node(scratch.keys[$0]), score: CandidateKey.score(scratch.keys[$0]))
    }
  }
}

/// Which nodes a search may return, by the rows that it may.
struct AllowedNodes {
  let words: UnsafePointer<UInt64>
  /// How many rows the bitmap has.
  let count: Int
  let rowOfNode: UnsafePointer<UInt32>

  @inline(__always)
  func contains(_ node: UInt32) -> Bool {
    let row = Int(rowOfNode[Int(node)])
    return row < count && words[row >> 6] >> UInt64(row & 63) & 1 == 1
  }
}

extension GraphView {
  /// The best `width` allowed nodes of the lowest level, found by walking through allowed and other
  /// nodes alike until the best one left is worse than all of them; left in `scratch.keys`.
  ///
  /// At most `budget` nodes are scored; false where that was not enough.
  func walk(
    from start: Int, score: Float, width: Int, query: GraphQuery, allowed: AllowedNodes,
    budget: Int, scratch: GraphScratch
  ) -> Bool {
    scratch.begin(width: width)
    scratch.frontier.removeAll()
    var query = query
    let first = CandidateKey.make(score: score, node: UInt32(start))
    _ = scratch.visit(UInt32(start))
    scratch.frontier.push(first)
    if allowed.contains(UInt32(start)) { _ = scratch.insert(first, width: width) }
    let batch = scratch.batch
    let scores = scratch.scores
    var left = budget
    while let best = scratch.frontier.pop() {
      if scratch.keyCount == width, best < scratch.keys[width &- 1] { return true }
      let (base, capacity) = links(of: CandidateKey.node(best), level: 0)
      var n = 0
      for at in 0..<capacity {
        let neighbour = base[at]
        if Int(neighbour) >= count { break }
        batch[n] = neighbour
        if scratch.visit(neighbour) { n &+= 1 }
      }
      left &-= n
      if left < 0 { return false }
      self.score(n, batch, &query, into: scores)
      for at in 0..<n {
        let key = CandidateKey.make(score: scores[at], node: batch[at])
        if scratch.keyCount == width, key < scratch.keys[width &- 1] { continue }
        scratch.frontier.push(key)
        if allowed.contains(batch[at]) { _ = scratch.insert(key, width: width) }
      }
    }
    return true
  }
}
