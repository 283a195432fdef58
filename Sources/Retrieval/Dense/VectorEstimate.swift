/// What an index of vectors will take, before it is made: for plans, and to refuse what does not
/// fit into memory.
public struct VectorEstimate: Sendable, Hashable {
  /// Bytes that the stored form takes.
  public var storedBytes: Double
  /// Bytes of memory at most while it is made and searched, the stored form included.
  public var peakBytes: Double
  /// Floating-point operations, products and sums counted apart, of making it from vectors that
  /// are there. What the encoder takes comes on top.
  public var buildOperations: Double
  /// Floating-point operations of one search.
  public var operationsPerQuery: Double

  /// Operations of ``buildOperations`` that two cores with AVX-512 do in a second while they link a
  /// graph, memory's share included; measured at 100,000 rows of 384.
  public static let linkingRate = 9e10

  /// An exact index of one vector a document.
  ///
  /// A search one by one reads about a quarter of the stored bytes once the rows' bounds are there.
  public static func flat(documents: Int, dimension: Int) -> VectorEstimate {
    let rows = Double(max(0, documents))
    let width = Double(max(0, dimension))
    let stored = 64 + rows * width * 4
    return VectorEstimate(
      storedBytes: stored, peakBytes: stored + rows * (width + 72) + 4e6,
      buildOperations: 2 * rows * width, operationsPerQuery: 2 * rows * width)
  }

  /// A graph over one vector a document, the vectors included.
  ///
  /// - Parameters:
  ///   - documents: How many documents there are.
  ///   - dimension: The number of components of a vector.
  ///   - options: How the graph is built.
  ///   - efSearch: How many candidates a search keeps.
  /// - Returns: The estimate; of the graph it is that of ``HNSWGraph/plan(count:dimension:options:)``.
  public static func hnsw(
    documents: Int, dimension: Int, options: HNSWOptions, efSearch: Int = 100
  ) -> VectorEstimate {
    let vectors = flat(documents: documents, dimension: dimension)
    let plan = HNSWGraph.plan(count: documents, dimension: dimension, options: options)
    let rows = Double(max(0, documents))
    let width = Double(max(0, dimension))
    let kept = min(rows, Double(max(efSearch, 10)))
    // A search scores about m new neighbours of each candidate kept, and the best exactly.
    let scored = min(rows, kept * Double(options.m))
    return VectorEstimate(
      storedBytes: vectors.storedBytes + Double(plan.storedBytes),
      peakBytes: vectors.storedBytes + Double(plan.workingBytes) + 4 * rows,
      buildOperations: vectors.buildOperations + 2 * plan.operations,
      operationsPerQuery: 2 * (scored + min(kept, 30)) * width)
  }

  /// Late interaction over so many tokens.
  ///
  /// - Parameters:
  ///   - documents: How many documents there are.
  ///   - tokens: How many tokens they have together.
  ///   - dimension: The number of components of a vector.
  ///   - queryTokens: How many tokens a query has.
  ///   - precision: How rows are stored.
  ///   - pruning: How searches avoid reading all.
  /// - Returns: The estimate.
  public static func lateInteraction(
    documents: Int, tokens: Int, dimension: Int, queryTokens: Int = 16,
    precision: TokenMatrix.Precision = .int8,
    pruning: LateInteractionIndex.Pruning = .centroids(rescored: 256)
  ) -> VectorEstimate {
    let rows = Double(max(0, tokens))
    let texts = Double(max(0, documents))
    let width = Double(max(0, dimension))
    let asked = Double(max(0, queryTokens))
    let centroids = Double(TokenMatrix.centroidCount(forTokens: max(0, tokens)))
    let row = precision == .int8 ? width + 4 : width * 4
    let stored =
      256 + texts * 4 + rows * (row + (centroids > 0 ? 2 : 0)) + centroids * width * 4
    let sample = min(rows, centroids * Double(Centroids.sampled))
    let assigned = sample * Double(Centroids.rounds) + (centroids > 0 ? rows : 0)
    let all = 2 * rows * width * asked
    var search = all
    if case .centroids(let rescored) = pruning, centroids > 0, texts > Double(rescored) {
      search = 2 * centroids * width * asked + rows * asked + all * Double(rescored) / texts
    }
    // The rows are gathered before they are laid out, twice where centroids are found.
    return VectorEstimate(
      storedBytes: stored,
      peakBytes: stored + rows * row * (centroids > 0 ? 2 : 1) + 2 * sample * width * 4,
      buildOperations: 2 * assigned * centroids * width, operationsPerQuery: search)
  }

  /// What an encoder of so many parameters does with so many tokens: 2 operations a parameter and
  /// token.
  public static func encodingOperations(parameters: Int, tokens: Int) -> Double {
    2 * Double(max(0, parameters)) * Double(max(0, tokens))
  }
}
