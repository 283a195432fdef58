public import Corpora
public import Evaluation
public import Execution

/// Answers from a model's memory, after examples where there are any.
public struct ClosedBook: Answerer {
  /// What answers.
  public let reader: ReadingModel
  /// Questions with their answers that are shown before each.
  public let examples: [PromptAssembler.Example]

  /// A model that is asked without passages.
  public init(_ reader: ReadingModel, examples: [PromptAssembler.Example] = []) {
    self.reader = reader
    self.examples = examples
  }

  /// One call of the model a question.
  public func answers(to questions: [Query], context: WorkContext) throws -> [GivenAnswer] {
    var notes = TraceNotes()
    return try run(questions, &notes, context)
  }

  /// The prompt and what was written.
  public func trace(_ question: Query, context: WorkContext) throws -> AnswerTrace {
    var notes = TraceNotes()
    // The notes are read after they were taken.
    let answer = try run([question], &notes, context)[0]
    return notes.trace(of: answer)
  }

  private func run(
    _ questions: [Query], _ notes: inout TraceNotes, _ context: WorkContext
  ) throws -> [GivenAnswer] {
    let asked = try reader.ask(questions, examples: examples, &notes, context)
    return zip(questions, asked).map { question, asked in
      reader.answer(to: question, asked.draft, usage: asked.usage)
    }
  }
}
