public import Corpora

extension FactTables: QuestionedTables {
  /// The statement that the question's wording stands for, and what it gives.
  public func answer(to question: String) throws -> TableAnswer? {
    guard let statement = try statement(for: question) else { return nil }
    return TableAnswer(
      statement: statement.shown, values: try run(statement.sql, statement.values).values)
  }
}
