import Corpora
import Evaluation
import Execution
import LanguageModels
import Retrieval
import Routing
import Testing
import Tokenizers

@Suite struct RelationalTests {
  @Test func tablesAnswerWhatTheySay() throws {
    let world = try World(.init(people: 40, attributes: 5, seed: 3))
    let facts = try NewFacts(world, .init(people: 40, questions: 300, seed: 5))
    let questions = facts.train.queries + facts.dev.queries + facts.test.queries
    let answers = try Relational(facts.tables).answers(
      to: questions, context: WorkContext(threads: 3))
    var asked: [String: Int] = [:]
    for (question, answer) in zip(questions, answers) {
      let kind = question.fields.values(of: "kind").first ?? ""
      asked[kind, default: 0] += 1
      switch kind {
      case "known", "unanswerable":
        // People that the tables do not have, or that nothing is known of.
        #expect(answer.refused, "\(question.text): \(answer.text)")
      default:
        #expect(answer.text == question.answers.first, "\(question.text): \(answer.text)")
        #expect(answer.usage.tableQueries == 1)
        #expect(answer.usage.modelCalls == 0)
      }
    }
    #expect(asked["join", default: 0] > 3 && asked["count", default: 0] > 3)
    let trace = try Relational(facts.tables).trace(
      try #require(questions.first { $0.fields.values(of: "kind") == ["count"] }),
      context: WorkContext())
    #expect(trace.queries.first?.hasPrefix("SELECT count(*)") == true)
  }
}
