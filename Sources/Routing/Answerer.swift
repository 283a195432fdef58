public import Corpora
public import Evaluation
public import Execution

/// What answers questions: from memory, from passages, from tables.
public protocol Answerer: Sendable {
  /// Answers questions.
  ///
  /// The answers are a function of the questions alone: not of threads, nor of what else is
  /// asked at the same time. A router that carries a state along, such as a thermostat, makes
  /// them a function of the questions before, too.
  ///
  /// - Parameters:
  ///   - questions: What is asked.
  ///   - context: Threads, cancellation and progress.
  /// - Returns: An answer to each question, in their order, with what it took.
  /// - Throws: What its model or index throws; `CancellationRequested`.
  func answers(to questions: [Query], context: WorkContext) throws -> [GivenAnswer]

  /// Answers one question, and tells how.
  ///
  /// - Parameters:
  ///   - question: What is asked, as the first of a stream.
  ///   - context: Threads, cancellation and progress.
  /// - Returns: The answer of ``answers(to:context:)``, with what was read on the way.
  /// - Throws: As ``answers(to:context:)``.
  func trace(_ question: Query, context: WorkContext) throws -> AnswerTrace
}

/// How one answer came about.
public struct AnswerTrace: Sendable, Hashable {
  /// A passage that a search returned.
  public struct Found: Sendable, Hashable {
    /// The document's id.
    public var id: String
    /// The search's score.
    public var score: Double
    /// What the model reads of it.
    public var text: String
    /// Whether the prompt had room for it.
    public var isInPrompt: Bool
  }

  /// What was answered.
  public var answer: GivenAnswer
  /// What models were given to read, in order.
  public var prompts: [String]
  /// What models wrote, one for each of ``prompts``.
  public var drafts: [String]
  /// What searches returned, best first.
  public var found: [Found]
  /// Queries to tables, in SQL.
  public var queries: [String]
}

/// Collects what an answer's trace shows.
struct TraceNotes {
  var prompts: [String] = []
  var drafts: [String] = []
  var found: [AnswerTrace.Found] = []
  var queries: [String] = []

  func trace(of answer: GivenAnswer) -> AnswerTrace {
    AnswerTrace(
      answer: answer, prompts: prompts, drafts: drafts, found: found, queries: queries)
  }
}
