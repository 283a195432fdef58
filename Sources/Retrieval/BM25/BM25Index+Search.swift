extension BM25Index {
  /// The `k` best documents for a query, ties by ascending id; none where no term is known or no
  /// document passes the filter.
  ///
  /// Scores do not depend on the filter: they are those of the same documents among all. Safe to
  /// call from several threads at once. Never throws.
  public func search(_ query: String, k: Int, filter: DocumentFilter?) throws -> [Hit] {
    guard k > 0 else { return [] }
    let selection = filter.map(documents.selection)
    return core.withScratch { scratch in
      let terms = scratch.terms(of: query, in: core)
      guard !terms.isEmpty else { return [] }
      var top = TopDocuments(limit: k, core: core)
      for segment in core.order {
        if let selection, selection[segment].count == 0 { continue }
        BM25Search.run(
          core, segment: segment, terms: terms, allowed: selection?[segment], scratch: scratch,
          top: &top)
      }
      return top.sorted().map { entry in
        Hit(
          documentID: core.segments[Int(entry.segment)].part.id(ofRank: Int(entry.document)),
          score: entry.score)
      }
    }
  }
}

/// One term of a running search and where it stands in its list.
struct TermCursor {
  let weight: Float
  /// How far norms may have shrunk, see ``LiveSegment``.
  let shrinkage: Float
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

  /// No share in a block whose largest impact was this exceeds the result.
  @inline(__always) func bound(_ impact: Float) -> Double {
    Double(weight * LiveSegment.bound(impact, shrinkage: shrinkage))
  }

  @inline(__always) func blockBound(_ block: Int) -> Double { bound(blocks[block].impact) }
}

/// One search of one segment: windows of documents, and in each the terms that must be read.
///
/// Sums of float32 shares in float64 are exact as long as the smallest possible share is not
/// below 2^-52 times the largest possible sum, whose last bit it then still reaches; the order
/// of addition cannot show. Where that fails (many millions of documents all with one term), all
/// terms are read, in the query's order.
struct BM25Search {
  private let live: LiveSegment
  private let data: UnsafeRawPointer
  private let norms: UnsafePointer<Float>
  /// A bitmap of the documents that may be returned; nil for all.
  private let allowed: UnsafePointer<UInt64>?
  private let scratch: BM25Scratch
  private let cursors: UnsafeMutablePointer<TermCursor>
  private let count: Int
  private var top: TopDocuments
  private var isExact = true
  /// Cursors by ascending bound, and sums of the bounds before each.
  private let order: UnsafeMutablePointer<Int>
  private let sumsBefore: UnsafeMutablePointer<Double>

  /// Offers the documents of a segment to those found so far.
  static func run(
    _ core: BM25Core, segment: Int, terms: [QueryTerm], allowed: DocumentSet?,
    scratch: BM25Scratch, top: inout TopDocuments
  ) {
    let live = core.segments[segment]
    scratch.makeRoom(terms: terms.count)
    var count = 0
    var postings = 0
    for term in terms {
      guard let number = scratch.number(of: term, in: segment, of: core) else { continue }
      let (blocks, documents) = live.segment.postings(ofTerm: number)
      postings += documents
      (scratch.cursors + count).initialize(
        to: TermCursor(
          weight: term.weight(in: core), shrinkage: live.shrinkage,
          blocks: live.segment.blocks + blocks.lowerBound, blockCount: blocks.count,
          documents: scratch.documents + count * PostingBlock.capacity,
          shares: scratch.shares + count * PostingBlock.capacity))
      count += 1
    }
    guard count > 0 else { return }
    top.begin(segment: segment)
    guard let allowed, !allowed.isFull else {
      var search = BM25Search(
        live, count: count, allowed: nil, scratch: scratch, top: top)
      search.run()
      top = search.top
      return
    }
    allowed.withWords { words in
      var search = BM25Search(
        live, count: count, allowed: words.baseAddress, scratch: scratch, top: top)
      if !search.isExact, allowed.count * count < postings / BM25Search.lookUpCost {
        search.lookUp(allowed.ranks)
      } else {
        search.run()
      }
      top = search.top
    }
  }

  /// Looking a document up in a list costs about as much as reading so many postings.
  private static let lookUpCost = 16

  private init(
    _ live: LiveSegment, count: Int, allowed: UnsafePointer<UInt64>?,
    scratch: BM25Scratch, top: TopDocuments
  ) {
    self.live = live
    self.count = count
    cursors = scratch.cursors
    order = scratch.order
    sumsBefore = scratch.sumsBefore
    self.allowed = allowed
    self.scratch = scratch
    self.top = top
    data = live.segment.data
    norms = UnsafePointer(live.norms)
    for index in 0..<count { order[index] = index }
    sumsBefore.initialize(repeating: 0, count: count + 1)
    isExact = sumsAreExact()
  }

  /// Adds up the shares of a few documents, ascending.
  private mutating func lookUp(_ documents: [Int]) {
    for document in documents {
      let document = UInt32(truncatingIfNeeded: document)
      var sum = 0.0
      for index in 0..<count {
        cursors[index].skip(to: Int(document))
        let at = cursors[index].block
        guard at < cursors[index].blockCount else { continue }
        let frequency = cursors[index].blocks[at].frequency(data, of: document)
        if frequency > 0 { sum += share(of: index, frequency, document) }
      }
      top.offer(sum, document)
    }
  }

  @inline(__always)
  private func share(of index: Int, _ frequency: Float, _ document: UInt32) -> Double {
    Double(
      cursors[index].weight
        * BM25Scoring.impact(frequency: frequency, norm: norms[Int(document)]))
  }

  private func sumsAreExact() -> Bool {
    var largestSum = 0.0
    var smallestWeight = Double.infinity
    for index in 0..<count {
      let cursor = cursors[index]
      largestSum += Double(cursor.weight)
      smallestWeight = min(smallestWeight, Double(cursor.weight))
    }
    let smallestShare = smallestWeight * live.smallestImpact
    // A float32 share's last bit is at most 24 places below its first.
    return smallestShare > 1e-30 && largestSum / smallestShare < 0x1p28
  }

  @inline(never)
  private mutating func run() {
    let documents = live.segment.layout.documents
    var start = 0
    while start < documents {
      let end = min(start + BM25Scratch.window, documents)
      let few = countAllowed(start: start, end: end)
      if few > 0 {
        let essential = prepare(start: start, end: end)
        if essential == count {
          // No document of the window is among the best.
        } else if isExact, few < end - start,
          few * (count - essential) * Self.lookUpCost
            < postings(from: essential, start: start, end: end)
        {
          lookUpAllowed(start: start, end: end)
        } else if essential + 1 == count, isExact {
          stream(order[essential], start: start, end: end, optional: essential)
        } else {
          accumulate(start: start, end: end, optional: essential)
        }
      }
      start = end
    }
  }

  /// How many documents of a window, which begins at a whole word of the bitmap, may be returned.
  private func countAllowed(start: Int, end: Int) -> Int {
    guard let allowed else { return end - start }
    var count = 0
    for word in start >> 6..<(end + 63) >> 6 { count &+= allowed[word].nonzeroBitCount }
    return count
  }

  /// About how many postings of a window the lists that must be read have.
  private func postings(from essential: Int, start: Int, end: Int) -> Int {
    var sum = 0
    for place in essential..<count {
      let cursor = cursors[order[place]]
      var block = cursor.block
      while block < cursor.blockCount {
        let last = Int(cursor.blocks[block].last)
        let first = block == 0 ? 0 : Int(cursor.blocks[block - 1].last)
        let inside = min(last, end) - max(first, start)
        sum += cursor.blocks[block].count * max(inside, 1) / max(last - first, 1)
        if last >= end - 1 { break }
        block += 1
      }
    }
    return sum
  }

  /// Adds up the shares of a window's allowed documents, one by one, while there is hope.
  @inline(never)
  private mutating func lookUpAllowed(start: Int, end: Int) {
    guard let allowed else { return }
    for word in start >> 6..<(end + 63) >> 6 {
      var bits = allowed[word]
      while bits != 0 {
        let document = word &* 64 &+ bits.trailingZeroBitCount
        bits &= bits &- 1
        complete(UInt32(truncatingIfNeeded: document), 0, optional: count)
      }
    }
  }

  /// Bounds each term's shares in a window and splits the terms: returns how many, of ``order``,
  /// cannot lift a document over the threshold together.
  private mutating func prepare(start: Int, end: Int) -> Int {
    for index in 0..<count {
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
      cursors[index].bound = cursor.bound(impact)
    }
    guard isExact else { return 0 }
    for index in 1..<max(1, count) {
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
    for place in 0..<count {
      let index = order[place]
      sumsBefore[place] = sum
      sum += cursors[index].bound
      if sum <= top.threshold { optional = place + 1 }
    }
    sumsBefore[count] = sum
    return optional
  }

  /// Unpacks a cursor's current block and computes its shares.
  @inline(__always)
  private func unpack(_ cursor: inout TermCursor) {
    let block = cursor.blocks[cursor.block]
    let count = block.unpackDocuments(data, into: cursor.documents)
    block.unpackFrequencies(data, count: count, into: cursor.shares)
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
  @inline(never)
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
  @inline(never)
  private mutating func accumulate(start: Int, end: Int, optional: Int) {
    let sums = scratch.sums
    let touched = scratch.touched
    let total = sumsBefore[count]
    for place in optional..<count {
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
    if let allowed, allowed[Int(document) &>> 6] &>> UInt64(document & 63) & 1 == 0 { return }
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
      let frequency = cursors[index].blocks[at].frequency(data, of: document)
      if frequency > 0 {
        sum += share(of: index, frequency, document)
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
