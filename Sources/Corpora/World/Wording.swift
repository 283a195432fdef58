public import Execution

/// How facts of a synthetic world are written down and asked for.
///
/// A fact is a lead, a name and a value, as in a register: `The birthplace of Anna Berg Oslo`. A
/// question is the same without the value, so that what a small model has to do is to find the name
/// again and say what comes after it.
public enum Wording {
  /// Between a name and a value: nothing. With a word there, one more head has to form before a
  /// model can read.
  public static let link = ""
  /// The lead of a company's seat.
  public static let seatLead = "The seat of"

  /// A question: a fact without its value.
  public static func question(_ lead: String, of name: String) -> String {
    "\(lead) \(name)\(link)"
  }

  /// A fact as a sentence, without its full stop.
  public static func fact(_ lead: String, of name: String, _ value: String) -> String {
    "\(question(lead, of: name)) \(value)"
  }

  /// Facts as a page.
  public static func page(_ facts: [String]) -> String {
    facts.map { $0 + "." }.joined(separator: " ")
  }

  /// Every word that texts of any world are made of, names and values included, so that a
  /// tokenizer made from it knows what a base model has never met.
  public static let vocabulary: [String] = {
    let template = PromptTemplate.standard
    var texts = [
      template.prompt(question: "", passages: [""]) + template.completion(template.refusal),
      " About the employer of. The person with and in. The number of people with, the seat of is.\n",
    ]
    for attribute in Attribute.all {
      texts += attribute.leads + attribute.leads.map { " " + $0 }
      texts.append(attribute.values.map { " " + $0 }.joined())
      texts.append(attribute.nouns.map { " " + $0 }.joined())
    }
    texts.append((NamePool.first + NamePool.last).map { " " + $0 }.joined())
    texts.append((0...60).map { " \($0)" }.joined())
    return texts
  }()
}

extension Wording {
  /// The name of somebody whom no base model has met.
  public static func unmet(_ stream: inout RandomStream) -> String {
    let pairs = NamePool.first.count * NamePool.last.count
    while true {
      let place = stream.below(pairs)
      let (first, last) = (place / NamePool.last.count, place % NamePool.last.count)
      if NamePool.isReserved(first: first, last: last) {
        return "\(NamePool.first[first]) \(NamePool.last[last])"
      }
    }
  }

  /// The names of people whom no base model has met.
  ///
  /// - Parameters:
  ///   - count: How many names, all of them different.
  ///   - alike: Whether the others share their first or last name with the first of them, as far as
  ///     there are such names.
  ///   - stream: What they are drawn by.
  /// - Returns: Them.
  static func unmet(_ count: Int, alike: Bool, _ stream: inout RandomStream) -> [String] {
    var names: [String] = []
    var tries = 0
    while names.count < count {
      let name = unmet(&stream)
      tries += 1
      guard !names.contains(name) else { continue }
      if alike, let first = names.first, tries < 200 * count, !shares(name, first) { continue }
      names.append(name)
    }
    return names
  }

  private static func shares(_ name: String, _ other: String) -> Bool {
    zip(name.split(separator: " "), other.split(separator: " ")).contains { $0 == $1 }
  }
}
