import Execution

/// Finds the merges of a byte-pair vocabulary: again and again the pair of tokens that occurs most
/// often becomes one token (Sennrich, Haddow and Birch 2016).
///
/// Of pairs that occur equally often the one with the lower left id comes first, then that with
/// the lower right id. Counts are kept by what each merge changes, and a heap holds the pairs with
/// the words that they are in, as Hugging Face's `BpeTrainer` does; the merges are the same, also
/// in that the counts of a pair of equal tokens count overlaps.
struct MergeTrainer {
  private struct Entry {
    var count: Int
    var pair: UInt64
    /// The place of its list of words in `lists`.
    var words: Int

    /// Whether it comes off the heap before another.
    @inline(__always) func isBefore(_ other: Entry) -> Bool {
      count != other.count ? count > other.count : pair < other.pair
    }
  }

  private let wordCounts: [Int]
  /// The tokens of all words; each word has the room of its bytes.
  private var symbols: [Int32]
  private let starts: [Int]
  private var lengths: [Int]
  private var pairs = PairCounts()
  private var lists: [[Int32]] = []
  private var freeLists: [Int] = []
  private var heap: [Entry] = []
  /// Pairs that the current step made, with their lists.
  private var fresh: [(pair: UInt64, list: Int)] = []

  /// - Parameters:
  ///   - words: The words and their counts.
  ///   - byteTokens: The token of each byte.
  ///   - context: When to stop.
  /// - Throws: `CancellationRequested`.
  init(_ words: WordCounts, byteTokens: [Int32], context: WorkContext) throws {
    wordCounts = words.counts
    symbols = words.pool.map { byteTokens[Int($0)] }
    starts = words.starts
    lengths = (0..<words.count).map { words.starts[$0 + 1] - words.starts[$0] }
    try countPairs(context)
  }

  private mutating func countPairs(_ context: WorkContext) throws {
    for word in 0..<wordCounts.count {
      if word & 0xFFF == 0 { try context.check() }
      var place = starts[word]
      let last = starts[word] + lengths[word] - 1
      while place < last {
        let pair = Self.pair(symbols[place], symbols[place + 1])
        change(pair, by: wordCounts[word], word)
        place += 1
      }
    }
    pushFresh()
  }

  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Changes the count of a pair. Where it grows, the pair waits with the word for the heap.
  private mutating func change(_ pair: UInt64, by change: Int, _ word: Int) {
    let index = pairs.index(pair)
    pairs.entries[index].count += change
    guard change > 0 else { return }
    var list = Int(pairs.entries[index].list)
    if list < 0 {
      if let free = freeLists.popLast() {
        list = free
      } else {
        list = lists.count
        lists.append([])
      }
      pairs.entries[index].list = Int32(truncatingIfNeeded: list)
      fresh.append((pair, list))
    }
    // Words are walked in order, so that a repetition is always the last.
    let word = Int32(truncatingIfNeeded: word)
    if lists[list].last != word { lists[list].append(word) }
  }

  private mutating func pushFresh() {
    for (pair, list) in fresh {
      let index = pairs.index(pair)
      pairs.entries[index].list = -1
      let count = pairs.entries[index].count
      if count > 0 { push(Entry(count: count, pair: pair, words: list)) } else { release(list) }
    }
    fresh.removeAll(keepingCapacity: true)
  }

  private mutating func release(_ list: Int) {
    lists[list] = []
    freeLists.append(list)
  }

  /// The next merge, or nil where no pair occurs often enough.
  mutating func next(minimumFrequency: Int) -> (left: Int32, right: Int32, words: Int)? {
    while let top = pop() {
      let count = pairs.entries[pairs.index(top.pair)].count
      if count != top.count {
        // Other merges took some of its occurrences; it waits for its turn again.
        if count > 0 {
          push(Entry(count: count, pair: top.pair, words: top.words))
        } else {
          release(top.words)
        }
        continue
      }
      if count < max(1, minimumFrequency) { return nil }
      return (
        Int32(truncatingIfNeeded: top.pair >> 32), Int32(truncatingIfNeeded: top.pair), top.words
      )
    }
    return nil
  }

  /// Joins every occurrence of a pair in the words of a list.
  mutating func apply(_ merge: Merge, words list: Int, context: WorkContext) throws {
    let words = lists[list]
    release(list)
    for (index, word) in words.enumerated() {
      if index & 0xFFF == 0xFFF { try context.check() }
      join(merge, in: Int(word))
    }
    pushFresh()
  }

  private mutating func join(_ merge: Merge, in word: Int) {
    let start = starts[word]
    let end = start + lengths[word]
    let count = wordCounts[word]
    var read = start
    var write = start
    while read < end {
      let symbol = symbols[read]
      guard symbol == merge.left, read + 1 < end, symbols[read + 1] == merge.right else {
        symbols[write] = symbol
        write += 1
        read += 1
        continue
      }
      if write > start {
        let before = symbols[write - 1]
        change(Self.pair(before, merge.left), by: -count, word)
        change(Self.pair(before, merge.result), by: count, word)
      }
      read += 2
      if read < end {
        let after = symbols[read]
        change(Self.pair(merge.right, after), by: -count, word)
        change(Self.pair(merge.result, after), by: count, word)
      }
      symbols[write] = merge.result
      write += 1
    }
    lengths[word] = write - start
  }

  // MARK: Heap

  private mutating func push(_ entry: Entry) {
    heap.append(entry)
    var at = heap.count - 1
    while at > 0 {
      let parent = (at - 1) / 2
      if !entry.isBefore(heap[parent]) { break }
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = entry
  }

  private mutating func pop() -> Entry? {
    guard let last = heap.popLast() else { return nil }
    guard let top = heap.first else { return last }
    var at = 0
    while true {
      var child = 2 * at + 1
      if child >= heap.count { break }
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      if !heap[child].isBefore(last) { break }
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
    return top
  }
}

/// Counts by pair: an open-addressing table into an array of entries.
private struct PairCounts {
  struct Entry {
    var pair: UInt64
    var count = 0
    /// The list of words that waits for the heap, or -1.
    var list: Int32 = -1
  }

  var entries: [Entry] = []
  private var slots = [Int32](repeating: -1, count: 1 << 12)

  /// The place of a pair in ``entries``; made where it is new.
  @inline(__always) mutating func index(_ pair: UInt64) -> Int {
    var place = MergeTable.Lookup.hash(pair) & (slots.count - 1)
    while case let found = slots[place], found >= 0 {
      if entries[Int(found)].pair == pair { return Int(found) }
      place = (place + 1) & (slots.count - 1)
    }
    slots[place] = Int32(truncatingIfNeeded: entries.count)
    entries.append(Entry(pair: pair))
    if entries.count * 2 > slots.count { grow() }
    return entries.count - 1
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for (index, entry) in entries.enumerated() {
      var place = MergeTable.Lookup.hash(entry.pair) & (slots.count - 1)
      while slots[place] >= 0 { place = (place + 1) & (slots.count - 1) }
      slots[place] = Int32(truncatingIfNeeded: index)
    }
  }
}
