import Corpora

/// What a segment's dead documents take from the statistics.
///
/// Their texts are still in the part's corpus and are analysed again, so that it costs as much
/// as adding them did, and segments stay as they are.
struct DeadTerms: Sendable {
  /// For each term of the segment that dead documents have, in how many.
  private(set) var documents: [Int32: Int] = [:]
  /// The number of pairs of a term and a dead document.
  private(set) var postings = 0
  /// The sum of their lengths, in units.
  private(set) var tokens = 0

  /// Counts more documents of the segment as dead.
  mutating func add(_ ranks: [Int], of segment: BM25Segment, in corpus: Corpus) {
    guard !ranks.isEmpty else { return }
    let interner = TermInterner(analyzer: segment.options.analyzer)
    // By number of the interner: the segment's number of the term, or -1, and the last document
    // that was seen to have it.
    var numbers: [Int32] = []
    var seen: [Int] = []
    for (place, rank) in ranks.enumerated() where rank < segment.layout.documents {
      func count(_ term: Int, _: Range<Int>) {
        while numbers.count <= term {
          var text = interner.term(numbers.count)
          let number = text.withUTF8 { segment.term(UnsafeRawBufferPointer($0)) }
          numbers.append(number.flatMap(Int32.init(exactly:)) ?? -1)
          seen.append(-1)
        }
        guard seen[term] != place else { return }
        seen[term] = place
        guard numbers[term] >= 0 else { return }
        documents[numbers[term], default: 0] += 1
        postings += 1
      }
      let position = corpus.index(rankedByID: rank)
      if segment.options.titleUnits > 0 {
        interner.forEachTerm(in: corpus.titleBytes(at: position), count)
      }
      if segment.options.textUnits > 0 {
        interner.forEachTerm(in: corpus.textBytes(at: position), count)
      }
      tokens += Int(segment.lengths[rank])
    }
  }
}

/// A segment as a version of an index sees it: which documents count, and how long they are in
/// proportion to all that do.
final class LiveSegment: @unchecked Sendable {
  // Sendable because it is written only by its initialiser.
  let segment: BM25Segment
  let part: IndexedDocuments.Part
  let dead: DeadTerms
  /// For each document by rank, k1 · (1 − b + b · length / average) in units; infinite for a dead
  /// document, whose shares then are 0.
  let norms: UnsafeMutablePointer<Float>
  /// What one unit in the longest document is worth: no posting that counts has less.
  let smallestImpact: Double
  /// How far norms may have shrunk since the segment was built: at least this times as large.
  let shrinkage: Float

  init(segment: BM25Segment, part: IndexedDocuments.Part, dead: DeadTerms, average: Double) {
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
    if !part.live.isFull {
      for rank in part.live.missingRanks { norms[rank] = .infinity }
    }
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
  func documents(withTerm term: Int) -> Int {
    max(0, segment.postings(ofTerm: term).documents - (dead.documents[Int32(term)] ?? 0))
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
