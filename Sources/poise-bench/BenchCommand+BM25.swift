import Corpora
import Execution
import Retrieval

extension BenchCommand {
  /// BM25 over a BEIR folder: time to index, and top-10 queries a second on one thread.
  ///
  /// As the peers do it: the clock of `index_s` starts with the texts in memory and stops when
  /// the index can be searched; terms are runs of letters and digits in lower case, with
  /// neither stopwords nor stemming; title and text are one field. `load_mb_s` is the reading
  /// of the collection before that.
  static let bm25 = BenchCommand(
    name: "bm25", arguments: "DIR [--threads N]",
    summary: "index time, and top-10 queries a second on one thread (no stemming, no stopwords)"
  ) { arguments in
    let threads = try arguments.integer("--threads", default: 1, in: 1...1024)
    let path = try arguments.only("a folder in the BEIR layout")
    let context = WorkContext(threads: threads)
    let clock = ContinuousClock()
    let found = try CollectionReader.detect(path: path)
    var collection: LoadedCollection?
    let loading = try clock.measure {
      collection = try CollectionReader().read(found, context: context)
    }
    guard let collection else { return }
    let queries = collection.splits.flatMap(\.queries)
    let options = try BM25Options(k1: 0.9, b: 0.4, analyzer: .plain)
    var built: BM25Index?
    let indexing = try clock.measure {
      built = try BM25Index.build(collection.corpus, options: options, context: context)
    }
    guard let index = built else { return }
    var hits = 0
    let searching = try clock.measure {
      for query in queries { hits += try index.search(query.text, k: 10).count }
    }
    let bytes = index.segments[0].encodedBytes
    let reopening = try clock.measure {
      let segment = try BM25Segment(decoding: bytes, corpus: collection.corpus)
      _ = try BM25Index(
        documents: index.documents, segments: [segment], options: segment.options)
    }
    let megabytes = Double(collection.corpus.textByteCount) / 1e6
    print(
      """
      {"peer":"poise","docs":\(collection.corpus.count),\
      "index_s":\(rounded(seconds(indexing), 3)),\
      "qps":\(Int((Double(queries.count) / seconds(searching)).rounded())),\
      "threads":\(threads),"queries":\(queries.count),"hits":\(hits),\
      "index_bytes":\(index.byteCount),"postings":\(index.postingCount),\
      "reopen_ms":\(rounded(seconds(reopening) * 1e3, 2)),\
      "load_mb_s":\(rounded(megabytes / seconds(loading), 0)),\
      "analysis":"lower case, no stemming, no stopwords"}
      """)
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
