/// Some of the documents of a part, each named by the rank of its id in the part; a bitmap.
public struct DocumentSet: Sendable, Hashable {
  /// How many documents the part has.
  public let capacity: Int
  /// How many of them are in the set.
  public private(set) var count: Int
  private var words: [UInt64]

  /// No document, or all.
  public init(capacity: Int, isFull: Bool = false) {
    self.capacity = capacity
    count = isFull ? capacity : 0
    words = [UInt64](repeating: isFull ? .max : 0, count: (capacity + 63) / 64)
    if isFull, capacity % 64 != 0 { words[words.count - 1] = (1 << UInt64(capacity % 64)) - 1 }
  }

  /// Whether every document is in the set.
  public var isFull: Bool { count == capacity }

  /// Whether a document is in the set; false for ranks out of range.
  public func contains(_ rank: Int) -> Bool {
    rank >= 0 && rank < capacity && words[rank >> 6] >> UInt64(rank & 63) & 1 == 1
  }

  /// Adds a document; ranks out of range are left out.
  public mutating func insert(_ rank: Int) {
    guard rank >= 0, rank < capacity, !contains(rank) else { return }
    words[rank >> 6] |= 1 << UInt64(rank & 63)
    count += 1
  }

  /// Removes a document.
  public mutating func remove(_ rank: Int) {
    guard contains(rank) else { return }
    words[rank >> 6] &= ~(1 << UInt64(rank & 63))
    count -= 1
  }

  /// The documents of both sets, which are of the same part.
  public func intersection(_ other: DocumentSet) -> DocumentSet {
    var result = self
    result.count = 0
    for index in words.indices {
      result.words[index] &= index < other.words.count ? other.words[index] : 0
      result.count += result.words[index].nonzeroBitCount
    }
    return result
  }

  /// The ranks in the set, ascending.
  public var ranks: [Int] {
    var ranks: [Int] = []
    ranks.reserveCapacity(count)
    for (index, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        ranks.append(index << 6 + rest.trailingZeroBitCount)
        rest &= rest - 1
      }
    }
    return ranks
  }

  /// The bitmap, 64 documents a word from the lowest bit, for inner loops.
  package func withWords<Result>(
    _ body: (UnsafeBufferPointer<UInt64>) throws -> Result
  ) rethrows -> Result {
    try words.withUnsafeBufferPointer(body)
  }
}
