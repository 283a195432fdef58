import Bytes
import Corpora
import Synchronization

/// What the copies of an index share: its segments and the statistics of all documents that
/// count.
final class BM25Core: Sendable {
  let options: BM25Options
  /// One a part.
  let segments: [LiveSegment]
  /// The segments that have documents, the largest first.
  let order: [Int]
  /// The number of documents that count.
  let documents: Int
  /// The mean of their lengths, in units.
  let average: Double
  /// Working memory of searches, one for each that ran at the same time.
  private let pool = Mutex<[BM25Scratch]>([])

  /// O(documents): neither texts nor postings are read.
  init(documents: IndexedDocuments, segments: [BM25Segment], options: BM25Options) {
    self.options = options
    self.documents = documents.count
    let dead = documents.parts.map(\.live.missingRanks)
    var tokens = 0
    for (segment, ranks) in zip(segments, dead) {
      tokens += ranks.reduce(segment.layout.tokens) { $0 - Int(segment.lengths[$1]) }
    }
    let average = documents.count > 0 ? Double(max(0, tokens)) / Double(documents.count) : 0
    self.average = average
    self.segments = zip(zip(segments, documents.parts), dead).map { pair, dead in
      LiveSegment(segment: pair.0, part: pair.1, dead: dead, average: average)
    }
    order = documents.parts.indices.filter { documents.parts[$0].live.count > 0 }.sorted {
      let (a, b) = (documents.parts[$0].live.count, documents.parts[$1].live.count)
      return a == b ? $0 < $1 : a > b
    }
  }

  /// In how many documents a term is whose number in each segment is given, -1 for none.
  func documents(withTerm numbers: some Sequence<Int32>) -> Int {
    var sum = 0
    for (segment, number) in zip(segments, numbers) where number >= 0 {
      sum += segment.documents(withTerm: Int(number))
    }
    // Only a segment that is not of its corpus can have more.
    return min(sum, documents)
  }

  /// Below, at or above zero as the id of one document sorts before, with or after another's.
  func compareIDs(_ a: (segment: Int, rank: Int), _ b: (segment: Int, rank: Int)) -> Int {
    let (first, second) = (segments[a.segment].part, segments[b.segment].part)
    return compare(
      first.corpus.idBytes(at: first.position(ofRank: a.rank)),
      second.corpus.idBytes(at: second.position(ofRank: b.rank)))
  }

  /// Runs a search with working memory that no other search uses.
  func withScratch<Value>(_ body: (BM25Scratch) throws -> Value) rethrows -> Value {
    let scratch =
      pool.withLock { $0.popLast() } ?? BM25Scratch(analyzer: options.analyzer)
    defer { pool.withLock { $0.append(scratch) } }
    return try body(scratch)
  }
}
