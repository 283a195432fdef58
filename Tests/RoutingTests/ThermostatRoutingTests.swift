import Corpora
import Evaluation
import Execution
import LanguageModels
import Retrieval
import Routing
import Testing
import Tokenizers

@Suite struct ThermostatRoutingTests {
  /// The answers and their cost are those of the rules, applied to drafts made one by one.
  @Test func aStreamIsAnsweredByTheRules() throws {
    let reader = try ReadingModel(try TinyModels.random(), maxTokens: 8)
    let questions = TinyModels.questions(25)
    let index = try TinyModels.index()
    let closed = try questions.map { question in
      try reader.drafts(
        after: [try reader.assembler.prompt(question: question).tokens], context: WorkContext())[0]
    }
    let peaks = closed.map { $0.entropies.max() ?? 0 }.sorted()
    let (below, above) = (peaks[8], peaks[16])
    let router = Router.thermostat(above: above, below: below, memory: 0)
    let answers = try RoutedAnswerer(reader, retriever: index, k: 2, router: router).answers(
      to: questions, context: WorkContext(threads: 2))
    let always = try RoutedAnswerer(reader, retriever: index, k: 2, router: .always).answers(
      to: questions, context: WorkContext())
    var thermostat = Thermostat(above: above, below: below)
    for place in questions.indices {
      let answer = answers[place]
      let wasOn = thermostat.isOn
      #expect(answer.usage.toggles <= 1)
      if wasOn {
        #expect(answer.text == always[place].text)
        #expect(answer.usage.modelCalls == 1)
        // What it observes is what the passages' answer showed.
        let prompt = try RoutedAnswerer(reader, retriever: index, k: 2, router: .always)
          .trace(questions[place], context: WorkContext()).prompts[0]
        let draft = try reader.drafts(
          after: [reader.tokenizer.encode(prompt)], context: WorkContext())[0]
        #expect(thermostat.observe(draft.entropies) == (answer.usage.toggles == 1))
      } else if let read = thermostat.drafted(closed[place].entropies) {
        #expect(answer.text == always[place].text)
        #expect(answer.usage.modelCalls == 2)
        #expect(answer.usage.toggles == 1)
        #expect(
          answer.usage.generatedTokens == read + always[place].usage.generatedTokens)
      } else {
        #expect(answer.usage.modelCalls == 1)
        #expect(answer.usage.retrieverCalls == 0)
        #expect(answer.text == closed[place].text)
      }
    }
    #expect(answers.contains { $0.usage.toggles == 1 })
    #expect(answers.contains { $0.usage.retrieverCalls == 0 })
  }
}
