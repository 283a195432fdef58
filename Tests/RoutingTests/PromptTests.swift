import Corpora
import Evaluation
import Execution
import LanguageModels
import Retrieval
import Routing
import Testing
import Tokenizers

@Suite struct PromptTests {
  private static let template = PromptTemplate.standard

  private func assembler(_ room: Int) throws -> PromptAssembler {
    PromptAssembler(
      template: Self.template, tokenizer: try Tokenizer.bytes(specialTokens: []), room: room)
  }

  /// What the rules say, in bytes: passages go in while they fit, whole and in order.
  private func reference(_ question: String, _ passages: [String], room: Int) -> [Int] {
    var left = room - Self.template.prompt(question: question).utf8.count
    left -= Self.template.contextHeading.utf8.count
    return passages.indices.filter { index in
      let size = passages[index].utf8.count + Self.template.passageEnd.utf8.count
      guard size <= left else { return false }
      left -= size
      return true
    }
  }

  @Test func promptsFitAndSayWhatHadNoRoom() throws {
    var stream = RandomStream(seed: 5, purpose: "test/prompts")
    for _ in 0..<300 {
      let question = String(repeating: "q", count: 1 + stream.below(30))
      let texts = (0..<stream.below(6)).map { _ in
        String(repeating: "p", count: stream.below(40))
      }
      let room = 40 + stream.below(150)
      let assembler = try assembler(room)
      let passages = texts.enumerated().map { assembler.passage(id: "\($0)", text: $1) }
      guard Self.template.prompt(question: question).utf8.count <= room else {
        #expect(throws: RoutingError.self) {
          try assembler.prompt(question: Query(id: "q", text: question), passages: passages)
        }
        continue
      }
      let prompt = try assembler.prompt(
        question: Query(id: "q", text: question), passages: passages)
      let kept = reference(question, texts, room: room)
      #expect(prompt.passages == kept.map { "\($0)" })
      #expect(prompt.dropped == texts.count - kept.count)
      #expect(prompt.tokens.count <= room)
      #expect(
        prompt.text == Self.template.prompt(question: question, passages: kept.map { texts[$0] }))
    }
  }

  @Test func theQuestionIsNeverCut() throws {
    let question = Query(id: "long", text: String(repeating: "why ", count: 20))
    #expect {
      try assembler(50).prompt(question: question)
    } throws: { error in
      error as? RoutingError == .questionTooLong(question: "long", tokens: 90, room: 50)
    }
  }

  @Test func theLastExamplesGoFirst() throws {
    let examples = [("one", "1"), ("two", "2"), ("three", "3")].map {
      (question: $0.0, answer: $0.1)
    }
    let question = Query(id: "q", text: "four")
    let whole = Self.template.prompt(question: "four", examples: examples)
    let all = try assembler(whole.utf8.count).prompt(question: question, examples: examples)
    #expect(all.text == whole)
    #expect(all.dropped == 0)
    let some = try assembler(whole.utf8.count - 1).prompt(question: question, examples: examples)
    #expect(
      some.text == Self.template.prompt(question: "four", examples: Array(examples.prefix(2))))
    #expect(some.dropped == 1)
  }

  @Test func answersAreComparedNormalised() {
    #expect(NormalizedAnswer("The Eiffel-Tower, a  TOWER!").text == "eiffeltower tower")
    #expect(NormalizedAnswer("in 2012 or so").contains(anyOf: ["12"]))
    #expect(!NormalizedAnswer("anything").contains(anyOf: ["the", ""]))
    #expect(NormalizedAnswer("An Oslo.").matches(anyOf: ["x", "oslo"]))
  }
}
