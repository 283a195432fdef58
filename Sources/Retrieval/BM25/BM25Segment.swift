import Bytes
import Corpora

/// The inverted index of one part of ``IndexedDocuments``: all documents of its corpus, whether
/// they still count or not.
///
/// Immutable, shared without copies, and one run of bytes (``BM25Layout`` describes it) that is
/// searched where it is. It holds what depends on the part alone; what depends on all documents
/// that count, such as rarity and average length, is computed by the ``BM25Index`` over it.
public struct BM25Segment: Sendable {
  let storage: SharedBytes
  let layout: BM25Layout

  /// The options that it was built with.
  public let options: BM25Options

  init(storage: SharedBytes, layout: BM25Layout, options: BM25Options) {
    self.storage = storage
    self.layout = layout
    self.options = options
  }

  /// The number of documents, dead ones included.
  public var documentCount: Int { layout.documents }

  /// The number of distinct terms.
  public var termCount: Int { layout.terms }

  /// The number of pairs of a term and a document that has it.
  public var postingCount: Int { layout.postings }

  /// The size of the stored form.
  public var byteCount: Int { storage.count }

  var blocks: UnsafePointer<PostingBlock> {
    UnsafePointer(
      (storage.base + layout.blockStart).assumingMemoryBound(to: PostingBlock.self))
  }

  var data: UnsafeRawPointer { UnsafeRawPointer(storage.base + layout.data) }

  /// Lengths in units, by rank.
  var lengths: UnsafePointer<UInt32> {
    UnsafePointer((storage.base + layout.lengths).assumingMemoryBound(to: UInt32.self))
  }

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

  /// How often a document has a term, in units; 0 where it has it not.
  func frequency(ofTerm term: Int, in document: Int) -> Float {
    guard let document = UInt32(exactly: document) else { return 0 }
    let range = postings(ofTerm: term).blocks
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].last < document { low = middle + 1 } else { high = middle }
    }
    return low < range.upperBound ? blocks[low].frequency(data, of: document) : 0
  }
}
