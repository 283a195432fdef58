/// The best documents so far: a binary heap with the worst at its root.
///
/// Of equal scores the document with the higher id is worse. Documents of a segment come in
/// ascending order of id, so one that only equals the worst never displaces it, unless the worst
/// is of another segment.
struct TopDocuments {
  struct Entry {
    var score: Double
    var segment: UInt32
    var document: UInt32
  }

  private let core: BM25Core
  private var heap: [Entry] = []
  private let limit: Int
  private var segment: UInt32?
  /// Whether documents of segments before may be in the heap.
  private var isLater = false
  /// What a document must exceed to be taken. Every match scores above 0.
  private(set) var threshold = 0.0

  init(limit: Int, core: BM25Core) {
    self.limit = limit
    self.core = core
    heap.reserveCapacity(min(limit, 1024))
  }

  /// The documents that follow are of this segment.
  mutating func begin(segment: Int) {
    isLater = self.segment != nil
    self.segment = UInt32(truncatingIfNeeded: segment)
    raiseThreshold()
  }

  private mutating func raiseThreshold() {
    guard heap.count == limit, let worst = heap.first else { return }
    // A score that only equals the worst may come with a lower id.
    threshold = isLater ? worst.score.nextDown : worst.score
  }

  @inline(__always)
  private func isWorse(_ a: Entry, than b: Entry) -> Bool {
    if a.score != b.score { return a.score < b.score }
    if a.segment == b.segment { return a.document > b.document }
    return hasHigherID(a, than: b)
  }

  @inline(never)
  private func hasHigherID(_ a: Entry, than b: Entry) -> Bool {
    core.compareIDs(
      (Int(a.segment), Int(a.document)), (Int(b.segment), Int(b.document))) > 0
  }

  mutating func offer(_ score: Double, _ document: UInt32) {
    guard score > threshold else { return }
    let entry = Entry(score: score, segment: segment ?? 0, document: document)
    if heap.count < limit {
      heap.append(entry)
      var child = heap.count - 1
      while child > 0 {
        let parent = (child - 1) / 2
        guard isWorse(heap[child], than: heap[parent]) else { break }
        heap.swapAt(child, parent)
        child = parent
      }
    } else {
      guard isWorse(heap[0], than: entry) else { return }
      var parent = 0
      while true {
        var worst = parent * 2 + 1
        guard worst < heap.count else { break }
        if worst + 1 < heap.count, isWorse(heap[worst + 1], than: heap[worst]) { worst += 1 }
        guard isWorse(heap[worst], than: entry) else { break }
        heap[parent] = heap[worst]
        parent = worst
      }
      heap[parent] = entry
    }
    raiseThreshold()
  }

  /// Best first.
  func sorted() -> [Entry] { heap.sorted { isWorse($1, than: $0) } }
}
