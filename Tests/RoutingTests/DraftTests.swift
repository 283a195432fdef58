import Corpora
import Evaluation
import Execution
import Glibc
import LanguageModels
import Retrieval
import Routing
import Testing
import Tokenizers

@Suite struct DraftTests {
  private static let prompts = [
    "Question: who", "Question: what is tea", "x", "Question: who",
    String(repeating: "Context: red blue. ", count: 4) + "Question: zinc",
  ]

  private func tokens(_ reader: ReadingModel) -> [[Int32]] {
    Self.prompts.map { reader.tokenizer.encode($0) }
  }

  /// Reads everything anew for each token, and takes the likeliest: no batch, no cache, doubles.
  private func reference(_ reader: ReadingModel, _ prompt: [Int32]) throws -> AnswerDraft {
    var (read, text) = (prompt, [UInt8]())
    var draft = AnswerDraft(
      text: "", tokens: [], logProbabilities: [], entropies: [], margins: [],
      promptTokens: prompt.count, hasEnded: false)
    while draft.tokens.count < reader.maxTokens {
      let session = try DecoderSession(
        reader.model, limits: .init(length: read.count), context: WorkContext())
      let logits = try session.prefill([read]).logits[0].map { Double($0) / reader.temperature }
      let top = logits.max() ?? 0
      let sum = logits.reduce(0) { $0 + exp($1 - top) }
      let logs = logits.map { $0 - top - log(sum) }
      let token = logs.firstIndex(of: logs.max() ?? 0) ?? 0
      let others = logs.enumerated().filter { $0.offset != token }.map(\.element)
      draft.tokens.append(Int32(token))
      draft.logProbabilities.append(logs[token])
      draft.entropies.append(-logs.reduce(0) { $0 + exp($1) * $1 })
      draft.margins.append(exp(logs[token]) - exp(others.max() ?? 0))
      if token == 256 || token == 10 {
        draft.hasEnded = true
        break
      }
      text.append(UInt8(token))
      read.append(Int32(token))
    }
    draft.text = String(decoding: text, as: UTF8.self)
    return draft
  }

  @Test(arguments: [1.0, 0.4, 3])
  func draftsAreTheLikeliestTokens(_ temperature: Double) throws {
    let reader = try ReadingModel(
      try TinyModels.random(), temperature: temperature, maxTokens: 12)
    let drafts = try reader.drafts(after: tokens(reader), context: WorkContext(threads: 2))
    for (draft, prompt) in zip(drafts, tokens(reader)) {
      let expected = try reference(reader, prompt)
      #expect(draft.tokens == expected.tokens)
      #expect(draft.hasEnded == expected.hasEnded)
      #expect(draft.promptTokens == prompt.count)
      for (got, wanted) in [
        (draft.logProbabilities, expected.logProbabilities),
        (draft.entropies, expected.entropies), (draft.margins, expected.margins),
      ] {
        #expect(zip(got, wanted).allSatisfy { abs($0 - $1) < 2e-5 }, "\(got) \(wanted)")
      }
    }
  }

  @Test func draftsDependOnNothingElse() throws {
    let reader = try ReadingModel(try TinyModels.random(), maxTokens: 12)
    let prompts = tokens(reader)
    let together = try reader.drafts(after: prompts, context: WorkContext(threads: 3))
    let again = try reader.drafts(after: prompts, context: WorkContext(threads: 1))
    #expect(together == again)
    let backwards = try reader.drafts(after: prompts.reversed(), context: WorkContext())
    #expect(Array(backwards.reversed()) == together)
    for (prompt, draft) in zip(prompts, together) {
      #expect(try reader.drafts(after: [prompt], context: WorkContext()) == [draft])
    }
  }

  /// What all prompts begin with is read once, and nothing is otherwise.
  @Test func sharedBeginningsChangeNothing() throws {
    let reader = try ReadingModel(try TinyModels.random(), maxTokens: 8)
    let beginning = String(repeating: "iron zinc tea. ", count: 6)
    let prompts =
      (0..<20).map { reader.tokenizer.encode(beginning + "Question \($0)") }
      + [reader.tokenizer.encode(beginning)]
    let together = try reader.drafts(after: prompts, context: WorkContext(threads: 2))
    for (prompt, draft) in zip(prompts, together) {
      #expect(try reader.drafts(after: [prompt], context: WorkContext()) == [draft])
    }
  }

  @Test func operationsAreThoseThatASessionCounts() throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let model = try TinyModels.random(seed: seed)
      let cost = InferenceCost(model.configuration)
      for (prompt, generated) in [(1, 1), (7, 1), (40, 5), (130, 20)] {
        let session = try DecoderSession(
          model, limits: .init(length: 160), context: WorkContext())
        let sequence = try session.prefill([Array(repeating: 65, count: prompt)]).sequences[0]
        for _ in 1..<generated { _ = try session.step([66], of: [sequence]) }
        #expect(
          cost.operations(promptTokens: prompt, generatedTokens: generated)
            == session.operations)
      }
    }
  }

  @Test func answersEndWithTheLineOrTheText() throws {
    let reader = try ReadingModel(try TinyModels.saying("ok, if"))
    let draft = try reader.drafts(
      after: [reader.tokenizer.encode("Q")], context: WorkContext())[0]
    #expect(draft.text == "ok, if")
    #expect(draft.tokens.last == 256)
    #expect(draft.hasEnded)
    let line = try ReadingModel(try TinyModels.saying("a\nb"))
    #expect(
      try line.drafts(after: [line.tokenizer.encode("Q")], context: WorkContext())[0].text == "a")
    let short = try ReadingModel(try TinyModels.saying("ok, if"), maxTokens: 3)
    let cut = try short.drafts(after: [short.tokenizer.encode("Q")], context: WorkContext())[0]
    #expect(cut.text == "ok,")
    #expect(!cut.hasEnded)
  }
}
