/// The value of each metric for each query, so that means have intervals and differences are
/// paired.
public struct PerQueryResults: Sendable, Hashable {
  /// The ids of the queries that were scored, ascending.
  public let queries: [String]
  /// For each metric one value per query, in the order of ``queries``.
  public let columns: [MetricName: [Double]]
  /// How many judged queries were left out since no document is relevant to them.
  public let withoutRelevant: Int
  /// How many queries found nothing; they score 0.
  public let unanswered: Int
  /// How many queries of the run have no judgements; they are ignored.
  public let unjudged: Int

  /// Why results could not be made or compared.
  public enum Failure: Error, Sendable, Hashable {
    /// The metric was not computed; `known` are those that were.
    case metric(String, known: [String])
    /// No query has a relevant document.
    case noQueries(withoutRelevant: Int)
    /// A metric has not one value per query.
    case valueCount(metric: String, got: Int, expected: Int)
    /// The queries are not in ascending order, or one comes twice.
    case queryOrder(String)
    /// The two results are not about the same queries; `only` names one that one of them lacks.
    case queries(only: String)
  }

  /// Results read back from where they were stored, or made by other means.
  ///
  /// - Throws: ``Failure/queryOrder(_:)``, ``Failure/valueCount(metric:got:expected:)``.
  public init(
    checking queries: [String], columns: [MetricName: [Double]], withoutRelevant: Int = 0,
    unanswered: Int = 0, unjudged: Int = 0
  ) throws {
    for (query, next) in zip(queries, queries.dropFirst()) where query >= next {
      throw Failure.queryOrder(next)
    }
    for (metric, values) in columns where values.count != queries.count {
      throw Failure.valueCount(
        metric: metric.description, got: values.count, expected: queries.count)
    }
    self.init(
      queries: queries, columns: columns, withoutRelevant: withoutRelevant,
      unanswered: unanswered, unjudged: unjudged)
  }

  init(
    queries: [String], columns: [MetricName: [Double]], withoutRelevant: Int, unanswered: Int,
    unjudged: Int
  ) {
    self.queries = queries
    self.columns = columns
    self.withoutRelevant = withoutRelevant
    self.unanswered = unanswered
    self.unjudged = unjudged
  }

  /// The metric's value for each query.
  ///
  /// - Throws: ``Failure/metric(_:known:)``.
  public func values(of metric: MetricName) throws -> [Double] {
    guard let values = columns[metric] else {
      throw Failure.metric(
        metric.description, known: columns.keys.map(\.description).sorted())
    }
    return values
  }

  /// The mean of a metric over the queries, with its replicates.
  ///
  /// - Parameters:
  ///   - metric: One of those that were computed.
  ///   - identity: The identity of the data set; results that share it are paired.
  ///   - seeds: 0 where no seeded work was involved, 1 for one seed.
  /// - Returns: The mean.
  /// - Throws: ``Failure/metric(_:known:)``, ``Failure/noQueries(withoutRelevant:)``, and what
  ///   ``Measured/mean(of:identity:seeds:range:)`` throws.
  public func mean(of metric: MetricName, identity: String, seeds: Int) throws -> Measured {
    let values = try values(of: metric)
    guard !values.isEmpty else { throw Failure.noQueries(withoutRelevant: withoutRelevant) }
    return try Measured.mean(of: values, identity: identity, seeds: seeds)
  }
}

/// One query on which two results differ.
public struct Disagreement: Sendable, Hashable {
  /// The query's id.
  public let query: String
  /// The first result's value.
  public let left: Double
  /// The second result's value.
  public let right: Double

  /// The first result's value less the second's.
  public var difference: Double { left - right }
}

/// The queries on which two results differ most, largest difference first, ties by query id.
///
/// - Parameters:
///   - left: The first result.
///   - right: The second result, on the same queries.
///   - metric: What to compare.
///   - limit: How many to return at most. Queries with equal values are never among them.
/// - Returns: The queries with both values.
/// - Throws: ``PerQueryResults/Failure`` where a metric is lacking or the queries differ.
/// - Complexity: O(n log n) for n queries.
public func disagreements(
  _ left: PerQueryResults, _ right: PerQueryResults, on metric: MetricName, limit: Int
) throws -> [Disagreement] {
  if left.queries != right.queries {
    let only = Set(left.queries).symmetricDifference(right.queries).min()
    throw PerQueryResults.Failure.queries(only: only ?? "")
  }
  let pairs = zip(try left.values(of: metric), try right.values(of: metric))
  let all = zip(left.queries, pairs).map { query, pair in
    Disagreement(query: query, left: pair.0, right: pair.1)
  }
  let sorted = all.filter { $0.left != $0.right }.sorted {
    let (a, b) = (abs($0.difference), abs($1.difference))
    return a != b ? a > b : $0.query < $1.query
  }
  return Array(sorted.prefix(max(0, limit)))
}
