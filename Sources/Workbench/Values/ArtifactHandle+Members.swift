import Artifacts
import Corpora
import Evaluation
import Language
import Retrieval
import Routing
import Tokenizers

extension ArtifactKind {
  /// What `value.name` can be for this kind, with its static type.
  var members: [(name: String, type: StaticType)] {
    switch self {
    case .corpus: [("documents", .table), ("count", .number)]
    case .questions: [("queries", .table), ("judgements", .table), ("count", .number)]
    case .index:
      [
        ("count", .number), ("documents", .table), ("kind", .string), ("bytes", .number),
        ("terms", .number), ("postings", .number),
      ]
    case .encoder: StoredEncoder.members
    case .vectors, .tokenVectors, .graph, .postings: [("count", .number), ("bytes", .number)]
    case .run: [("ranking", .table), ("count", .number)]
    case .report:
      [
        ("queries", .table), ("summary", .table), ("metrics", .list(.string)),
        ("run", .artifact("run")),
      ]
    case .model: StoredModel.members
    case .tokenizer: [("count", .number)]
    case .world: [("people", .table), ("companies", .table), ("count", .number)]
    case .lessons: [("examples", .table)]
    case .tables: [("names", .list(.string)), ("schema", .string), ("bytes", .number)]
    case .outcomes: [("count", .number), ("table", .table)]
    case .answers:
      [
        ("table", .table), ("count", .number), ("approach", .string),
        ("usage", .record([], isOpen: true)),
      ]
    case .comparison: ComparisonReport.members
    case .arm: ComparedArm.members
    }
  }

  var memberNames: [String] { members.map(\.name) }

  /// What the checker has to know of all kinds.
  static var allMembers: ArtifactMembers {
    ArtifactMembers(
      Dictionary(
        // A comparison's arms are members, too; which there are is not known before it runs.
        uniqueKeysWithValues: allCases.filter { $0 != .comparison }.map { kind in
          (
            kind.rawValue,
            ArtifactMembers.Kind(
              members: kind.members.map { RecordType.Field($0.name, $0.type) },
              isIndexedByString: kind == .report || kind == .arm)
          )
        }))
  }
}

extension ArtifactHandle {
  /// The names of all members, those of this object alone included.
  var memberNames: [String] {
    guard kind == .comparison, let report = try? object(as: ComparisonReport.self) else {
      return kind.memberNames
    }
    return report.arms.map(\.name) + kind.memberNames
  }

  /// The value of a member; nil where the kind has none of that name.
  func member(_ name: String) throws -> Value? {
    switch kind {
    case .corpus:
      let corpus = try object(as: Corpus.self)
      switch name {
      case "count": return .number(Double(corpus.count))
      case "documents":
        return .table(
          columns: ["id", "title", "text"],
          rows: corpus.documents.map { [.string($0.id), .string($0.title), .string($0.text)] })
      default: return nil
      }
    case .questions: return try questionsMember(name)
    case .index:
      return try object(as: StoredIndex.self).member(name)
    case .encoder: return try object(as: StoredEncoder.self).member(name)
    case .vectors:
      let vectors = try object(as: VectorMatrix.self)
      return Self.size(name, count: vectors.count, bytes: vectors.byteCount)
    case .tokenVectors:
      let tokens = try object(as: TokenMatrix.self)
      return Self.size(name, count: tokens.tokenCount, bytes: tokens.byteCount)
    case .graph:
      let graph = try object(as: StoredGraph.self).graph
      return Self.size(name, count: graph.count, bytes: graph.byteCount)
    case .postings:
      let segment = try object(as: StoredPostings.self).segment
      return Self.size(name, count: segment.documentCount, bytes: segment.byteCount)
    case .run:
      let run = try object(as: Run.self)
      switch name {
      case "count": return .number(Double(run.rankings.count))
      case "ranking":
        return .table(
          columns: ["query", "rank", "document", "score"],
          rows: run.rankings.flatMap { ranking in
            ranking.entries.enumerated().map { rank, entry in
              [
                .string(ranking.queryID), .number(Double(rank + 1)), .string(entry.documentID),
                .number(entry.score),
              ]
            }
          })
      default: return nil
      }
    case .model: return try object(as: StoredModel.self).member(name) { self.tokenizer($0) }
    case .tokenizer:
      return name == "count"
        ? .number(Double(try object(as: Tokenizer.self).tokenCount)) : nil
    case .world: return WorldTables.member(name, of: try object(as: World.self))
    case .lessons:
      return name == "examples" ? WorldTables.lessons(try object(as: Lessons.self)) : nil
    case .tables: return try WorldTables.member(name, of: try object(as: FactTables.self))
    case .outcomes:
      return Self.member(name, of: try object(as: RecordedOutcomes.self))
    case .answers:
      let answers = try object(as: StoredAnswers.self)
      switch name {
      case "table": return answers.table
      case "count": return .number(Double(answers.answers.count))
      case "usage": return answers.usageRecord
      case "approach": return answers.approach.map { .string($0.rawValue) } ?? Value.none
      default: return nil
      }
    case .comparison:
      return try object(as: ComparisonReport.self).member(name, isSeeded: isSeeded)
    case .arm: return try object(as: ComparedArm.self).member(name)
    case .report:
      let report = try object(as: EvaluationReport.self)
      switch name {
      case "queries": return report.queryTable
      case "summary": return try report.summary()
      case "metrics": return .list(report.metrics.map { .string($0.description) })
      case "run":
        let run = report.run
        let bytes = run.encoded()
        return .artifact(
          ArtifactHandle(
            kind: .run, digest: .init(hashing: bytes), isSeeded: isSeeded, object: run
          ) { run })
      default: return nil
      }
    }
  }

  private static func member(_ name: String, of recorded: RecordedOutcomes) -> Value? {
    switch name {
    case "count": .number(Double(recorded.outcomes.count))
    case "table":
      .table(
        columns: ["question", "answers", "from_memory", "with_passages", "known", "read"],
        rows: recorded.outcomes.map { outcome in
          [
            .string(outcome.question), .list(outcome.answers.map { .string($0) }),
            .string(outcome.fromMemory), .string(outcome.withPassages),
            .boolean(outcome.isKnown), .boolean(outcome.isRead),
          ]
        })
    default: nil
    }
  }

  private static func size(_ name: String, count: Int, bytes: Int) -> Value? {
    switch name {
    case "count": .number(Double(count))
    case "bytes": .number(Double(bytes))
    default: nil
    }
  }

  /// A model's tokenizer as a value of its own.
  private func tokenizer(_ tokenizer: Tokenizer) -> Value {
    .artifact(
      ArtifactHandle(
        kind: .tokenizer, digest: .init(hashing: tokenizer.tokenizerJSON()), isSeeded: false,
        object: tokenizer
      ) { tokenizer })
  }

  /// `value["name"]`: a metric of a report; an arm of a comparison, or a number of an arm.
  func element(_ name: String) throws -> Value {
    if kind == .comparison || kind == .arm {
      if let value = try member(name) { return value }
      throw VerbError(
        "\(kind.article) has no '\(name)'", help: "it has \(memberNames.joined(separator: ", "))")
    }
    guard kind == .report else { throw VerbError("\(kind.article) can't be indexed") }
    let report = try object(as: EvaluationReport.self)
    guard let metric = try? MetricName(name), let measured = try report.measured(metric) else {
      throw VerbError(
        "this report has no '\(name)'",
        help: "it has \(report.metrics.map(\.description).joined(separator: ", "))")
    }
    return .measured(measured)
  }

  /// How many fields of questions have columns: a file in which every question has its own would
  /// make a table of their square.
  private static let fieldLimit = 64

  /// What else is known of questions, a column a field in the order that they first have one;
  /// numbers where all of a field's texts are.
  private static func fieldColumns(of queries: [Query]) -> [(name: String, cells: [Value])] {
    var names: [String] = []
    var columns: [String: [[String]]] = [:]
    for (row, query) in queries.enumerated() {
      for (name, values) in query.fields.all
      where !["id", "text", "answers", "evidence"].contains(name) {
        if columns[name] == nil {
          guard names.count < fieldLimit else { continue }
          names.append(name)
          columns[name] = Array(repeating: [], count: queries.count)
        }
        columns[name]?[row] = values
      }
    }
    return names.map { name in
      let column = columns[name] ?? []
      let areNumbers = column.allSatisfy { values in
        values.count <= 1 && values.allSatisfy { Double($0)?.isFinite == true }
      }
      return (
        name,
        column.map { values in
          guard let first = values.first else { return .none }
          if areNumbers, let number = Double(first) { return .number(number) }
          return values.count == 1 ? .string(first) : .list(values.map { .string($0) })
        }
      )
    }
  }

  private func questionsMember(_ name: String) throws -> Value? {
    let set = try object(as: JudgedSet.self)
    switch name {
    case "count": return .number(Double(set.queries.count))
    case "queries":
      let fields = Self.fieldColumns(of: set.queries)
      return .table(
        columns: ["id", "text", "answers", "evidence"] + fields.map(\.name),
        rows: set.queries.enumerated().map { row, query in
          [
            .string(query.id), .string(query.text),
            .list(query.answers.map { .string($0) }), .list(query.evidence.map { .string($0) }),
          ] + fields.map { $0.cells[row] }
        })
    case "judgements":
      return .table(
        columns: ["query", "document", "grade"],
        rows: set.queries.flatMap { query in
          set.grades(ofQuery: query.id).sorted { $0.key < $1.key }.map { document, grade in
            [.string(query.id), .string(document), .number(Double(grade))]
          }
        })
    default: return nil
    }
  }
}
