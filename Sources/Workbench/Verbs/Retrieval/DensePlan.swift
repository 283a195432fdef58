import Corpora
import Retrieval

/// What building dense indexes takes, from what is known before: sizes and the work on vectors by
/// ``VectorEstimate``, to which comes what the encoder takes.
enum DensePlan {
  /// Encoding a corpus into one vector a document.
  static func embedding(_ arguments: Arguments, by verb: String? = nil) throws -> PlannedWork {
    let known = try Known(arguments)
    let estimate = VectorEstimate.flat(documents: known.corpus.count, dimension: known.dimension)
    return try known.work(estimate, encodedBy: verb)
  }

  /// Encoding a corpus into one vector a token.
  static func tokens(_ arguments: Arguments, by verb: String? = nil) throws -> PlannedWork {
    let known = try Known(arguments)
    let estimate = VectorEstimate.lateInteraction(
      documents: known.corpus.count, tokens: known.tokens, dimension: known.dimension,
      precision: arguments["precision"].text == "float32" ? .float32 : .int8)
    return try known.work(estimate, encodedBy: verb)
  }

  /// Encoding all documents that an index may find; nil where a reranker encodes none of them yet.
  static func candidates(_ arguments: Arguments) throws -> PlannedWork? {
    guard !arguments.isNone("encoder"), try arguments.boolean("ahead") else { return nil }
    let encoder = try arguments.handle("encoder", .encoder).object(as: StoredEncoder.self)
    let corpora = try arguments.handle("index", .index).object(as: StoredIndex.self).corpora()
      .map { try $0.object(as: Corpus.self) }
    let known = try corpora.map { try Known(corpus: $0, encoder: encoder) }
    let verb = try arguments.boolean("tokens") ? "embed_tokens" : "embed"
    var planned = PlannedWork()
    for known in known {
      let estimate =
        verb == "embed"
        ? VectorEstimate.flat(documents: known.corpus.count, dimension: known.dimension)
        : VectorEstimate.lateInteraction(
          documents: known.corpus.count, tokens: known.tokens, dimension: known.dimension,
          precision: .int8)
      let work = try known.work(estimate, encodedBy: verb)
      planned.memoryBytes = max(planned.memoryBytes ?? 0, work.memoryBytes ?? 0)
      planned.operations = (planned.operations ?? 0) + (work.operations ?? 0)
      planned.parts += work.parts
    }
    planned.note = "about \(counted(known.reduce(0) { $0 + $1.tokens }, "token"))"
    return planned
  }

  /// Encoding a corpus and linking its vectors.
  static func graph(_ arguments: Arguments) throws -> PlannedWork {
    let known = try Known(arguments)
    let estimate = try hnsw(
      count: known.corpus.count, dimension: known.dimension, arguments)
    var work = try known.work(estimate, encodedBy: "embed")
    work.operations = (work.operations ?? 0) + estimate.buildOperations
    work.parts.append(linking(estimate, by: "link"))
    return work
  }

  /// Linking vectors that are there.
  static func linking(_ vectors: VectorMatrix, _ arguments: Arguments) throws -> PlannedWork {
    let estimate = try hnsw(count: vectors.count, dimension: vectors.dimension, arguments)
    return PlannedWork(
      memoryBytes: bytes(estimate.peakBytes), operations: estimate.buildOperations,
      parts: [linking(estimate, by: nil)])
  }

  private static func linking(_ estimate: VectorEstimate, by verb: String?) -> PlannedWork.Part {
    PlannedWork.Part(
      verb: verb, amount: estimate.buildOperations, assumedRate: VectorEstimate.linkingRate)
  }

  private static func hnsw(
    count: Int, dimension: Int, _ arguments: Arguments
  ) throws -> VectorEstimate {
    .hnsw(
      documents: count, dimension: dimension,
      options: try HNSWOptions(
        m: try arguments.integer("m", in: HNSWOptions.degrees),
        efConstruction: try arguments.integer(
          "ef_construction", in: HNSWOptions.constructionWidths)))
  }

  private static func bytes(_ number: Double) -> Int { Int(min(max(0, number), 1e18)) }

  /// The documents and the encoder of a call.
  private struct Known {
    let corpus: Corpus
    let encoder: StoredEncoder
    let dimension: Int
    /// About how many tokens the encoder reads: one of running text has some five bytes, the space
    /// included, and long texts are cut.
    let tokens: Int

    init(_ arguments: Arguments) throws {
      try self.init(
        corpus: try arguments.handle("corpus", .corpus).object(as: Corpus.self),
        encoder: try arguments.handle("encoder", .encoder).object(as: StoredEncoder.self))
    }

    init(corpus: Corpus, encoder: StoredEncoder) throws {
      self.corpus = corpus
      self.encoder = encoder
      let engine = try encoder.encoder()
      dimension = engine.dimension
      let longest = engine.maximumLength
      var tokens = 0
      for index in 0..<corpus.count {
        let bytes = corpus.textBytes(at: index).count + corpus.titleBytes(at: index).count
        tokens += min(longest, bytes / 5 + 2)
      }
      self.tokens = tokens
    }

    /// What encoding takes, beside what becomes of the vectors.
    func work(_ estimate: VectorEstimate, encodedBy verb: String?) throws -> PlannedWork {
      let operations = try encoder.operations(tokens: tokens)
      let seconds =
        operations / PlannedWork.Part.assumedOperations + Double(tokens) * Self.secondsPerToken
      return PlannedWork(
        memoryBytes: DensePlan.bytes(estimate.peakBytes + encoder.workingBytes),
        operations: operations, note: "about \(counted(tokens, "token"))",
        parts: [
          PlannedWork.Part(
            verb: verb, amount: operations, assumedRate: operations / max(seconds, 1e-9))
        ])
    }

    /// What finding a token in a text and looking up its row takes.
    private static let secondsPerToken = 5e-7
  }
}

extension StoredEncoder {
  /// Memory that encoding takes beyond the results, at most: of the batch that is under way.
  fileprivate var workingBytes: Double {
    switch engine {
    case .fixed, .projected: 16e6
    case .bert, .decoder: 256e6
    }
  }
}
