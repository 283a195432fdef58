package import Corpora
package import Evaluation
import Language

/// What `evaluate` found: each query's value of each metric, and the ranking behind it.
package struct EvaluationReport: Sendable {
  /// The identity of the data set: results with the same one are resampled alike, so paired.
  package let identity: String
  /// Whether seeded work went into what was measured.
  package let isSeeded: Bool
  /// In the order in which they were asked for.
  package let metrics: [MetricName]
  package let results: PerQueryResults
  /// The text of each query of ``results``.
  package let texts: [String]
  package let run: Run

  /// Measures a run on the judged queries of a data set.
  package init(run: Run, set: JudgedSet, identity: String, metrics: [MetricName], isSeeded: Bool) {
    let texts = Dictionary(set.queries.map { ($0.id, $0.text) }) { first, _ in first }
    self.identity = identity
    self.isSeeded = isSeeded
    self.metrics = metrics
    results = Evaluation.evaluate(
      run: Dictionary(run.rankings.map { ($0.queryID, $0.entries.map(\.documentID)) }) {
        first, _ in first
      },
      judgements: set.judgements.filter { texts[$0.key] != nil }, metrics: metrics)
    self.texts = results.queries.map { texts[$0] ?? "" }
    self.run = run
  }

  /// The mean of a metric with its replicates over queries; nil where it was not measured.
  package func measured(_ metric: MetricName) throws -> Measured? {
    guard metrics.contains(metric) else { return nil }
    return try results.mean(of: metric, identity: identity, seeds: isSeeded ? 1 : 0)
  }

  /// A table with a row a query: its id, its text, and each metric.
  package var queryTable: Value {
    .table(
      columns: ["query", "text"] + metrics.map(\.description),
      rows: results.queries.indices.map { query in
        [.string(results.queries[query]), .string(texts[query])]
          + metrics.map { .number(results.columns[$0]?[query] ?? .nan) }
      })
  }

  /// A table with a row a metric: its mean with its interval.
  package func summary() throws -> Value {
    .table(
      columns: ["metric", "value"],
      rows: try metrics.map { metric in
        [.string(metric.description), try measured(metric).map { .measured($0) } ?? .none]
      })
  }

  /// The queries on which two reports differ most, ties by query id.
  package func disagreements(
    with other: EvaluationReport, metric wanted: MetricName?, count: Int
  ) throws -> Value {
    guard let metric = wanted ?? metrics.first(where: other.metrics.contains),
      metrics.contains(metric), other.metrics.contains(metric)
    else {
      throw VerbError(
        "the reports share no metric\(wanted.map { " '\($0)'" } ?? "")", parameter: "metric",
        help: "one has \(list(metrics)); the other has \(list(other.metrics))")
    }
    guard identity == other.identity else {
      throw VerbError(
        "the reports are on different data sets", parameter: "second",
        help: "evaluate both on the same queries")
    }
    let texts = Dictionary(zip(results.queries, texts)) { first, _ in first }
    let rows = try Evaluation.disagreements(
      results, other.results, on: metric, limit: count)
    return .table(
      columns: ["query", "text", "first", "second", "difference"],
      rows: rows.map { row in
        [
          .string(row.query), .string(texts[row.query] ?? ""), .number(row.left),
          .number(row.right), .number(row.difference),
        ]
      })
  }

  private func list(_ metrics: [MetricName]) -> String {
    metrics.map(\.description).joined(separator: ", ")
  }
}

extension EvaluationReport {
  private static let format = "poise-report-1"

  /// The report as bytes; the same report gives the same bytes.
  package func encoded() -> [UInt8] {
    var encoder = ValueEncoder()
    encoder.append(Self.format)
    encoder.append(identity)
    encoder.append(isSeeded ? 1 : 0)
    for count in [results.withoutRelevant, results.unanswered, results.unjudged] {
      encoder.append(count)
    }
    encoder.append(results.queries.count)
    for text in results.queries + texts { encoder.append(text) }
    encoder.append(metrics.count)
    for metric in metrics {
      encoder.append(metric.description)
      for value in results.columns[metric] ?? [] { encoder.append(value) }
    }
    return encoder.bytes + run.encoded()
  }

  /// Reads ``encoded()``; hostile bytes throw.
  package init(decoding bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { buffer in
      var decoder = ValueDecoder(buffer) { kind, digest, isSeeded in
        ArtifactHandle(kind: kind, digest: digest, isSeeded: isSeeded) {
          throw ArtifactLost(digest: digest)
        }
      }
      guard try decoder.string() == Self.format else { throw VerbError("not a report") }
      let identity = try decoder.string()
      let isSeeded = try decoder.count(unit: 0) == 1
      let counts = try (0..<3).map { _ in try decoder.count(unit: 0) }
      let count = try decoder.count(unit: 16)
      let ids = try (0..<count).map { _ in try decoder.string() }
      let texts = try (0..<count).map { _ in try decoder.string() }
      var metrics: [MetricName] = []
      var columns: [MetricName: [Double]] = [:]
      for _ in 0..<(try decoder.count(unit: 8)) {
        let metric = try MetricName(try decoder.string())
        metrics.append(metric)
        columns[metric] = try decoder.doubles(count)
      }
      return EvaluationReport(
        identity: identity, isSeeded: isSeeded, metrics: metrics,
        results: try PerQueryResults(
          checking: ids, columns: columns, withoutRelevant: counts[0], unanswered: counts[1],
          unjudged: counts[2]),
        texts: texts, run: try Run(decoding: Array(decoder.remaining)))
    }
  }

  private init(
    identity: String, isSeeded: Bool, metrics: [MetricName], results: PerQueryResults,
    texts: [String], run: Run
  ) {
    self.identity = identity
    self.isSeeded = isSeeded
    self.metrics = metrics
    self.results = results
    self.texts = texts
    self.run = run
  }
}
