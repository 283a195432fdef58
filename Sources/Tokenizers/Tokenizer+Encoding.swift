import Synchronization

extension Tokenizer {
  /// The tokens of a text.
  ///
  /// Bytes or characters that the vocabulary lacks become ``unknown``; where there is no unknown
  /// token they are left out, as Hugging Face's BPE does. A `truncation` or `padding` section of
  /// the file is kept and not applied.
  ///
  /// - Parameters:
  ///   - text: Any text. Added tokens in it are found, special ones too.
  ///   - addingSpecialTokens: Whether the tokens that the file's post-processor puts around a text
  ///     are added; see ``addedAround``.
  /// - Returns: Ids below ``vocabularySize``.
  /// - Complexity: O(n log n) in the bytes of the longest word, else linear. Words of up to 15
  ///   bytes are remembered across calls.
  public func encode(_ text: String, addingSpecialTokens: Bool = true) -> [Int32] {
    var text = text
    return text.withUTF8 {
      encode(UnsafeRawBufferPointer($0), addingSpecialTokens: addingSpecialTokens)
    }
  }

  /// The tokens of a text given as UTF-8.
  ///
  /// Bytes that are not well-formed UTF-8 count as characters that are neither letter, digit nor
  /// white space; byte-level vocabularies encode them without loss, unless the file normalises.
  public func encode(_ bytes: [UInt8], addingSpecialTokens: Bool = true) -> [Int32] {
    bytes.withUnsafeBytes { encode($0, addingSpecialTokens: addingSpecialTokens) }
  }

  /// The tokens of a text given as UTF-8; see ``encode(_:addingSpecialTokens:)-([UInt8],_)``.
  public func encode(_ bytes: UnsafeRawBufferPointer, addingSpecialTokens: Bool = true) -> [Int32] {
    let parts = storage.parts
    var run = EncodingRun(storage, recordsRanges: false)
    run.ids.reserveCapacity(bytes.count / 3 + 16)
    if addingSpecialTokens { run.ids.append(contentsOf: parts.prefix) }
    bytes.withMemoryRebound(to: UInt8.self) { run.encode($0) }
    if addingSpecialTokens { run.ids.append(contentsOf: parts.suffix) }
    run.finish()
    return run.ids
  }

  /// The tokens of a text, and the bytes of the text that each was made from.
  ///
  /// Ranges count bytes of the UTF-8 of `text` as given, white space at their edges included, and
  /// may cut through a character. Tokens around the text have an empty range at its start or end;
  /// a space that the tokenizer puts first belongs to no range. Where the normaliser changed a
  /// stretch of the text, tokens made from it have the whole stretch.
  ///
  /// - Returns: As many ranges as ids.
  public func encodeWithOffsets(_ text: String, addingSpecialTokens: Bool = true) -> (
    ids: [Int32], ranges: [Range<Int>]
  ) {
    let parts = storage.parts
    var run = EncodingRun(storage, recordsRanges: true)
    var text = text
    text.withUTF8 { run.encode($0) }
    run.finish()
    guard addingSpecialTokens else { return (run.ids, run.ranges) }
    let end = text.utf8.count
    return (
      parts.prefix + run.ids + parts.suffix,
      parts.prefix.map { _ in 0..<0 } + run.ranges + parts.suffix.map { _ in end..<end }
    )
  }
}

/// The state of one call that encodes.
struct EncodingRun {
  private let storage: TokenizerStorage
  private let recordsRanges: Bool
  private let classes = ScalarClass.lookup
  private let cache: WordCache
  private var view: WordCache.View
  private var merger: WordMerger
  var ids: [Int32] = []
  var ranges: [Range<Int>] = []
  /// Added to places in the current buffer to get places in the text.
  private var origin = 0
  private var changes: [Composition.Change] = []
  /// The normaliser, where the tokenizer has BERT's.
  private let scalars: BertScalars?

  /// The longest word that is merged in one piece; longer ones are cut.
  private static let longestWord = 1 << 30

  init(_ storage: TokenizerStorage, recordsRanges: Bool) {
    self.storage = storage
    self.recordsRanges = recordsRanges
    cache = storage.caches.withLock { $0.popLast() } ?? WordCache()
    view = cache.view
    merger = WordMerger(storage)
    scalars = storage.parts.bert.map { rules in
      storage.bertScalars.withLock { $0.popLast() } ?? BertScalars(rules)
    }
  }

  /// Gives the cache back; the last call.
  func finish() {
    storage.caches.withLock { if $0.count < 8 { $0.append(cache) } }
    if let scalars { storage.bertScalars.withLock { if $0.count < 8 { $0.append(scalars) } } }
  }

  mutating func encode(_ text: UnsafeBufferPointer<UInt8>) {
    guard let base = text.baseAddress, !text.isEmpty else { return }
    guard !storage.rawFinder.isEmpty else { return encodeComposed(base, 0..<text.count) }
    var at = 0
    for match in storage.rawFinder.matches(in: base, 0..<text.count, classes) {
      if at < match.start { encodeComposed(base, at..<match.start) }
      append(storage.rawFinder.token(match.token).id, match.start, match.end)
      at = match.end
    }
    if at < text.count { encodeComposed(base, at..<text.count) }
  }

  private mutating func encodeComposed(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) {
    let text = UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    if let scalars {
      let normalized = scalars.normalized(text, recordsChanges: recordsRanges)
      origin = range.lowerBound
      changes = normalized.changes
      normalized.bytes.withUnsafeBufferPointer {
        if let base = $0.baseAddress, !$0.isEmpty { encodeParts(base, 0..<$0.count) }
      }
      origin = 0
      changes = []
      return
    }
    if storage.parts.composes, let composed = Composition.composed(text, check: {}) {
      origin = range.lowerBound
      changes = composed.changes
      composed.bytes.withUnsafeBufferPointer {
        if let base = $0.baseAddress { encodeParts(base, 0..<$0.count) }
      }
      origin = 0
      changes = []
    } else {
      encodeParts(base, range)
    }
  }

  private mutating func encodeParts(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) {
    guard !storage.composedFinder.isEmpty else { return encodePlain(base, range) }
    var at = range.lowerBound
    for match in storage.composedFinder.matches(in: base, range, classes) {
      if at < match.start { encodePlain(base, at..<match.start) }
      append(storage.composedFinder.token(match.token).id, match.start, match.end)
      at = match.end
    }
    if at < range.upperBound { encodePlain(base, at..<range.upperBound) }
  }

  /// Encodes text without added tokens.
  private mutating func encodePlain(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) {
    guard storage.parts.addsPrefixSpace, base[range.lowerBound] != 0x20 else {
      return encodeWords(base, range)
    }
    let spaced = [0x20] + UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    let outer = origin
    let first = ids.count
    // Ranges come out one byte too far right; the space's own byte falls before the text.
    if changes.isEmpty {
      origin += range.lowerBound - 1
      spaced.withUnsafeBufferPointer {
        if let base = $0.baseAddress { encodeWords(base, 0..<$0.count) }
      }
      origin = outer
      clip(from: first, to: outer + range.lowerBound)
    } else {
      let kept = changes
      let shift = 1 - range.lowerBound
      changes = kept.map {
        Composition.Change(
          original: $0.original,
          composed: $0.composed.lowerBound + shift..<$0.composed.upperBound + shift)
      }
      let lowest = mapped(0 + 1, 0 + 1).lowerBound
      spaced.withUnsafeBufferPointer {
        if let base = $0.baseAddress { encodeWords(base, 0..<$0.count) }
      }
      clip(from: first, to: lowest)
      changes = kept
    }
  }

  private mutating func clip(from first: Int, to lowest: Int) {
    guard recordsRanges else { return }
    for index in first..<ranges.count where ranges[index].lowerBound < lowest {
      ranges[index] = lowest..<max(lowest, ranges[index].upperBound)
    }
  }

  private mutating func encodeWords(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) {
    switch storage.parts.split {
    case .whole:
      var at = range.lowerBound
      while at < range.upperBound {
        let end = min(range.upperBound, at + Self.longestWord)
        encodeLongWord(base, at, end)
        at = end
      }
    case .pattern(.gpt2): encodeWords(base, range, GPT2Scanner.self)
    case .pattern(.llama3): encodeWords(base, range, Llama3Scanner.self)
    case .pattern(.qwen2): encodeWords(base, range, Qwen2Scanner.self)
    case .whitespace: encodeWords(base, range, WhitespaceScanner.self, keepingSpace: false)
    case .whitespaceSplit:
      encodeWords(base, range, WhitespaceSplitScanner.self, keepingSpace: false)
    case .bert: encodeBertWords(base, range)
    }
  }

  private mutating func encodeBertWords(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) {
    let end = range.upperBound
    let lookup = BertClass.lookup
    var at = range.lowerBound
    while at < end {
      let (value, length) = decodedScalar(base, at, end)
      let kind = lookup.kind(value)
      var next = at &+ length
      if kind == BertClass.space {
        at = next
        continue
      }
      if kind == BertClass.word {
        while next < end {
          let byte = base[next]
          if byte < 0x80 {
            if lookup.ascii(byte) != BertClass.word { break }
            next &+= 1
          } else {
            let (value, length) = decodedScalar(base, next, end)
            if lookup.kind(value) != BertClass.word { break }
            next &+= length
          }
        }
      }
      encodeWord(base, at, next, end)
      at = next
    }
  }

  @inline(__always)
  private mutating func encodeWord(
    _ base: UnsafePointer<UInt8>, _ at: Int, _ next: Int, _ end: Int
  ) {
    let count = next &- at
    guard count <= WordCache.longestWord, !recordsRanges else {
      return encodeLongWord(base, at, next)
    }
    let key = WordCache.key(base, at, count, end)
    guard let slot = view.slot(key) else { return encodeNewWord(base, at, count, key) }
    if slot.count == 1 {
      ids.append(slot.start)
    } else {
      ids.append(contentsOf: cache.tokens(slot))
    }
  }

  @inline(__always)
  private mutating func encodeWords<Scanner: WordScanner>(
    _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _: Scanner.Type, keepingSpace: Bool = true
  ) {
    let end = range.upperBound
    let classes = classes
    var at = range.lowerBound
    while at < end {
      let next = min(Scanner.wordEnd(base, at, end, classes), at &+ Self.longestWord)
      if !keepingSpace {
        let first = classes.entry(decodedScalar(base, at, end).value)
        if first & ScalarClass.mask >= ScalarClass.space {
          at = next
          continue
        }
      }
      encodeWord(base, at, next, end)
      at = next
    }
  }

  private mutating func encodeNewWord(
    _ base: UnsafePointer<UInt8>, _ at: Int, _ count: Int, _ key: WordCache.Key
  ) {
    let first = ids.count
    encodeLongWord(base, at, at + count)
    cache.insert(key, ids[first...])
    view = cache.view
  }

  private mutating func encodeLongWord(_ base: UnsafePointer<UInt8>, _ at: Int, _ end: Int) {
    merger.merge(UnsafeBufferPointer(start: base + at, count: end - at))
    for symbol in merger.symbols { ids.append(Int32(bitPattern: symbol.id)) }
    guard recordsRanges else { return }
    for symbol in merger.symbols {
      ranges.append(mapped(at + Int(symbol.start), at + Int(symbol.end)))
    }
  }

  private mutating func append(_ id: Int32, _ start: Int, _ end: Int) {
    ids.append(id)
    if recordsRanges { ranges.append(mapped(start, end)) }
  }

  /// The place in the text of a range of the current buffer.
  private func mapped(_ start: Int, _ end: Int) -> Range<Int> {
    guard !changes.isEmpty else { return origin + start..<origin + end }
    // The last change that begins at or before a place.
    func change(_ place: Int) -> Composition.Change? {
      var low = 0
      var high = changes.count
      while low < high {
        let middle = (low + high) / 2
        if changes[middle].composed.lowerBound <= place { low = middle + 1 } else { high = middle }
      }
      return low > 0 ? changes[low - 1] : nil
    }
    func original(_ place: Int, isEnd: Bool) -> Int {
      guard let change = change(isEnd ? place - 1 : place) else { return place }
      let inside = isEnd ? place <= change.composed.upperBound : place < change.composed.upperBound
      if inside { return isEnd ? change.original.upperBound : change.original.lowerBound }
      return place - change.composed.upperBound + change.original.upperBound
    }
    let first = original(start, isEnd: false)
    return origin + first..<origin + max(first, original(end, isEnd: true))
  }
}
