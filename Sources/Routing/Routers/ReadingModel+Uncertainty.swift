import Corpora
import Evaluation
import Execution
import LanguageModels

extension ReadingModel {
  /// How much a model doubts its answers from memory, and what finding out took beside them.
  func uncertainty(
    of questions: [Query], drafts: [AskedDraft], signal: UncertaintySignal, samples: Int,
    seed: UInt64, context: WorkContext
  ) throws -> [(value: Double, usage: AnswerUsage)] {
    switch signal {
    case .probability: drafts.map { (1 - $0.draft.probability, AnswerUsage()) }
    case .entropy: drafts.map { ($0.draft.entropies.max() ?? 0, AnswerUsage()) }
    case .margin: drafts.map { (1 - ($0.draft.margins.min() ?? 1), AnswerUsage()) }
    case .agreement:
      try disagreement(questions, drafts, samples: samples, seed: seed, context: context)
    }
  }

  /// Draws answers at temperature 1, by streams that the question's id and text name, so that they
  /// do not depend on what else is asked.
  private func disagreement(
    _ questions: [Query], _ drafts: [AskedDraft], samples: Int, seed: UInt64,
    context: WorkContext
  ) throws -> [(value: Double, usage: AnswerUsage)] {
    let assembler = assembler
    let prompts = try questions.flatMap { question in
      let prompt = try assembler.prompt(question: question).tokens
      return (0..<samples).map { _ in prompt }
    }
    let streams = questions.flatMap { question in
      (0..<samples).map { sample in
        RandomStream(
          seed: seed, purpose: "agreement/\(sample)/\(question.id)/\(question.text)")
      }
    }
    let drawn = try self.drafts(
      after: prompts, sampling: Sampling(temperature: 1), streams: streams, context: context
    ) { _, _, _ in }
    return questions.indices.map { index in
      let wanted = NormalizedAnswer(drafts[index].draft.text).text
      let own = drawn[index * samples..<(index + 1) * samples]
      let same = own.count { NormalizedAnswer($0.text).text == wanted }
      return (
        1 - Double(same) / Double(samples),
        own.reduce(AnswerUsage()) { $0 + usage(of: $1) }
      )
    }
  }
}
