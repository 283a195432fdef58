public import Corpora
public import Evaluation
public import Execution

/// Answers with all documents in the prompt that have room, in the order of the corpus.
public struct LongContext: Answerer {
  /// What answers.
  public let reader: ReadingModel
  private let passages: [Passage]

  /// A model that reads a corpus before each question.
  ///
  /// - Throws: ``RoutingError/emptyIndex`` for a corpus without documents.
  /// - Complexity: Every document is turned into tokens once.
  public init(_ reader: ReadingModel, corpus: Corpus) throws(RoutingError) {
    guard !corpus.isEmpty else { throw .emptyIndex }
    self.reader = reader
    let assembler = reader.assembler
    passages = corpus.documents.map { assembler.passage(id: $0.id, text: $0.encodedText) }
  }

  /// One call of the model a question. What all prompts begin with is computed once, and counted
  /// for each.
  public func answers(to questions: [Query], context: WorkContext) throws -> [GivenAnswer] {
    var notes = TraceNotes()
    return try run(questions, &notes, context)
  }

  /// The prompt and what was written.
  public func trace(_ question: Query, context: WorkContext) throws -> AnswerTrace {
    var notes = TraceNotes()
    let answer = try run([question], &notes, context)[0]
    let kept = Set(answer.evidence)
    notes.found = passages.map {
      AnswerTrace.Found(id: $0.id, score: 0, text: $0.text, isInPrompt: kept.contains($0.id))
    }
    return notes.trace(of: answer)
  }

  private func run(
    _ questions: [Query], _ notes: inout TraceNotes, _ context: WorkContext
  ) throws -> [GivenAnswer] {
    try reader.checkRoom(
      for: questions.prefix(8).map { _ in passages }, beside: Array(questions.prefix(8)))
    let asked = try reader.ask(
      questions, passages: questions.map { _ in passages }, &notes, context)
    return zip(questions, asked).map { question, asked in
      reader.answer(
        to: question, asked.draft, evidence: asked.evidence, usage: asked.usage)
    }
  }
}
