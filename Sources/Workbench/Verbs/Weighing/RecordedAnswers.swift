import Corpora
import Diagnostics
import Evaluation
import Language

/// Questions and answers written as tables.
enum RecordedAnswers {
  /// One answerer's recorded answers.
  struct Recorded {
    var answers: [GivenAnswer] = []
    var latencies: [String: Double] = [:]
    var approach: String?
  }

  /// A data set from records of question (or text), answers (or answer), and optionally id and
  /// evidence; what else they have is kept as fields.
  static func questions(_ records: [Record], parameter: String) throws -> JudgedSet {
    let own: Set<String> = ["id", "question", "text", "answer", "answers", "evidence"]
    let queries = try records.enumerated().map { index, record in
      guard let text = (record["question"] ?? record["text"])?.text, !text.isEmpty else {
        throw VerbError(
          "question \(index): expected a field 'question' with its text", parameter: parameter)
      }
      let fields = try record.fields.filter { !own.contains($0.name) }.compactMap { field in
        if case .none = field.value { return nil as (name: String, values: [String])? }
        guard let value = field.value.text ?? field.value.point.map({ formatNumber($0) }) else {
          throw VerbError(
            "question \(index): '\(field.name)' is \(field.value.typeName), expected a string or "
              + "a number", parameter: parameter)
        }
        return (name: field.name, values: [value])
      }
      return Query(
        id: record["id"].map(\.interpolated) ?? "q\(index + 1)", text: text,
        answers: try texts(record["answers"] ?? record["answer"], index, parameter),
        evidence: try texts(record["evidence"], index, parameter),
        fields: DocumentFields(fields))
    }
    return JudgedSet(name: "by hand", identity: "", queries: queries, judgements: [:])
  }

  /// The answers in a table, all of one answerer.
  static func answers(_ records: [Record], of arm: String, parameter: String) throws -> Recorded {
    var result = Recorded()
    for (index, record) in records.enumerated() {
      func fail(_ message: String, help: String? = nil) -> VerbError {
        VerbError("'\(arm)', answer \(index): \(message)", parameter: parameter, help: help)
      }
      guard let question = record["question"], question.text != nil || question.point != nil else {
        let close = closestName(to: "question", among: record.names)
        throw fail(
          "expected a field 'question' with the question's id",
          help: close.map { "it has '\($0)'" })
      }
      let id = question.interpolated
      guard let answer = record["text"] ?? record["answer"] else {
        throw fail("expected a field 'text' with what was answered")
      }
      let text: String
      if case .none = answer { text = "" } else { text = answer.interpolated }
      var given = GivenAnswer(question: id, text: text, refused: text.isEmpty)
      if case .boolean(let refused)? = record["refused"] { given.refused = refused }
      given.evidence = try texts(record["evidence"], index, parameter)
      func number(_ name: String) throws -> Double? {
        guard let value = record[name] else { return nil }
        if case .none = value { return nil }
        guard let number = value.point, number.isFinite, number >= 0 else {
          throw fail("'\(name)' is a number of at least 0, got \(value.interpolated)")
        }
        return number
      }
      func count(_ name: String) throws -> Int {
        guard let number = try number(name) else { return 0 }
        guard let count = Int(exactly: number) else {
          throw fail("'\(name)' is a whole number, got \(formatNumber(number))")
        }
        return count
      }
      given.confidence = try number("confidence")
      given.usage = AnswerUsage(
        modelCalls: try count("lm_calls"), promptTokens: try count("prompt_tokens"),
        generatedTokens: try count("generated_tokens"),
        retrieverCalls: try count("retriever_calls"),
        tableQueries: try count("table_queries"),
        droppedPassages: try count("dropped_passages"), operations: try number("flops") ?? 0,
        toggles: try count("toggles"))
      if let time = try number("latency_ms") { result.latencies[id] = time }
      result.approach = result.approach ?? record["approach"]?.text
      result.answers.append(given)
    }
    return result
  }

  /// The answerers of one table by its column `answerer` (or `arm`), in order.
  static func arms(_ records: [Record], parameter: String) throws -> [(String, [Record])] {
    guard let first = records.first else {
      throw VerbError("the table of answers is empty", parameter: parameter)
    }
    guard let column = ["answerer", "arm"].first(where: { first[$0] != nil }) else {
      throw VerbError(
        "expected a column 'answerer' that says whose answer a row is", parameter: parameter,
        help: closestName(to: "answerer", among: first.names).map { "it has '\($0)'" }
          ?? "or give a record of answerers: {rag: …, tuned: …}")
    }
    return try TableOperations.groups(records, by: column).map { group in
      (group.key.interpolated, group.rows)
    }
  }

  private static func texts(
    _ value: Value?, _ index: Int, _ parameter: String
  ) throws -> [String] {
    switch value {
    case nil, .some(.none): return []
    case .list(let items)?: return items.map(\.interpolated)
    case .some(let value):
      guard value.text != nil || value.point != nil else {
        throw VerbError(
          "row \(index): expected a string or a list of them, got \(value.typeName)",
          parameter: parameter)
      }
      return [value.interpolated]
    }
  }
}
