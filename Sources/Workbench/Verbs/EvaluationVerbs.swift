import Artifacts
import Corpora
import Evaluation
import Language
import Retrieval

extension VerbLibrary {
  /// The names of metrics as the checker wants them: `ndcg@k`, and `ndcg` where it may stand alone.
  private static var metricPatterns: [String] {
    MetricName.patterns.flatMap { pattern in
      pattern.allowsWholeRanking
        ? ["\(pattern.kind.rawValue)@k", pattern.kind.rawValue] : ["\(pattern.kind.rawValue)@k"]
    }
  }

  /// Measuring rankings, and comparing measurements.
  static var evaluationVerbs: [Verb] { [evaluate, disagreements] }

  private static let evaluate = Verb(
    VerbSignature(
      "evaluate", topic: "evaluation", .compute, version: 2,
      summary: "Measures an index or a run on a data set, and keeps each query's values.",
      example: "evaluate(lexical, on: scifact.test, metrics: [\"ndcg@10\", \"recall@100\"])",
      parameters: [
        .init(
          "system", .union([.artifact("index"), .artifact("run")]), positional: true,
          "An index to search, or a run that was read."),
        .init(
          "on", .union([.artifact("questions"), .table]),
          "A data set, or judgements written as a list of records."),
        .init(
          "metrics", .list(.metric), default: "[\"ndcg@10\", \"recall@100\"]",
          metrics: metricPatterns, "What to measure."),
        FilterArgument.parameter,
      ],
      result: { _ in .artifact("report") })
  ) { arguments, context in
    let names = try arguments.strings("metrics").map { name in
      do {
        return try MetricName(name)
      } catch {
        throw VerbError("\(error)", parameter: "metrics")
      }
    }.reduce(into: [MetricName]()) { if !$0.contains($1) { $0.append($1) } }
    guard !names.isEmpty else {
      throw VerbError("expected at least one metric", parameter: "metrics")
    }
    let (set, identity) = try dataSet(arguments)
    let judged = set.queries.filter { query in
      set.grades(ofQuery: query.id).values.contains { $0 > 0 }
    }
    guard !judged.isEmpty else {
      throw VerbError("no query of the data set has a relevant document", parameter: "on")
    }
    let run: Run
    if case .artifact(let handle) = arguments["system"], handle.kind == .run {
      run = try handle.object(as: Run.self)
    } else {
      let index = try arguments.handle("system", .index).object(as: StoredIndex.self).retriever()
      run = try index.run(
        judged, k: names.map { $0.cutoff ?? 1000 }.reduce(100, max),
        filter: try FilterArgument.filter(arguments, of: index), context: context.work)
    }
    let report = EvaluationReport(
      run: run, set: set, identity: identity, metrics: names, isSeeded: context.isSeeded)
    return try context.artifact(.report, report)
  }

  private static func dataSet(_ arguments: Arguments) throws -> (JudgedSet, String) {
    if case .list = arguments["on"] {
      let set = try HandJudgements.set(
        from: try arguments.table("on"), parameter: "on", corpus: nil)
      return (set, Digest(hashing: set.encoded()).hex)
    }
    let handle = try arguments.handle("on", .questions)
    return (try handle.object(as: JudgedSet.self), handle.digest.hex)
  }

  private static let disagreements = Verb(
    VerbSignature(
      "disagreements", topic: "evaluation", .compute,
      summary: "Shows the queries on which two reports differ most.",
      example: "disagreements(stemmed, plain, count: 5)",
      parameters: [
        .init("first", .artifact("report"), positional: true, "A report."),
        .init("second", .artifact("report"), positional: true, "Another on the same data set."),
        .init("count", .number, default: "10", "How many queries."),
        .init(
          "metric", StaticType.metric.optional, default: "none", metrics: metricPatterns,
          "Which metric decides; the first that both have where left out."),
      ],
      result: { _ in .table }),
    emptyText: "the reports agree on every query"
  ) { arguments, context in
    let first = try arguments.handle("first", .report).object(as: EvaluationReport.self)
    let second = try arguments.handle("second", .report).object(as: EvaluationReport.self)
    let count = try arguments.integer("count", in: 1...100_000)
    let metric = try arguments.optionalString("metric").map { try MetricName($0) }
    return try first.disagreements(with: second, metric: metric, count: count)
  }
}
