import Bytes
import Corpora
import Execution

/// All postings, term by term, unpacked.
final class PostingLists: @unchecked Sendable {
  // Sendable because parts write to places of their own, and it is read only after that.
  let documents: UnsafeMutablePointer<UInt32>
  let frequencies: UnsafeMutablePointer<UInt32>
  /// Where each term's postings begin, and the end of the last.
  let starts: [Int]

  init(starts: [Int]) {
    self.starts = starts
    let count = max(1, starts.last ?? 0)
    documents = .allocate(capacity: count)
    frequencies = .allocate(capacity: count)
  }

  deinit {
    documents.deallocate()
    frequencies.deallocate()
  }
}

extension MergedTerms {
  /// Sorts the postings of all parts by term; within a term they stay in order of document.
  func scatter(_ parts: [BM25Part], context: WorkContext) throws -> PostingLists {
    let counts = try parallelMap(parts.count, context: context) { part in
      var counts = [Int](repeating: 0, count: count)
      let numbers = numbers[part]
      for at in 0..<parts[part].postings.count {
        counts[Int(numbers[Int(parts[part].postings.base[at].term)])] += 1
      }
      return counts
    }
    // For each part and term, where that part's postings of the term begin.
    var cursors = counts
    var starts = [0]
    starts.reserveCapacity(count + 1)
    var total = 0
    for term in 0..<count {
      for part in parts.indices {
        cursors[part][term] = total
        total += counts[part][term]
      }
      starts.append(total)
    }
    let lists = PostingLists(starts: starts)
    let begins = cursors
    _ = try parallelMap(parts.count, context: context) { index in
      let part = parts[index]
      var next = begins[index]
      let numbers = numbers[index]
      var at = 0
      for (offset, end) in part.ends.enumerated() {
        if offset % 4096 == 0 { try context.check() }
        let document = UInt32(truncatingIfNeeded: part.ranks.lowerBound + offset)
        while at < end {
          let posting = part.postings.base[at]
          let term = Int(numbers[Int(posting.term)])
          let place = next[term]
          next[term] = place &+ 1
          lists.documents[place] = document
          lists.frequencies[place] = posting.frequency
          at &+= 1
        }
      }
    }
    return lists
  }
}

/// The packed blocks of a run of terms.
private struct PackedTerms: Sendable {
  var blocks: [PostingBlock] = []
  var data: [UInt8] = []
  /// For each term, the number of its blocks.
  var blockCounts: [Int] = []
}

extension BM25Segment {
  /// Packs the postings and lays the segment out.
  static func assemble(
    options: BM25Options, documents: Int, parts: [BM25Part], terms: MergedTerms,
    postings: PostingLists, context: WorkContext
  ) throws -> BM25Segment {
    let lengths = Array(parts.map(\.lengths).joined())
    var layout = BM25Layout()
    layout.documents = documents
    layout.terms = terms.count
    layout.slots = terms.table.count
    layout.postings = postings.starts.last ?? 0
    layout.tokens = lengths.reduce(0) { $0 + Int($1) }
    let average = layout.documents > 0 ? Double(layout.tokens) / Double(layout.documents) : 0
    let norms = lengths.map {
      BM25Scoring.norm(length: Double($0), average: average, k1: options.scaledK1, b: options.b)
    }
    let packed = try pack(postings, terms: terms.count, norms: norms, context: context)
    layout.blocks = packed.reduce(0) { $0 + $1.blocks.count }
    layout.dataBytes = packed.reduce(0) { $0 + $1.data.count }
    guard layout.dataBytes <= Int(UInt32.max) else {
      throw BM25BuildError.tooLarge(bytes: layout.dataBytes, limit: Int(UInt32.max))
    }
    layout.termBytes = terms.bytes.count
    layout.nameBytes = options.analyzer.stemmer?.utf8.count ?? 0
    let storage = SharedBytes(count: layout.total) { target in
      // Fresh memory is not zero; the gaps between sections must be.
      target.initializeMemory(as: UInt8.self, repeating: 0)
      let writer = IndexWriter(target: target)
      writer.put(header(layout, options), at: 0)
      writer.put(lengths, at: layout.lengths)
      writer.put(terms.offsets, at: layout.termOffsets)
      writer.put(terms.table, at: layout.table)
      writer.putBlocks(packed.map { ($0.blocks, $0.data, $0.blockCounts) }, postings, layout)
      writer.put(terms.bytes, at: layout.termText)
      writer.put(Array((options.analyzer.stemmer ?? "").utf8), at: layout.stemmerName)
    }
    return BM25Segment(storage: storage, layout: layout, options: options)
  }

  private static func header(_ layout: BM25Layout, _ options: BM25Options) -> [UInt8] {
    var writer = BinaryWriter(magic: BM25Layout.magic, version: BM25Layout.version)
    writer.put(UInt32(options.analyzer.stopwords == .english ? 1 : 0))
    writer.put(UInt64(options.analyzer.maximumTokenLength))
    writer.put(options.k1)
    writer.put(options.b)
    writer.put(options.titleWeight)
    writer.put(UInt64(options.fields.rawValue))
    for count in layout.counts { writer.put(UInt64(count)) }
    return writer.bytes
  }

  /// Packs runs of terms, split by the data so that threads share the work evenly.
  private static func pack(
    _ postings: PostingLists, terms: Int, norms: [Float], context: WorkContext
  ) throws -> [PackedTerms] {
    let runPostings = 1 << 18
    var runs: [Range<Int>] = []
    var first = 0
    for term in 0..<terms
    where postings.starts[term + 1] - postings.starts[first] >= runPostings || term + 1 == terms {
      runs.append(first..<term + 1)
      first = term + 1
    }
    return try parallelMap(runs.count, context: context) { [runs] run in
      var packed = PackedTerms()
      for term in runs[run] {
        let range = postings.starts[term]..<postings.starts[term + 1]
        var start = range.lowerBound
        while start < range.upperBound {
          let count = min(PostingBlock.capacity, range.upperBound - start)
          var impact: Float = 0
          for at in start..<start + count {
            impact = max(
              impact,
              BM25Scoring.impact(
                frequency: Float(postings.frequencies[at]),
                norm: norms[Int(postings.documents[at])]))
          }
          packed.blocks.append(
            PostingBlock(
              documents: .init(start: postings.documents + start, count: count),
              frequencies: .init(start: postings.frequencies + start, count: count),
              impact: impact, data: &packed.data))
          start += count
        }
        packed.blockCounts.append(
          (range.count + PostingBlock.capacity - 1) / PostingBlock.capacity)
      }
      return packed
    }
  }
}

/// Writes sections into the memory of a new index.
private struct IndexWriter {
  let target: UnsafeMutableRawBufferPointer

  func put<Element: BitwiseCopyable>(_ values: [Element], at offset: Int) {
    values.withUnsafeBytes { bytes in
      UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + bytes.count])
        .copyMemory(from: bytes)
    }
  }

  /// Joins the runs, moving each block's offset by the data before its run.
  func putBlocks(
    _ runs: [(blocks: [PostingBlock], data: [UInt8], counts: [Int])], _ postings: PostingLists,
    _ layout: BM25Layout
  ) {
    var dataOffset = 0
    var block = 0
    var term = 0
    for run in runs {
      var first = block
      for count in run.counts {
        let documents = postings.starts[term + 1] - postings.starts[term]
        put(
          [UInt32(truncatingIfNeeded: first), UInt32(truncatingIfNeeded: documents)],
          at: layout.termEntries + term * 8)
        first += count
        term += 1
      }
      let moved = run.blocks.map { block in
        var block = block
        block.offset &+= UInt32(truncatingIfNeeded: dataOffset)
        return block
      }
      put(moved, at: layout.blockStart + block * PostingBlock.size)
      put(run.data, at: layout.data + dataOffset)
      block += run.blocks.count
      dataOffset += run.data.count
    }
  }
}
