/// The best documents so far: a binary heap with the worst at its root.
///
/// Of equal scores the document of the higher rank is worse. Documents come in ascending order,
/// so one that only equals the worst never displaces it.
struct TopDocuments {
  struct Entry {
    var score: Double
    var document: UInt32

    func isWorse(than other: Entry) -> Bool {
      score == other.score ? document > other.document : score < other.score
    }
  }

  private var heap: [Entry] = []
  private let limit: Int
  /// What a document must exceed to be taken. Every match scores above 0.
  private(set) var threshold = 0.0

  init(limit: Int) {
    self.limit = limit
    heap.reserveCapacity(min(limit, 1024))
  }

  mutating func offer(_ score: Double, _ document: UInt32) {
    guard score > threshold else { return }
    let entry = Entry(score: score, document: document)
    if heap.count < limit {
      heap.append(entry)
      var child = heap.count - 1
      while child > 0 {
        let parent = (child - 1) / 2
        guard heap[child].isWorse(than: heap[parent]) else { break }
        heap.swapAt(child, parent)
        child = parent
      }
    } else {
      var parent = 0
      while true {
        var worst = parent * 2 + 1
        guard worst < heap.count else { break }
        if worst + 1 < heap.count, heap[worst + 1].isWorse(than: heap[worst]) { worst += 1 }
        guard heap[worst].isWorse(than: entry) else { break }
        heap[parent] = heap[worst]
        parent = worst
      }
      heap[parent] = entry
    }
    if heap.count == limit { threshold = heap[0].score }
  }

  /// Best first.
  func sorted() -> [Entry] { heap.sorted { $1.isWorse(than: $0) } }
}
