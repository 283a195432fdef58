/// Finds the rows of a part whose vectors are nearest to a query's, by the product of both.
package protocol VectorSearcher: Sendable {
  /// The `k` best rows, best first, ties by ascending row.
  ///
  /// - Parameters:
  ///   - query: As many numbers as a vector has.
  ///   - k: How many rows to return.
  ///   - allowed: Which rows may be returned; nil for all.
  ///   - deleted: How many rows never will be again: what is allowed leaves them out as well.
  /// - Returns: Rows and their products with the query.
  /// - Throws: What the kind of searcher says.
  func search(
    _ query: UnsafePointer<Float>, k: Int, allowed: DocumentSet?, deleted: Int
  ) throws -> [(row: Int, score: Float)]
}

/// The best rows so far: a binary heap with the worst at its root. Of equal scores the higher row
/// is worse. Rows may come in any order.
struct NearestRows {
  private(set) var heap: [(row: Int, score: Float)] = []
  private let limit: Int
  /// A row that scores less is not among the best; minus infinity until there are enough.
  private(set) var threshold = -Float.infinity

  init(limit: Int) {
    self.limit = max(0, limit)
    heap.reserveCapacity(min(self.limit, 1024))
    if self.limit == 0 { threshold = .infinity }
  }

  private func isWorse(_ a: (row: Int, score: Float), _ b: (row: Int, score: Float)) -> Bool {
    a.score == b.score ? a.row > b.row : a.score < b.score
  }

  mutating func offer(_ row: Int, _ score: Float) {
    guard limit > 0 else { return }
    let entry = (row: row, score: score)
    if heap.count < limit {
      heap.append(entry)
      var child = heap.count - 1
      while child > 0 {
        let parent = (child - 1) / 2
        guard isWorse(heap[child], heap[parent]) else { break }
        heap.swapAt(child, parent)
        child = parent
      }
    } else {
      guard isWorse(heap[0], entry) else { return }
      var parent = 0
      while true {
        var worst = parent * 2 + 1
        guard worst < heap.count else { break }
        if worst + 1 < heap.count, isWorse(heap[worst + 1], heap[worst]) { worst += 1 }
        guard isWorse(heap[worst], entry) else { break }
        heap[parent] = heap[worst]
        parent = worst
      }
      heap[parent] = entry
    }
    if heap.count == limit { threshold = heap[0].score }
  }

  /// Best first.
  func sorted() -> [(row: Int, score: Float)] { heap.sorted { isWorse($1, $0) } }
}
