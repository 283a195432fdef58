/// Encodes one word by merges: always the pair of the lowest rank, the leftmost of equals.
///
/// Short words are scanned for the best pair after each merge; long ones keep a heap of pairs over
/// a linked list, so that the time is O(n log n) whatever the text.
struct WordMerger {
  /// A run of bytes of the word that is one token for now.
  struct Symbol: BitwiseCopyable {
    var id: UInt32
    /// Its bytes in the word.
    var start: UInt32
    var end: UInt32
    var previous: Int32 = -1
    var next: Int32 = -1
    /// The merge with the symbol after it, or `MergeTable.none`.
    var merge: UInt64 = MergeTable.none
  }

  private static let longestScanned = 32

  /// What the last call of ``merge(_:)`` left.
  private(set) var symbols: [Symbol] = []
  private var heap: [UInt64] = []
  private let storage: TokenizerStorage
  private let lookup: MergeTable.Lookup
  private let hasMerges: Bool

  init(_ storage: TokenizerStorage) {
    self.storage = storage
    lookup = storage.merges.lookup
    hasMerges = !storage.parts.merges.isEmpty
  }

  /// Leaves the tokens of a word in ``symbols``. The word has at most 2^31 bytes.
  mutating func merge(_ word: UnsafeBufferPointer<UInt8>) {
    symbols.removeAll(keepingCapacity: true)
    guard let base = word.baseAddress else { return }
    if case .wordPieces(let rules) = storage.parts.model { return cut(word, base, rules) }
    if storage.parts.ignoresMerges || storage.parts.model == .words {
      let id = storage.table.id(of: base, word.count)
      if id >= 0 { return append(id, 0, word.count) }
      if storage.parts.model == .words {
        if let unknown = storage.parts.unknown { append(unknown, 0, word.count) }
        return
      }
    }
    if storage.parts.isByteLevel { addBytes(word) } else { addScalars(base, word.count) }
    guard hasMerges, symbols.count > 1 else { return }
    if symbols.count <= Self.longestScanned { mergeByScanning() } else { mergeByHeap() }
  }

  /// The longest piece from the start, then the longest that continues there, and so on; one
  /// unknown token where some part has none.
  private mutating func cut(
    _ word: UnsafeBufferPointer<UInt8>, _ base: UnsafePointer<UInt8>,
    _ rules: TokenizerParts.WordPieces
  ) {
    func isUnknown() {
      symbols.removeAll(keepingCapacity: true)
      if let unknown = storage.parts.unknown { append(unknown, 0, word.count) }
    }
    // Scalars are counted only where there can be too many.
    if word.count > rules.longestWord {
      var scalars = 0
      var at = 0
      while at < word.count {
        at &+= decodedScalar(base, at, word.count).length
        scalars &+= 1
      }
      if scalars > rules.longestWord { return isUnknown() }
    }
    guard let continuations = storage.continuations else { return isUnknown() }
    var start = 0
    while start < word.count {
      let table = start == 0 ? storage.table : continuations
      var end = min(word.count, start + storage.longestPiece)
      var found: Int32 = -1
      while end > start {
        let isWhole = end == word.count || word[end] & 0xC0 != 0x80
        if isWhole {
          found = table.id(of: base + start, end - start)
          if found >= 0 { break }
        }
        end &-= 1
      }
      if found < 0 { return isUnknown() }
      append(found, start, end)
      start = end
    }
  }

  private mutating func append(_ id: Int32, _ start: Int, _ end: Int) {
    symbols.append(
      Symbol(
        id: UInt32(bitPattern: id), start: UInt32(truncatingIfNeeded: start),
        end: UInt32(truncatingIfNeeded: end)))
  }

  private mutating func addBytes(_ word: UnsafeBufferPointer<UInt8>) {
    let tokens = storage.byteTokens.base
    var wasUnknown = false
    for (place, byte) in word.enumerated() {
      add(tokens[Int(byte)], place, place &+ 1, &wasUnknown)
    }
  }

  private mutating func addScalars(_ word: UnsafePointer<UInt8>, _ count: Int) {
    var wasUnknown = false
    var at = 0
    while at < count {
      let length = decodedScalar(word, at, count).length
      add(storage.table.id(of: word + at, length), at, at &+ length, &wasUnknown)
      at &+= length
    }
  }

  @inline(__always)
  private mutating func add(_ id: Int32, _ start: Int, _ end: Int, _ wasUnknown: inout Bool) {
    if id >= 0 {
      append(id, start, end)
      wasUnknown = false
    } else if let unknown = storage.parts.unknown {
      if wasUnknown, storage.parts.fusesUnknown {
        symbols[symbols.count - 1].end = UInt32(truncatingIfNeeded: end)
      } else {
        append(unknown, start, end)
      }
      wasUnknown = true
    }
  }

  private mutating func mergeByScanning() {
    let lookup = lookup
    var count = symbols.count
    symbols.withUnsafeMutableBufferPointer { symbols in
      for place in 0..<count &- 1 {
        symbols[place].merge = lookup.value(symbols[place].id, symbols[place &+ 1].id)
      }
      while true {
        var best = MergeTable.none
        var at = 0
        for place in 0..<count &- 1 where symbols[place].merge < best {
          best = symbols[place].merge
          at = place
        }
        if best == MergeTable.none { break }
        symbols[at].id = UInt32(truncatingIfNeeded: best)
        symbols[at].end = symbols[at &+ 1].end
        count &-= 1
        var place = at &+ 1
        while place < count {
          symbols[place] = symbols[place &+ 1]
          place &+= 1
        }
        symbols[at].merge =
          at &+ 1 < count ? lookup.value(symbols[at].id, symbols[at &+ 1].id) : MergeTable.none
        if at > 0 {
          symbols[at &- 1].merge = lookup.value(symbols[at &- 1].id, symbols[at].id)
        }
        if count < 2 { break }
      }
    }
    symbols.removeLast(symbols.count - count)
  }

  private mutating func mergeByHeap() {
    let lookup = lookup
    heap.removeAll(keepingCapacity: true)
    let count = symbols.count
    for place in 0..<count {
      symbols[place].previous = Int32(truncatingIfNeeded: place) - 1
      symbols[place].next = place + 1 < count ? Int32(truncatingIfNeeded: place) + 1 : -1
      guard place + 1 < count else { continue }
      let value = lookup.value(symbols[place].id, symbols[place + 1].id)
      symbols[place].merge = value
      if value != MergeTable.none { heap.append(Self.entry(value, place)) }
    }
    // Sorted entries are a heap.
    heap.sort()
    symbols.withUnsafeMutableBufferPointer { symbols in
      while let entry = Self.pop(&heap) {
        let at = Int(entry & 0xFFFF_FFFF)
        let value = symbols[at].merge
        // The pair that this entry was made for is gone where the ranks differ.
        guard value != MergeTable.none, value >> 32 == entry >> 32 else { continue }
        let right = Int(symbols[at].next)
        symbols[at].id = UInt32(truncatingIfNeeded: value)
        symbols[at].end = symbols[right].end
        let next = symbols[right].next
        symbols[at].next = next
        symbols[right].merge = MergeTable.none
        symbols[right].next = -2
        symbols[at].merge = MergeTable.none
        if next >= 0 {
          symbols[Int(next)].previous = Int32(truncatingIfNeeded: at)
          let value = lookup.value(symbols[at].id, symbols[Int(next)].id)
          symbols[at].merge = value
          if value != MergeTable.none { Self.push(Self.entry(value, at), &heap) }
        }
        let previous = Int(symbols[at].previous)
        if previous >= 0 {
          let value = lookup.value(symbols[previous].id, symbols[at].id)
          symbols[previous].merge = value
          if value != MergeTable.none { Self.push(Self.entry(value, previous), &heap) }
        }
      }
    }
    symbols.removeAll { $0.next == -2 }
  }

  /// Rank in the high half, place in the low one.
  private static func entry(_ value: UInt64, _ place: Int) -> UInt64 {
    (value >> 32) << 32 | UInt64(UInt32(truncatingIfNeeded: place))
  }

  private static func push(_ entry: UInt64, _ heap: inout [UInt64]) {
    heap.append(entry)
    heap.withUnsafeMutableBufferPointer { heap in
      var at = heap.count &- 1
      while at > 0 {
        let parent = (at &- 1) / 2
        if heap[parent] <= entry { break }
        heap[at] = heap[parent]
        at = parent
      }
      heap[at] = entry
    }
  }

  private static func pop(_ heap: inout [UInt64]) -> UInt64? {
    guard let last = heap.popLast() else { return nil }
    if heap.isEmpty { return last }
    return heap.withUnsafeMutableBufferPointer { heap in
      let top = heap[0]
      var at = 0
      while true {
        var child = 2 &* at &+ 1
        if child >= heap.count { break }
        if child &+ 1 < heap.count, heap[child &+ 1] < heap[child] { child &+= 1 }
        if last <= heap[child] { break }
        heap[at] = heap[child]
        at = child
      }
      heap[at] = last
      return top
    }
  }
}
