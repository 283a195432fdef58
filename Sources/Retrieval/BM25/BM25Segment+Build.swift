import Bytes
public import Corpora
public import Execution

extension BM25Segment {
  /// Indexes the documents of a corpus.
  ///
  /// The bytes of the result depend on the corpus and the options alone, not on the number of
  /// threads. Cost: one pass over
  /// the texts; about 16 bytes a posting while building.
  ///
  /// - Parameters:
  ///   - corpus: What to index.
  ///   - options: Weights and analysis.
  ///   - context: Threads, progress, cancellation.
  /// - Returns: The segment.
  /// - Throws: ``BM25BuildError`` where the corpus is larger than an index can be, or
  ///   `CancellationRequested`.
  public static func build(
    _ corpus: Corpus, options: BM25Options = .standard, context: WorkContext
  ) throws -> BM25Segment {
    guard corpus.textByteCount <= Int(UInt32.max) else {
      throw BM25BuildError.tooLarge(bytes: corpus.textByteCount, limit: Int(UInt32.max))
    }
    let parts = try parallelMap(context.threads, context: context) { part in
      try BM25Part(
        corpus: corpus, ranks: range(part, of: context.threads, count: corpus.count),
        options: options, context: context)
    }
    let merged = MergedTerms(parts)
    let postings = try merged.scatter(parts, context: context)
    return try assemble(
      options: options, documents: corpus.count, parts: parts, terms: merged, postings: postings,
      context: context)
  }

  static func range(_ part: Int, of parts: Int, count: Int) -> Range<Int> {
    count * part / parts..<count * (part + 1) / parts
  }
}

/// Why a corpus could not be indexed, or an index not be put together.
public enum BM25BuildError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Offsets in an index have 32 bits.
  case tooLarge(bytes: Int, limit: Int)
  /// An index has one segment a part.
  case wrongSegments(expected: Int, got: Int)
  /// A segment is of as many documents as its part.
  case wrongDocuments(segment: Int, expected: Int, got: Int)
  /// All segments of an index are built with its options.
  case wrongOptions(segment: Int)

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .tooLarge(let bytes, let limit):
      "a BM25 index takes up to \(grouped(limit)) bytes of text, got \(grouped(bytes))"
    case .wrongSegments(let expected, let got):
      "an index of \(counted(expected, "part")) takes as many segments, got \(got)"
    case .wrongDocuments(let segment, let expected, let got):
      "segment \(segment + 1) of a BM25 index is of \(counted(got, "document")), its part has "
        + grouped(expected)
    case .wrongOptions(let segment):
      "segment \(segment + 1) of a BM25 index was built with other options"
    }
  }
}

/// The postings of a run of documents, with terms numbered on their own.
final class BM25Part: @unchecked Sendable {
  // Sendable because it is written only by its initialiser.
  let ranks: Range<Int>
  /// Term and frequency of each posting, by document.
  private(set) var postings = GrowableBuffer<Posting>(capacity: 1 << 16)
  /// Where each document's postings end.
  private(set) var ends: [Int] = []
  /// The length of each document in units.
  private(set) var lengths: [UInt32] = []
  let vocabulary: (bytes: [UInt8], ends: [Int])
  let termCount: Int

  struct Posting: BitwiseCopyable {
    var term: UInt32
    var frequency: UInt32
  }

  init(
    corpus: Corpus, ranks: Range<Int>, options: BM25Options, context: WorkContext
  ) throws {
    self.ranks = ranks
    let interner = TermInterner(analyzer: options.analyzer)
    var terms = GrowableBuffer<UInt32>(capacity: 4096)
    // For each term, where its posting of the current document is; older places are below
    // the document's first and so tell themselves apart.
    var places = GrowableBuffer<Int>(capacity: 4096)
    let titleUnits = options.titleUnits
    let textUnits = options.textUnits
    ends.reserveCapacity(ranks.count)
    lengths.reserveCapacity(ranks.count)
    for rank in ranks {
      if rank % 1024 == 0 {
        try context.check()
        // The first part speaks for all: they are of equal size.
        if ranks.lowerBound == 0 {
          context.report(
            Progress(
              task: "indexing", completed: rank * corpus.count / ranks.count,
              total: corpus.count, unit: "documents"))
        }
      }
      let index = corpus.index(rankedByID: rank)
      terms.removeAll()
      if titleUnits > 0 { interner.appendTerms(of: corpus.titleBytes(at: index), to: &terms) }
      let titleTerms = terms.count
      if textUnits > 0 { interner.appendTerms(of: corpus.textBytes(at: index), to: &terms) }
      while places.count < interner.termCount { places.append(-1) }
      let start = postings.count
      for at in 0..<terms.count {
        let term = terms.base[at]
        let place = places.base[Int(term)]
        let units = at < titleTerms ? titleUnits : textUnits
        if place >= start {
          postings.base[place].frequency = postings.base[place].frequency.adding(units)
        } else {
          places.base[Int(term)] = postings.count
          postings.append(Posting(term: term, frequency: units))
        }
      }
      ends.append(postings.count)
      let length = titleTerms * Int(titleUnits) + (terms.count - titleTerms) * Int(textUnits)
      lengths.append(UInt32(clamping: length))
    }
    vocabulary = interner.vocabulary
    termCount = interner.termCount
  }
}

extension UInt32 {
  /// The sum, or the highest number: only titles of 2^26 equal words come near it.
  @inline(__always)
  fileprivate func adding(_ other: UInt32) -> UInt32 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}

/// The terms of all parts under common numbers.
struct MergedTerms {
  /// For each part, the common number of each of its terms.
  private(set) var numbers: [[UInt32]] = []
  private(set) var bytes: [UInt8] = []
  private(set) var offsets: [UInt32] = [0]
  /// The table of the stored form.
  private(set) var table: [UInt32] = []

  var count: Int { offsets.count - 1 }

  /// Numbers terms by first appearance: the terms of the first part, then the new ones of the
  /// second, and so on. Since parts follow each other in rank, this does not depend on how many
  /// there are.
  init(_ parts: [BM25Part]) {
    var capacity = 16
    while capacity < (parts.first?.termCount ?? 0) * 2 { capacity *= 2 }
    table = [UInt32](repeating: 0, count: capacity)
    for part in parts {
      var mapping: [UInt32] = []
      mapping.reserveCapacity(part.termCount)
      part.vocabulary.bytes.withUnsafeBytes { text in
        var start = 0
        for end in part.vocabulary.ends {
          mapping.append(number(UnsafeRawBufferPointer(rebasing: text[start..<end])))
          start = end
        }
      }
      numbers.append(mapping)
    }
  }

  private mutating func number(_ term: UnsafeRawBufferPointer) -> UInt32 {
    if let known = find(term) { return known }
    bytes.append(contentsOf: term)
    offsets.append(UInt32(truncatingIfNeeded: bytes.count))
    if count * 2 > table.count {
      // Slots are filled in order of number, so that the table depends on the terms alone.
      table = [UInt32](repeating: 0, count: table.count * 2)
      for number in 0..<count - 1 { place(number) }
    }
    place(count - 1)
    return UInt32(truncatingIfNeeded: count - 1)
  }

  private func term(_ number: Int) -> Range<Int> {
    Int(offsets[number])..<Int(offsets[number + 1])
  }

  private func find(_ term: UnsafeRawBufferPointer) -> UInt32? {
    let mask = table.count - 1
    var at = Int(termHash(term)) & mask
    return bytes.withUnsafeBytes { bytes in
      while table[at] != 0 {
        let number = Int(table[at]) - 1
        let known = UnsafeRawBufferPointer(rebasing: bytes[self.term(number)])
        if compare(known, term) == 0 { return UInt32(truncatingIfNeeded: number) }
        at = (at + 1) & mask
      }
      return nil
    }
  }

  private mutating func place(_ number: Int) {
    let mask = table.count - 1
    let hash = bytes.withUnsafeBytes {
      termHash(UnsafeRawBufferPointer(rebasing: $0[term(number)]))
    }
    var at = Int(hash) & mask
    while table[at] != 0 { at = (at + 1) & mask }
    table[at] = UInt32(truncatingIfNeeded: number + 1)
  }
}
