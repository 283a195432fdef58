extension BM25Index {
  /// The `k` best documents for a query, ties by ascending id; none where no term is known.
  ///
  /// Safe to call from several threads at once. Never throws.
  public func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit] {
    guard k > 0 else { return [] }
    if let filter {
      let selected = documents.selection(filter)[0]
      return Array(
        try search(query, k: documentCount, filter: nil).filter {
          core.document(id: $0.documentID).map(selected.contains) ?? false
        }.prefix(k))
    }
    return core.withScratch { scratch in
      let terms = scratch.terms(of: query, in: core)
      guard !terms.isEmpty else { return [] }
      var search = BM25Search(core: core, terms: terms, k: k, scratch: scratch)
      return search.run().map { core.hit(Int($0.document), $0.score) }
    }
  }
}

/// One term of a running search and where it stands in its list.
private struct TermCursor {
  let weight: Float
  let blocks: UnsafePointer<PostingBlock>
  let blockCount: Int
  /// The unpacked block's documents, and their shares of the score.
  let documents: UnsafeMutablePointer<UInt32>
  let shares: UnsafeMutablePointer<Float>
  /// The first block whose last document was not yet passed.
  var block = 0
  /// Which block is unpacked, or -1; how many postings it has, and the first not yet passed.
  var unpacked = -1
  var count = 0
  var position = 0
  /// No share in the current window exceeds this.
  var bound = 0.0

  @inline(__always)
  mutating func skip(to document: Int) {
    while block < blockCount, Int(blocks[block].last) < document { block &+= 1 }
  }

  @inline(__always) func blockBound(_ block: Int) -> Double {
    Double(weight * blocks[block].impact)
  }
}

/// One search: windows of documents, and in each the terms that must be read.
///
/// Sums of float32 shares in float64 are exact as long as the smallest possible share is not
/// below 2^-52 times the largest possible sum, whose last bit it then still reaches; the order
/// of addition cannot show. Where that fails (many millions of documents all with one term), all
/// terms are read, in the query's order.
struct BM25Search {
  private let core: BM25Core
  private let scratch: BM25Scratch
  private var cursors: [TermCursor] = []
  private var top: TopDocuments
  private var isExact = true
  /// Cursors by ascending bound, and sums of the bounds before each.
  private var order: [Int] = []
  private var sumsBefore: [Double] = []

  init(
    core: BM25Core, terms: [(term: Int, count: Int)], k: Int, scratch: BM25Scratch
  ) {
    self.core = core
    self.scratch = scratch
    top = TopDocuments(limit: k)
    scratch.makeRoom(terms: terms.count)
    for (place, entry) in terms.enumerated() {
      let (blocks, documents) = core.postings(ofTerm: entry.term)
      cursors.append(
        TermCursor(
          weight: BM25Scoring.weight(
            documents: core.layout.documents, containing: documents, count: entry.count),
          blocks: core.blocks + blocks.lowerBound, blockCount: blocks.count,
          documents: scratch.documents + place * PostingBlock.capacity,
          shares: scratch.shares + place * PostingBlock.capacity))
    }
    order = Array(cursors.indices)
    sumsBefore = [Double](repeating: 0, count: cursors.count + 1)
    isExact = sumsAreExact()
  }

  private func sumsAreExact() -> Bool {
    var largestSum = 0.0
    var smallestWeight = Double.infinity
    for cursor in cursors {
      largestSum += Double(cursor.weight)
      smallestWeight = min(smallestWeight, Double(cursor.weight))
    }
    let smallestShare = smallestWeight * core.smallestImpact
    // A float32 share's last bit is at most 24 places below its first.
    return smallestShare > 1e-30 && largestSum / smallestShare < 0x1p28
  }

  mutating func run() -> [TopDocuments.Entry] {
    let documents = core.layout.documents
    var start = 0
    while start < documents {
      let end = min(start + BM25Scratch.window, documents)
      let essential = prepare(start: start, end: end)
      if essential + 1 == cursors.count, isExact {
        stream(order[essential], start: start, end: end, optional: essential)
      } else if essential < cursors.count {
        accumulate(start: start, end: end, optional: essential)
      }
      start = end
    }
    return top.sorted()
  }

  /// Bounds each term's shares in a window and splits the terms: returns how many, of ``order``,
  /// cannot lift a document over the threshold together.
  private mutating func prepare(start: Int, end: Int) -> Int {
    for index in cursors.indices {
      cursors[index].skip(to: start)
      let cursor = cursors[index]
      var impact: Float = 0
      var block = cursor.block
      while block < cursor.blockCount {
        impact = max(impact, cursor.blocks[block].impact)
        if Int(cursor.blocks[block].last) >= end - 1 { break }
        block += 1
      }
      if cursor.unpacked == cursor.block, cursor.block == block,
        cursor.nextDocument(from: start) >= end
      {
        impact = 0
      }
      cursors[index].bound = Double(cursor.weight * impact)
    }
    guard isExact else { return 0 }
    for index in order.indices.dropFirst() {
      let moving = order[index]
      let bound = cursors[moving].bound
      var at = index
      while at > 0, cursors[order[at - 1]].bound > bound {
        order[at] = order[at - 1]
        at -= 1
      }
      order[at] = moving
    }
    var optional = 0
    var sum = 0.0
    for (place, index) in order.enumerated() {
      sumsBefore[place] = sum
      sum += cursors[index].bound
      if sum <= top.threshold { optional = place + 1 }
    }
    sumsBefore[order.count] = sum
    return optional
  }

  /// Unpacks a cursor's current block and computes its shares.
  @inline(__always)
  private func unpack(_ cursor: inout TermCursor) {
    let block = cursor.blocks[cursor.block]
    let count = block.unpackDocuments(core.data, into: cursor.documents)
    block.unpackFrequencies(core.data, count: count, into: cursor.shares)
    let norms = core.norms
    for at in 0..<count {
      cursor.shares[at] =
        cursor.weight
        * BM25Scoring.impact(
          frequency: cursor.shares[at], norm: norms[Int(cursor.documents[at])])
    }
    cursor.unpacked = cursor.block
    cursor.count = count
    cursor.position = 0
  }

  /// Reads the one list that must be read, looking its documents up in the others.
  private mutating func stream(_ index: Int, start: Int, end: Int, optional: Int) {
    var cursor = cursors[index]
    let others = sumsBefore[optional]
    while cursor.block < cursor.blockCount {
      let last = Int(cursor.blocks[cursor.block].last)
      if cursor.blockBound(cursor.block) + others > top.threshold {
        if cursor.unpacked != cursor.block { unpack(&cursor) }
        cursor.pass(start)
        while cursor.position < cursor.count {
          let document = cursor.documents[cursor.position]
          if Int(document) >= end { break }
          let share = Double(cursor.shares[cursor.position])
          if share + others > top.threshold { complete(document, share, optional: optional) }
          cursor.position &+= 1
        }
      }
      if last >= end - 1 { break }
      cursor.block &+= 1
    }
    cursors[index] = cursor
  }

  /// Adds up the shares of several lists, then looks the promising documents up in the others.
  private mutating func accumulate(start: Int, end: Int, optional: Int) {
    let sums = scratch.sums
    let touched = scratch.touched
    let total = sumsBefore[order.count]
    for place in optional..<order.count {
      let index = order[place]
      var cursor = cursors[index]
      let others = total - cursor.bound
      while cursor.block < cursor.blockCount {
        let last = Int(cursor.blocks[cursor.block].last)
        // What is left out here belongs to documents that cannot reach the threshold anyway.
        if !isExact || cursor.blockBound(cursor.block) + others > top.threshold {
          if cursor.unpacked != cursor.block { unpack(&cursor) }
          cursor.pass(start)
          var at = cursor.position
          while at < cursor.count {
            let slot = Int(cursor.documents[at]) &- start
            // Also stops at a document before the window, which only damage puts here.
            if UInt(bitPattern: slot) >= UInt(bitPattern: end &- start) { break }
            sums[slot] += Double(cursor.shares[at])
            touched[slot &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: slot & 63)
            at &+= 1
          }
          cursor.position = at
        }
        if last >= end - 1 { break }
        cursor.block &+= 1
      }
      cursors[index] = cursor
    }
    let others = sumsBefore[optional]
    for word in 0..<(end - start + 63) / 64 {
      var bits = touched[word]
      touched[word] = 0
      while bits != 0 {
        let slot = word &* 64 &+ bits.trailingZeroBitCount
        bits &= bits &- 1
        let sum = sums[slot]
        sums[slot] = 0
        if sum + others > top.threshold {
          complete(UInt32(truncatingIfNeeded: start &+ slot), sum, optional: optional)
        }
      }
    }
  }

  /// Adds the shares of the lists not read, largest bound first, while there is hope.
  @inline(__always)
  private mutating func complete(_ document: UInt32, _ sum: Double, optional: Int) {
    var sum = sum
    var place = optional
    while place > 0 {
      place &-= 1
      let index = order[place]
      let before = sumsBefore[place]
      guard sum + before + cursors[index].bound > top.threshold else { return }
      cursors[index].skip(to: Int(document))
      let at = cursors[index].block
      guard at < cursors[index].blockCount else { continue }
      guard sum + before + cursors[index].blockBound(at) > top.threshold else { return }
      let frequency = cursors[index].blocks[at].frequency(core.data, of: document)
      if frequency > 0 {
        sum += Double(
          cursors[index].weight
            * BM25Scoring.impact(frequency: frequency, norm: core.norms[Int(document)]))
      }
    }
    top.offer(sum, document)
  }
}

extension TermCursor {
  /// Moves past the documents before `start` in the unpacked block.
  @inline(__always)
  fileprivate mutating func pass(_ start: Int) {
    while position < count, Int(documents[position]) < start { position &+= 1 }
  }

  /// The first document at or after `start` in the unpacked block, or `Int.max`.
  fileprivate func nextDocument(from start: Int) -> Int {
    var at = position
    while at < count {
      if Int(documents[at]) >= start { return Int(documents[at]) }
      at += 1
    }
    return Int.max
  }
}
