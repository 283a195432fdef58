// The standard library normalises strings for their comparison and has this behind an SPI; the
// public ways all go through Foundation.
@_spi(_Unicode) import Swift

/// What BERT does to a text before it is split: control characters go, white space becomes the
/// space, Chinese characters stand alone, accents go, letters become small.
struct BertNormalizer: Hashable, Sendable {
  /// Whether control characters go and white space becomes the space (`clean_text`).
  var cleans = true
  /// Whether Chinese characters get spaces around them (`handle_chinese_chars`).
  var spacesChinese = true
  /// Whether the text is decomposed and its nonspacing marks go; as ``lowercases`` where the file
  /// says nothing (`strip_accents`).
  var stripsAccents = true
  /// Whether letters become small, each by itself (`lowercase`).
  var lowercases = true
}

/// A ``BertNormalizer`` at work, which remembers what each scalar becomes. Used by one call at a
/// time.
///
/// Every scalar becomes the same whatever is beside it, but for the order of the marks that stay:
/// those come out sorted by their combining classes between two of class 0.
final class BertScalars: @unchecked Sendable {
  // Sendable because `TokenizerStorage.bertScalars` hands each to one call at a time.
  private enum Kind {
    static let unknown: UInt32 = 0
    static let kept: UInt32 = 1
    static let removed: UInt32 = 2
    static let space: UInt32 = 3
    /// Bytes of the pool: their number in bits 3...8, the place above.
    static let replaced: UInt32 = 4
    /// Begins, ends or belongs to a stretch that may be sorted.
    static let mark: UInt32 = 5
    static let mask: UInt32 = 7
  }

  private static let limit = 0x20000

  private let rules: BertNormalizer
  /// By scalar; filled as scalars are met.
  private let table = FixedBuffer<UInt32>(repeating: Kind.unknown, count: limit)
  private var pool: [UInt8] = []
  private var output: [UInt8] = []
  private var changes: [Composition.Change] = []
  /// Marks at the end of the output that may be sorted: where each begins, and its class.
  private var marks: [(start: Int, order: UInt8)] = []

  init(_ rules: BertNormalizer) { self.rules = rules }

  /// The text as BERT reads it, and, where `recordsChanges`, which parts have another length.
  ///
  /// - Complexity: Linear, but for runs of marks, where it is n log n.
  func normalized(_ text: UnsafeBufferPointer<UInt8>, recordsChanges: Bool) -> (
    bytes: [UInt8], changes: [Composition.Change]
  ) {
    output.removeAll(keepingCapacity: true)
    output.reserveCapacity(text.count + text.count / 4 + 16)
    changes.removeAll(keepingCapacity: true)
    marks.removeAll(keepingCapacity: true)
    guard let base = text.baseAddress else { return ([], []) }
    var at = 0
    while at < text.count {
      let first = base[at]
      if first < 0x80 {
        let entry = entry(UInt32(first))
        if !marks.isEmpty, entry & Kind.mask != Kind.removed { sortMarks() }
        switch entry & Kind.mask {
        case Kind.kept: output.append(first)
        case Kind.space: output.append(0x20)
        case Kind.replaced: output.append(pool[Int(entry >> 9)])
        default: if recordsChanges { note(at..<at + 1, output.count) }
        }
        at &+= 1
        continue
      }
      let (value, length) = decodedScalar(base, at, text.count)
      let start = output.count
      append(value, base + at, length)
      if recordsChanges, output.count - start != length { note(at..<at + length, start) }
      at &+= length
    }
    sortMarks()
    return (output, changes)
  }

  private func note(_ original: Range<Int>, _ start: Int) {
    changes.append(Composition.Change(original: original, composed: start..<output.count))
  }

  private func append(_ value: UInt32, _ bytes: UnsafePointer<UInt8>, _ length: Int) {
    // Hangul decomposes by arithmetic; 11,172 entries would only fill the pool.
    if 0xAC00...0xD7A3 ~= value, rules.stripsAccents { return appendHangul(value) }
    let entry = entry(value)
    switch entry & Kind.mask {
    case Kind.removed: break
    case Kind.mark: appendMarks(value)
    default:
      sortMarks()
      switch entry & Kind.mask {
      case Kind.kept:
        // A byte that begins no character counts as U+FFFD, and is kept only where nothing cleans.
        for place in 0..<length { output.append(bytes[place]) }
      case Kind.space: output.append(0x20)
      default:
        let count = Int(entry >> 3 & 63)
        let start = Int(entry >> 9)
        if count > 0 { output.append(contentsOf: pool[start..<start + count]) }
      }
    }
  }

  private func appendHangul(_ value: UInt32) {
    sortMarks()
    let index = value - 0xAC00
    appendScalar(0x1100 + index / 588)
    appendScalar(0x1161 + index % 588 / 28)
    if index % 28 > 0 { appendScalar(0x11A7 + index % 28) }
  }

  private func appendScalar(_ value: UInt32) {
    guard let scalar = Unicode.Scalar(value) else { return }
    output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  // MARK: Marks

  private func appendMarks(_ value: UInt32) {
    guard let scalar = Unicode.Scalar(value) else { return }
    for part in BertUnicode.decomposed(scalar, rules.stripsAccents) {
      let order = part.properties.canonicalCombiningClass.rawValue
      if order == 0 { sortMarks() }
      if rules.stripsAccents, BertUnicode.isNonspacingMark(part) { continue }
      if order > 0 { marks.append((output.count, order)) }
      appendLowercase(part, to: &output)
    }
  }

  private func sortMarks() {
    guard marks.count > 1 else { return marks.removeAll(keepingCapacity: true) }
    let first = marks[0].start
    let bytes = Array(output[first...])
    var runs: [(order: UInt8, index: Int, range: Range<Int>)] = []
    for (index, mark) in marks.enumerated() {
      let end = index + 1 < marks.count ? marks[index + 1].start : output.count
      runs.append((mark.order, index, mark.start - first..<end - first))
    }
    runs.sort { ($0.order, $0.index) < ($1.order, $1.index) }
    output.removeSubrange(first...)
    for run in runs { output.append(contentsOf: bytes[run.range]) }
    marks.removeAll(keepingCapacity: true)
  }

  // MARK: The table

  @inline(__always) private func entry(_ value: UInt32) -> UInt32 {
    if value < UInt32(Self.limit) {
      let entry = table.base[Int(value)]
      if entry != Kind.unknown { return entry }
      let made = makeEntry(value)
      table.base[Int(value)] = made
      return made
    }
    // Beyond the table little is ever replaced: Chinese characters, and a few that become those.
    // The pool is bounded by forgetting what the last of them left.
    let count = pool.count
    let made = makeEntry(value)
    if made & Kind.mask == Kind.replaced, count > 1 << 20 { forget() }
    return made & Kind.mask == Kind.replaced && count > 1 << 20 ? makeEntry(value) : made
  }

  private func forget() {
    pool.removeAll(keepingCapacity: true)
    for index in 0..<Self.limit { table.base[index] = Kind.unknown }
  }

  private func makeEntry(_ value: UInt32) -> UInt32 {
    guard let scalar = Unicode.Scalar(value) else { return Kind.kept }
    if rules.cleans {
      if value == 0 || value == 0xFFFD || BertUnicode.isControl(scalar) { return Kind.removed }
      if scalar.properties.isWhitespace { return value == 0x20 ? Kind.kept : Kind.space }
    }
    let isPadded = rules.spacesChinese && BertUnicode.isChinese(value)
    let parts = BertUnicode.decomposed(scalar, rules.stripsAccents)
    var bytes: [UInt8] = isPadded ? [0x20] : []
    for part in parts {
      if rules.stripsAccents {
        if part.properties.canonicalCombiningClass != .notReordered, !isPadded {
          // What is only a nonspacing mark of a class above 0 leaves no trace.
          if parts.allSatisfy({
            BertUnicode.isNonspacingMark($0)
              && $0.properties.canonicalCombiningClass != .notReordered
          }) {
            return Kind.removed
          }
          if !BertUnicode.isNonspacingMark(part) { return Kind.mark }
        }
        if BertUnicode.isNonspacingMark(part) { continue }
      }
      appendLowercase(part, to: &bytes)
    }
    if isPadded { bytes.append(0x20) }
    var same: [UInt8] = []
    same.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    if bytes == same { return Kind.kept }
    // A nonspacing mark of class 0 is a wall between marks: an empty replacement sorts what is there.
    let start = pool.count
    pool.append(contentsOf: bytes)
    return Kind.replaced | UInt32(truncatingIfNeeded: bytes.count) << 3
      | UInt32(truncatingIfNeeded: start) << 9
  }

  private func appendLowercase(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    guard rules.lowercases else {
      bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      return
    }
    bytes.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
  }
}

/// What BERT's tokenizers ask of a scalar, by the tables that Hugging Face's have: categories of
/// Unicode 8 and decompositions of Unicode 9, so that ids do not change with the compiler.
enum BertUnicode {
  private static func isKnown(_ scalar: Unicode.Scalar, _ version: Int) -> Bool {
    guard let age = scalar.properties.age else { return false }
    return age.major <= version
  }

  /// Control and format characters and private use, but for tab, line feed and carriage return.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control: return scalar != "\t" && scalar != "\n" && scalar != "\r"
    case .privateUse: return true
    case .format: return isKnown(scalar, 8)
    default: return false
    }
  }

  static func isNonspacingMark(_ scalar: Unicode.Scalar) -> Bool {
    // Of other categories in later versions of Unicode.
    switch scalar.value {
    case 0x1734, 0x1171E: return true
    case 0x111C9, 0x1885, 0x1886, 0xA9BD: return false
    default: break
    }
    return scalar.properties.generalCategory == .nonspacingMark && isKnown(scalar, 8)
  }

  /// ASCII that is neither letter, digit, space nor control, and what Unicode calls punctuation.
  static func isPunctuation(_ value: UInt32) -> Bool {
    if value < 0x80 {
      return 0x21...0x2F ~= value || 0x3A...0x40 ~= value || 0x5B...0x60 ~= value
        || 0x7B...0x7E ~= value
    }
    // Of another category since Unicode 12 and 11.
    if value == 0x166D || value == 0x111C9 { return true }
    guard let scalar = Unicode.Scalar(value) else { return false }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return isKnown(scalar, 8)
    default: return false
    }
  }

  static func isChinese(_ value: UInt32) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      return true
    default: return false
    }
  }

  /// The canonical decomposition, or the scalar itself where that is not asked for.
  static func decomposed(_ scalar: Unicode.Scalar, _ decomposes: Bool) -> [Unicode.Scalar] {
    guard decomposes, scalar.value >= 0xC0, isKnown(scalar, 9) else { return [scalar] }
    return Array(String(scalar)._nfd)
  }
}

/// What becomes of a text, as tests ask it.
package enum BertProbe {
  package static func normalized(
    _ text: String, cleans: Bool, spacesChinese: Bool, stripsAccents: Bool, lowercases: Bool
  ) -> String {
    let rules = BertNormalizer(
      cleans: cleans, spacesChinese: spacesChinese, stripsAccents: stripsAccents,
      lowercases: lowercases)
    let scalars = BertScalars(rules)
    let bytes = Array(text.utf8).withUnsafeBufferPointer {
      scalars.normalized($0, recordsChanges: false).bytes
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  package static func isPunctuation(_ scalar: UInt32) -> Bool {
    BertClass.lookup.kind(scalar) == BertClass.punctuation
  }
}

/// What BERT's splitter takes a scalar for.
enum BertClass {
  static let word: UInt8 = 1
  static let space: UInt8 = 2
  static let punctuation: UInt8 = 3

  private static let limit = 0x3100

  private static let table: FixedBuffer<UInt8> = {
    let table = FixedBuffer<UInt8>(repeating: word, count: limit)
    for value in 0..<limit { table.base[value] = made(UInt32(value)) }
    return table
  }()

  private static func made(_ value: UInt32) -> UInt8 {
    guard let scalar = Unicode.Scalar(value) else { return word }
    if scalar.properties.isWhitespace { return space }
    return BertUnicode.isPunctuation(value) ? punctuation : word
  }

  /// A view for inner loops.
  static var lookup: Lookup { Lookup(table: table.base) }

  struct Lookup: @unchecked Sendable {
    // Sendable because the table is never freed or written again.
    let table: UnsafeMutablePointer<UInt8>

    @inline(__always) func ascii(_ byte: UInt8) -> UInt8 { table[Int(byte)] }

    @inline(__always) func kind(_ value: UInt32) -> UInt8 {
      if value < UInt32(BertClass.limit) { return table[Int(value)] }
      // Letters and signs of East Asia cost no look at properties.
      if 0x3100...0xA4CF ~= value || 0xAC00...0xD7A3 ~= value { return BertClass.word }
      // No punctuation of Unicode 8 lies beyond that of Sutton's signs.
      if value > 0x1DA8B { return BertClass.word }
      return BertUnicode.isPunctuation(value) ? BertClass.punctuation : BertClass.word
    }
  }
}
