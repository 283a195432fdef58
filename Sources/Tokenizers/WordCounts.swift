import Bytes
import Execution

/// The distinct words of texts, and how often each occurs.
struct WordCounts {
  private struct Slot {
    var hash: UInt64
    var word: Int32
  }

  /// The bytes of all words, one after the other, in the order in which they were first met.
  private(set) var pool: [UInt8] = []
  /// Where each word begins in ``pool``; one more than there are words.
  private(set) var starts: [Int] = [0]
  /// How often each word occurs.
  private(set) var counts: [Int] = []
  private var slots = [Slot](repeating: Slot(hash: 0, word: -1), count: 1024)

  /// How many distinct words there are.
  var count: Int { counts.count }

  func word(_ index: Int) -> ArraySlice<UInt8> { pool[starts[index]..<starts[index + 1]] }

  /// Counts the words of texts as a splitter finds them.
  ///
  /// - Throws: `CancellationRequested`.
  init(
    _ texts: some Sequence<String>, split: TokenizerParts.Split, composes: Bool,
    context: WorkContext
  ) throws {
    var bytesSeen = 0
    for text in texts {
      try context.check()
      context.report(Progress(task: "counting words", completed: bytesSeen, unit: "bytes"))
      var text = text
      try text.withUTF8 { bytes in
        bytesSeen += bytes.count
        if composes, let composed = try Composition.composed(bytes, check: context.check) {
          try composed.bytes.withUnsafeBufferPointer { try add($0, split, context) }
        } else {
          try add(bytes, split, context)
        }
      }
    }
  }

  private mutating func add(
    _ text: UnsafeBufferPointer<UInt8>, _ split: TokenizerParts.Split, _ context: WorkContext
  ) throws {
    guard let base = text.baseAddress else { return }
    switch split {
    case .whole: if !text.isEmpty { add(base, 0, text.count) }
    case .pattern(.gpt2): try add(base, text.count, GPT2Scanner.self, context)
    case .pattern(.llama3): try add(base, text.count, Llama3Scanner.self, context)
    case .pattern(.qwen2): try add(base, text.count, Qwen2Scanner.self, context)
    // No training asks for BERT's splitter.
    case .whitespace, .bert:
      try add(base, text.count, WhitespaceScanner.self, context, keepingSpace: false)
    case .whitespaceSplit:
      try add(base, text.count, WhitespaceSplitScanner.self, context, keepingSpace: false)
    }
  }

  private mutating func add<Scanner: WordScanner>(
    _ base: UnsafePointer<UInt8>, _ end: Int, _: Scanner.Type, _ context: WorkContext,
    keepingSpace: Bool = true
  ) throws {
    let classes = ScalarClass.lookup
    var at = 0
    var untilCheck = 1 << 14
    while at < end {
      let next = Scanner.wordEnd(base, at, end, classes)
      let first = classes.entry(decodedScalar(base, at, end).value)
      if keepingSpace || first & ScalarClass.mask < ScalarClass.space { add(base, at, next) }
      at = next
      untilCheck -= 1
      if untilCheck == 0 {
        try context.check()
        untilCheck = 1 << 14
      }
    }
  }

  private mutating func add(_ base: UnsafePointer<UInt8>, _ at: Int, _ end: Int) {
    let length = end - at
    let hash = hashed(base + at, length)
    var place = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[place].word >= 0 {
      let slot = slots[place]
      if slot.hash == hash, isWord(Int(slot.word), base + at, length) {
        counts[Int(slot.word)] += 1
        return
      }
      place = (place + 1) & (slots.count - 1)
    }
    slots[place] = Slot(hash: hash, word: Int32(truncatingIfNeeded: counts.count))
    counts.append(1)
    pool.append(contentsOf: UnsafeBufferPointer(start: base + at, count: length))
    starts.append(pool.count)
    if counts.count * 2 > slots.count { grow() }
  }

  private func isWord(_ index: Int, _ bytes: UnsafePointer<UInt8>, _ length: Int) -> Bool {
    let start = starts[index]
    guard starts[index + 1] - start == length else { return false }
    for place in 0..<length where pool[start + place] != bytes[place] { return false }
    return true
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(hash: 0, word: -1), count: old.count * 2)
    for slot in old where slot.word >= 0 {
      var place = Int(truncatingIfNeeded: slot.hash) & (slots.count - 1)
      while slots[place].word >= 0 { place = (place + 1) & (slots.count - 1) }
      slots[place] = slot
    }
  }
}
