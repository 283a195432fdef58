/// The stored form of a ``BM25Segment``, all numbers little-endian, every section at a multiple
/// of 16 bytes:
///
/// 1. Header: magic `poiseBM2`, version (UInt32), stopwords (UInt32: 0 none, 1 English), longest
///    token (UInt64), k1, b and the title's weight (Float64), fields (UInt64: 1 title, 2 text, 3
///    both), then as UInt64: documents N, terms T, blocks B, slots H of the term table, postings,
///    tokens, bytes of posting data, of terms, and of the stemmer's name.
/// 2. N lengths (UInt32), by *rank*: documents are numbered in ascending order of their ids, so
///    that ties break by themselves. Lengths, frequencies and the number of tokens are in units:
///    one, or two or four where the title's weight is not whole, make one occurrence.
/// 3. T + 1 offsets into the terms (UInt32).
/// 4. T entries of first block and number of documents (UInt32 each); a term's blocks end where
///    the next term's begin.
/// 5. H slots (UInt32), a power of two: term number + 1 at or after its hash, 0 where empty.
/// 6. B blocks of 16 bytes, posting data with 8 bytes of zeros after them (``PostingBlock``).
/// 7. The terms, the stemmer's name.
///
/// Terms are numbered in order of first appearance, reading documents by rank. The ids are those
/// of the corpus that the segment is of.
struct BM25Layout {
  static let magic: StaticString = "poiseBM2"
  static let version: UInt32 = 2
  static let headerSize = 128

  var documents = 0
  var terms = 0
  var blocks = 0
  var slots = 0
  var postings = 0
  var tokens = 0
  var dataBytes = 0
  var termBytes = 0
  var nameBytes = 0

  /// Counts in the order of the header.
  var counts: [Int] {
    [documents, terms, blocks, slots, postings, tokens, dataBytes, termBytes, nameBytes]
  }

  private static func aligned(_ offset: Int) -> Int { (offset + 15) & ~15 }

  var lengths: Int { Self.headerSize }
  var termOffsets: Int { Self.aligned(lengths + documents * 4) }
  var termEntries: Int { Self.aligned(termOffsets + (terms + 1) * 4) }
  var table: Int { Self.aligned(termEntries + terms * 8) }
  var blockStart: Int { Self.aligned(table + slots * 4) }
  var data: Int { Self.aligned(blockStart + blocks * PostingBlock.size) }
  var termText: Int { Self.aligned(data + dataBytes + PostingBlock.padding) }
  var stemmerName: Int { Self.aligned(termText + termBytes) }
  var total: Int { stemmerName + nameBytes }
}

/// A hash of a term for the table of terms.
@inline(__always)
func termHash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 &+ UInt64(truncatingIfNeeded: bytes.count)
  var at = 0
  while at < bytes.count {
    var word: UInt64 = 0
    let size = min(8, bytes.count &- at)
    for k in 0..<size { word |= UInt64(bytes[at &+ k]) &<< UInt64(k &* 8) }
    let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    hash = product.high ^ product.low
    at &+= 8
  }
  return UInt32(truncatingIfNeeded: hash ^ (hash &>> 32))
}
