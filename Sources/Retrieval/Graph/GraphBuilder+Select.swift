import CKernels
import Synchronization

/// The working memory of one choice of neighbours at a time.
final class SelectionScratch: @unchecked Sendable {
  // Sendable because the pool hands it to one piece of work at a time.
  /// Candidates, nearest first, as ``CandidateKey``.
  private(set) var keys: UnsafeMutablePointer<UInt64>
  /// Candidates' distances from the node that chooses.
  private(set) var distances: UnsafeMutablePointer<Float>
  private(set) var scores: UnsafeMutablePointer<Float>
  /// Nodes of candidates, and places of those that are still in question.
  private(set) var nodes: UnsafeMutablePointer<UInt32>
  private(set) var places: UnsafeMutablePointer<Int32>
  private(set) var chosen: UnsafeMutablePointer<UInt32>
  private(set) var pruned: UnsafeMutablePointer<Int32>
  let signed: UnsafeMutablePointer<Int8>
  /// Products of codes since it was made.
  var products = 0
  private var capacity = 64

  init(stride: Int) {
    keys = .allocate(capacity: capacity)
    distances = .allocate(capacity: capacity)
    scores = .allocate(capacity: capacity)
    nodes = .allocate(capacity: capacity)
    places = .allocate(capacity: capacity)
    chosen = .allocate(capacity: capacity)
    pruned = .allocate(capacity: capacity)
    signed = .allocate(capacity: stride)
  }

  deinit {
    release()
    signed.deallocate()
  }

  private func release() {
    keys.deallocate()
    distances.deallocate()
    scores.deallocate()
    nodes.deallocate()
    places.deallocate()
    chosen.deallocate()
    pruned.deallocate()
  }

  /// Makes room for so many candidates; what was there is gone.
  func makeRoom(_ count: Int) {
    guard count > capacity else { return }
    release()
    capacity = count
    keys = .allocate(capacity: capacity)
    distances = .allocate(capacity: capacity)
    scores = .allocate(capacity: capacity)
    nodes = .allocate(capacity: capacity)
    places = .allocate(capacity: capacity)
    chosen = .allocate(capacity: capacity)
    pruned = .allocate(capacity: capacity)
  }
}

/// Scratches that are not in use.
final class SelectionPool: Sendable {
  private let free = Mutex<[SelectionScratch]>([])

  func with<Result>(
    stride: Int, _ body: (SelectionScratch) throws -> Result
  ) rethrows -> Result {
    let scratch = free.withLock { $0.popLast() } ?? SelectionScratch(stride: stride)
    defer { free.withLock { $0.append(scratch) } }
    return try body(scratch)
  }

  /// Products of codes of all scratches, none of which is in use.
  var products: Int { free.withLock { $0.reduce(0) { $0 + $1.products } } }
}

extension GraphBuilder {
  /// Chooses at most `limit` of the first `count` of `scratch.keys`, which are sorted, as
  /// neighbours of a node, so that they lie in different directions; what room is left goes to the
  /// nearest of those left out (Malkov and Yashunin 2018, algorithm 4). Leaves them in `scratch.chosen` and returns how many.
  func select(
    for node: Int, among count: Int, limit: Int, scratch: SelectionScratch
  ) -> Int {
    let nodes = scratch.nodes
    let distances = scratch.distances
    let places = scratch.places
    let scores = scratch.scores
    let chosen = scratch.chosen
    let pruned = scratch.pruned
    var chosenCount = 0
    var prunedCount = 0
    // Distances are squared and halved; the mean's square is in both terms of every product.
    let base = longest + meanSquare - terms[2 * node + 1]
    for at in 0..<count {
      distances[at] = base - CandidateKey.score(scratch.keys[at])
      places[at] = Int32(at)
    }
    var left = count
    var first = 0
    while first < left, chosenCount < limit {
      let place = Int(places[first])
      let winner = CandidateKey.node(scratch.keys[place])
      chosen[chosenCount] = UInt32(winner)
      chosenCount &+= 1
      first &+= 1
      if chosenCount == limit || first == left { break }
      for at in first..<left {
        nodes[at] = UInt32(CandidateKey.node(scratch.keys[Int(places[at])]))
      }
      var query = query(of: winner, signed: scratch.signed)
      view.score(left - first, nodes + first, &query, into: scores + first)
      scratch.products &+= left &- first
      let fromWinner = longest + meanSquare - terms[2 * winner + 1]
      var kept = first
      for at in first..<left {
        let candidate = places[at]
        if fromWinner - scores[at] <= distances[Int(candidate)] {
          pruned[prunedCount] = candidate
          prunedCount &+= 1
        } else {
          places[kept] = candidate
          kept &+= 1
        }
      }
      left = kept
    }
    if chosenCount < limit, prunedCount > 0 {
      var nearest = UnsafeMutableBufferPointer(start: pruned, count: prunedCount)
      nearest.sort()
      for at in 0..<min(prunedCount, limit - chosenCount) {
        chosen[chosenCount] = UInt32(CandidateKey.node(scratch.keys[Int(nearest[at])]))
        chosenCount &+= 1
      }
    }
    return chosenCount
  }

  /// Chooses the links of a node anew among listed nodes, which are distinct and others than
  /// itself, and writes them.
  func relink(_ node: Int, level: Int, among nodes: [UInt32], scratch: SelectionScratch) {
    let (base, capacity) = links(of: node, level: level)
    scratch.makeRoom(max(nodes.count, capacity))
    for (at, candidate) in nodes.enumerated() { scratch.nodes[at] = candidate }
    var query = query(of: node, signed: scratch.signed)
    view.score(nodes.count, scratch.nodes, &query, into: scratch.scores)
    scratch.products &+= nodes.count
    for at in 0..<nodes.count {
      scratch.keys[at] = CandidateKey.make(score: scratch.scores[at], node: scratch.nodes[at])
    }
    var keys = UnsafeMutableBufferPointer(start: scratch.keys, count: nodes.count)
    keys.sort(by: >)
    let chosen = select(for: node, among: nodes.count, limit: capacity, scratch: scratch)
    write(scratch.chosen, chosen, to: base, capacity: capacity)
  }

  /// Writes links, and marks the rest as not in use.
  func write(
    _ nodes: UnsafePointer<UInt32>, _ count: Int, to base: UnsafeMutablePointer<UInt32>,
    capacity: Int
  ) {
    for at in 0..<capacity { base[at] = at < count ? nodes[at] : GraphLayout.none }
  }
}
