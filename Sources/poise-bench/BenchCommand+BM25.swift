import Corpora
import Execution
import Retrieval

extension BenchCommand {
  /// BM25 over a BEIR folder: time to index, and top-10 queries a second on one thread; then what
  /// it costs to replace and to delete a thousand documents, and searches after that.
  ///
  /// As the peers do it: the clock of `index_s` starts with the texts in memory and stops when
  /// the index can be searched; terms are runs of letters and digits in lower case, with
  /// neither stopwords nor stemming; title and text are one field. `load_mb_s` is the reading
  /// of the collection before that.
  static let bm25 = BenchCommand(
    name: "bm25", arguments: "DIR [--threads N] [--growth 0|1]",
    summary: "index time, and top-10 queries a second on one thread (no stemming, no stopwords)"
  ) { arguments in
    let threads = try arguments.integer("--threads", default: 1, in: 1...1024)
    let growth = try arguments.integer("--growth", default: 0, in: 0...1) == 1
    let path = try arguments.only("a folder in the BEIR layout")
    let context = WorkContext(threads: threads)
    let found = try CollectionReader.detect(path: path)
    let (read, loading) = try timed { try CollectionReader().read(found, context: context) }
    let bench = BM25Bench(
      corpus: read.corpus, queries: read.splits.flatMap(\.queries).map(\.text),
      options: try BM25Options(k1: 0.9, b: 0.4, analyzer: .plain), context: context)
    let megabytes = Double(read.corpus.textByteCount) / 1e6
    let index = try bench.whole(loadRate: megabytes / loading)
    try bench.changes(of: index)
    if growth { try bench.growth() }
  }
}

/// A value and the seconds that making it took.
private func timed<Value>(_ body: () throws -> Value) throws -> (value: Value, seconds: Double) {
  let clock = ContinuousClock()
  let start = clock.now
  let value = try body()
  return (value, seconds(clock.now - start))
}

private struct BM25Bench {
  let corpus: Corpus
  let queries: [String]
  let options: BM25Options
  let context: WorkContext

  private func search(_ index: BM25Index, filter: DocumentFilter? = nil) throws -> (Int, Double) {
    try timed {
      var hits = 0
      for query in queries { hits += try index.search(query, k: 10, filter: filter).count }
      return hits
    }
  }

  private func rate(_ index: BM25Index, filter: DocumentFilter? = nil) throws -> Int {
    Int((Double(queries.count) / (try search(index, filter: filter).1)).rounded())
  }

  /// The line that stands beside the peers'.
  func whole(loadRate: Double) throws -> BM25Index {
    let (index, indexing) = try timed {
      try BM25Index.build(corpus, options: options, context: context)
    }
    let (hits, searching) = try search(index)
    let bytes = index.segments[0].encodedBytes
    let reopening = try timed {
      try BM25Index(
        documents: index.documents, segments: [BM25Segment(decoding: bytes, corpus: corpus)],
        options: options)
    }.seconds
    print(
      """
      {"peer":"poise","docs":\(corpus.count),\
      "index_s":\(rounded(indexing, 3)),\
      "qps":\(Int((Double(queries.count) / searching).rounded())),\
      "threads":\(context.threads),"queries":\(queries.count),"hits":\(hits),\
      "index_bytes":\(index.byteCount),"postings":\(index.postingCount),\
      "reopen_ms":\(rounded(reopening * 1e3, 2)),\
      "load_mb_s":\(rounded(loadRate, 0)),\
      "analysis":"lower case, no stemming, no stopwords"}
      """)
    return index
  }

  /// Replaces a thousand documents by others' texts and deletes a thousand, spread evenly.
  func changes(of index: BM25Index) throws {
    let count = min(1000, corpus.count / 4)
    guard count > 0 else { return }
    let step = corpus.count / count
    let replaced = try Corpus(
      name: "replaced",
      documents: (0..<count).map { number in
        var document = corpus[number * step]
        document.text = corpus[number * step + step / 2].text
        return document
      })
    let (second, upserting) = try timed { try index.adding(replaced, context: context) }
    line("upsert \(count)", upserting, try rate(second))
    let gone = (0..<count).map { corpus.id(at: $0 * step + 1) }
    let (third, deleting) = try timed { try second.removing(gone) }
    line("delete \(count)", deleting, try rate(third))
    // One document in ten, in a hundred, in a thousand may be returned. The first search reads the
    // ids of all.
    for (name, step) in [("10%", 10), ("1%", 100), ("0.1%", 1000)] {
      let filter = DocumentFilter([
        "id": .oneOf((0..<corpus.count / step).map { corpus.id(at: $0 * step + step / 2) })
      ])
      let selecting = try timed { try third.search("", k: 1, filter: filter).count }.seconds
      line("filter \(name)", selecting, try rate(third, filter: filter))
    }
    try reopening(third, work: "reopen after changes")
    // Every other document.
    let half = stride(from: 0, to: corpus.count, by: 2).map { corpus.id(at: $0) }
    try reopening(try index.removing(half), work: "reopen with half deleted")
    let (compacted, compacting) = try timed { try third.compacted(context: context) }
    line("compact", compacting, try rate(compacted))
  }

  /// Opens a version from its segments, as the next process does; the first pass over the queries
  /// may count what the second then knows.
  private func reopening(_ index: BM25Index, work: String) throws {
    let (opened, time) = try timed {
      try BM25Index(documents: index.documents, segments: index.segments, options: options)
    }
    let first = try search(opened).1
    line(work, time, try rate(opened), first: rounded(first, 4))
  }

  private func line(_ work: String, _ time: Double, _ rate: Int, first: Double? = nil) {
    let pass = first.map { "\"first_pass_s\":\($0)," } ?? ""
    print(
      """
      {"peer":"poise","work":"\(work)","docs":\(corpus.count),"s":\(rounded(time, 4)),\
      \(pass)"qps":\(rate)}
      """)
  }

  /// How cost grows with the number of documents: the first ten thousand, a hundred thousand and
  /// so on.
  func growth() throws {
    var count = 10_000
    while count <= corpus.count {
      let prefix = try Corpus(name: "prefix", documents: corpus.documents.prefix(count))
      let (index, time) = try timed {
        try BM25Index.build(prefix, options: options, context: context)
      }
      print(
        """
        {"peer":"poise","work":"growth","docs":\(count),"index_s":\(rounded(time, 4)),\
        "qps":\(try rate(index)),"index_bytes":\(index.byteCount)}
        """)
      count *= 10
    }
  }
}

/// A duration in seconds.
func seconds(_ duration: Duration) -> Double {
  let (whole, fraction) = duration.components
  return Double(whole) + Double(fraction) * 1e-18
}

/// A number with at most so many decimals.
func rounded(_ value: Double, _ decimals: Int) -> Double {
  var scale = 1.0
  for _ in 0..<decimals { scale *= 10 }
  return (value * scale).rounded() / scale
}
