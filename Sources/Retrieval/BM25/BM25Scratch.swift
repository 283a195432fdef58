import Bytes
import Corpora

/// The working memory of one search at a time.
final class BM25Scratch: @unchecked Sendable {
  // Sendable because the pool hands it to one search at a time.
  /// Documents in a window; its accumulators take 16 KiB, half of a first-level cache.
  static let window = 2048

  private let analyzer: TextAnalyzer
  private var interner: TermInterner
  /// For each term that the interner knows, the index's number of it, or -1.
  private var known: [Int32] = []
  private var found = GrowableBuffer<UInt32>()

  /// Sums of shares of the documents in the window, zero between windows.
  let sums: UnsafeMutablePointer<Double>
  /// Which documents of the window have a sum.
  let touched: UnsafeMutablePointer<UInt64>
  /// For each term of the query, the documents and shares of one unpacked block.
  private(set) var documents: UnsafeMutablePointer<UInt32>
  private(set) var shares: UnsafeMutablePointer<Float>
  private var termCapacity = 0

  init(analyzer: TextAnalyzer) {
    self.analyzer = analyzer
    interner = TermInterner(analyzer: analyzer)
    sums = .allocate(capacity: Self.window)
    sums.initialize(repeating: 0, count: Self.window)
    touched = .allocate(capacity: Self.window / 64)
    touched.initialize(repeating: 0, count: Self.window / 64)
    documents = .allocate(capacity: 1)
    shares = .allocate(capacity: 1)
  }

  deinit {
    sums.deallocate()
    touched.deallocate()
    documents.deallocate()
    shares.deallocate()
  }

  func makeRoom(terms: Int) {
    guard terms > termCapacity else { return }
    documents.deallocate()
    shares.deallocate()
    termCapacity = terms * 2
    documents = .allocate(capacity: termCapacity * PostingBlock.capacity)
    shares = .allocate(capacity: termCapacity * PostingBlock.capacity)
  }

  /// The distinct terms of a query that some document has, in order of first appearance, and
  /// how often the query names each.
  func terms(of query: String, in core: BM25Core) -> [(term: Int, count: Int)] {
    // Words of past queries are remembered, up to a point.
    if interner.termCount > 1 << 16 {
      interner = TermInterner(analyzer: analyzer)
      known = []
    }
    found.removeAll()
    var query = query
    query.withUTF8 { interner.appendTerms(of: UnsafeRawBufferPointer($0), to: &found) }
    while known.count < interner.termCount {
      var text = interner.term(known.count)
      let term = text.withUTF8 { core.term(UnsafeRawBufferPointer($0)) }
      known.append(term.flatMap(Int32.init(exactly:)) ?? -1)
    }
    var terms: [(term: Int, count: Int)] = []
    for at in 0..<found.count {
      let term = Int(known[Int(found.base[at])])
      if term < 0 { continue }
      if let place = terms.firstIndex(where: { $0.term == term }) {
        terms[place].count += 1
      } else {
        terms.append((term, 1))
      }
    }
    return terms
  }
}
