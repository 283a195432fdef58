import Evaluation
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
    NormalizedAnswer(text).tokens
  }

  private static func names(_ text: String) -> [Substring] {
    text.split { $0 == " " || $0 == "," || $0 == "?" }.dropFirst().filter {
      $0.first?.isUppercase == true
    }
  }

  private static func flag(_ condition: Bool) -> Double { condition ? 1 : 0 }

  private static func share(_ count: Int, of total: Int) -> Double {
    Double(count) / Double(max(1, total))
  }

  private static func question(_ text: String) -> [Double] {
    let words = words(text)
    let content = words.filter { !common.contains($0) }
    let letters = content.reduce(0) { $0 + $1.utf8.count }
    let named = names(text).count
    var values: [Double] = [
      log(1 + Double(words.count)), share(named, of: words.count), Double(named),
      flag(text.contains(where: \.isNumber)), Double(text.count { $0 == "," }),
      flag(text.contains("\"")), share(letters, of: content.count),
    ]
    for head in heads { values.append(flag(words.first == head)) }
    for mark in marks { values.append(flag(words.contains(mark))) }
    return values
  }

  private static func retrieval(_ outcome: RecordedOutcomes.Outcome) -> [Double] {
    let wanted = Set(words(outcome.question).filter { !common.contains($0) })
    let covers = outcome.passages.map { passage in
      wanted.intersection(words(passage.title + " " + passage.text))
    }
    let all = covers.reduce(into: Set<String>()) { $0.formUnion($1) }
    let question = NormalizedAnswer(outcome.question).text
    let titled = outcome.passages.count { passage in
      let title = NormalizedAnswer(passage.title).text
      return !title.isEmpty && question.contains(title)
    }
    let counts = covers.map(\.count).sorted(by: >)
    let length = outcome.passages.reduce(0) { $0 + $1.text.utf8.count }
    return [
      share(counts.first ?? 0, of: wanted.count),
      share(counts.count > 1 ? counts[1] : 0, of: wanted.count),
      share(counts.reduce(0, +), of: counts.count * wanted.count),
      share(all.count, of: wanted.count), Double(titled), log(1 + Double(length)),
      share(covers.first?.count ?? 0, of: wanted.count),
    ]
  }

  private static func draft(_ outcome: RecordedOutcomes.Outcome) -> [Double] {
    let answer = words(outcome.fromMemory)
    let asked = Set(words(outcome.question))
    let text = answer.joined(separator: " ")
    let isInQuestion = NormalizedAnswer(outcome.question).text.contains(text)
    return [
      log(1 + Double(answer.count)), flag(text == "yes" || text == "no"),
      flag(text.contains(where: \.isNumber)), flag(text.contains("unknown")),
      share(answer.count { asked.contains($0) }, of: answer.count),
      share(names("x " + outcome.fromMemory).count, of: answer.count),
      flag(!text.isEmpty && isInQuestion),
    ]
  }
}
