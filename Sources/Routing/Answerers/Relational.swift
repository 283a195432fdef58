public import Corpora
public import Evaluation
public import Execution

/// Tables that questions are put to in words.
public protocol QuestionedTables: Sendable {
  /// The SELECT that answers a question, by its wording and the tables' schema.
  ///
  /// - Returns: The statement as it is shown, and what the answer consists of; nil for a question
  ///   whose wording says nothing of these tables.
  /// - Throws: What reading the tables throws.
  func answer(to question: String) throws -> TableAnswer?
}

/// What a statement over tables gave.
public struct TableAnswer: Sendable, Hashable {
  /// The SELECT with its values.
  public var statement: String
  /// The first column of its rows, without what is NULL.
  public var values: [String]

  /// An answer of its parts.
  public init(statement: String, values: [String]) {
    self.statement = statement
    self.values = values
  }
}

/// Answers by looking up, joining and counting rows of tables.
///
/// It is sure of what it finds, and refuses what its tables do not say: no row, or a question that
/// is not about them. Several rows are all given, with commas between.
public struct Relational: Answerer {
  private let tables: any QuestionedTables

  /// An answerer over tables.
  public init(_ tables: any QuestionedTables) { self.tables = tables }

  /// One query a question that is understood.
  public func answers(to questions: [Query], context: WorkContext) throws -> [GivenAnswer] {
    let chunk = 16
    let tables = tables
    let parts = try parallelMap((questions.count + chunk - 1) / chunk, context: context) { part in
      try questions[part * chunk..<min(questions.count, (part + 1) * chunk)].map { question in
        try context.check()
        return Self.answer(to: question, try tables.answer(to: question.text))
      }
    }
    return parts.flatMap { $0 }
  }

  /// The statement.
  public func trace(_ question: Query, context: WorkContext) throws -> AnswerTrace {
    let found = try tables.answer(to: question.text)
    var notes = TraceNotes()
    notes.queries = found.map { [$0.statement] } ?? []
    return notes.trace(of: Self.answer(to: question, found))
  }

  private static func answer(to question: Query, _ found: TableAnswer?) -> GivenAnswer {
    let values = found?.values ?? []
    return GivenAnswer(
      question: question.id, text: values.joined(separator: ", "), refused: values.isEmpty,
      confidence: 1, usage: AnswerUsage(tableQueries: found == nil ? 0 : 1))
  }
}
