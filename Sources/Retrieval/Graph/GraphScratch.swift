import CKernels
import Synchronization

/// The working memory of one search at a time.
final class GraphScratch: @unchecked Sendable {
  // Sendable because the pool hands it to one search at a time.
  /// Which nodes were seen, a bit each; zero between searches.
  let visited: UnsafeMutablePointer<UInt64>
  private let words: Int
  /// The nodes seen, so that their bits alone can be cleared.
  private var seen: UnsafeMutablePointer<UInt32>
  private var seenCount = 0
  private let seenCapacity: Int
  /// The best candidates, best first; ``CandidateKey``.
  private(set) var keys: UnsafeMutablePointer<UInt64>
  var keyCount = 0
  private var keyCapacity = 0
  /// One node's unseen neighbours and their scores.
  let batch: UnsafeMutablePointer<UInt32>
  let scores: UnsafeMutablePointer<Float>
  let batchCapacity: Int
  /// The query's code, unsigned and signed.
  let code: UnsafeMutablePointer<UInt8>
  let signed: UnsafeMutablePointer<Int8>
  /// The mean as far as the query goes along it.
  let shifted: UnsafeMutablePointer<Float>
  /// Candidates that a filtered search has still to expand: a heap, best first.
  var frontier = CandidateHeap()
  /// Products of codes since it was made.
  var products = 0

  init(count: Int, degree: Int, stride: Int) {
    words = (count + 63) / 64
    visited = .allocate(capacity: max(1, words))
    visited.initialize(repeating: 0, count: max(1, words))
    seenCapacity = words
    seen = .allocate(capacity: max(1, words))
    keys = .allocate(capacity: 1)
    batchCapacity = max(degree, 64)
    batch = .allocate(capacity: batchCapacity)
    scores = .allocate(capacity: batchCapacity)
    code = .allocate(capacity: stride)
    signed = .allocate(capacity: stride)
    shifted = .allocate(capacity: stride)
  }

  deinit {
    visited.deallocate()
    seen.deallocate()
    keys.deallocate()
    batch.deallocate()
    scores.deallocate()
    code.deallocate()
    signed.deallocate()
    shifted.deallocate()
  }

  /// Forgets candidates and what was seen, and makes room for `width` candidates.
  func begin(width: Int) {
    keyCount = 0
    if width > keyCapacity {
      keys.deallocate()
      keyCapacity = width
      keys = .allocate(capacity: width)
    }
    clearVisited()
  }

  private func clearVisited() {
    if seenCount <= seenCapacity {
      for at in 0..<seenCount { visited[Int(seen[at] >> 6)] = 0 }
    } else {
      visited.update(repeating: 0, count: words)
    }
    seenCount = 0
  }

  /// Whether a node is seen for the first time; from now on it is not.
  @inline(__always)
  func visit(_ node: UInt32) -> Bool {
    let word = Int(node >> 6)
    let bit: UInt64 = 1 << UInt64(node & 63)
    let old = visited[word]
    if old & bit != 0 { return false }
    visited[word] = old | bit
    // Past the capacity the whole bitmap is cleared instead.
    if seenCount < seenCapacity { seen[seenCount] = node }
    seenCount &+= 1
    return true
  }

  /// Puts a candidate where it belongs among the best `width`; returns its place, or `width` where
  /// it is not among them.
  @inline(__always)
  func insert(_ key: UInt64, width: Int) -> Int {
    var low = 0
    var high = keyCount
    if high == width {
      if width == 0 || key < keys[width &- 1] { return width }
      keyCount &-= 1
      high &-= 1
    }
    while low < high {
      let middle = (low &+ high) >> 1
      if keys[middle] > key { low = middle &+ 1 } else { high = middle }
    }
    (keys + low + 1).update(from: keys + low, count: keyCount &- low)
    keys[low] = key
    keyCount &+= 1
    return low
  }
}

/// A binary heap of keys, the largest on top.
struct CandidateHeap {
  private var keys: [UInt64] = []

  var top: UInt64? { keys.first }

  mutating func removeAll() { keys.removeAll(keepingCapacity: true) }

  mutating func push(_ key: UInt64) {
    keys.append(key)
    var at = keys.count - 1
    while at > 0 {
      let parent = (at - 1) / 2
      if keys[parent] >= keys[at] { return }
      keys.swapAt(parent, at)
      at = parent
    }
  }

  mutating func pop() -> UInt64? {
    guard let last = keys.popLast() else { return nil }
    guard let first = keys.first else { return last }
    keys[0] = last
    var at = 0
    while true {
      var child = 2 * at + 1
      if child >= keys.count { return first }
      if child + 1 < keys.count, keys[child + 1] > keys[child] { child += 1 }
      if keys[at] >= keys[child] { return first }
      keys.swapAt(at, child)
      at = child
    }
  }
}

/// Scratches that are not in use.
final class GraphScratchPool: Sendable {
  private let free = Mutex<[GraphScratch]>([])
  private let count: Int
  private let degree: Int
  private let stride: Int

  init(count: Int, degree: Int, stride: Int) {
    self.count = count
    self.degree = degree
    self.stride = stride
  }

  func with<Result>(_ body: (GraphScratch) throws -> Result) rethrows -> Result {
    let scratch =
      free.withLock { $0.popLast() }
      ?? GraphScratch(count: count, degree: degree, stride: stride)
    defer { free.withLock { $0.append(scratch) } }
    return try body(scratch)
  }

  /// Products of codes of all scratches, none of which is in use.
  var products: Int { free.withLock { $0.reduce(0) { $0 + $1.products } } }
}
