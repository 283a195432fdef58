import Bytes
import Corpora

/// The working memory of one search at a time.
final class BM25Scratch: @unchecked Sendable {
  // Sendable because the pool hands it to one search at a time.
  /// Documents in a window; its accumulators take 16 KiB, half of a first-level cache.
  static let window = 2048

  private let analyzer: TextAnalyzer
  private var interner: TermInterner
  /// For each term that the interner knows, each segment's number of it, or -1.
  private var known: [Int32] = []
  /// In how many documents each of these terms is.
  private var containing: [Int] = []
  private var found = GrowableBuffer<UInt32>()

  /// Sums of shares of the documents in the window, zero between windows.
  let sums: UnsafeMutablePointer<Double>
  /// Which documents of the window have a sum.
  let touched: UnsafeMutablePointer<UInt64>
  /// For each term of the query, the documents and shares of one unpacked block.
  private(set) var documents: UnsafeMutablePointer<UInt32>
  private(set) var shares: UnsafeMutablePointer<Float>
  /// Where each term stands, their order by bound, and sums of bounds.
  private(set) var cursors: UnsafeMutablePointer<TermCursor>
  private(set) var order: UnsafeMutablePointer<Int>
  private(set) var sumsBefore: UnsafeMutablePointer<Double>
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
    cursors = .allocate(capacity: 1)
    order = .allocate(capacity: 1)
    sumsBefore = .allocate(capacity: 1)
  }

  deinit {
    sums.deallocate()
    touched.deallocate()
    freeTerms()
  }

  private func freeTerms() {
    documents.deallocate()
    shares.deallocate()
    cursors.deallocate()
    order.deallocate()
    sumsBefore.deallocate()
  }

  func makeRoom(terms: Int) {
    guard terms > termCapacity else { return }
    freeTerms()
    termCapacity = terms * 2
    cursors = .allocate(capacity: termCapacity)
    order = .allocate(capacity: termCapacity)
    sumsBefore = .allocate(capacity: termCapacity + 1)
    documents = .allocate(capacity: termCapacity * PostingBlock.capacity)
    shares = .allocate(capacity: termCapacity * PostingBlock.capacity)
  }

  /// The distinct terms of a query that some document has, in order of first appearance.
  func terms(of query: String, in core: BM25Core) -> [QueryTerm] {
    // Words of past queries are remembered, up to a point.
    if interner.termCount > 1 << 16 {
      interner = TermInterner(analyzer: analyzer)
      known = []
      containing = []
    }
    found.removeAll()
    var query = query
    query.withUTF8 { interner.appendTerms(of: UnsafeRawBufferPointer($0), to: &found) }
    let stride = core.segments.count
    while containing.count < interner.termCount {
      var text = interner.term(containing.count)
      text.withUTF8 { bytes in
        for live in core.segments {
          let term = live.segment.term(UnsafeRawBufferPointer(bytes))
          known.append(term.flatMap(Int32.init(exactly:)) ?? -1)
        }
      }
      containing.append(core.documents(withTerm: known[(containing.count * stride)...]))
    }
    var terms: [QueryTerm] = []
    for at in 0..<found.count {
      let number = Int(found.base[at])
      if containing[number] == 0 { continue }
      if let place = terms.firstIndex(where: { $0.number == number }) {
        terms[place].count += 1
      } else {
        terms.append(QueryTerm(number: number, documents: containing[number], count: 1))
      }
    }
    return terms
  }

  /// A segment's number of a term of ``terms(of:in:)``, or nil where it does not have it.
  @inline(__always)
  func number(of term: QueryTerm, in segment: Int, of core: BM25Core) -> Int? {
    let number = known[term.number * core.segments.count + segment]
    return number < 0 ? nil : Int(number)
  }

  /// The text of a term of ``terms(of:in:)``.
  func text(of term: QueryTerm) -> String { interner.term(term.number) }
}

/// A term of a query that some document has.
struct QueryTerm {
  /// The number that working memory knows it by.
  var number: Int
  /// In how many documents it is.
  var documents: Int
  /// How often the query names it.
  var count: Int

  /// What its impacts are multiplied by.
  func weight(in core: BM25Core) -> Float {
    BM25Scoring.weight(documents: core.documents, containing: documents, count: count)
  }
}
