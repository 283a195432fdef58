import Corpora
import Evaluation
import Execution
import LanguageModels

/// What a model wrote to a question.
struct AskedDraft: Sendable {
  var draft: AnswerDraft
  /// Ids of the passages in the prompt.
  var evidence: [String] = []
  var usage: AnswerUsage
}

extension ReadingModel {
  /// Asks questions from memory, or each from its passages.
  ///
  /// All prompts are put together before the model is called.
  ///
  /// - Parameters:
  ///   - questions: What is asked.
  ///   - passages: What each may be answered from; nil for questions from memory.
  ///   - examples: Shown before each question.
  ///   - notes: Told what was read and written.
  ///   - context: Threads, cancellation, progress.
  /// - Returns: A draft a question.
  /// - Throws: ``RoutingError`` before the model is called; `InferenceError`; cancellation.
  func ask(
    _ questions: [Query], passages: [[Passage]]? = nil,
    examples: [PromptAssembler.Example] = [], _ notes: inout TraceNotes, _ context: WorkContext
  ) throws -> [AskedDraft] {
    let assembler = assembler
    let chunk = 32
    let parts = try parallelMap((questions.count + chunk - 1) / chunk, context: context) { part in
      try (part * chunk..<min(questions.count, (part + 1) * chunk)).map { index in
        try context.check()
        return try assembler.prompt(
          question: questions[index], passages: passages?[index] ?? [], examples: examples)
      }
    }
    let prompts = parts.flatMap { $0 }
    let drafts = try drafts(after: prompts.map(\.tokens), context: context)
    notes.prompts += prompts.map(\.text)
    notes.drafts += drafts.map(\.text)
    return zip(prompts, drafts).map { prompt, draft in
      AskedDraft(
        draft: draft, evidence: prompt.passages,
        usage: usage(of: draft, dropped: prompt.dropped))
    }
  }

  /// A context that can't hold a single passage answers nothing from passages: that is a mistake in
  /// the setting, and said before the model is called.
  ///
  /// - Throws: ``RoutingError/noRoomForPassages(shortest:room:context:)`` where no question has room
  ///   for any of its passages; ``RoutingError/questionTooLong(question:tokens:room:)``.
  func checkRoom(
    for passages: [[Passage]], beside questions: [Query]
  ) throws(RoutingError) {
    var nearest: (shortest: Int, room: Int)?
    for (question, found) in zip(questions, passages) {
      let alone = try assembler.prompt(question: question, passages: found)
      guard alone.passages.isEmpty else { return }
      guard let shortest = found.map(\.tokens).min() else { continue }
      let room = assembler.passageRoom(beside: question)
      if shortest - room < (nearest.map { $0.shortest - $0.room } ?? .max) {
        nearest = (shortest, room)
      }
    }
    if let nearest {
      throw .noRoomForPassages(
        shortest: nearest.shortest, room: nearest.room, context: model.configuration.context)
    }
  }
}
