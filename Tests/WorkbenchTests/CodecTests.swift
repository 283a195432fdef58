import Artifacts
import Bytes
import Corpora
import Evaluation
import Execution
import Retrieval
import Synchronization
import TestFolders
import Testing
import Workbench

@Suite struct CodecTests {
  private static func handle(
    _ kind: ArtifactKind, _ digest: Digest, _ isSeeded: Bool = false
  ) -> ArtifactHandle {
    ArtifactHandle(kind: kind, digest: digest, isSeeded: isSeeded) { 0 }
  }

  private func decode(_ bytes: [UInt8]) throws -> Value {
    try bytes.withUnsafeBytes { buffer in
      var decoder = ValueDecoder(buffer) { Self.handle($0, $1, $2) }
      return try decoder.decodeAll()
    }
  }

  private func encode(_ value: Value) throws -> [UInt8] {
    var encoder = ValueEncoder()
    try encoder.append(value)
    return encoder.bytes
  }

  private func random(_ stream: inout RandomStream, depth: Int = 0) throws -> Value {
    let texts = ["", "a", "é\n\u{0}", "|", "long text " + String(repeating: "x", count: 50)]
    switch stream.below(depth > 3 ? 7 : 12) {
    case 0: return .none
    case 1: return .boolean(stream.below(2) == 0)
    case 2: return .number(Double(bitPattern: stream.next()))
    case 3: return .number([0, -0.0, 1, .infinity, 0.1, 1e300][stream.below(6)])
    case 4: return .string(texts[stream.below(texts.count)])
    case 5: return .marked(MarkedText(text: "abcdef", marks: [0..<1, 2..<4]))
    case 6:
      return .artifact(
        Self.handle(
          ArtifactKind.allCases[stream.below(5)], Digest(hashing: [UInt8(stream.below(256))]),
          stream.below(2) == 0))
    case 7, 8:
      return .list(
        try (0..<stream.below(5)).map { _ in try random(&stream, depth: depth + 1) })
    case 9:
      return .record(
        Record(
          try (0..<stream.below(4)).map { ("f\($0)", try random(&stream, depth: depth + 1)) },
          headline: stream.below(2) == 0 ? "a headline" : nil))
    case 10:
      return .measured(
        try Measured.mean(
          of: [0.1, 0.5, Double(stream.below(10))], identity: "set", seeds: stream.below(2),
          range: nil))
    default:
      return .across(
        AcrossSeeds(
          seeds: [1, 2],
          parts: [try random(&stream, depth: depth + 1), try random(&stream, depth: depth + 1)]))
    }
  }

  @Test func valuesComeBackAsTheyWere() throws {
    for seed in 0..<400 {
      var stream = RandomStream(seed: UInt64(seed), purpose: "test/codec")
      let value = try random(&stream)
      let bytes = try encode(value)
      let back = try decode(bytes)
      #expect(try encode(back) == bytes)
      #expect(back.interpolated == value.interpolated)
    }
  }

  @Test func equalNumbersHaveEqualBytes() throws {
    #expect(try encode(.number(-0.0)) == encode(.number(0)))
    let quiet = Double(bitPattern: 0x7FF8_0000_0000_0001)
    #expect(try encode(.number(quiet)) == encode(.number(.nan)))
    #expect(try encode(.number(-Double.nan)) == encode(.number(.nan)))
    #expect(try encode(.number(1)) != encode(.number(2)))
    #expect(try encode(.string("1")) != encode(.number(1)))
    #expect(try encode(.list([.list([.none]), .none])) != encode(.list([.list([.none, .none])])))
  }

  @Test func damagedBytesThrowAndNeverTrap() throws {
    var refused = 0
    for seed in 0..<300 {
      var stream = RandomStream(seed: UInt64(seed), purpose: "test/damage")
      let bytes = try encode(.list([try random(&stream), try random(&stream)]))
      #expect(throws: (any Error).self) { try decode(Array(bytes.dropLast())) }
      #expect(throws: (any Error).self) { try decode(bytes + [0]) }
      for _ in 0..<20 {
        var damaged = bytes
        if stream.below(2) == 0 {
          damaged = Array(damaged.prefix(stream.below(damaged.count)))
        } else {
          damaged[stream.below(damaged.count)] ^= UInt8(1 << stream.below(8))
        }
        if (try? decode(damaged)) == nil { refused += 1 }
      }
    }
    #expect(refused > 1000)
  }

  @Test func countsAreBelievedOnlyAsFarAsThereAreBytes() throws {
    // A list in a list in a list…, each claiming all bytes that are left.
    var bytes: [UInt8] = []
    for level in 0..<150 {
      bytes.append(6)
      let claimed = UInt64(max(0, 100_000 - level * 9))
      withUnsafeBytes(of: claimed.littleEndian) { bytes += $0 }
    }
    bytes += [UInt8](repeating: 0, count: 100_000)
    #expect(throws: (any Error).self) { try decode(bytes) }
    #expect(throws: (any Error).self) {
      try decode([6] + [UInt8](repeating: 0xFF, count: 7) + [0x7F])
    }
    // Nesting is bounded.
    let deep =
      [UInt8](repeating: 0, count: 0)
      + (0..<500).flatMap { _ in
        [6, 1, 0, 0, 0, 0, 0, 0, 0] as [UInt8]
      }
    #expect(throws: (any Error).self) { try decode(deep + [0]) }
  }

  private func pieces() throws -> (index: [UInt8], report: [UInt8], holdings: Holdings) {
    let folder = try tinyCollection()
    let collection = try CollectionReader().read(
      try CollectionReader.detect(path: folder("tiny")), context: WorkContext())
    let index = try BM25Index.build(
      collection.corpus, options: BM25Options(), context: WorkContext())
    let corpus = ArtifactHandle(
      kind: .corpus, digest: Digest(hashing: collection.corpus.encoded()), isSeeded: false,
      object: collection.corpus
    ) { collection.corpus }
    let postings = StoredPostings(segment: index.segments[0], corpus: corpus)
    let segment = ArtifactHandle(
      kind: .postings, digest: Digest(hashing: index.segments[0].encoded()), isSeeded: false,
      object: postings
    ) { postings }
    let stored = StoredIndex(
      .bm25,
      settings: [
        .init("k1", 1.5), .init("b", 0.75), .init("stem", "english"),
        .init("stopwords", "english"), .init("title_weight", 1),
        .init("fields", .list(["title", "text"])),
      ], parts: [try StoredIndex.Part(corpus: corpus, deleted: [1], structures: [segment])])
    let set = try #require(collection.splits.first)
    let run = try index.run(set.queries, k: 3, context: WorkContext())
    let report = EvaluationReport(
      run: run, set: set, identity: "tiny", metrics: [try MetricName("ndcg@10")], isSeeded: true)
    return (
      try Self.encoded(stored), report.encoded(), Holdings(corpus: corpus, postings: segment)
    )
  }

  /// The objects that the index names.
  private struct Holdings {
    let corpus: ArtifactHandle
    let postings: ArtifactHandle

    func index(_ bytes: [UInt8]) throws -> StoredIndex {
      try StoredIndex(decoding: SharedBytes(bytes)) { kind, digest in
        for handle in [corpus, postings] where handle.kind == kind && handle.digest == digest {
          return handle
        }
        return CodecTests.handle(kind, digest)
      }
    }
  }

  /// All that an index writes, piece by piece.
  private static func encoded(_ index: StoredIndex) throws -> [UInt8] {
    let bytes = Mutex<[UInt8]>([])
    try index.encode(to: ByteSink { piece in bytes.withLock { $0 += piece } })
    return bytes.withLock { $0 }
  }

  @Test func indexAndReportComeBackAndSurviveDamage() throws {
    let (index, report, holdings) = try pieces()
    let back = try holdings.index(index)
    #expect(try Self.encoded(back) == index)
    #expect(try back.retriever().documentCount == 2)
    #expect(try EvaluationReport(decoding: report).encoded() == report)
    #expect(throws: (any Error).self) { try holdings.index([]) }
    #expect(throws: (any Error).self) {
      try holdings.index(Array(index.prefix(32)))
    }
    #expect(throws: (any Error).self) { try EvaluationReport(decoding: []) }
    var stream = RandomStream(seed: 1, purpose: "test/damage-objects")
    for bytes in [index, report] {
      for _ in 0..<1500 {
        var damaged = bytes
        switch stream.below(3) {
        case 0: damaged = Array(damaged.prefix(stream.below(damaged.count)))
        case 1: damaged[stream.below(damaged.count)] ^= UInt8(1 << stream.below(8))
        default: damaged[stream.below(damaged.count)] = 0xFF
        }
        // Whatever can be read is safe to use.
        if let read = try? holdings.index(damaged) {
          _ = try? read.retriever().search("zinc tea", k: 3)
          _ = try? read.facts()
        }
        if let read = try? EvaluationReport(decoding: damaged) {
          _ = try? read.summary()
          _ = read.queryTable
          _ = try? read.disagreements(with: read, metric: nil, count: 3)
        }
      }
    }
  }
}
