package import Evaluation

/// What an answerer gave to the questions of a data set. Times are no part of it: they are
/// measured anew wherever it is computed, and stand in the record of that.
package struct StoredAnswers: Sendable {
  /// In the order of the questions.
  package let answers: [GivenAnswer]
  /// How the answerer comes by its answers, where that is known.
  package let approach: Approach?

  package init(answers: [GivenAnswer], approach: Approach?) {
    self.answers = answers
    self.approach = approach
  }

  private static let format = "poise-answers-1"

  /// The same answers give the same bytes.
  package func encoded() -> [UInt8] {
    var encoder = ValueEncoder()
    encoder.append(Self.format)
    encoder.append(approach?.rawValue ?? "")
    encoder.append(answers)
    return encoder.bytes
  }

  /// Reads ``encoded()``; hostile bytes throw.
  package init(decoding bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { buffer in
      var decoder = ValueDecoder(withoutArtifacts: buffer)
      guard try decoder.string() == Self.format else { throw VerbError("not answers") }
      let approach = Approach(rawValue: try decoder.string())
      let answers = try decoder.answers()
      try decoder.end()
      return StoredAnswers(answers: answers, approach: approach)
    }
  }

  /// A table with a row an answer.
  package var table: Value { Self.table(of: answers) }

  /// A row an answer; the columns are those that `compare` reads.
  static func table(of answers: [GivenAnswer]) -> Value {
    .table(
      columns: [
        "question", "text", "refused", "confidence", "evidence", "lm_calls", "retriever_calls",
        "table_queries", "prompt_tokens", "generated_tokens", "dropped_passages", "toggles",
        "flops",
      ],
      rows: answers.map { answer in
        [
          .string(answer.question), .string(answer.text), .boolean(answer.refused),
          answer.confidence.map { .number($0) } ?? .none,
          .list(answer.evidence.map { .string($0) }),
        ]
          + [
            answer.usage.modelCalls, answer.usage.retrieverCalls, answer.usage.tableQueries,
            answer.usage.promptTokens, answer.usage.generatedTokens, answer.usage.droppedPassages,
            answer.usage.toggles,
          ].map { .number(Double($0)) } + [.number(answer.usage.operations)]
      })
  }
}

extension ValueEncoder {
  mutating func append(_ answers: [GivenAnswer]) {
    append(answers.count)
    for answer in answers {
      append(answer.question)
      append(answer.text)
      append(answer.refused ? 1 : 0)
      append(answer.evidence.count)
      for id in answer.evidence { append(id) }
      append(answer.confidence ?? -1)
      for count in [
        answer.usage.modelCalls, answer.usage.promptTokens, answer.usage.generatedTokens,
        answer.usage.retrieverCalls, answer.usage.tableQueries, answer.usage.droppedPassages,
        answer.usage.toggles,
      ] { append(count) }
      append(answer.usage.operations)
    }
  }
}

extension ValueDecoder {
  /// For bytes that refer to no other object.
  init(withoutArtifacts bytes: UnsafeRawBufferPointer) {
    self.init(bytes) { kind, digest, isSeeded in
      ArtifactHandle(kind: kind, digest: digest, isSeeded: isSeeded) {
        throw ArtifactLost(digest: digest)
      }
    }
  }

  mutating func answers() throws -> [GivenAnswer] {
    // An empty answer takes 104 bytes: three lengths, flag, confidence, seven counts,
    // operations.
    let count = try count(unit: 104)
    var answers: [GivenAnswer] = []
    answers.reserveCapacity(count)
    for _ in 0..<count {
      var answer = GivenAnswer(question: try string(), text: try string())
      answer.refused = try self.count(unit: 0) == 1
      let passages = try self.count(unit: 8)
      for _ in 0..<passages { answer.evidence.append(try string()) }
      let confidence = try double()
      answer.confidence = confidence < 0 ? nil : confidence
      answer.usage.modelCalls = try self.count(unit: 0)
      answer.usage.promptTokens = try self.count(unit: 0)
      answer.usage.generatedTokens = try self.count(unit: 0)
      answer.usage.retrieverCalls = try self.count(unit: 0)
      answer.usage.tableQueries = try self.count(unit: 0)
      answer.usage.droppedPassages = try self.count(unit: 0)
      answer.usage.toggles = try self.count(unit: 0)
      answer.usage.operations = try double()
      answers.append(answer)
    }
    return answers
  }

  /// - Throws: ``Malformed`` where anything is left.
  mutating func end() throws {
    guard remaining.isEmpty else { throw VerbError("bytes behind the end") }
  }
}
