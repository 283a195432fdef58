package import Corpora
package import Evaluation

/// What a model's own doubt is told by.
public enum UncertaintySignal: String, Sendable, Hashable, CaseIterable {
  /// One less the probability of the whole answer.
  case probability
  /// The largest entropy before a token of the answer, in nats.
  case entropy
  /// One less the smallest distance between a token's probability and the next likeliest one's.
  case margin
  /// One less the share of drawn answers that say the same as the likeliest one.
  case agreement
}

/// Whether a question is looked up.
public enum Router: Sendable, Hashable {
  /// From memory, all of them.
  case never
  /// All are looked up.
  case always
  /// Both ways are asked, and a right answer is taken where there is one: what no router exceeds.
  case oracle
  /// The model answers from memory, and what it is less sure of is looked up.
  ///
  /// - `above`: The doubt from which it is looked up.
  /// - `samples`: Answers that ``UncertaintySignal/agreement`` draws, by `seed`.
  case uncertainty(above: Double, signal: UncertaintySignal, samples: Int, seed: UInt64)
  /// Looked up where a field of the question, such as how often its subject was seen, is below.
  /// A question without the field is taken for one of a rare subject.
  case popularity(below: Double, field: String)
  /// See ``Thermostat``.
  case thermostat(above: Double, below: Double, memory: Double)

  /// Checks the settings.
  ///
  /// - Throws: ``RoutingError/setting(name:got:allowed:)``,
  ///   ``RoutingError/thermostat(above:below:)``.
  public func validate() throws(RoutingError) {
    switch self {
    case .never, .always, .oracle: return
    case .uncertainty(let above, let signal, let samples, _):
      let limit = signal == .entropy ? 50.0 : 1
      guard (0...limit).contains(above) else {
        throw .setting(
          name: "above", got: above,
          allowed: "from 0 to \(Int(limit)) for the signal \(signal.rawValue)")
      }
      guard signal != .agreement || (1...1000).contains(samples) else {
        throw .setting(name: "samples", got: Double(samples), allowed: "from 1 to 1000")
      }
    case .popularity(let below, _):
      guard below.isFinite else {
        throw .setting(name: "below", got: below, allowed: "a finite number")
      }
    case .thermostat(let above, let below, let memory):
      for (name, value) in [("above", above), ("below", below)] where !(0...50).contains(value) {
        throw .setting(name: name, got: value, allowed: "from 0 to 50 nats")
      }
      guard below < above else { throw .thermostat(above: above, below: below) }
      guard (0..<1).contains(memory) else {
        throw .setting(name: "memory", got: memory, allowed: "from 0 up to but not 1")
      }
    }
  }

  /// Checks that questions have what the router decides by.
  ///
  /// - Throws: ``RoutingError``.
  func check(_ questions: [Query]) throws(RoutingError) {
    switch self {
    case .oracle:
      guard let first = questions.first,
        questions.allSatisfy({ $0.answers.isEmpty && !Self.isUnanswerable($0) })
      else { return }
      throw .noAnswer(question: first.id)
    case .popularity(_, let field):
      var isThere = false
      for question in questions {
        if try Self.popularity(of: question, field: field) != nil { isThere = true }
      }
      guard isThere || questions.isEmpty else {
        let known = questions.flatMap { $0.fields.all.map(\.name) }
        throw .missingField(field, known: Set(known).sorted())
      }
    default: return
    }
  }

  /// A question's field as a number; nil where it has none.
  static func popularity(of question: Query, field: String) throws(RoutingError) -> Double? {
    guard let text = question.fields.values(of: field).first else { return nil }
    guard let value = Double(text), value.isFinite else {
      throw .fieldIsNoNumber(field: field, question: question.id, got: text)
    }
    return value
  }

  /// Whether the right answer is that there is none.
  static func isUnanswerable(_ question: Query) -> Bool {
    question.fields.values(of: "kind").contains("unanswerable")
  }

  /// How right an answer is: 2 where it equals an accepted one, 1 where it holds one; 2 for a
  /// refusal where there is no answer.
  package static func rightness(of answer: GivenAnswer, to question: Query) -> Int {
    if question.answers.isEmpty { return answer.refused ? 2 : 0 }
    if answer.refused { return 0 }
    if NormalizedAnswer(answer.text).matches(anyOf: question.answers) { return 2 }
    return NormalizedAnswer(answer.text).contains(anyOf: question.answers) ? 1 : 0
  }
}
