import Bytes
import Corpora
import Synchronization

/// An inverted index that ranks documents by BM25.
///
/// ```swift
/// let index = try BM25Index.build(corpus, options: .standard, context: WorkContext())
/// for hit in try index.search("wing in a slipstream", k: 10) { print(hit.documentID, hit.score) }
/// ```
///
/// Title and text count as one text. The index is immutable, is shared without copies, and lies
/// in one run of bytes (``BM25Layout`` describes it) that is searched where it is: loading a
/// stored index checks its offsets and computes one number a document.
///
/// A search visits only what can still reach the best `k`: term lists are split into those that
/// must be read and those that cannot lift a document alone (MaxScore, Turtle and Flood 1995),
/// and whole blocks are skipped by their largest impact (block-max, Ding and Suel 2011). Results
/// equal ``PlainBM25``'s to the bit.
public struct BM25Index: Sendable, Retriever {
  let core: BM25Core

  /// What was indexed.
  public let documents: IndexedDocuments

  /// `bm25`.
  public var name: String { "bm25" }

  /// The options that it was built with.
  public var options: BM25Options { core.options }

  /// The number of distinct terms.
  public var termCount: Int { core.layout.terms }

  /// The number of pairs of a term and a document that has it.
  public var postingCount: Int { core.layout.postings }

  /// The number of terms in all documents, repetitions counted, over that of documents.
  public var averageLength: Double { core.averageLength }

  /// The size of the stored form.
  public var byteCount: Int { core.storage.count }

  /// One line on what is in the index.
  public var summary: String {
    let average = (averageLength * 10).rounded() / 10
    return """
      BM25 (k1 \(options.k1), b \(options.b)) over \(counted(documentCount, "document")): \
      \(counted(termCount, "term")), \(counted(postingCount, "posting")), \(average) terms a \
      document, \(grouped(byteCount)) bytes
      """
  }
}

/// What the copies of an index share.
final class BM25Core: @unchecked Sendable {
  // Sendable because all but the pool, which locks, is written only by the initialiser.
  let storage: SharedBytes
  let layout: BM25Layout
  let options: BM25Options
  let averageLength: Double
  /// For each document by rank, k1 · (1 − b + b · length / average).
  let norms: UnsafeMutablePointer<Float>
  /// What one occurrence in the longest document is worth: no posting has less.
  let smallestImpact: Double
  /// Working memory of searches, one for each that ran at the same time.
  private let pool = Mutex<[BM25Scratch]>([])

  init(storage: SharedBytes, layout: BM25Layout, options: BM25Options) {
    self.storage = storage
    self.layout = layout
    self.options = options
    averageLength =
      layout.documents > 0 ? Double(layout.tokens) / Double(layout.documents) : 0
    norms = .allocate(capacity: max(1, layout.documents))
    let lengths = (storage.base + layout.lengths).assumingMemoryBound(to: UInt32.self)
    var largest: Float = 0
    for document in 0..<layout.documents {
      let norm = BM25Scoring.norm(
        length: lengths[document], average: averageLength, k1: options.k1, b: options.b)
      norms[document] = norm
      largest = max(largest, norm)
    }
    smallestImpact = Double(BM25Scoring.impact(frequency: 1, norm: largest))
  }

  deinit { norms.deallocate() }

  var blocks: UnsafePointer<PostingBlock> {
    UnsafePointer(
      (storage.base + layout.blockStart).assumingMemoryBound(to: PostingBlock.self))
  }

  var data: UnsafeRawPointer { UnsafeRawPointer(storage.base + layout.data) }

  func number(_ section: Int, _ index: Int) -> UInt32 {
    storage.base.load(fromByteOffset: section + index * 4, as: UInt32.self)
  }

  /// The blocks of a term, and the number of documents that have it.
  func postings(ofTerm term: Int) -> (blocks: Range<Int>, documents: Int) {
    let first = Int(number(layout.termEntries, term * 2))
    let end =
      term + 1 < layout.terms ? Int(number(layout.termEntries, term * 2 + 2)) : layout.blocks
    return (first..<end, Int(number(layout.termEntries, term * 2 + 1)))
  }

  func idBytes(_ document: Int) -> UnsafeRawBufferPointer {
    let start = Int(number(layout.idOffsets, document))
    let end = Int(number(layout.idOffsets, document + 1))
    return UnsafeRawBufferPointer(start: storage.base + layout.ids + start, count: end - start)
  }

  func termBytes(_ term: Int) -> UnsafeRawBufferPointer {
    let start = Int(number(layout.termOffsets, term))
    let end = Int(number(layout.termOffsets, term + 1))
    return UnsafeRawBufferPointer(
      start: storage.base + layout.termText + start, count: end - start)
  }

  /// The number of a term, or nil where no document has it.
  func term(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard layout.slots > 0 else { return nil }
    let mask = layout.slots - 1
    var at = Int(termHash(bytes)) & mask
    // A damaged table may have no empty slot.
    for _ in 0..<layout.slots {
      let slot = Int(number(layout.table, at))
      guard slot > 0, slot <= layout.terms else { return nil }
      if compare(termBytes(slot - 1), bytes) == 0 { return slot - 1 }
      at = (at + 1) & mask
    }
    return nil
  }

  /// The rank of the document with an id.
  func document(id: String) -> Int? {
    var id = id
    return id.withUTF8 { wanted in
      let wanted = UnsafeRawBufferPointer(wanted)
      var low = 0
      var high = layout.documents
      while low < high {
        let middle = (low + high) / 2
        let order = compare(idBytes(middle), wanted)
        if order == 0 { return middle }
        if order < 0 { low = middle + 1 } else { high = middle }
      }
      return nil
    }
  }

  /// Runs a search with working memory that no other search uses.
  func withScratch<Value>(_ body: (BM25Scratch) throws -> Value) rethrows -> Value {
    let scratch =
      pool.withLock { $0.popLast() } ?? BM25Scratch(analyzer: options.analyzer)
    defer { pool.withLock { $0.append(scratch) } }
    return try body(scratch)
  }

  func hit(_ document: Int, _ score: Double) -> Hit {
    Hit(documentID: String(decoding: idBytes(document), as: UTF8.self), score: score)
  }
}
