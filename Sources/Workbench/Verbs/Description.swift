import Corpora
import Evaluation
import Language
import Retrieval
import Routing
import Tokenizers

/// The table that `describe` gives.
enum Description {
  static func table(of value: Value) throws -> Value {
    switch value {
    case .list(let items) where Value.isTable(items): return columns(of: items)
    case .list(let items):
      return facts(rangeFacts(items))
    case .artifact(let handle): return facts(try self.facts(of: handle))
    case .record(let record):
      return .table(
        columns: ["field", "holds"],
        rows: record.fields.map { [.string($0.name), .string($0.value.summary)] })
    case .measured(let measured):
      return facts([
        ("value", .number(measured.point)),
        ("low", .number(measured.interval.lower)), ("high", .number(measured.interval.upper)),
        ("replicates", .number(Double(measured.replicates.count))),
        ("questions", .number(Double(measured.questions))),
        ("seeds", .number(Double(measured.seeds))),
      ])
    default: return facts([("value", .string(value.summary)), ("type", .string(value.typeName))])
    }
  }

  private static func facts(_ facts: [(String, Value)]) -> Value {
    .table(columns: ["fact", "value"], rows: facts.map { [.string($0.0), $0.1] })
  }

  private static func columns(of items: [Value]) -> Value {
    let names = TableLayout(rows: items).headers
    return .list(
      names.map { name in
        let values = items.compactMap { item -> Value? in
          if case .record(let record) = item { record[name] } else { nil }
        }
        return .record(Record([("column", .string(name))] + rangeFacts(values)))
      })
  }

  /// Count, different values and, for numbers, mean and range.
  private static func rangeFacts(_ values: [Value]) -> [(String, Value)] {
    let numbers = values.compactMap(\.point)
    var facts: [(String, Value)] = [
      ("count", .number(Double(values.count))),
      ("distinct", .number(Double(Set(values.map(\.quoted)).count))),
    ]
    if !numbers.isEmpty, numbers.count == values.count {
      facts += [
        ("mean", .number(numbers.reduce(0, +) / Double(numbers.count))),
        ("min", .number(numbers.min() ?? .nan)), ("max", .number(numbers.max() ?? .nan)),
      ]
    }
    return facts
  }

  private static func facts(of handle: ArtifactHandle) throws -> [(String, Value)] {
    switch handle.kind {
    case .corpus:
      let corpus = try handle.object(as: Corpus.self)
      let words = corpus.documents.map { document in
        Double(document.text.split(whereSeparator: \.isWhitespace).count)
      }
      return [
        ("documents", .number(Double(corpus.count))),
        ("words a document", .number((words.reduce(0, +) / Double(max(1, words.count))).rounded())),
        ("longest, words", .number(words.max() ?? 0)),
      ]
    case .questions:
      let set = try handle.object(as: JudgedSet.self)
      let judged = set.judgements.values
      return [
        ("queries", .number(Double(set.queries.count))),
        (
          "with a relevant document",
          .number(Double(judged.filter { $0.values.contains { $0 > 0 } }.count))
        ),
        ("judgements", .number(Double(set.judgementCount))),
        (
          "with an answer", .number(Double(set.queries.filter { !$0.answers.isEmpty }.count))
        ),
      ]
    case .index:
      return try handle.object(as: StoredIndex.self).facts()
    case .encoder: return try handle.object(as: StoredEncoder.self).facts()
    case .vectors:
      let vectors = try handle.object(as: VectorMatrix.self)
      return [
        ("vectors", .number(Double(vectors.count))),
        ("dimension", .number(Double(vectors.dimension))),
        ("tokens read", .number(Double(vectors.tokenCount))),
        ("texts cut", .number(Double(vectors.truncatedCount))),
        ("empty texts", .number(Double(vectors.emptyCount))),
        ("bytes", .number(Double(vectors.byteCount))),
      ]
    case .tokenVectors:
      let tokens = try handle.object(as: TokenMatrix.self)
      return [
        ("texts", .number(Double(tokens.count))),
        ("vectors", .number(Double(tokens.tokenCount))),
        ("dimension", .number(Double(tokens.dimension))),
        ("texts cut", .number(Double(tokens.truncatedCount))),
        ("bytes", .number(Double(tokens.byteCount))),
      ]
    case .graph:
      let graph = try handle.object(as: StoredGraph.self).graph
      return [
        ("vectors", .number(Double(graph.count))), ("m", .number(Double(graph.options.m))),
      ] + StoredGraph.facts([graph]) + [("bytes", .number(Double(graph.byteCount)))]
    case .postings:
      let segment = try handle.object(as: StoredPostings.self).segment
      return [
        ("documents", .number(Double(segment.documentCount))),
        ("bytes", .number(Double(segment.byteCount))),
      ]
    case .run:
      let run = try handle.object(as: Run.self)
      return [
        ("queries", .number(Double(run.rankings.count))),
        ("hits", .number(Double(run.rankings.reduce(0) { $0 + $1.entries.count }))),
      ]
    case .model: return try handle.object(as: StoredModel.self).facts
    case .tokenizer:
      let tokenizer = try handle.object(as: Tokenizer.self)
      return [
        ("tokens", .number(Double(tokenizer.tokenCount))),
        ("special", .number(Double(tokenizer.addedTokens.count(where: \.isSpecial)))),
      ]
    case .world, .lessons, .tables: return try WorldTables.facts(of: handle)
    case .outcomes:
      let outcomes = try handle.object(as: RecordedOutcomes.self).outcomes
      return [
        ("questions", .number(Double(outcomes.count))),
        ("known", .number(Double(outcomes.count(where: \.isKnown)))),
        ("read", .number(Double(outcomes.count(where: \.isRead)))),
        (
          "with passages",
          .number(Double(outcomes.count { !$0.passages.isEmpty }))
        ),
      ]
    case .answers:
      let stored = try handle.object(as: StoredAnswers.self)
      return [
        ("answers", .number(Double(stored.answers.count))),
        ("refused", .number(Double(stored.answers.count(where: \.refused)))),
      ] + StoredAnswers.fields(of: stored.usage)
    case .comparison:
      let report = try handle.object(as: ComparisonReport.self)
      return [
        ("questions", .number(Double(report.asked.queries.count))),
        ("answerers", .string(report.arms.map(\.name).joined(separator: ", "))),
        ("kinds", .string(report.asked.kindNames.joined(separator: ", "))),
      ]
    case .arm:
      let arm = try handle.object(as: ComparedArm.self)
      return [("answerer", .string(arm.report.arms[arm.index].name))]
        + (try arm.report.row(arm.index, .all))
    case .report:
      let report = try handle.object(as: EvaluationReport.self)
      return [("queries", .number(Double(report.results.queries.count)))]
        + (try report.metrics.map { metric in
          (metric.description, try report.measured(metric).map { .measured($0) } ?? .none)
        })
    }
  }
}
