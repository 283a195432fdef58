public import Corpora

/// Questions with what their answers are compared with.
public struct AskedQuestions: Sendable {
  /// The kind of questions whose right answer is that there is none.
  public static let unanswerable = "unanswerable"
  /// The kind of questions about what the base model knew before anything was trained.
  public static let known = "known"
  /// The kind of questions worded as no training example is.
  public static let outOfTemplate = "out_of_template"

  /// What results are paired by.
  public let identity: String
  /// What was asked.
  public let queries: [Query]
  /// The accepted answers of each question, normalised; none where it has no answer.
  let gold: [[NormalizedAnswer]]
  /// The kind of each question, where it says.
  public let kinds: [String?]
  /// The decile of its subject's popularity, from 1, where it says.
  public let deciles: [Int?]

  /// Why questions can't be scored.
  public enum Failure: Error, Sendable, Hashable {
    /// There is none.
    case noQuestions
    /// Two questions have one id.
    case repeated(id: String)
    /// No question has an answer, and none is of the kind ``AskedQuestions/unanswerable``.
    case noAnswers(count: Int)
    /// A question of some other kind has no answer.
    case withoutAnswer(id: String, kind: String)
    /// There is no answer to a question; `answers` were given.
    case missing(id: String, answers: Int)
    /// An answer belongs to no question.
    case unknown(id: String)
    /// Two answers to one question.
    case answeredTwice(id: String)
    /// A confidence is no probability.
    case confidence(id: String, got: Double)
    /// There is not one time for each answer, or it is negative or not finite.
    case latency(id: String)
  }

  /// Questions of a data set.
  ///
  /// A question without accepted answers is one whose right answer is that there is none, if its
  /// kind says so or it has no kind and others have answers (SQuAD 2.0).
  ///
  /// - Parameters:
  ///   - queries: With ids that are different.
  ///   - identity: The identity of the data set, such as its digest.
  /// - Throws: ``Failure``.
  public init(_ queries: [Query], identity: String) throws {
    guard !queries.isEmpty else { throw Failure.noQuestions }
    var seen: Set<String> = []
    for query in queries where !seen.insert(query.id).inserted {
      throw Failure.repeated(id: query.id)
    }
    let kinds = queries.map { $0.fields.values(of: "kind").first }
    let hasAnswers = queries.contains { !$0.answers.isEmpty }
    guard hasAnswers || kinds.contains(Self.unanswerable) else {
      throw Failure.noAnswers(count: queries.count)
    }
    for (query, kind) in zip(queries, kinds) where query.answers.isEmpty {
      if let kind, kind != Self.unanswerable {
        throw Failure.withoutAnswer(id: query.id, kind: kind)
      }
    }
    self.identity = identity
    self.queries = queries
    self.kinds = kinds
    gold = queries.map { $0.answers.map(NormalizedAnswer.init) }
    deciles = Self.deciles(of: queries)
  }

  /// The fields that tell how often a subject is spoken of, PopQA's `s_pop` among them.
  static let popularityFields = ["exposure", "popularity", "s_pop"]

  /// The deciles that questions state, or those of their subjects' popularity, the rarest first,
  /// where all of at least ten state that.
  private static func deciles(of queries: [Query]) -> [Int?] {
    func numbers(_ field: String) -> [Double?] {
      queries.map { query in
        query.fields.values(of: field).first.flatMap(Double.init).flatMap {
          $0.isFinite ? $0 : nil
        }
      }
    }
    let stated = numbers("decile").map { $0.flatMap(Int.init(exactly:)) }
    guard queries.count >= 10, stated.allSatisfy({ $0 == nil }) else { return stated }
    for field in popularityFields {
      let popularity = numbers(field).compactMap { $0 }
      if popularity.count == queries.count,
        let groups = try? Statistics.rankGroups(popularity, groups: 10)
      {
        return groups.map { $0 + 1 }
      }
    }
    return stated
  }

  /// Whether a question has an answer.
  func isAnswerable(_ question: Int) -> Bool { !gold[question].isEmpty }

  /// The kinds that there are. Their order is that of ``kindOrder``, then of the alphabet: not that
  /// of the questions, so that results of several seeds can be merged row by row.
  public var kindNames: [String] {
    Set(kinds.compactMap { $0 }).sorted { a, b in
      let ranks = [a, b].map { Self.kindOrder.firstIndex(of: $0) ?? Self.kindOrder.count }
      return ranks[0] != ranks[1] ? ranks[0] < ranks[1] : a < b
    }
  }

  /// The kinds that a synthetic world has, from what is known by heart to what is asked otherwise.
  public static let kindOrder = [
    known, "new", "paraphrased", "implicit", "two-hop", "join", "count", unanswerable,
    outOfTemplate,
  ]

  /// The deciles that questions have, ascending.
  public var decileNumbers: [Int] { Set(deciles.compactMap { $0 }).sorted() }
}

/// Some of the questions, the same ones for every answerer.
public enum QuestionGroup: Sendable, Hashable {
  /// Every question.
  case all
  /// The questions of a kind.
  case kind(String)
  /// The questions about subjects of a decile of popularity.
  case decile(Int)

  func contains(_ question: Int, of asked: AskedQuestions) -> Bool {
    switch self {
    case .all: true
    case .kind(let kind): asked.kinds[question] == kind
    case .decile(let decile): asked.deciles[question] == decile
    }
  }

  var label: String {
    switch self {
    case .all: ""
    case .kind(let kind): "/kind=\(kind)"
    case .decile(let decile): "/decile=\(decile)"
    }
  }
}

extension AskedQuestions.Failure: CustomStringConvertible {
  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .noQuestions: "there are no questions"
    case .repeated(let id): "two questions have the id '\(id)'"
    case .noAnswers(let count):
      "none of the \(count) questions has an answer to compare with"
    case .withoutAnswer(let id, let kind):
      "question '\(id)' of the kind '\(kind)' has no answer to compare with"
    case .missing(let id, let answers):
      "question '\(id)' is not among the \(answers) questions answered"
    case .unknown(let id): "an answer is given to '\(id)', which is not among the questions"
    case .answeredTwice(let id): "question '\(id)' is answered twice"
    case .confidence(let id, let got):
      "a confidence lies within 0…1, that of the answer to '\(id)' is \(got)"
    case .latency(let id): "the answer to '\(id)' took no time that can be"
    }
  }
}
