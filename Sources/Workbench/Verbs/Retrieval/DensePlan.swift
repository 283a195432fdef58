import Corpora
import Retrieval

/// What building dense indexes takes, from what is known before.
enum DensePlan {
  /// Encoding a corpus into one vector a document.
  static func embedding(_ arguments: Arguments) throws -> PlannedWork {
    let (corpus, encoder) = try known(arguments)
    let tokens = estimatedTokens(corpus, encoder)
    return PlannedWork(
      memoryBytes: (256 << 20) + 4 * corpus.count * (try encoder.encoder().dimension),
      operations: try encoder.operations(tokens: tokens),
      note: "about \(counted(tokens, "token"))")
  }

  /// Encoding a corpus into one vector a token.
  static func tokens(_ arguments: Arguments) throws -> PlannedWork {
    let (corpus, encoder) = try known(arguments)
    let tokens = estimatedTokens(corpus, encoder)
    let bytes = arguments["precision"].text == "float32" ? 4 : 1
    return PlannedWork(
      memoryBytes: (512 << 20) + (bytes + 2) * tokens * (try encoder.encoder().dimension),
      operations: try encoder.operations(tokens: tokens),
      note: "about \(counted(tokens, "token"))")
  }

  /// Encoding all documents that an index may find; nil where a reranker encodes none of them yet.
  static func candidates(_ arguments: Arguments) throws -> PlannedWork? {
    guard !arguments.isNone("encoder"), try arguments.boolean("ahead") else { return nil }
    let encoder = try arguments.handle("encoder", .encoder).object(as: StoredEncoder.self)
    let corpora = try arguments.handle("index", .index).object(as: StoredIndex.self).corpora()
      .map { try $0.object(as: Corpus.self) }
    let tokens = corpora.reduce(0) { $0 + estimatedTokens($1, encoder) }
    let rows =
      try arguments.boolean("tokens") ? tokens / 4 : corpora.reduce(0) { $0 + $1.count }
    return PlannedWork(
      memoryBytes: (512 << 20) + 4 * rows * (try encoder.encoder().dimension),
      operations: try encoder.operations(tokens: tokens),
      note: "about \(counted(tokens, "token"))")
  }

  /// Encoding a corpus and linking its vectors.
  static func graph(_ arguments: Arguments) throws -> PlannedWork {
    let (corpus, encoder) = try known(arguments)
    var work = try embedding(arguments)
    let links = try graph(
      count: corpus.count, dimension: try encoder.encoder().dimension, arguments)
    work.memoryBytes = (work.memoryBytes ?? 0) + (links.memoryBytes ?? 0)
    work.operations = (work.operations ?? 0) + (links.operations ?? 0)
    return work
  }

  /// Linking vectors.
  static func graph(count: Int, dimension: Int, _ arguments: Arguments) throws -> PlannedWork {
    let m = try arguments.integer("m", in: 2...512)
    let width = try arguments.integer("ef_construction", in: 1...100_000)
    // A byte a component and 2 m links a row; a walk looks at some 8 rows for each that it keeps.
    return PlannedWork(
      memoryBytes: (64 << 20) + count * (dimension + 64 + 12 * m),
      operations: 2 * Double(count) * Double(dimension) * Double(8 * width))
  }

  private static func known(_ arguments: Arguments) throws -> (Corpus, StoredEncoder) {
    (
      try arguments.handle("corpus", .corpus).object(as: Corpus.self),
      try arguments.handle("encoder", .encoder).object(as: StoredEncoder.self)
    )
  }

  /// A token of running text has some five bytes, the space included; encoders cut long texts.
  private static func estimatedTokens(_ corpus: Corpus, _ encoder: StoredEncoder) -> Int {
    let longest = (try? encoder.encoder().maximumLength) ?? 512
    return (0..<corpus.count).reduce(0) { sum, index in
      sum
        + min(
          longest, (corpus.textBytes(at: index).count + corpus.titleBytes(at: index).count) / 5 + 2)
    }
  }
}
