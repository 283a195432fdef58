import Glibc

/// Scores rankings against relevance judgements, by trec_eval's definitions.
///
/// A document is relevant with a grade of 1 or more; lower grades gain nothing. Gains are the
/// grades themselves (trec_eval's `ndcg_cut`, not the 2^grade - 1 of other programs). `precision@K`
/// divides by K even where fewer documents came back. A document that comes a second time in a
/// ranking is passed over.
///
/// - Parameters:
///   - run: For each query the ids of the documents found, best first.
///   - judgements: For each query the grades of the judged documents.
///   - metrics: What to compute; one that is named twice is computed once.
/// - Returns: One value per metric for every query with a relevant document, by query id. A query
///   that the run lacks scores 0, as under trec_eval's `-c`. Queries without relevant documents
///   can't be scored by any system and are left out and counted (trec_eval scores them 0).
/// - Complexity: O(documents in the run + judgements) for each metric, and one sort of the grades.
public func evaluate(
  run: [String: [String]], judgements: [String: [String: Int]], metrics: [MetricName]
) -> PerQueryResults {
  var distinct: [MetricName] = []
  for metric in metrics where !distinct.contains(metric) { distinct.append(metric) }
  var queries: [String] = []
  var columns = [[Double]](repeating: [], count: distinct.count)
  var withoutRelevant = 0
  var missing = 0
  for query in judgements.keys.sorted() {
    let grades = judgements[query] ?? [:]
    let ideal = grades.values.filter { $0 > 0 }.sorted(by: >)
    guard !ideal.isEmpty else {
      withoutRelevant += 1
      continue
    }
    let found = run[query] ?? []
    if found.isEmpty { missing += 1 }
    var seen: Set<String> = []
    let ranked = found.filter { seen.insert($0).inserted }.map { max(0, grades[$0] ?? 0) }
    queries.append(query)
    for (index, metric) in distinct.enumerated() {
      columns[index].append(metric.value(ranked: ranked, ideal: ideal))
    }
  }
  return PerQueryResults(
    queries: queries, columns: Dictionary(uniqueKeysWithValues: zip(distinct, columns)),
    withoutRelevant: withoutRelevant, unanswered: missing,
    unjudged: run.keys.count { judgements[$0] == nil })
}

extension MetricName {
  /// The metric of one ranking.
  ///
  /// - Parameters:
  ///   - ranked: The grade of the document at each rank, 0 where it is irrelevant or unjudged.
  ///   - ideal: The positive grades of all judged documents, descending, at least one.
  /// - Returns: A value in 0…1; 0 without relevant documents.
  package func value(ranked: [Int], ideal: [Int]) -> Double {
    guard !ideal.isEmpty else { return 0 }
    let depth = min(cutoff ?? ranked.count, ranked.count)
    let top = ranked.prefix(depth)
    let relevant = Double(ideal.count)
    switch kind {
    case .ndcg:
      return discountedGain(top) / discountedGain(ideal.prefix(cutoff ?? ideal.count))
    case .recall:
      return Double(top.count { $0 > 0 }) / relevant
    case .precision:
      return Double(top.count { $0 > 0 }) / Double(max(1, cutoff ?? depth))
    case .map:
      var found = 0.0
      var sum = 0.0
      for (index, grade) in top.enumerated() where grade > 0 {
        found += 1
        sum += found / Double(index + 1)
      }
      return sum / relevant
    case .mrr:
      return top.firstIndex { $0 > 0 }.map { 1 / Double($0 + 1) } ?? 0
    case .success, .hit:
      return top.contains { $0 > 0 } ? 1 : 0
    }
  }

  private func discountedGain(_ grades: ArraySlice<Int>) -> Double {
    var sum = 0.0
    for (index, grade) in grades.enumerated() where grade > 0 {
      sum += Double(grade) / log2(Double(index + 2))
    }
    return sum
  }
}
