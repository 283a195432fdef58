import Artifacts
import Corpora
import Evaluation
import Language

extension ComparisonReport {
  /// What `report.name` can be besides an arm; no arm may be called that.
  static let members: [(name: String, type: StaticType)] = [
    ("arms", .list(.string)), ("summary", .table), ("metrics", .list(.string)),
    ("questions", .table), ("by_kind", .table), ("by_decile", .table),
  ]

  /// The value of a member; nil where there is none of that name.
  func member(_ name: String, isSeeded: Bool) throws -> Value? {
    switch name {
    case "arms": return .list(arms.map { .string($0.name) })
    case "metrics": return .list(metrics.map { .string($0.rawValue) })
    case "summary": return try summary()
    case "questions": return questionTable
    case "by_kind":
      return try table(over: asked.kindNames.map { ("kind", .string($0), .kind($0)) })
    case "by_decile":
      return try table(
        over: asked.decileNumbers.map { ("decile", .number(Double($0)), .decile($0)) })
    default:
      guard let index = index(ofArm: name) else { return nil }
      let arm = ComparedArm(report: self, index: index)
      return .artifact(
        ArtifactHandle(
          kind: .arm, digest: Digest(hashing: arm.encoded()), isSeeded: isSeeded, object: arm
        ) { arm })
    }
  }

  /// A row an arm: its metrics with their intervals. Metrics that no arm has are left out.
  func summary() throws -> Value {
    let columns = try metrics.map { metric in
      (
        metric.rawValue,
        try arms.indices.map { arm in
          try measured(metric, arm: arm).map { Value.measured($0) } ?? .none
        }
      )
    }
    var extra: [(String, [Value])] = []
    if asked.kindNames.contains(AskedQuestions.outOfTemplate) {
      extra.append(
        (
          "out_of_template",
          try arms.indices.map { arm in
            try measured(.accuracy, arm: arm, .kind(AskedQuestions.outOfTemplate))
              .map { .measured($0) } ?? .none
          }
        ))
    }
    let forgetting = try arms.indices.map { arm -> Value in
      try self.forgetting(arm: arm).map { .measured($0) } ?? .none
    }
    extra.append(("forgetting", forgetting))
    let kept = (columns + extra).filter { column in column.1.contains { $0.point != nil } }
    return .table(
      columns: ["arm"] + kept.map(\.0),
      rows: arms.indices.map { arm in [.string(arms[arm].name)] + kept.map { $0.1[arm] } })
  }

  /// A row a group and arm.
  private func table(over groups: [(String, Value, QuestionGroup)]) throws -> Value {
    .list(
      try groups.flatMap { name, value, group in
        try arms.indices.map { arm in
          .record(
            Record([(name, value), ("arm", .string(arms[arm].name))] + (try row(arm, group))))
        }
      })
  }

  /// The number of questions of a group, and the metrics of an arm over them.
  func row(_ arm: Int, _ group: QuestionGroup) throws -> [(String, Value)] {
    let count = try measured(.accuracy, arm: arm, group)?.questions ?? 0
    return [("questions", .number(Double(count)))]
      + (try metrics.map { metric in
        (
          metric.rawValue,
          try measured(metric, arm: arm, group).map { .measured($0) } ?? .none
        )
      })
  }

  /// A row a question: what each arm said, and whether it was right.
  private var questionTable: Value {
    .list(
      asked.queries.indices.map { question in
        let query = asked.queries[question]
        var record = Record([
          ("question", .string(query.id)), ("text", .string(query.text)),
          ("kind", asked.kinds[question].map { .string($0) } ?? .none),
          ("answers", .list(query.answers.map { .string($0) })),
        ])
        for (arm, scores) in zip(arms, scores) {
          let answer = scores.answers[question]
          record[arm.name] = answer.refused ? Value.none : Value.string(answer.text)
          record["\(arm.name)_right"] = .boolean(scores.right[question] > 0.5)
        }
        return .record(record)
      })
  }

  /// Such as `a comparison of 3 answerers on 240 questions`.
  var summaryLine: String {
    "a comparison of \(counted(arms.count, "answerer")) on "
      + counted(asked.queries.count, "question")
  }
}

/// One arm of a comparison: `report.rag`.
package struct ComparedArm: Sendable {
  package let report: ComparisonReport
  package let index: Int

  /// What `report.rag.name` can be.
  static let members: [(name: String, type: StaticType)] =
    [
      ("name", .string), ("approach", .string), ("answers", .table), ("by_kind", .table),
      ("by_decile", .table), ("kinds", .record([], isOpen: true)), ("forgetting", .number),
      ("known_before", .number),
      ("known_after", .number), ("out_of_template", .number),
    ] + AnswerMetric.allCases.map { ($0.rawValue, .number) }

  func encoded() -> [UInt8] {
    var encoder = ValueEncoder()
    encoder.append(report.arms[index].name)
    return encoder.bytes + report.encoded()
  }

  init(report: ComparisonReport, index: Int) {
    self.report = report
    self.index = index
  }

  /// Reads ``encoded()``; hostile bytes throw.
  init(decoding bytes: [UInt8], handle: (ArtifactKind, Digest) -> ArtifactHandle) throws {
    let (name, rest) = try bytes.withUnsafeBytes { buffer in
      var decoder = ValueDecoder(withoutArtifacts: buffer)
      let name = try decoder.string()
      return (name, Array(decoder.remaining))
    }
    report = try ComparisonReport(decoding: rest, handle: handle)
    guard let index = report.index(ofArm: name) else { throw VerbError("not an arm") }
    self.index = index
  }

  /// The value of a member; nil where there is none of that name.
  func member(_ name: String) throws -> Value? {
    let arm = report.arms[index]
    func required(_ measured: Measured?, _ reason: String) throws -> Value {
      guard let measured else {
        throw VerbError("'\(arm.name)' has no '\(name)'", help: reason)
      }
      return .measured(measured)
    }
    switch name {
    case "name": return .string(arm.name)
    case "approach": return arm.approach.map { .string($0.rawValue) } ?? Value.none
    case "answers": return StoredAnswers.table(of: report.scores[index].answers)
    case "by_kind":
      return .list(
        try report.asked.kindNames.map { kind in
          .record(Record([("kind", .string(kind))] + (try report.row(index, .kind(kind)))))
        })
    case "by_decile":
      return .list(
        try report.asked.decileNumbers.map { decile in
          .record(
            Record(
              [("decile", .number(Double(decile)))] + (try report.row(index, .decile(decile)))))
        })
    case "kinds":
      return .record(
        Record(
          try report.asked.kindNames.map { kind in
            (
              kind,
              try report.measured(.accuracy, arm: index, .kind(kind)).map { .measured($0) }
                ?? .none
            )
          }))
    case "forgetting":
      return try required(
        report.forgetting(arm: index),
        "it is known of what was trained, with questions of the kind 'known' or known:, and the "
          + "answerer that it was trained from among the arms (before:)")
    case "known_before":
      return try required(
        report.knownAccuracy(arm: index).before, "it is known of what was trained (before:)")
    case "known_after":
      return try required(
        report.knownAccuracy(arm: index).after,
        "give questions of the kind 'known', or known: a data set of them")
    case "out_of_template":
      return try required(
        report.measured(.accuracy, arm: index, .kind(AskedQuestions.outOfTemplate)),
        "no question is of the kind 'out_of_template'")
    default:
      guard let metric = AnswerMetric(rawValue: name) else { return nil }
      return try required(
        report.measured(metric, arm: index),
        "no question or answer has what it is measured on: \(metric.summary)")
    }
  }

  /// Such as `rag: 0.83 [0.79, 0.87] right of 240 questions`.
  var summaryLine: String {
    let accuracy = try? report.measured(.accuracy, arm: index)
    return "\(report.arms[index].name): \(accuracy?.formatted() ?? "nothing") right of "
      + counted(report.asked.queries.count, "question")
  }
}
