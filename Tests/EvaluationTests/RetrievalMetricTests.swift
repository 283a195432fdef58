import Evaluation
import FoundationEssentials
import Testing

private struct Fixture: Decodable {
  let judgements: [String: [String: Int]]
  let run: [String: [String]]
  let expected: [String: [Double]]
}

@Suite struct RetrievalMetricTests {
  @Test func valuesAreThoseOfTrecEval() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/retrieval_metrics.json")
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
    let metrics = try fixture.expected.keys.map { try MetricName($0) }
    #expect(metrics.count == 12)
    let results = evaluate(run: fixture.run, judgements: fixture.judgements, metrics: metrics)
    #expect(results.queries == fixture.judgements.keys.sorted())
    #expect(results.unanswered == 1)
    for metric in metrics {
      let expected = try #require(fixture.expected[metric.description])
      let largest = zip(try results.values(of: metric), expected).map { abs($0 - $1) }.max()
      #expect(try #require(largest) < 1e-12, "\(metric)")
    }
  }

  private func value(_ name: String, _ found: [String], _ grades: [String: Int]) throws -> Double {
    let metric = try MetricName(name)
    let results = evaluate(run: ["q": found], judgements: ["q": grades], metrics: [metric])
    return try #require(results.values(of: metric).first)
  }

  @Test func handComputedCases() throws {
    let grades = ["a": 3, "b": 1, "c": 0, "d": -1]
    let found = ["c", "b", "x", "a"]
    let log3 = 1.584962500721156
    let log5 = 2.321928094887362
    #expect(
      abs(try value("ndcg@4", found, grades) - (1 / log3 + 3 / log5) / (3 + 1 / log3)) < 1e-12)
    #expect(abs(try value("ndcg@2", found, grades) - (1 / log3) / (3 + 1 / log3)) < 1e-12)
    #expect(abs(try value("ndcg@1", ["b"], grades) - 1.0 / 3) < 1e-12)
    #expect(try value("recall@2", found, grades) == 0.5)
    #expect(try value("precision@2", found, grades) == 0.5)
    #expect(try value("precision@8", found, grades) == 0.25)
    #expect(try value("map", found, grades) == 0.5)
    #expect(try value("mrr", found, grades) == 0.5)
    #expect(try value("mrr@1", found, grades) == 0)
    #expect(try value("success@1", found, grades) == 0)
    #expect(try value("hit@2", found, grades) == 1)
    // A second coming of the same document is passed over.
    #expect(try value("map", ["a", "a", "b"], grades) == 1)
    #expect(try value("map", [], grades) == 0)
    #expect(try value("ndcg", [], grades) == 0)
  }

  @Test func queriesAreAccountedFor() throws {
    let metric = try MetricName("map")
    let results = evaluate(
      run: ["b": ["x"], "z": ["x"]],
      judgements: ["b": ["x": 1], "a": ["x": 1], "n": ["x": 0], "e": [:]],
      metrics: [metric, metric])
    #expect(results.queries == ["a", "b"])
    #expect(try results.values(of: metric) == [0, 1])
    #expect(results.withoutRelevant == 2)
    #expect(results.unanswered == 1)
    #expect(results.unjudged == 1)
    let mean = try results.mean(of: metric, identity: "q", seeds: 0)
    #expect(mean.point == 0.5)
    #expect(throws: PerQueryResults.Failure.metric("mrr", known: ["map"])) {
      try results.values(of: MetricName("mrr"))
    }
    let empty = evaluate(run: [:], judgements: ["n": ["x": 0]], metrics: [metric])
    #expect(throws: PerQueryResults.Failure.noQueries(withoutRelevant: 1)) {
      try empty.mean(of: metric, identity: "q", seeds: 0)
    }
  }

  @Test func namesAreChecked() throws {
    #expect(try MetricName("NDCG@10").description == "ndcg@10")
    #expect(try MetricName("map").cutoff == nil)
    #expect(try MetricName("mrr@5").cutoff == 5)
    let error = #expect(throws: MetricName.Failure.self) { try MetricName("ndgc@10") }
    #expect(
      error?.description == "no metric is called 'ndgc@10'; there are ndcg@K, recall@K, "
        + "precision@K, map, mrr, success@K, hit@K")
    #expect(throws: MetricName.Failure.cutoffMissing(name: "recall", example: "recall@10")) {
      try MetricName("recall")
    }
    for bad in ["", "0", "-1", "+5", "1.5", "x", "99999999999999999999", "5@5", "1000001"] {
      #expect(throws: MetricName.Failure.cutoff(name: "ndcg@\(bad)", got: bad)) {
        try MetricName("ndcg@\(bad)")
      }
    }
    for pattern in MetricName.patterns {
      let example = pattern.spelling.replacing("K", with: "3")
      #expect(try MetricName(example).kind == pattern.kind)
      #expect(((try? MetricName(pattern.kind.rawValue)) != nil) == pattern.allowsWholeRanking)
    }
  }

  @Test func disagreementsComeLargestFirst() throws {
    let metric = try MetricName("map")
    func results(_ values: [Double], _ queries: [String] = ["a", "b", "c", "d"]) throws
      -> PerQueryResults
    {
      try PerQueryResults(checking: queries, columns: [metric: values])
    }
    let left = try results([0.5, 1, 0, 0.25])
    let right = try results([0.5, 0.5, 0.5, 1])
    let all = try disagreements(left, right, on: metric, limit: 10)
    #expect(all.map(\.query) == ["d", "b", "c"])
    #expect(all.map(\.difference) == [-0.75, 0.5, -0.5])
    #expect(try disagreements(left, right, on: metric, limit: 1).map(\.query) == ["d"])
    #expect(try disagreements(left, right, on: metric, limit: -1).isEmpty)
    #expect(throws: PerQueryResults.Failure.queries(only: "c")) {
      try disagreements(
        left, results([0, 0, 0, 0], ["a", "b", "d", "e"].sorted()), on: metric, limit: 1)
    }
    #expect(throws: PerQueryResults.Failure.queryOrder("a")) { try results([0, 0], ["b", "a"]) }
    #expect(throws: PerQueryResults.Failure.valueCount(metric: "map", got: 1, expected: 2)) {
      try results([0], ["a", "b"])
    }
  }
}
