/// How a graph is built.
public struct HNSWOptions: Sendable, Hashable {
  /// Links of a node on every level but the lowest, which has twice as many.
  public var m: Int
  /// How many candidates the search for a new node's neighbours keeps.
  public var efConstruction: Int
  /// Draws the levels of nodes and the order in which they come.
  public var seed: UInt64

  /// What ``m`` may be.
  public static let degrees = 2...512
  /// What ``efConstruction`` may be.
  public static let constructionWidths = 1...100_000

  /// Options, checked.
  ///
  /// - Throws: ``GraphError/outOfRange(option:allowed:got:)``.
  public init(m: Int = 16, efConstruction: Int = 200, seed: UInt64 = 0) throws(GraphError) {
    guard Self.degrees.contains(m) else {
      throw .outOfRange(option: "m", allowed: Self.degrees, got: m)
    }
    guard Self.constructionWidths.contains(efConstruction) else {
      throw .outOfRange(
        option: "ef_construction", allowed: Self.constructionWidths, got: efConstruction)
    }
    self.m = m
    self.efConstruction = efConstruction
    self.seed = seed
  }
}

/// Why a graph could not be built or searched.
public enum GraphError: Error, Hashable, Sendable {
  /// An option is not one that a graph can be built with.
  case outOfRange(option: String, allowed: ClosedRange<Int>, got: Int)
  /// A row has a component that is not a number, or is infinite.
  case notFinite(row: Int)
  /// A row's length is past what products of float32 can hold.
  case tooLong(row: Int, longest: Double)
  /// Vectors have no components, or more than a graph's integers can hold.
  case dimension(allowed: ClosedRange<Int>, got: Int)
  /// More rows than a graph can number.
  case tooManyRows(most: Int, got: Int)
  /// The rows given with a graph are not the ones that it was built of.
  case otherRows(expectedCount: Int, expectedDimension: Int, gotCount: Int, gotDimension: Int)
  /// A query is not finite, or too long.
  case badQuery(longest: Double)
  /// A part's map from old rows to new ones does not fit the rows.
  case badMapping(part: Int, row: Int)
}

extension GraphError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .outOfRange(let option, let allowed, let got):
      "\(option) is \(got); it must be from \(allowed.lowerBound) to \(allowed.upperBound)"
    case .notFinite(let row):
      "vector \(row) has a component that is not a finite number"
    case .tooLong(let row, let longest):
      "vector \(row) is longer than \(longest), the longest that products can hold"
    case .dimension(let allowed, let got):
      "vectors have \(got) components; a graph takes from \(allowed.lowerBound) to "
        + "\(allowed.upperBound)"
    case .tooManyRows(let most, let got):
      "\(got) vectors are more than a graph can number, which is \(most)"
    case .otherRows(let expectedCount, let expectedDimension, let gotCount, let gotDimension):
      "the graph is of \(expectedCount) vectors of \(expectedDimension) components, "
        + "got \(gotCount) of \(gotDimension)"
    case .badQuery(let longest):
      "the query's vector has a component that is not a finite number, or is longer than "
        + "\(longest)"
    case .badMapping(let part, let row):
      "row \(row) of part \(part) has no place of its own among the new rows"
    }
  }
}
