import Corpora
package import Evaluation

extension StoredAnswers {
  /// What all answers took together.
  package var usage: AnswerUsage { answers.reduce(AnswerUsage()) { $0 + $1.usage } }

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

  /// Counts of all answers.
  var usageRecord: Value {
    .record(
      Record(
        Self.fields(of: usage) + [
          ("refused", .number(Double(answers.count(where: \.refused)))),
          ("answered_from_passages", .number(Double(answers.count { !$0.evidence.isEmpty }))),
        ]))
  }

  /// Such as `answers to 300 questions, 12 of them refused`.
  var summaryLine: String {
    let refused = answers.count(where: \.refused)
    return "answers to \(counted(answers.count, "question"))"
      + (refused > 0 ? ", \(grouped(refused)) of them refused" : "")
  }
}
