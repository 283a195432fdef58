package import Artifacts
import Bytes
package import Evaluation
import Language

/// What an answerer gave to the questions of a data set, with what that took; times are not among
/// it.
package struct StoredAnswers: Sendable {
  /// The digest of the data set.
  package let identity: String
  /// In the order of the questions.
  package let answers: [GivenAnswer]

  package init(identity: String, answers: [GivenAnswer]) {
    self.identity = identity
    self.answers = answers
  }

  /// What all answers took together.
  package var usage: AnswerUsage { answers.reduce(AnswerUsage()) { $0 + $1.usage } }
}

// MARK: - Stored form

extension StoredAnswers {
  private static let magic: StaticString = "poiseANS"

  /// The answers as bytes; the same answers give the same bytes.
  package func encoded() -> [UInt8] {
    var writer = BinaryWriter(magic: Self.magic, version: 1)
    writer.put(identity)
    writer.put(UInt64(answers.count))
    for answer in answers {
      writer.put(answer.question)
      writer.put(answer.text)
      writer.put(UInt64(answer.refused ? 1 : 0))
      writer.put(answer.evidence)
      writer.put(answer.confidence ?? -1)
      for count in Self.counts { writer.put(Int64(answer.usage[keyPath: count])) }
      writer.put(answer.usage.operations)
    }
    return writer.bytes
  }

  /// Reads ``encoded()``; hostile bytes throw.
  package init(decoding bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { bytes throws -> StoredAnswers in
      var reader = try BinaryReader(bytes, magic: Self.magic, version: 1, format: "answers")
      let identity = try reader.string()
      var answers: [GivenAnswer] = []
      for _ in 0..<(try reader.count(each: 48 + 8 * Self.counts.count)) {
        var answer = GivenAnswer(question: try reader.string(), text: try reader.string())
        answer.refused = try reader.number(UInt64.self) == 1
        answer.evidence = try reader.strings()
        let confidence = try reader.double()
        guard confidence == -1 || (0...1).contains(confidence) else {
          throw BinaryCodingError.invalid(
            format: reader.format, what: "a confidence is \(confidence)")
        }
        answer.confidence = confidence < 0 ? nil : confidence
        for count in Self.counts {
          let number = try reader.number(Int64.self)
          guard number >= 0, number < 1 << 53 else {
            throw BinaryCodingError.invalid(format: reader.format, what: "a count is \(number)")
          }
          answer.usage[keyPath: count] = Int(number)
        }
        answer.usage.operations = try reader.double()
        answers.append(answer)
      }
      try reader.end()
      return StoredAnswers(identity: identity, answers: answers)
    }
  }

  private static var counts: [WritableKeyPath<AnswerUsage, Int>] {
    [
      \.modelCalls, \.promptTokens, \.generatedTokens, \.retrieverCalls, \.tableQueries,
      \.droppedPassages, \.toggles,
    ]
  }
}

// MARK: - In the language

extension StoredAnswers {
  static let members: [(name: String, type: StaticType)] = [
    ("count", .number), ("table", .table), ("usage", .record([], isOpen: true)),
  ]

  /// The value of a member; nil where there is none of that name.
  func member(_ name: String) -> Value? {
    switch name {
    case "count": .number(Double(answers.count))
    case "table": table
    case "usage":
      .record(
        Record(
          Self.fields(of: usage) + [
            ("refused", .number(Double(answers.count(where: \.refused)))),
            ("answered_from_passages", .number(Double(answers.count { !$0.evidence.isEmpty }))),
          ]))
    default: nil
    }
  }

  /// A row an answer.
  private var table: Value {
    .list(
      answers.map { answer in
        .record(
          Record(
            [
              ("question", .string(answer.question)), ("answer", .string(answer.text)),
              ("refused", .boolean(answer.refused)),
              ("confidence", answer.confidence.map { .number($0) } ?? .none),
              ("evidence", .list(answer.evidence.map { .string($0) })),
            ] + Self.fields(of: answer.usage)))
      })
  }

  /// Counts by the names that tables show.
  static func fields(of usage: AnswerUsage) -> [(String, Value)] {
    [
      ("lm_calls", .number(Double(usage.modelCalls))),
      ("retriever_calls", .number(Double(usage.retrieverCalls))),
      ("table_queries", .number(Double(usage.tableQueries))),
      ("prompt_tokens", .number(Double(usage.promptTokens))),
      ("generated_tokens", .number(Double(usage.generatedTokens))),
      ("dropped_passages", .number(Double(usage.droppedPassages))),
      ("toggles", .number(Double(usage.toggles))),
      ("flops", .number(usage.operations)),
    ]
  }

  /// Such as `answers to 300 questions, 12 of them refused`.
  var summaryLine: String {
    let refused = answers.count(where: \.refused)
    return "answers to \(counted(answers.count, "question"))"
      + (refused > 0 ? ", \(grouped(refused)) of them refused" : "")
  }
}
