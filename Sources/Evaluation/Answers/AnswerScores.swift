public import Corpora

/// One answerer's answers to questions, scored one by one.
public struct AnswerScores: Sendable {
  /// The questions.
  public let asked: AskedQuestions
  /// The answers, in the order of the questions.
  public let answers: [GivenAnswer]
  /// Milliseconds to each answer, where they were taken.
  public let latencies: [Double]?
  /// 1 for a right answer, else 0.
  public let right: [Double]
  private let exact: [Double]
  private let overlap: [Double]
  private let containing: [Double]

  /// Scores answers.
  ///
  /// - Parameters:
  ///   - answers: One for each question, in any order.
  ///   - asked: The questions.
  ///   - latencies: Milliseconds by question id.
  /// - Throws: ``AskedQuestions/Failure`` where questions and answers don't belong together.
  /// - Complexity: linear in the texts.
  public init(
    _ answers: [GivenAnswer], to asked: AskedQuestions, latencies: [String: Double]? = nil
  ) throws {
    typealias Failure = AskedQuestions.Failure
    var byQuestion: [String: GivenAnswer] = [:]
    for answer in answers {
      guard byQuestion.updateValue(answer, forKey: answer.question) == nil else {
        throw Failure.answeredTwice(id: answer.question)
      }
      if let confidence = answer.confidence, !(0...1).contains(confidence) {
        throw Failure.confidence(id: answer.question, got: confidence)
      }
    }
    let given = try asked.queries.map { query in
      guard let answer = byQuestion.removeValue(forKey: query.id) else {
        throw Failure.missing(id: query.id, answers: answers.count)
      }
      return answer
    }
    if let extra = byQuestion.keys.min() { throw Failure.unknown(id: extra) }
    self.asked = asked
    self.answers = given
    self.latencies = try latencies.map { latencies in
      try asked.queries.map { query in
        guard let time = latencies[query.id], time >= 0, time.isFinite else {
          throw Failure.latency(id: query.id)
        }
        return time
      }
    }
    var right: [Double] = []
    var exact: [Double] = []
    var overlap: [Double] = []
    var containing: [Double] = []
    for (answer, gold) in zip(given, asked.gold) {
      guard !answer.refused else {
        right.append(gold.isEmpty ? 1 : 0)
        exact.append(0)
        overlap.append(0)
        containing.append(0)
        continue
      }
      let text = NormalizedAnswer(answer.text)
      let isExact = gold.contains(where: text.matches)
      right.append(isExact ? 1 : 0)
      exact.append(isExact ? 1 : 0)
      overlap.append(gold.map { text.f1(against: $0) }.max() ?? 0)
      containing.append(gold.contains(where: text.contains) ? 1 : 0)
    }
    self.right = right
    self.exact = exact
    self.overlap = overlap
    self.containing = containing
  }

  /// One question's value of a metric that is a mean over questions; nil for the others.
  public func value(of metric: AnswerMetric, question: Int) -> Double? {
    let answer = answers[question]
    switch metric {
    case .accuracy: return right[question]
    case .exactMatch: return exact[question]
    case .f1: return overlap[question]
    case .contains: return containing[question]
    case .evidenceRecall:
      let wanted = Set(asked.queries[question].evidence)
      guard !wanted.isEmpty else { return nil }
      return Double(wanted.intersection(answer.evidence).count) / Double(wanted.count)
    case .refusal, .overRefusal: return answer.refused ? 1 : 0
    case .hallucination: return answer.refused ? 0 : 1
    case .modelCalls: return Double(answer.usage.modelCalls)
    case .retrieverCalls: return Double(answer.usage.retrieverCalls)
    case .tableQueries: return Double(answer.usage.tableQueries)
    case .promptTokens: return Double(answer.usage.promptTokens)
    case .generatedTokens: return Double(answer.usage.generatedTokens)
    case .tokens: return Double(answer.usage.promptTokens + answer.usage.generatedTokens)
    case .droppedPassages: return Double(answer.usage.droppedPassages)
    case .toggles: return Double(answer.usage.toggles)
    case .operations: return answer.usage.operations
    case .calibrationError, .rocArea, .latencyMedian, .latencyTail: return nil
    }
  }

  /// The questions that a metric of a group is over.
  func questions(_ metric: AnswerMetric, _ group: QuestionGroup) -> [Int] {
    asked.queries.indices.filter { question in
      guard group.contains(question, of: asked) else { return false }
      return switch metric.scope {
      case .all: true
      case .answerable: asked.isAnswerable(question)
      case .unanswerable: !asked.isAnswerable(question)
      case .withEvidence: !asked.queries[question].evidence.isEmpty
      case .withConfidence: answers[question].confidence != nil
      case .withLatency: latencies != nil
      }
    }
  }

  /// A metric with its replicates, paired with that of any other answerer of the same questions.
  ///
  /// Metrics of confidence are over the answers that state one; where some do not, they are paired
  /// with those of answerers that state one for the same questions only.
  ///
  /// - Parameters:
  ///   - metric: What to measure.
  ///   - group: Over which questions.
  ///   - seeds: 0 where no seeded work was involved, 1 for one seed.
  /// - Returns: The number; nil where no question is left to measure it on, or it isn't defined:
  ///   an area under a curve where all answers are right.
  /// - Throws: ``Measured/Failure`` for numbers that are not finite.
  public func measured(
    _ metric: AnswerMetric, _ group: QuestionGroup = .all, seeds: Int
  ) throws -> Measured? {
    let chosen = questions(metric, group)
    guard !chosen.isEmpty else { return nil }
    let identity = identity(metric, group, chosen)
    switch metric {
    case .calibrationError, .rocArea:
      let confidence = chosen.map { answers[$0].confidence ?? 0 }
      let correct = chosen.map { right[$0] > 0.5 }
      if metric == .rocArea, Set(correct).count < 2 { return nil }
      return try Measured.statistic(
        count: chosen.count, identity: identity, seeds: seeds, range: 0...1
      ) { indices in
        let scores = indices.map { confidence[$0] }
        let flags = indices.map { correct[$0] }
        return metric == .rocArea
          ? (try? Statistics.rocArea(scores: scores, correct: flags)) ?? .nan
          : try Statistics.calibrationError(confidence: scores, correct: flags)
      }
    case .latencyMedian, .latencyTail:
      guard let latencies else { return nil }
      let share = metric == .latencyMedian ? 0.5 : 0.95
      return try Measured.statistic(
        count: chosen.count, identity: identity, seeds: seeds, range: nil
      ) { try Statistics.quantile($0.map { latencies[chosen[$0]] }, share) }
    default:
      let isShare =
        switch metric {
        case .accuracy, .exactMatch, .f1, .contains, .evidenceRecall, .refusal, .overRefusal,
          .hallucination:
          true
        default: false
        }
      let values = chosen.compactMap { value(of: metric, question: $0) }
      // A count that is the same for every question has nothing to be unsure of.
      if !isShare, let first = values.first, values.allSatisfy({ $0 == first }) {
        return Measured(exact: first)
      }
      return try Measured.mean(
        of: values, identity: identity, seeds: seeds, range: isShare ? 0...1 : nil)
    }
  }

  private func identity(
    _ metric: AnswerMetric, _ group: QuestionGroup, _ chosen: [Int]
  ) -> String {
    guard chosen.count < asked.queries.count else { return asked.identity }
    let scope =
      switch metric.scope {
      case .all, .withLatency: ""
      case .answerable: "/answerable"
      case .unanswerable: "/unanswerable"
      case .withEvidence: "/evidence"
      // Which ones these are depends on the answerer.
      case .withConfidence: "/among=" + chosen.map { String($0) }.joined(separator: ",")
      }
    return asked.identity + group.label + scope
  }
}
