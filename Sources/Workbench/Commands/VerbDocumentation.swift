import Diagnostics
import Language

/// Help on verbs, made from their signatures.
package enum VerbDocumentation {
  /// Topics in the order of the overview.
  static let topics: [String] = {
    var topics: [String] = []
    for verb in VerbLibrary.standard.all where !topics.contains(verb.signature.topic) {
      topics.append(verb.signature.topic)
    }
    return topics
  }()

  /// The help on one verb, or on all verbs of a topic; nil where there is neither.
  package static func text(of name: String) -> String? {
    if let verb = VerbLibrary.standard[name] { return text(of: verb) }
    guard topics.contains(name) else { return nil }
    return overview(of: name)
  }

  /// A line a verb, by topic.
  package static func overview() -> String {
    topics.map(overview(of:)).joined(separator: "\n\n")
      + "\n\n'poise doc VERB' tells a verb's parameters."
  }

  /// What to say where nothing has this name.
  package static func suggestion(for name: String) -> String {
    let names = VerbLibrary.standard.all.map(\.signature.name) + topics
    let close = closestName(to: name, among: names).map { "; did you mean '\($0)'?" }
    return "there is no verb or topic '\(name)'" + (close ?? "; 'poise doc' lists all")
  }

  private static func overview(of topic: String) -> String {
    let verbs = VerbLibrary.standard.all.map(\.signature).filter { $0.topic == topic }
    let width = verbs.map(\.name.count).max() ?? 0
    return
      ([topic]
      + verbs.map { verb in
        let pad = String(repeating: " ", count: width - verb.name.count)
        return "  \(verb.name)\(pad)  \(verb.summary)"
      }).joined(separator: "\n")
  }

  private static func text(of verb: Verb) -> String {
    let signature = verb.signature
    let head = signature.parameters.map { parameter in
      let name = parameter.isPositional ? parameter.name : "\(parameter.name):"
      return parameter.defaultText == nil ? name : "[\(name)]"
    }.joined(separator: ", ")
    var lines = ["\(signature.name)(\(head))", "", signature.summary, ""]
    let width = signature.parameters.map(\.name.count).max() ?? 0
    for parameter in signature.parameters {
      let pad = String(repeating: " ", count: width - parameter.name.count)
      var line = "  \(parameter.name)\(pad)  \(parameter.type.words). \(parameter.summary)"
      if let text = parameter.defaultText, text != "none" { line += " Default \(text)." }
      lines.append(line)
      let indent = String(repeating: " ", count: width + 4)
      if !parameter.choices.isEmpty {
        lines.append(indent + "one of: " + parameter.choices.joined(separator: ", "))
      }
      if !parameter.metrics.isEmpty {
        lines.append(indent + "metrics: " + parameter.metrics.joined(separator: ", "))
      }
    }
    let kind =
      signature.purity == .compute
      ? verb.isStored == nil ? "Its results are stored" : "Objects that it makes are stored"
      : "A plain value; nothing is stored"
    lines += [
      "", "example: \(signature.example)",
      "\(kind)\(signature.isMeasured ? ", and it shows measured times" : ""). "
        + "Version \(signature.version).",
    ]
    return lines.joined(separator: "\n")
  }
}
