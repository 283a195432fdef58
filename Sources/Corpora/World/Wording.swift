public import Execution

/// How facts of a synthetic world are written down and asked for.
///
/// A fact is a lead, a name, a link and a value: `The birthplace of Anna Berg is Oslo`. A question
/// is the same without the value, so that what a small model has to do is to find the name again and
/// say what comes after it.
public enum Wording {
  /// Between a name and a value.
  static let link = " is"
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
}
