import Glibc

/// Up to 128 postings of one term: what is needed to skip them, and where the rest is.
///
/// The data of a block are its documents, then its frequencies less one at ``frequencyBits``
/// each. Documents are stored in the smaller of two ways, both of which allow any single one to
/// be looked up without unpacking the others:
///
/// - *distances*: `last - document` at ``documentBits`` each, so falling to 0;
/// - *bits*: ``words`` 64-bit words, ending with the word that ``last`` falls in, then for each
///   word the number of bits set in those before it (one byte).
///
/// Bit fields run from the lowest bit of the first byte. At least eight bytes follow the data of
/// all blocks, so that a field can be loaded as part of 64 bits.
struct PostingBlock {
  static let capacity = 128
  static let size = 16
  static let padding = 8

  /// The last document, by rank of its id.
  var last: UInt32
  /// Where the data begin.
  var offset: UInt32
  /// The largest impact in the block.
  var impact: Float
  /// Bits of a distance; 0 where documents are stored as bits or there is only one.
  var documentBits: UInt8
  var frequencyBits: UInt8
  /// The number of postings, less one.
  var countLessOne: UInt8
  /// The number of words of bits; 0 where documents are stored as distances.
  var words: UInt8

  @inline(__always) var count: Int { Int(countLessOne) &+ 1 }

  @inline(__always) var documentBytes: Int {
    words == 0 ? (Int(documentBits) &* count &+ 7) &>> 3 : Int(words) &* 9
  }

  var dataBytes: Int { documentBytes + (Int(frequencyBits) * count + 7) / 8 }

  /// The document of the lowest bit.
  @inline(__always) var firstBit: Int { (Int(last) &>> 6 &+ 1 &- Int(words)) &<< 6 }
}

/// The field of `bits` bits (at most 32) at `index`.
@inline(__always)
private func field(_ base: UnsafeRawPointer, _ bits: Int, _ index: Int) -> UInt32 {
  let bit = index &* bits
  let word = base.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
  let mask = (UInt64(1) &<< UInt64(truncatingIfNeeded: bits)) &- 1
  return UInt32(truncatingIfNeeded: (word &>> UInt64(truncatingIfNeeded: bit & 7)) & mask)
}

extension PostingBlock {
  /// Unpacks the documents, ascending; returns how many there are, at most ``count``.
  ///
  /// Damaged data may yield wrong documents, but none above ``last``.
  @inline(__always)
  func unpackDocuments(
    _ data: UnsafeRawPointer, into documents: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let base = data + Int(offset)
    let count = count
    guard words > 0 else {
      let bits = Int(documentBits)
      if bits == 0 {
        documents[0] = last
        // Several documents at distance 0 can only come from damage.
        return 1
      }
      for index in 0..<count {
        documents[index] = last &- min(field(base, bits, index), last)
      }
      return count
    }
    var found = 0
    var start = firstBit
    for word in 0..<Int(words) {
      var bits = base.loadUnaligned(fromByteOffset: word &* 8, as: UInt64.self)
      if word == Int(words) &- 1 { bits &= UInt64.max &>> UInt64(63 &- (Int(last) & 63)) }
      while bits != 0 {
        guard found < count else { return found }
        documents[found] = UInt32(truncatingIfNeeded: start &+ bits.trailingZeroBitCount)
        found &+= 1
        bits &= bits &- 1
      }
      start &+= 64
    }
    return found
  }

  /// Unpacks `count` frequencies as numbers.
  @inline(__always)
  func unpackFrequencies(
    _ data: UnsafeRawPointer, count: Int, into frequencies: UnsafeMutablePointer<Float>
  ) {
    let base = data + Int(offset) + documentBytes
    let bits = Int(frequencyBits)
    if bits == 0 {
      for index in 0..<count { frequencies[index] = 1 }
      return
    }
    for index in 0..<count { frequencies[index] = Float(field(base, bits, index)) + 1 }
  }

  /// The frequency of a document at or below ``last``, or 0 where the block has it not.
  @inline(__always)
  func frequency(_ data: UnsafeRawPointer, of document: UInt32) -> Float {
    let base = data + Int(offset)
    let place: Int
    if words > 0 {
      let bit = Int(document) &- firstBit
      guard bit >= 0 else { return 0 }
      let word = base.loadUnaligned(fromByteOffset: (bit &>> 6) &* 8, as: UInt64.self)
      let flag = UInt64(1) &<< UInt64(bit & 63)
      guard word & flag != 0 else { return 0 }
      let before = (base + Int(words) &* 8).load(
        fromByteOffset: bit &>> 6, as: UInt8.self)
      place = Int(before) &+ (word & (flag &- 1)).nonzeroBitCount
    } else {
      let bits = Int(documentBits)
      let distance = last &- document
      if bits == 0 { return distance == 0 ? frequency(base, at: 0) : 0 }
      var low = 0
      var high = count
      while low < high {
        let middle = (low &+ high) &>> 1
        if field(base, bits, middle) > distance { low = middle &+ 1 } else { high = middle }
      }
      guard low < count, field(base, bits, low) == distance else { return 0 }
      place = low
    }
    // A damaged rank must not lead past the data.
    return frequency(base, at: min(place, count &- 1))
  }

  @inline(__always)
  private func frequency(_ base: UnsafeRawPointer, at place: Int) -> Float {
    let bits = Int(frequencyBits)
    return bits == 0 ? 1 : Float(field(base + documentBytes, bits, place)) + 1
  }
}

extension PostingBlock {
  /// Packs up to 128 postings in ascending order of document onto the end of `data`.
  init(
    documents: UnsafeBufferPointer<UInt32>, frequencies: UnsafeBufferPointer<UInt32>,
    impact: Float, data: inout [UInt8]
  ) {
    let count = documents.count
    let last = documents[count - 1]
    let first = documents[0]
    let documentBits = 32 - (last - first).leadingZeroBitCount
    let words = Int(last >> 6) - Int(first >> 6) + 1
    let areBits = count > 1 && words * 9 <= (documentBits * count + 7) / 8
    var largest: UInt32 = 0
    for frequency in frequencies { largest |= frequency - 1 }
    self.init(
      last: last, offset: UInt32(truncatingIfNeeded: data.count), impact: impact,
      documentBits: areBits ? 0 : UInt8(documentBits),
      frequencyBits: UInt8(32 - largest.leadingZeroBitCount),
      countLessOne: UInt8(count - 1), words: areBits ? UInt8(words) : 0)
    if areBits {
      var bits = [UInt64](repeating: 0, count: words)
      for document in documents {
        bits[(Int(document) - firstBit) >> 6] |= 1 << UInt64(document & 63)
      }
      bits.withUnsafeBytes { data.append(contentsOf: $0) }
      var before = 0
      for word in bits {
        data.append(UInt8(before))
        before += word.nonzeroBitCount
      }
    } else {
      Self.pack(count, bits: documentBits, into: &data) { last - documents[$0] }
    }
    Self.pack(count, bits: Int(frequencyBits), into: &data) { frequencies[$0] - 1 }
  }

  @inline(__always)
  private static func pack(
    _ count: Int, bits: Int, into data: inout [UInt8], _ value: (Int) -> UInt32
  ) {
    guard bits > 0 else { return }
    var pending: UInt64 = 0
    var pendingBits = 0
    for index in 0..<count {
      pending |= UInt64(value(index)) &<< UInt64(pendingBits)
      pendingBits &+= bits
      if pendingBits >= 32 {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: pending)) { data.append(contentsOf: $0) }
        pending &>>= 32
        pendingBits &-= 32
      }
    }
    while pendingBits > 0 {
      data.append(UInt8(truncatingIfNeeded: pending))
      pending &>>= 8
      pendingBits &-= 8
    }
  }
}
