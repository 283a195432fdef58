import Bytes
public import Corpora
public import Execution
import Retrieval
import Tensors

/// Where documents come from that a query should be told apart from, besides the other queries'.
public enum Negatives: Sendable, Hashable {
  /// The other documents of the batch, and no more.
  case inBatch
  /// For each query a document that BM25 ranks high though it is not judged relevant.
  case bm25(NegativeWindow)
  /// For each query a document that the encoder itself ranks high before training, by exact
  /// search (ANCE's negatives, Xiong et al. 2020, without the refreshing).
  case mined(NegativeWindow)

  /// The setting of a name: `in-batch`, `bm25` or `mined`; nil for another.
  public init?(_ name: String) {
    switch name {
    case "in-batch": self = .inBatch
    case "bm25": self = .bm25(.standard)
    case "mined": self = .mined(.standard)
    default: return nil
    }
  }

  /// The names that ``init(_:)`` knows.
  public static let names = ["in-batch", "bm25", "mined"]

  /// The name of the setting.
  public var name: String {
    switch self {
    case .inBatch: "in-batch"
    case .bm25: "bm25"
    case .mined: "mined"
    }
  }

  var window: NegativeWindow? {
    switch self {
    case .inBatch: nil
    case .bm25(let window), .mined(let window): window
    }
  }
}

/// Which ranks of a search are negatives; the very first often are relevant and not judged.
public struct NegativeWindow: Sendable, Hashable {
  /// Ranks among the documents that are not relevant, from 0.
  public var ranks: Range<Int>
  /// How many are drawn for each query and epoch.
  public var perQuery: Int

  /// A window of ranks.
  public init(ranks: Range<Int>, perQuery: Int = 1) {
    self.ranks = ranks
    self.perQuery = perQuery
  }

  /// Ranks 10 to 49, one a query.
  public static let standard = NegativeWindow(ranks: 10..<50)

  func validate() throws(ContrastiveError) {
    guard ranks.lowerBound >= 0, !ranks.isEmpty, ranks.upperBound <= 10_000 else {
      throw .outOfRange(
        name: "the window of negatives", got: "\(ranks)", expected: "ranks within 0..<10000")
    }
    guard 1...64 ~= perQuery else {
      throw .outOfRange(
        name: "the negatives of a query", got: "\(perQuery)", expected: "1 to 64")
    }
  }
}

/// Finds documents that are near a query and not relevant to it.
public protocol NegativeSource: Sendable {
  /// For each query of the examples the documents that negatives are drawn from, by their
  /// positions in the corpus; none of them is relevant to the query.
  ///
  /// - Throws: What searching throws; cancellation.
  func candidates(
    for examples: ContrastiveExamples, context: WorkContext
  ) throws -> [[Int]]
}

/// Negatives by BM25.
public struct LexicalNegatives: NegativeSource {
  /// Which ranks are taken.
  public let window: NegativeWindow

  /// Negatives at some ranks.
  public init(_ window: NegativeWindow = .standard) { self.window = window }

  /// The documents of the window; the nearest ranks above it where too few match.
  public func candidates(
    for examples: ContrastiveExamples, context: WorkContext
  ) throws -> [[Int]] {
    let index = try BM25Index.build(examples.corpus, context: context)
    let widest = examples.relevant.reduce(0) { max($0, $1.count) }
    let found = try index.searchAll(
      examples.queries, k: window.ranks.upperBound + widest, filter: nil, context: context)
    return found.enumerated().map { query, hits in
      window.candidates(
        of: hits.compactMap { examples.corpus.index(ofID: $0.documentID) }, query: query, examples)
    }
  }
}

/// Negatives by an encoder's own exact search.
public struct MinedNegatives<Encoder: TextEncoder>: NegativeSource {
  /// What ranks the documents.
  public let encoder: Encoder
  /// Which ranks are taken.
  public let window: NegativeWindow

  /// Negatives at some ranks of an encoder's search.
  public init(_ encoder: Encoder, window: NegativeWindow = .standard) {
    self.encoder = encoder
    self.window = window
  }

  /// The documents of the window. Costs the encoding of the whole corpus.
  public func candidates(
    for examples: ContrastiveExamples, context: WorkContext
  ) throws -> [[Int]] {
    let documents = try encoder.encode(
      examples.corpus.documents.map(\.encodedText), as: .document, context: context)
    let queries = try encoder.encode(examples.queries, as: .query, context: context)
    let blas = try BLAS.shared()
    let (count, dimension) = (documents.count, documents.dimension)
    let block = 32
    let blocks = (queries.count + block - 1) / block
    let found = try parallelMap(blocks, context: context) { number in
      let range = number * block..<min(queries.count, (number + 1) * block)
      let scores = FloatBuffer(count: range.count * count)
      blas.multiply(
        queries.vectors.base + range.lowerBound * dimension, documents.vectors.base,
        into: scores.base, m: range.count, n: count, k: dimension, transposeB: true)
      return range.map { query in
        let row = UnsafeBufferPointer(
          start: scores.base + (query - range.lowerBound) * count, count: count)
        let limit = window.ranks.upperBound + examples.relevant[query].count
        return window.candidates(of: Self.best(row, limit: limit), query: query, examples)
      }
    }
    return Array(found.joined())
  }

  /// The positions of the highest scores, best first, ties by position.
  private static func best(_ scores: UnsafeBufferPointer<Float>, limit: Int) -> [Int] {
    // The limit-th highest score bounds what has to be sorted.
    guard limit < scores.count else {
      return scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
    }
    let threshold = scores.sorted(by: >)[max(0, limit - 1)]
    let candidates = scores.indices.filter { scores[$0] >= threshold }
    return Array(
      candidates.sorted { (-scores[$0], $0) < (-scores[$1], $1) }.prefix(limit))
  }
}

extension NegativeWindow {
  /// Of documents best first those in the window that are not relevant to a query.
  ///
  /// Where fewer documents match than the window begins at, the last ones that do.
  func candidates(
    of ranked: [Int], query: Int, _ examples: ContrastiveExamples
  ) -> [Int] {
    let negatives = ranked.filter { !examples.isRelevant($0, to: query) }
    if negatives.count > ranks.lowerBound {
      return Array(negatives[ranks.clamped(to: 0..<negatives.count)])
    }
    return Array(negatives.suffix(min(ranks.count, perQuery)))
  }
}
