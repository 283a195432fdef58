import CKernels

extension GraphView {
  /// From a node of a level to the one among its neighbours that scores best, for as long as there
  /// is a better one.
  func descend(
    from start: Int, score startScore: Float, level: Int, query: GraphQuery,
    scratch: GraphScratch
  ) -> (node: Int, score: Float) {
    var query = query
    var best = CandidateKey.make(score: startScore, node: UInt32(start))
    while true {
      let (base, capacity) = links(of: CandidateKey.node(best), level: level)
      var n = 0
      while n < capacity, Int(base[n]) < count { n &+= 1 }
      self.score(n, base, &query, into: scratch.scores)
      scratch.products &+= n
      let before = best
      for at in 0..<n {
        best = max(best, CandidateKey.make(score: scratch.scores[at], node: base[at]))
      }
      if best == before { return (CandidateKey.node(best), CandidateKey.score(best)) }
    }
  }

  /// From a node of a level down to where the search of the lowest level begins.
  func descendAll(
    from start: Int, level: Int, query: GraphQuery, scratch: GraphScratch
  ) -> (node: Int, score: Float) {
    var at = start
    var score = score(of: start, query: query)
    for level in Swift.stride(from: level, to: 0, by: -1) {
      (at, score) = descend(
        from: at, score: score, level: level, query: query, scratch: scratch)
    }
    return (at, score)
  }

  /// Walks down the levels, and leaves the best candidates of the lowest in the scratch.
  func enter(at start: Int, level: Int, width: Int, query: GraphQuery, scratch: GraphScratch) {
    let (node, score) = descendAll(from: start, level: level, query: query, scratch: scratch)
    walk(from: node, score: score, level: 0, width: width, query: query, scratch: scratch)
  }

  /// Has the links of a node brought from memory.
  @inline(__always)
  private func askForLinks(of node: Int, level: Int) {
    let (base, capacity) = links(of: node, level: level)
    for at in Swift.stride(from: 0, to: capacity, by: 16) { ck_prefetch(base + at) }
  }

  /// The score of one node.
  func score(of node: Int, query: GraphQuery) -> Float {
    var query = query
    var node = UInt32(node)
    var result: Float = 0
    self.score(1, &node, &query, into: &result)
    return result
  }

  /// The best `width` nodes of a level that are found by always expanding the best one that was
  /// not yet (Malkov and Yashunin 2018, algorithm 2), left in `scratch.keys`.
  func walk(
    from start: Int, score: Float, level: Int, width: Int, query: GraphQuery,
    scratch: GraphScratch
  ) {
    scratch.begin(width: width)
    var query = query
    _ = scratch.visit(UInt32(start))
    _ = scratch.insert(CandidateKey.make(score: score, node: UInt32(start)), width: width)
    let batch = scratch.batch
    let scores = scratch.scores
    var next = 0
    while next < scratch.keyCount {
      let key = scratch.keys[next]
      if key & 1 != 0 {
        next &+= 1
        continue
      }
      scratch.keys[next] = key | 1
      // Where the walk goes on if it finds nothing better now.
      if next &+ 1 < scratch.keyCount {
        askForLinks(of: CandidateKey.node(scratch.keys[next &+ 1]), level: level)
      }
      let (base, capacity) = links(of: CandidateKey.node(key), level: level)
      var n = 0
      for at in 0..<capacity {
        let neighbour = base[at]
        if Int(neighbour) >= count { break }
        batch[n] = neighbour
        if scratch.visit(neighbour) { n &+= 1 }
      }
      self.score(n, batch, &query, into: scores)
      scratch.products &+= n
      var lowest = next &+ 1
      for at in 0..<n {
        let place = scratch.insert(
          CandidateKey.make(score: scores[at], node: batch[at]), width: width)
        if place < lowest {
          lowest = place
          askForLinks(of: Int(batch[at]), level: level)
        }
      }
      next = lowest
    }
  }
}
