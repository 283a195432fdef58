import CKernels
import Synchronization

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
    let isScannedExactly = allowed.count < Self.exactBelow
    let budget = (isScannedExactly ? Self.rowCost : Self.codeCost) * few
    let expected = Double(width) * Double(count) / few * Double(layout.m)
    let graphQuery = encode(query, scratch: scratch)
    let found = allowed.withWords { words -> Bool in
      guard expected < budget, let base = words.baseAddress else { return false }
      let start = view.descendAll(
        from: 0, level: layout.levelCounts.count - 1, query: graphQuery, scratch: scratch)
      return view.walk(
        from: start.node, score: start.score, width: width, query: graphQuery,
        allowed: AllowedNodes(words: base, count: words.count * 64, rowOfNode: rowOfNode),
        budget: Int(budget), scratch: scratch)
    }
    if !found, isScannedExactly {
      return scan(query, wanted: wanted, allowed: allowed, scratch: scratch)
    }
    let scanned =
      found ? [] : scanCodes(graphQuery, width: width, allowed: allowed, scratch: scratch)
    return settle(query, wanted: wanted, allowed: allowed, scanned: scanned, scratch: scratch)
  }

  /// Of so few allowed rows all are compared exactly; of more by their codes, a quarter of the
  /// memory, and then the best exactly as after a walk.
  private static let exactBelow = 1000
  /// What comparing an allowed row in a line costs, in products of a walk with a code: which are
  /// dearer, since a walk waits for what it jumps to.
  private static let rowCost = 1.5
  private static let codeCost = 0.5

  /// The best of the allowed rows, all of which are compared.
  func scan(
    _ query: UnsafePointer<Float>, wanted: Int, allowed: DocumentSet, scratch: GraphScratch
  ) -> [ScoredRow] {
    scratch.begin(width: wanted)
    let d = Int64(dimension)
    forEachRow(of: allowed) { row in
      var score: Float = 0
      ck_linear(1, d, rows.row(row), 1, query, d, nil, &score, 1, false)
      _ = scratch.insert(CandidateKey.make(score: score, node: UInt32(row)), width: wanted)
    }
    return (0..<scratch.keyCount).map {
      ScoredRow(
        row: CandidateKey.node(scratch.keys[$0]), score: CandidateKey.score(scratch.keys[$0]))
    }
  }

  /// Leaves the best `width` of the allowed nodes by their codes in the scratch, and returns the
  /// scores of all by their codes, in ascending order of rows.
  private func scanCodes(
    _ query: GraphQuery, width: Int, allowed: DocumentSet, scratch: GraphScratch
  ) -> [Float] {
    scratch.begin(width: width)
    var query = query
    let nodes = places.nodes(of: self)
    let batch = scratch.batch
    let scores = scratch.scores
    var all: [Float] = []
    all.reserveCapacity(allowed.count)
    var n = 0
    var rows = [UInt32](repeating: 0, count: scratch.batchCapacity)
    func flush() {
      view.score(n, batch, &query, into: scores)
      all.append(contentsOf: UnsafeBufferPointer(start: scores, count: n))
      for at in 0..<n {
        _ = scratch.insert(
          CandidateKey.make(score: scores[at], node: rows[at]), width: width)
      }
      n = 0
    }
    nodes.withUnsafeBufferPointer { nodes in
      forEachRow(of: allowed) { row in
        batch[n] = nodes[row]
        rows[n] = UInt32(row)
        n &+= 1
        if n == scratch.batchCapacity { flush() }
      }
    }
    flush()
    // By rows so far, the lower one first of equals; what follows wants nodes.
    for at in 0..<scratch.keyCount {
      let key = scratch.keys[at]
      scratch.keys[at] = CandidateKey.make(
        score: CandidateKey.score(key), node: nodes[CandidateKey.node(key)])
    }
    return all
  }

  /// The best of the candidates by exact products: of the first ones, and of all those that their
  /// codes leave in question. How far codes are off is seen on the rows compared so far; where
  /// scores lie close together, as they do far from the query, that is many.
  ///
  /// - Parameters:
  ///   - query: The query's vector.
  ///   - wanted: How many rows to return.
  ///   - allowed: The rows that were scanned.
  ///   - scanned: The scores of all of them by their codes; empty where a walk found candidates.
  ///   - scratch: Has the candidates.
  /// - Returns: Rows, best first, ties in ascending order of rows.
  private func settle(
    _ query: UnsafePointer<Float>, wanted: Int, allowed: DocumentSet, scanned: [Float],
    scratch: GraphScratch
  ) -> [ScoredRow] {
    let d = Int64(dimension)
    var best = NearestRows(limit: wanted)
    var squares = 0.0
    var compared = 0.0
    var lowest = -Float.infinity
    func compare(_ row: Int, code: Float) {
      var score: Float = 0
      ck_linear(1, d, rows.row(row), 1, query, d, nil, &score, 1, false)
      squares += Double(score - code) * Double(score - code)
      compared += 1
      best.offer(row, score)
      lowest = best.threshold - Self.doubt * Float((squares / compared).squareRoot())
    }
    let first = min(scratch.keyCount, wanted + max(wanted, Self.rescored))
    for at in 0..<first {
      let row = rows.row(Int(rowOfNode[CandidateKey.node(scratch.keys[at])]))
      for line in stride(from: 0, to: dimension, by: 16) { ck_prefetch(row + line) }
    }
    var at = 0
    // Rows that are equal have equal codes: none of them is left out before their tie is broken.
    var previous = Float.infinity
    while at < scratch.keyCount {
      let code = CandidateKey.score(scratch.keys[at])
      if at >= first, code < lowest, code != previous { break }
      previous = code
      compare(Int(rowOfNode[CandidateKey.node(scratch.keys[at])]), code: code)
      at += 1
    }
    if at == scratch.keyCount, at > 0, at < scanned.count {
      // What is no candidate scores less than the last one, or the same and comes after it.
      let lastRow = Int(rowOfNode[CandidateKey.node(scratch.keys[at - 1])])
      var place = 0
      forEachRow(of: allowed) { row in
        let code = scanned[place]
        place += 1
        if code < lowest, code != previous { return }
        if code > previous || code == previous && row <= lastRow { return }
        compare(row, code: code)
      }
    }
    return best.sorted().map { ScoredRow(row: $0.row, score: $0.score) }
  }

  /// How many times the usual error of codes a row may be behind and still be compared.
  private static let doubt: Float = 3

  /// Calls `body` for each allowed row that there is, ascending.
  @inline(__always)
  private func forEachRow(of allowed: DocumentSet, _ body: (Int) -> Void) {
    let limit = count
    allowed.withWords { words in
      for (index, word) in words.enumerated() {
        var rest = word
        while rest != 0 {
          let row = index << 6 + rest.trailingZeroBitCount
          rest &= rest - 1
          if row >= limit { return }
          body(row)
        }
      }
    }
  }
}

/// The node of each row of a graph, made when it is first asked for and shared by copies.
final class LazyPlaces: Sendable {
  private let made = Mutex<[UInt32]?>(nil)

  /// Four bytes a row; one pass over the nodes at the first call.
  func nodes(of graph: HNSWGraph) -> [UInt32] {
    made.withLock { made in
      if let made { return made }
      var nodes = [UInt32](repeating: 0, count: graph.count)
      for node in 0..<graph.count { nodes[Int(graph.rowOfNode[node])] = UInt32(node) }
      made = nodes
      return nodes
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
