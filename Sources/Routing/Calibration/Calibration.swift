public import Corpora
import Evaluation
public import Execution
import Glibc
import LanguageModels
public import Retrieval
import Tokenizers

/// What a model's confidence was worth before and after its logits were divided by a temperature.
public struct Calibration: Sendable, Hashable {
  /// What the temperature is fitted to.
  public enum Target: String, Sendable, Hashable, CaseIterable {
    /// That answers are right with the probability the model gives them.
    case answers
    /// The tokens of accepted answers.
    case tokens
  }

  /// Answers of about the same confidence.
  public struct Bin: Sendable, Hashable {
    /// The least confidence of the bin.
    public var low: Double
    /// How many answers there are.
    public var count: Int
    /// Their mean confidence.
    public var confidence: Double
    /// The share that is right.
    public var accuracy: Double
  }

  /// What logits are divided by.
  public let temperature: Double
  /// Whether each answer is right, and its confidence at temperature 1 and at ``temperature``.
  public let answers: [(isRight: Bool, before: Double, after: Double)]

  /// A calibration of its parts.
  public init(temperature: Double, answers: [(isRight: Bool, before: Double, after: Double)]) {
    self.temperature = temperature
    self.answers = answers
  }

  /// The expected calibration error over ten bins, before or after.
  ///
  /// - Throws: `Statistics.Failure` where there are no answers.
  public func error(after: Bool, of places: [Int]? = nil) throws -> Double {
    let chosen = places.map { $0.map { answers[$0] } } ?? answers
    return try Statistics.calibrationError(
      confidence: chosen.map { after ? $0.after : $0.before }, correct: chosen.map(\.isRight))
  }

  /// Ten bins of equal width, those without answers left out: a reliability diagram.
  public func bins(after: Bool) -> [Bin] {
    (0..<10).compactMap { index in
      let own = answers.filter {
        min(9, Int((after ? $0.after : $0.before) * 10)) == index
      }
      guard !own.isEmpty else { return nil }
      let count = Double(own.count)
      return Bin(
        low: Double(index) / 10, count: own.count,
        confidence: own.reduce(0) { $0 + (after ? $1.after : $1.before) } / count,
        accuracy: Double(own.count(where: \.isRight)) / count)
    }
  }

  /// Equality of all parts.
  public static func == (a: Calibration, b: Calibration) -> Bool {
    a.temperature == b.temperature && a.answers.elementsEqual(b.answers) { $0 == $1 }
  }

  /// Hashes all parts.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(temperature)
    for answer in answers {
      hasher.combine(answer.isRight)
      hasher.combine(answer.before)
      hasher.combine(answer.after)
    }
  }
}

extension Calibration {
  /// Fits a model's temperature to questions whose answers are known.
  ///
  /// - Parameters:
  ///   - reader: The model; its own temperature plays no part.
  ///   - questions: With accepted answers; others are right where they are refused.
  ///   - retriever: What finds passages; nil for answers from memory.
  ///   - k: How many passages.
  ///   - target: What is made likeliest.
  ///   - context: Threads, cancellation, progress.
  /// - Returns: The temperature that all questions give; the confidences after it are each half of
  ///   the questions' at the temperature that the other half gives, so that no question is judged by
  ///   what it was fitted to.
  /// - Throws: ``RoutingError``; `InferenceError`; cancellation.
  public static func fit(
    _ reader: ReadingModel, on questions: [Query], retriever: (any Retriever)? = nil, k: Int = 3,
    target: Target = .answers, context: WorkContext
  ) throws -> Calibration {
    try Router.oracle.check(questions)
    let assembler = reader.assembler
    var prompts: [[Int32]] = []
    if let retriever {
      guard retriever.documentCount > 0 else { throw RoutingError.emptyIndex }
      let found = try retriever.searchAll(
        questions.map(\.text), k: k, filter: nil, context: context)
      let passages = found.map { hits in
        hits.map { hit in
          assembler.passage(
            id: hit.documentID,
            text: retriever.documents.document(id: hit.documentID)?.encodedText ?? "")
        }
      }
      try reader.checkRoom(for: passages, beside: questions)
      prompts = try zip(questions, passages).map {
        try assembler.prompt(question: $0, passages: $1).tokens
      }
    } else {
      prompts = try questions.map { try assembler.prompt(question: $0).tokens }
    }
    var written = LogitSamples(vocabulary: reader.model.configuration.vocabularySize)
    let drafts = try reader.drafts(
      after: prompts, sampling: .greedy, streams: [], context: context
    ) { index, token, logits in written.append(logits, token: token, answer: index) }
    let isRight = zip(questions, drafts).map { question, draft in
      let answer = reader.answer(to: question, draft, usage: reader.usage(of: draft))
      return Router.rightness(of: answer, to: question) > 0
    }
    let own = TemperatureFit(written, context: context)
    let accepted =
      target == .tokens
      ? TemperatureFit(try reader.accepted(questions, prompts, context), context: context) : own
    func temperature(among isChosen: (Int) -> Bool) throws -> Double {
      switch target {
      case .answers: try own.likeliestOutcomes(isRight, among: isChosen)
      case .tokens: try accepted.likeliestTokens(among: isChosen)
      }
    }
    let best = try temperature { _ in true }
    let before = try own.answerLogProbabilities(at: 1, count: questions.count)
    // Each half is judged by the other's temperature.
    let even = try own.answerLogProbabilities(
      at: try temperature { $0 % 2 == 1 }, count: questions.count)
    let odd = try own.answerLogProbabilities(
      at: try temperature { $0 % 2 == 0 }, count: questions.count)
    let after = questions.indices.map { $0 % 2 == 0 ? even[$0] : odd[$0] }
    return Calibration(
      temperature: best,
      answers: questions.indices.compactMap { index in
        guard let first = before[index], let second = after[index] else { return nil }
        return (isRight[index], min(1, exp(first)), min(1, exp(second)))
      })
  }
}

extension ReadingModel {
  /// Logits before each token of the first accepted answer, its end included; questions without an
  /// answer are to be refused.
  fileprivate func accepted(
    _ questions: [Query], _ prompts: [[Int32]], _ context: WorkContext
  ) throws -> LogitSamples {
    var samples = LogitSamples(vocabulary: model.configuration.vocabularySize)
    let limit = model.configuration.context
    let end = tokenizer.endOfText ?? model.configuration.endTokens.first
    for index in questions.indices {
      try context.check()
      let answer = questions[index].answers.first ?? template.refusal
      let tokens =
        tokenizer.encode(template.completion(answer), addingSpecialTokens: false)
        + (end.map { [$0] } ?? [])
      let read = prompts[index] + tokens.dropLast()
      guard let last = tokens.last, read.count <= limit else { continue }
      let session = try DecoderSession(
        model, limits: DecoderSession.Limits(length: read.count), context: context)
      let sequence = session.begin()
      try session.extend([sequence], by: [read], wanting: .all) { _, offset, logits in
        let place = offset + 1 - prompts[index].count
        guard place >= 0 else { return }
        let token = place < tokens.count ? tokens[place] : last
        samples.append(logits, token: token, answer: index)
      }
    }
    return samples
  }
}
