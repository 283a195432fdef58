public import Bytes
public import Corpora

extension BM25Segment {
  /// The stored form: the same corpus and options give the same bytes.
  public func encoded() -> [UInt8] { storage.copied() }

  /// The stored form without a copy.
  public var encodedBytes: SharedBytes { storage }

  /// Reads a stored segment, copying the bytes.
  ///
  /// - Throws: `BinaryCodingError` for bytes that do not hold together.
  public init(decoding bytes: [UInt8], corpus: Corpus) throws {
    try self.init(decoding: SharedBytes(bytes), corpus: corpus)
  }

  /// Reads a stored segment in place, such as from a mapped file.
  ///
  /// All counts, offsets and block headers are checked, so that no search can read outside of
  /// the bytes; posting data are read as they are needed, and damage in them alone shows as
  /// wrong results, never as a trap. O(documents + terms + blocks).
  ///
  /// - Throws: `BinaryCodingError` for bytes that do not hold together.
  public init(decoding storage: SharedBytes, corpus: Corpus) throws {
    let format = "BM25 index"
    var reader = try BinaryReader(
      storage.bytes, magic: BM25Layout.magic, version: BM25Layout.version, format: format)
    let stopwords = try reader.number(UInt32.self)
    let longest = try reader.number(UInt64.self)
    let k1 = try reader.double()
    let b = try reader.double()
    let titleWeight = try reader.double()
    let fields = try reader.number(UInt64.self)
    var counts: [Int] = []
    for _ in 0..<9 {
      let count = try reader.number(UInt64.self)
      // Below 2^40 no size of a section, nor their sum, can overflow.
      guard count < 1 << 40 else {
        throw BinaryCodingError.truncated(
          format: format, expectedBytes: count, gotBytes: UInt64(storage.count))
      }
      counts.append(Int(count))
    }
    let layout = BM25Layout(
      documents: counts[0], terms: counts[1], blocks: counts[2], slots: counts[3],
      postings: counts[4], tokens: counts[5], dataBytes: counts[6], termBytes: counts[7],
      nameBytes: counts[8])
    guard layout.total <= storage.count else {
      throw BinaryCodingError.truncated(
        format: format, expectedBytes: UInt64(layout.total), gotBytes: UInt64(storage.count))
    }
    func damaged(_ what: String) -> BinaryCodingError { .invalid(format: format, what: what) }
    guard layout.total == storage.count else {
      throw damaged("\(storage.count - layout.total) bytes follow its end")
    }
    guard stopwords <= 1, longest <= 4096, fields <= 3 else {
      throw damaged("its analysis is unknown")
    }
    let name = String(
      decoding: storage.bytes[layout.stemmerName..<layout.total], as: UTF8.self)
    let options: BM25Options
    do {
      options = try BM25Options(
        k1: k1, b: b,
        analyzer: TextAnalyzer(
          stopwords: stopwords == 1 ? .english : .none, stemmer: name.isEmpty ? nil : name,
          maximumTokenLength: Int(longest)), titleWeight: titleWeight,
        fields: .init(rawValue: UInt8(fields)))
    } catch {
      throw damaged("\(error)")
    }
    if let what = IndexCheck(storage: storage, layout: layout).firstDamage() {
      throw damaged(what)
    }
    guard corpus.count == layout.documents else {
      throw damaged("it is of \(layout.documents) documents, not of \(corpus.count)")
    }
    self.init(storage: storage, layout: layout, options: options)
  }
}

/// Checks what searches rely on without looking again.
private struct IndexCheck {
  let storage: SharedBytes
  let layout: BM25Layout

  private func numbers(_ section: Int, _ count: Int) -> UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(
      start: UnsafePointer((storage.base + section).assumingMemoryBound(to: UInt32.self)),
      count: count)
  }

  func firstDamage() -> String? {
    guard layout.slots & (layout.slots - 1) == 0, layout.slots <= 1 << 32 else {
      return "its table of terms is not a power of two"
    }
    guard offsetsHold(layout.termOffsets, layout.terms, layout.termBytes) else {
      return "its terms are out of order"
    }
    var total = 0
    for length in numbers(layout.lengths, layout.documents) { total &+= Int(length) }
    guard total == layout.tokens else { return "its lengths do not add up" }
    return termDamage()
  }

  private func offsetsHold(_ section: Int, _ count: Int, _ bytes: Int) -> Bool {
    var previous: UInt32 = 0
    for offset in numbers(section, count + 1) {
      guard offset >= previous else { return false }
      previous = offset
    }
    return Int(previous) == bytes && numbers(section, 1)[0] == 0
  }

  private func termDamage() -> String? {
    let blocks = UnsafeBufferPointer(
      start: UnsafePointer(
        (storage.base + layout.blockStart).assumingMemoryBound(to: PostingBlock.self)),
      count: layout.blocks)
    let entries = numbers(layout.termEntries, layout.terms * 2)
    guard layout.terms > 0 || layout.blocks == 0 else { return "blocks belong to no term" }
    var block = 0
    var postings = 0
    for term in 0..<layout.terms {
      guard Int(entries[term * 2]) == block else { return "a term's blocks are out of order" }
      let end = term + 1 < layout.terms ? Int(entries[term * 2 + 2]) : layout.blocks
      guard end > block, end <= layout.blocks else { return "a term has no blocks" }
      var count = 0
      var previous = -1
      while block < end {
        guard blockHolds(blocks[block], after: previous) else { return "block \(block) is damaged" }
        previous = Int(blocks[block].last)
        count += blocks[block].count
        block += 1
      }
      guard count == Int(entries[term * 2 + 1]), count <= layout.documents else {
        return "a term's postings do not add up"
      }
      postings += count
    }
    return postings == layout.postings ? nil : "its postings do not add up"
  }

  private func blockHolds(_ block: PostingBlock, after previous: Int) -> Bool {
    guard Int(block.last) > previous, Int(block.last) < layout.documents,
      block.count <= PostingBlock.capacity, block.documentBits <= 32, block.frequencyBits <= 32,
      block.impact >= 0, block.impact <= 1, block.firstBit >= 0
    else { return false }
    return Int(block.offset) + block.dataBytes <= layout.dataBytes
  }
}
