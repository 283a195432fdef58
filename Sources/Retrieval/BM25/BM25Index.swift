public import Corpora
public import Execution

/// An inverted index that ranks documents by BM25.
///
/// ```swift
/// let index = try BM25Index.build(corpus, options: .standard, context: WorkContext())
/// for hit in try index.search("wing in a slipstream", k: 10) { print(hit.documentID, hit.score) }
/// let next = try index.adding(corrections, context: WorkContext()).removing(["17", "203"])
/// ```
///
/// One ``BM25Segment`` a part of ``IndexedDocuments``. An index is immutable; ``adding(_:context:)``
/// and ``removing(_:)`` give new versions that share the segments, and all statistics (number of
/// documents, average length, in how many documents a term is) are those of the documents that
/// count: scores are the same to the bit as those of an index built anew over them.
///
/// A search visits only what can still reach the best `k`: term lists are split into those that
/// must be read and those that cannot lift a document alone (MaxScore, Turtle and Flood 1995),
/// and whole blocks are skipped by their largest impact (block-max, Ding and Suel 2011), with one
/// threshold over all segments. Results equal ``PlainBM25``'s to the bit.
public struct BM25Index: Sendable, Retriever {
  let core: BM25Core

  /// What was indexed.
  public let documents: IndexedDocuments

  /// Puts an index together of its parts' segments.
  ///
  /// O(documents): texts are not read, and postings only when a search asks for them.
  ///
  /// - Parameters:
  ///   - documents: What is searched.
  ///   - segments: The segment of each part.
  ///   - options: What the segments were built with.
  /// - Throws: ``BM25BuildError`` where segments and parts do not go together.
  public init(
    documents: IndexedDocuments, segments: [BM25Segment], options: BM25Options
  ) throws(BM25BuildError) {
    guard segments.count == documents.parts.count else {
      throw .wrongSegments(expected: documents.parts.count, got: segments.count)
    }
    for (index, segment) in segments.enumerated() {
      let expected = documents.parts[index].corpus.count
      guard segment.documentCount == expected else {
        throw .wrongDocuments(segment: index, expected: expected, got: segment.documentCount)
      }
      guard segment.options == options else { throw .wrongOptions(segment: index) }
    }
    self.init(checked: documents, segments: segments, options: options)
  }

  private init(
    checked documents: IndexedDocuments, segments: [BM25Segment], options: BM25Options
  ) {
    self.documents = documents
    core = BM25Core(documents: documents, segments: segments, options: options)
  }

  /// Indexes a corpus as one part; see ``BM25Segment/build(_:options:context:)``.
  ///
  /// - Throws: ``BM25BuildError`` where the corpus is larger than a segment can be, or
  ///   `CancellationRequested`.
  public static func build(
    _ corpus: Corpus, options: BM25Options = .standard, context: WorkContext
  ) throws -> BM25Index {
    let segment = try BM25Segment.build(corpus, options: options, context: context)
    return BM25Index(checked: IndexedDocuments(corpus), segments: [segment], options: options)
  }

  /// A version with a corpus added as a part of its own; documents whose ids were there are
  /// replaced.
  ///
  /// The added documents are analysed; beyond that it costs one number a document.
  ///
  /// - Throws: As ``build(_:options:context:)``.
  public func adding(_ corpus: Corpus, context: WorkContext) throws -> BM25Index {
    let segment = try BM25Segment.build(corpus, options: options, context: context)
    return BM25Index(
      checked: documents.adding(corpus), segments: segments + [segment], options: options)
  }

  /// A version without some documents.
  ///
  /// Costs one number a document.
  ///
  /// - Throws: ``UnknownDocuments`` where an id is not there.
  public func removing(_ ids: [String]) throws(UnknownDocuments) -> BM25Index {
    BM25Index(checked: try documents.removing(ids), segments: segments, options: options)
  }

  /// A version of one part and one segment, with the same documents and results.
  ///
  /// Costs as much as building over the documents that count.
  ///
  /// - Throws: As ``build(_:options:context:)``.
  public func compacted(context: WorkContext) throws -> BM25Index {
    try .build(
      try documents.compacted(name: documents.parts.first?.corpus.name ?? ""), options: options,
      context: context)
  }
}

extension BM25Index {
  /// `bm25`.
  public var name: String { "bm25" }

  /// The options that it was built with.
  public var options: BM25Options { core.options }

  /// The segment of each part.
  public var segments: [BM25Segment] { core.segments.map(\.segment) }

  /// The number of distinct terms of the documents that count. O(terms · segments) where there
  /// are several segments, O(postings) where there are deletions.
  public var termCount: Int {
    var count = 0
    for (index, live) in core.segments.enumerated() {
      if core.segments.count == 1, live.part.live.isFull { return live.segment.termCount }
      for term in 0..<live.segment.termCount {
        let bytes = live.segment.termBytes(term)
        let numbers = core.segments.map { Int32($0.segment.term(bytes) ?? -1) }
        let isFirst = !numbers[..<index].contains { $0 >= 0 }
        if isFirst, core.documents(withTerm: numbers) > 0 { count += 1 }
      }
    }
    return count
  }

  /// The number of pairs of a term and a document that has it and counts. O(postings) where there
  /// are deletions.
  public var postingCount: Int {
    core.segments.reduce(0) { $0 + $1.postingCount }
  }

  /// The mean length of a document in terms, repetitions counted, those of titles by the
  /// title's weight.
  public var averageLength: Double { core.average / Double(options.unitsPerOccurrence) }

  /// The size of the stored form of all segments.
  public var byteCount: Int { core.segments.reduce(0) { $0 + $1.segment.byteCount } }

  /// One line on what is in the index.
  public var summary: String {
    let average = (averageLength * 10).rounded() / 10
    let title = options.titleWeight == 1 ? "" : ", titles \(options.titleWeight)"
    let parts = core.segments.count > 1 ? " in \(core.segments.count) parts" : ""
    return """
      BM25 (k1 \(options.k1), b \(options.b)\(title)) over \
      \(counted(documentCount, "document"))\(parts): \(counted(termCount, "term")), \
      \(counted(postingCount, "posting")), \(average) terms a document, \
      \(grouped(byteCount)) bytes
      """
  }
}
