import Glibc

/// What can be told of a question before it is answered, in numbers.
package enum OutcomeFeatures: String, Sendable, Hashable, CaseIterable {
  /// The question's words alone.
  case question
  /// What the passages have in common with it: a search has to be made first.
  case retrieval
  /// The answer from memory: the model has to be asked first.
  case draft

  /// The features of an outcome, in a fixed order; gold answers play no part.
  package func values(of outcome: RecordedOutcomes.Outcome) -> [Double] {
    switch self {
    case .question: Self.question(outcome.question)
    case .retrieval: Self.retrieval(outcome)
    case .draft: Self.draft(outcome)
    }
  }

  private static let heads = [
    "what", "who", "which", "when", "where", "how", "are", "is", "did", "was", "in", "were",
  ]
  private static let marks = [
    "both", "or", "same", "year", "many", "first", "name", "director", "film", "born", "country",
    "nationality", "city", "band", "more", "older",
  ]
  private static let common: Set<String> = [
    "of", "in", "on", "at", "by", "to", "for", "and", "or", "is", "was", "are", "were", "did",
    "does", "do", "what", "who", "which", "when", "where", "how", "that", "this", "with", "from",
    "as", "it", "its", "his", "her", "their", "has", "had", "have", "be", "been",
  ]

  private static func words(_ text: String) -> [String] {
    NormalizedAnswer.text(text).split(separator: " ").map(String.init)
  }

  private static func names(_ text: String) -> [Substring] {
    text.split { $0 == " " || $0 == "," || $0 == "?" }.dropFirst().filter {
      $0.first?.isUppercase == true
    }
  }

  private static func question(_ text: String) -> [Double] {
    let words = words(text)
    let content = words.filter { !common.contains($0) }
    let letters = content.reduce(0) { $0 + $1.utf8.count }
    return [
      log(1 + Double(words.count)), Double(names(text).count) / Double(max(1, words.count)),
      Double(names(text).count), text.contains { $0.isNumber } ? 1 : 0,
      Double(text.count { $0 == "," }), text.contains("\"") ? 1 : 0,
      Double(letters) / Double(max(1, content.count)),
    ] + heads.map { words.first == $0 ? 1 : 0 } + marks.map { words.contains($0) ? 1 : 0 }
  }

  private static func retrieval(_ outcome: RecordedOutcomes.Outcome) -> [Double] {
    let wanted = Set(words(outcome.question).filter { !common.contains($0) })
    let size = Double(max(1, wanted.count))
    let covers = outcome.passages.map { passage in
      let found = wanted.intersection(words(passage.title + " " + passage.text))
      return (share: Double(found.count) / size, words: found)
    }
    let all = covers.reduce(into: Set<String>()) { $0.formUnion($1.words) }
    let question = NormalizedAnswer.text(outcome.question)
    let titled = outcome.passages.count { passage in
      let title = NormalizedAnswer.text(passage.title)
      return !title.isEmpty && question.contains(title)
    }
    let shares = covers.map(\.share).sorted(by: >)
    let length = outcome.passages.reduce(0) { $0 + $1.text.utf8.count }
    return [
      shares.first ?? 0, shares.count > 1 ? shares[1] : 0,
      shares.reduce(0, +) / Double(max(1, shares.count)), Double(all.count) / size,
      Double(titled), log(1 + Double(length)), covers.first?.share ?? 0,
    ]
  }

  private static func draft(_ outcome: RecordedOutcomes.Outcome) -> [Double] {
    let answer = words(outcome.fromMemory)
    let asked = Set(words(outcome.question))
    let text = answer.joined(separator: " ")
    return [
      log(1 + Double(answer.count)), text == "yes" || text == "no" ? 1 : 0,
      text.contains { $0.isNumber } ? 1 : 0, text.contains("unknown") ? 1 : 0,
      Double(answer.count { asked.contains($0) }) / Double(max(1, answer.count)),
      Double(names("x " + outcome.fromMemory).count) / Double(max(1, answer.count)),
      !text.isEmpty && NormalizedAnswer.text(outcome.question).contains(text) ? 1 : 0,
    ]
  }
}
