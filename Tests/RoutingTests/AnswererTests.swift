import Corpora
import Evaluation
import Execution
import LanguageModels
import Retrieval
import Routing
import Testing
import Tokenizers

@Suite struct AnswererTests {
  private func reader(_ word: String? = nil, context: Int = 192) throws -> ReadingModel {
    let model =
      try word.map { try TinyModels.saying($0, context: context) }
      ?? TinyModels.random(context: context)
    return try ReadingModel(model, maxTokens: 8)
  }

  private func routed(_ reader: ReadingModel, _ router: Router, k: Int = 2) throws
    -> RoutedAnswerer
  {
    try RoutedAnswerer(reader, retriever: try TinyModels.index(), k: k, router: router)
  }

  @Test func refusalsAreTold() throws {
    let answers = try ClosedBook(try reader("unkow")).answers(
      to: TinyModels.questions(1), context: WorkContext())
    #expect(answers[0].text == "unkow")
    #expect(!answers[0].refused)
    var template = PromptTemplate.standard
    template.refusal = "No!"
    let refusing = try ReadingModel(try TinyModels.saying("no"), template: template)
    let refused = try ClosedBook(refusing).answers(
      to: TinyModels.questions(1), context: WorkContext())
    #expect(refused[0].refused)
    #expect(refused[0].text == "")
    #expect((refused[0].confidence ?? 0) > 0)
  }

  @Test func callsAndTokensAreCounted() throws {
    let reader = try reader()
    let questions = TinyModels.questions(9)
    let never = try routed(reader, .never).answers(to: questions, context: WorkContext())
    let closed = try ClosedBook(reader).answers(to: questions, context: WorkContext())
    #expect(never == closed)
    let always = try routed(reader, .always).answers(to: questions, context: WorkContext())
    let oracle = try routed(reader, .oracle).answers(to: questions, context: WorkContext())
    let unsure = try routed(
      reader, .uncertainty(above: 0, signal: .probability, samples: 1, seed: 0)
    ).answers(to: questions, context: WorkContext())
    let sure = try routed(
      reader, .uncertainty(above: 50, signal: .entropy, samples: 1, seed: 0)
    ).answers(to: questions, context: WorkContext())
    #expect(sure == closed)
    for index in questions.indices {
      let (own, looked) = (closed[index].usage, always[index].usage)
      let prompt = PromptTemplate.standard.prompt(question: questions[index].text)
      #expect(own.modelCalls == 1)
      #expect(own.promptTokens == prompt.utf8.count)
      #expect(own.retrieverCalls == 0)
      #expect(looked.retrieverCalls == 1)
      #expect(looked.modelCalls == 1)
      #expect(own.operations > 0 && looked.operations >= own.operations)
      #expect(oracle[index].usage == own + looked)
      // It was asked first and looked up then: two calls, and the second one's answer.
      #expect(unsure[index].usage == own + looked)
      #expect(unsure[index].text == always[index].text)
      #expect(unsure[index].evidence == always[index].evidence)
    }
  }

  @Test func agreementPaysForEverySample() throws {
    let reader = try reader()
    let questions = TinyModels.questions(5)
    let router = Router.uncertainty(above: 1, signal: .agreement, samples: 4, seed: 9)
    let answers = try routed(reader, router).answers(to: questions, context: WorkContext())
    #expect(answers.allSatisfy { $0.usage.modelCalls == 5 && $0.usage.retrieverCalls == 0 })
    let backwards = try routed(reader, router).answers(
      to: questions.reversed(), context: WorkContext(threads: 3))
    #expect(Array(backwards.reversed()) == answers)
    let always = try routed(
      try self.reader("tea"), .uncertainty(above: 0, signal: .agreement, samples: 3, seed: 1)
    ).answers(to: questions, context: WorkContext())
    #expect(always.allSatisfy { $0.usage.modelCalls >= 4 })
  }

  @Test func popularityDecidesByAField() throws {
    let reader = try reader()
    var questions = TinyModels.questions(8)
    questions[7].fields = .none
    let answers = try routed(reader, .popularity(below: 3, field: "exposure")).answers(
      to: questions, context: WorkContext())
    #expect(answers.map(\.usage.retrieverCalls) == [1, 1, 1, 0, 0, 0, 0, 1])
    #expect(answers.allSatisfy { $0.usage.modelCalls == 1 })
    #expect {
      try routed(reader, .popularity(below: 3, field: "fame")).answers(
        to: questions, context: WorkContext())
    } throws: {
      $0 as? RoutingError == .missingField("fame", known: ["exposure"])
    }
  }

  @Test func theOracleTakesWhatIsRight() throws {
    let questions = TinyModels.questions(3).map { question in
      var question = question
      question.answers = ["tea"]
      return question
    }
    let reader = try reader("tea")
    let answers = try routed(reader, .oracle).answers(to: questions, context: WorkContext())
    // Both are right, so memory is enough.
    #expect(answers.allSatisfy { $0.text == "tea" && $0.evidence.isEmpty })
    let unknown = questions.map { Query(id: $0.id, text: $0.text) }
    #expect(throws: RoutingError.noAnswer(question: "q0")) {
      try routed(reader, .oracle).answers(to: unknown, context: WorkContext())
    }
  }

  @Test func answersDoNotDependOnThreadsOrCompany() throws {
    let reader = try reader()
    let questions = TinyModels.questions(20)
    for router in [
      Router.always, .uncertainty(above: 0.999, signal: .probability, samples: 1, seed: 0),
      .uncertainty(above: 0.9, signal: .margin, samples: 1, seed: 0), .oracle,
    ] {
      let answerer = try routed(reader, router)
      let together = try answerer.answers(to: questions, context: WorkContext(threads: 4))
      for (question, answer) in zip(questions, together) {
        #expect(try answerer.answers(to: [question], context: WorkContext()) == [answer])
      }
    }
  }

  @Test func longContextsHoldWhatFits() throws {
    let reader = try reader(context: 120)
    let corpus = try TinyModels.corpus(30)
    let questions = TinyModels.questions(6)
    let answers = try LongContext(reader, corpus: corpus).answers(
      to: questions, context: WorkContext(threads: 2))
    for answer in answers {
      #expect(answer.usage.promptTokens <= 112)
      #expect(!answer.evidence.isEmpty)
      #expect(answer.usage.droppedPassages == 30 - answer.evidence.count)
      #expect(answer.usage.retrieverCalls == 0)
      #expect(answer.evidence.first == "d0")
    }
  }

  @Test func tracesShowWhatWasRead() throws {
    let reader = try reader()
    let question = TinyModels.questions(1)[0]
    let answerer = try routed(
      reader, .uncertainty(above: 0, signal: .probability, samples: 1, seed: 0))
    let trace = try answerer.trace(question, context: WorkContext())
    #expect(trace.answer == (try answerer.answers(to: [question], context: WorkContext()))[0])
    #expect(trace.prompts.count == 2)
    #expect(trace.prompts[0] == PromptTemplate.standard.prompt(question: question.text))
    #expect(trace.found.filter(\.isInPrompt).map(\.id) == trace.answer.evidence)
    #expect(trace.found.allSatisfy { trace.prompts[1].contains($0.text) || !$0.isInPrompt })
  }

  @Test func whatCanNotWorkIsToldBeforeACall() throws {
    let corpus = try TinyModels.corpus(4, words: 40)
    let reader = try reader(context: 96)
    let answerer = try RoutedAnswerer(
      reader, retriever: try TinyModels.index(corpus), k: 2,
      router: .uncertainty(above: 0.5, signal: .probability, samples: 1, seed: 0))
    var question = TinyModels.questions(1)[0]
    question.text = "tea"
    #expect {
      try answerer.answers(to: [question], context: WorkContext())
    } throws: { error in
      guard case .noRoomForPassages(_, _, let context)? = error as? RoutingError else {
        return false
      }
      return context == 96
    }
    #expect(throws: RoutingError.emptyIndex) {
      try RoutedAnswerer(
        reader, retriever: try TinyModels.index(Corpus(name: "none", documents: [])), k: 1,
        router: .always)
    }
    for router in [
      Router.uncertainty(above: 1.1, signal: .probability, samples: 1, seed: 0),
      .uncertainty(above: -0.1, signal: .entropy, samples: 1, seed: 0),
      .uncertainty(above: .nan, signal: .margin, samples: 1, seed: 0),
      .uncertainty(above: 0.5, signal: .agreement, samples: 0, seed: 0),
      .popularity(below: .infinity, field: "x"),
      .thermostat(above: 1, below: 1, memory: 0), .thermostat(above: 2, below: 1, memory: 1),
    ] {
      #expect(throws: RoutingError.self) { try router.validate() }
    }
  }

  @Test func abstainingRefusesTheUnsure() throws {
    let reader = try reader()
    let questions = TinyModels.questions(6)
    let plain = try ClosedBook(reader).answers(to: questions, context: WorkContext())
    let middle = plain.compactMap(\.confidence).sorted()[3]
    let answers = try Abstaining(ClosedBook(reader), below: middle).answers(
      to: questions, context: WorkContext())
    for (answer, before) in zip(answers, plain) {
      let isRefused = (before.confidence ?? 1) < middle
      #expect(answer.refused == isRefused)
      #expect(answer.text == (isRefused ? "" : before.text))
      #expect(answer.usage == before.usage)
    }
    #expect(answers.contains(where: \.refused) && answers.contains { !$0.refused })
  }
}
