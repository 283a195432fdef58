package import Bytes
import Glibc

/// Numbers the terms of many texts: equal terms get equal numbers, counted from 0 in order of
/// first appearance.
///
/// Each distinct token is folded, looked up among the stopwords and stemmed once; after that a
/// token costs one probe of a hash table. Not to be shared between threads.
package final class TermInterner {
  /// A slot of the open-addressed table of tokens (not of terms: several may share a stem).
  private struct Slot {
    /// The first eight bytes of the token, zeros after its end.
    var head: UInt64
    /// Where the token stands in ``tokens``.
    var offset: UInt32
    /// The token's length in bytes; 0 for an empty slot.
    var length: UInt32
    /// The token's term, or ``stopword``.
    var term: Int32
    var hash: UInt32
  }

  private static let stopword: Int32 = -1

  private let limit: Int
  private let stopwords: Set<String>
  private let stemmer: Stemmer?
  private let scratch: UnsafeMutablePointer<UInt8>
  private var slots: UnsafeMutableBufferPointer<Slot>
  private var used = 0
  private var tokens: [UInt8] = []
  private var terms: [UInt8] = []
  private var termEnds: [Int] = []
  /// Where terms differ from tokens: the number of each stem.
  private var stems: [String: Int32] = [:]

  package init(analyzer: TextAnalyzer) {
    limit = analyzer.maximumTokenLength
    stopwords = analyzer.stopwords == .english ? TextAnalyzer.englishStopwords : []
    stemmer = analyzer.stemmer.flatMap(Stemmer.init(algorithm:))
    let size = TokenScanner.scratchSize(limit: limit)
    scratch = .allocate(capacity: size)
    scratch.initialize(repeating: 0, count: size)
    slots = Self.emptySlots(256)
  }

  deinit {
    scratch.deallocate()
    slots.deallocate()
  }

  private static func emptySlots(_ count: Int) -> UnsafeMutableBufferPointer<Slot> {
    let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: count)
    slots.initialize(repeating: Slot(head: 0, offset: 0, length: 0, term: 0, hash: 0))
    return slots
  }

  /// The number of distinct terms so far.
  package var termCount: Int { termEnds.count }

  /// A term by its number.
  package func term(_ number: Int) -> String {
    String(decoding: terms[termRange(number)], as: UTF8.self)
  }

  /// The UTF-8 of all terms, one after the other, and where each ends.
  package var vocabulary: (bytes: [UInt8], ends: [Int]) { (terms, termEnds) }

  private func termRange(_ number: Int) -> Range<Int> {
    guard termEnds.indices.contains(number) else { return 0..<0 }
    return (number == 0 ? 0 : termEnds[number - 1])..<termEnds[number]
  }

  /// Appends the number of each term of a text to `target`.
  package func appendTerms(
    of bytes: UnsafeRawBufferPointer, to target: inout GrowableBuffer<UInt32>
  ) {
    var scanner = TokenScanner(bytes, scratch: scratch, limit: limit)
    while true {
      let length = scanner.next()
      guard length > 0 else { return }
      let term = intern(length)
      if term >= 0 { target.append(UInt32(term)) }
    }
  }

  /// Calls `body` with each term's number and byte range, in order.
  package func forEachTerm(
    in bytes: UnsafeRawBufferPointer, _ body: (Int, Range<Int>) -> Void
  ) {
    var scanner = TokenScanner(bytes, scratch: scratch, limit: limit)
    while true {
      let length = scanner.next()
      guard length > 0 else { return }
      let term = intern(length)
      if term >= 0 { body(Int(term), scanner.range) }
    }
  }

  /// The term of the token in the scratch buffer.
  @inline(__always)
  private func intern(_ length: Int) -> Int32 {
    let (head, hash) = headAndHash(length)
    let mask = slots.count &- 1
    var at = Int(hash) & mask
    while true {
      let slot = slots[at]
      if slot.length == 0 { return insert(length, head: head, hash: hash) }
      if slot.head == head, slot.length == UInt32(truncatingIfNeeded: length), slot.hash == hash,
        length <= 8 || tailMatches(slot, length)
      {
        return slot.term
      }
      at = (at &+ 1) & mask
    }
  }

  private func tailMatches(_ slot: Slot, _ length: Int) -> Bool {
    tokens.withUnsafeBufferPointer { tokens in
      tokens.baseAddress.map {
        memcmp($0 + Int(slot.offset) + 8, scratch + 8, length - 8) == 0
      } ?? false
    }
  }

  /// The first eight bytes, and a hash of all (multiply and fold, eight bytes a step).
  @inline(__always)
  private func headAndHash(_ length: Int) -> (UInt64, UInt32) {
    let raw = UnsafeRawPointer(scratch)
    // The scratch buffer has eight zero bytes after the token.
    let head = raw.loadUnaligned(as: UInt64.self)
    var hash = fold((head ^ 0x9E37_79B9_7F4A_7C15) &+ UInt64(truncatingIfNeeded: length))
    var at = 8
    while at < length {
      hash = fold(hash ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      at &+= 8
    }
    return (head, UInt32(truncatingIfNeeded: hash ^ (hash &>> 32)))
  }

  @inline(__always)
  private func fold(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
  }

  private func insert(_ length: Int, head: UInt64, hash: UInt32) -> Int32 {
    let word = UnsafeBufferPointer(start: scratch, count: length)
    // Past 4 GiB of distinct tokens nothing more is interned.
    guard let offset = UInt32(exactly: tokens.count), let number = Int32(exactly: termEnds.count)
    else { return Self.stopword }
    tokens.append(contentsOf: word)
    let term: Int32
    if stopwords.contains(String(decoding: word, as: UTF8.self)) {
      term = Self.stopword
    } else if let stemmer {
      let stem = stemmer.stem(word)
      let key = String(decoding: stem, as: UTF8.self)
      if let known = stems[key] {
        term = known
      } else {
        term = addTerm(stem, number)
        stems[key] = term
      }
    } else {
      term = addTerm(word, number)
    }
    place(
      Slot(
        head: head, offset: offset, length: UInt32(truncatingIfNeeded: length), term: term,
        hash: hash))
    used += 1
    if used * 2 > slots.count { grow() }
    return term
  }

  private func addTerm(_ bytes: UnsafeBufferPointer<UInt8>, _ number: Int32) -> Int32 {
    terms.append(contentsOf: bytes)
    termEnds.append(terms.count)
    return number
  }

  private func place(_ slot: Slot) {
    let mask = slots.count - 1
    var at = Int(slot.hash) & mask
    while slots[at].length != 0 { at = (at + 1) & mask }
    slots[at] = slot
  }

  private func grow() {
    let old = slots
    slots = Self.emptySlots(old.count * 2)
    for slot in old where slot.length != 0 { place(slot) }
    old.deallocate()
  }
}
