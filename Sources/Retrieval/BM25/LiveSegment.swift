import Corpora
import Synchronization

/// A segment as a version of an index sees it: which documents count, and how long they are in
/// proportion to all that do.
final class LiveSegment: @unchecked Sendable {
  // Sendable because norms are written only by its initialiser, and a lock is around the rest.
  let segment: BM25Segment
  let part: IndexedDocuments.Part
  /// The documents that do not count, by rank, ascending.
  private let dead: [Int]
  /// In how many documents that count terms are that were asked for.
  private let counted = Mutex<[Int: Int]>([:])
  /// For each document by rank, k1 · (1 − b + b · length / average) in units; infinite for a dead
  /// document, whose shares then are 0.
  let norms: UnsafeMutablePointer<Float>
  /// What one unit in the longest document is worth: no posting that counts has less.
  let smallestImpact: Double
  /// How far norms may have shrunk since the segment was built: at least this times as large.
  let shrinkage: Float

  init(segment: BM25Segment, part: IndexedDocuments.Part, dead: [Int], average: Double) {
    self.segment = segment
    self.part = part
    self.dead = dead
    let count = segment.layout.documents
    let options = segment.options
    norms = .allocate(capacity: max(1, count))
    let lengths = segment.lengths
    let k1 = options.scaledK1
    for document in 0..<count {
      norms[document] = BM25Scoring.norm(
        length: Double(lengths[document]), average: average, k1: k1, b: options.b)
    }
    for rank in dead { norms[rank] = .infinity }
    var largest: Float = 0
    for document in 0..<count where norms[document] < .infinity {
      largest = max(largest, norms[document])
    }
    smallestImpact = Double(BM25Scoring.impact(frequency: 1, norm: largest))
    let own = count > 0 ? Double(segment.layout.tokens) / Double(count) : 0
    shrinkage = average > own ? Float(own / average) : 1
  }

  deinit { norms.deallocate() }

  /// A bound of the impacts in a block whose largest was `impact` when the segment was built.
  ///
  /// With i = f / (f + n), norms that shrink to at least r · n raise an impact to at most
  /// i / (r + i · (1 − r)). Norms that grow, and documents that died, only lower it. All
  /// roundings together, of the norms, the impacts and this, stay below 12 · 2^-24.
  @inline(__always)
  static func bound(_ impact: Float, shrinkage: Float) -> Float {
    guard shrinkage < 1 else { return impact }
    return min(1, impact / (shrinkage + impact * (1 - shrinkage)) * (1 + 0x1p-19))
  }

  /// In how many documents that count a term of the segment is.
  ///
  /// Counted when a search first asks for the term, so that opening a version reads no postings and
  /// no text.
  func documents(withTerm term: Int) -> Int {
    guard !dead.isEmpty else { return segment.postings(ofTerm: term).documents }
    if let known = counted.withLock({ $0[term] }) { return known }
    let count = countDocuments(withTerm: term)
    counted.withLock { counted in
      // Words of past queries are remembered, up to a point.
      if counted.count >= 1 << 16 { counted.removeAll() }
      counted[term] = count
    }
    return count
  }

  /// O(postings of the term), or O(dead documents · log) where that is less.
  private func countDocuments(withTerm term: Int) -> Int {
    let (blocks, documents) = segment.postings(ofTerm: term)
    if dead.count < documents / 64 {
      // A look-up costs as much as unpacking some dozens of postings.
      return dead.reduce(documents) {
        segment.frequency(ofTerm: term, in: $1) > 0 ? $0 - 1 : $0
      }
    }
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: PostingBlock.capacity) {
      unpacked in
      guard let ranks = unpacked.baseAddress else { return 0 }
      var counted = 0
      for block in blocks {
        let count = segment.blocks[block].unpackDocuments(segment.data, into: ranks)
        // Dead documents have infinite norms.
        for at in 0..<count where norms[Int(ranks[at])] < .infinity { counted &+= 1 }
      }
      return counted
    }
  }

  /// The number of pairs of a term and a document that has it and counts. O(postings).
  var postingCount: Int {
    guard !dead.isEmpty else { return segment.postingCount }
    return (0..<segment.termCount).reduce(0) { $0 + countDocuments(withTerm: $1) }
  }
}

extension DocumentSet {
  /// The ranks that are not in the set, ascending.
  var missingRanks: [Int] {
    DocumentSet(capacity: capacity, isFull: true).ranks(notIn: self)
  }

  /// The ranks in this set that another, of the same part, has not, ascending.
  func ranks(notIn other: DocumentSet) -> [Int] {
    withWords { mine in
      other.withWords { others in
        var ranks: [Int] = []
        for (index, word) in mine.enumerated() {
          var rest = word & ~(index < others.count ? others[index] : 0)
          while rest != 0 {
            ranks.append(index << 6 + rest.trailingZeroBitCount)
            rest &= rest - 1
          }
        }
        return ranks
      }
    }
  }
}
