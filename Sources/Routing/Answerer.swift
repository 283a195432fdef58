public import Corpora
public import Evaluation
public import Execution

/// What answers questions: from memory, from passages, from tables.
public protocol Answerer: Sendable {
  /// Answers questions.
  ///
  /// The answers are a function of the questions alone: not of threads, nor of what else is
  /// asked at the same time.
  ///
  /// - Parameters:
  ///   - questions: What is asked.
  ///   - context: Threads, cancellation and progress.
  /// - Returns: An answer to each question, in their order, with what it took.
  /// - Throws: What its model or index throws; `CancellationRequested`.
  func answers(to questions: [Query], context: WorkContext) throws -> [GivenAnswer]
}
