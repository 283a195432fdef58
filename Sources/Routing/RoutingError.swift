/// Why questions can't be answered, or a router can't decide; found before a model is asked.
public enum RoutingError: Error, Sendable, Hashable {
  /// The model has no tokenizer, so that it can't be given text.
  case noTokenizer
  /// The index has no document.
  case emptyIndex
  /// A question alone, with the words around it, is longer than the prompt may be.
  case questionTooLong(question: String, tokens: Int, room: Int)
  /// Not one passage has room beside a question.
  case noRoomForPassages(shortest: Int, room: Int, context: Int)
  /// None of the questions has a field that a router decides by.
  case missingField(String, known: [String])
  /// A field that a router compares is no number.
  case fieldIsNoNumber(field: String, question: String, got: String)
  /// A question whose right answer has to be known, and is not.
  case noAnswer(question: String)
  /// A setting is outside what it may be.
  case setting(name: String, got: Double, allowed: String)
  /// A thermostat that would switch off at a higher entropy than on.
  case thermostat(above: Double, below: Double)
}

extension RoutingError: CustomStringConvertible {
  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .noTokenizer: "the model has no tokenizer, so it can't be asked"
    case .emptyIndex: "the index has no documents"
    case .questionTooLong(let question, let tokens, let room):
      "question \"\(question)\" takes \(tokens) tokens, and the model's context has room for "
        + "\(room) beside the answer"
    case .noRoomForPassages(let shortest, let room, let context):
      "the model's context of \(context) tokens can't hold one passage: beside question and "
        + "answer there is room for \(room), and the shortest passage found takes \(shortest)"
    case .missingField(let field, let known):
      "none of the questions has a field '\(field)'"
        + (known.isEmpty ? "" : "; they have \(known.joined(separator: ", "))")
    case .fieldIsNoNumber(let field, let question, let got):
      "field '\(field)' of question \"\(question)\" is \"\(got)\", which is no number"
    case .noAnswer(let question):
      "question \"\(question)\" has no answer to compare with"
    case .setting(let name, let got, let allowed): "\(name) is \(got); it has to be \(allowed)"
    case .thermostat(let above, let below):
      "a thermostat that switches on above \(above) has to switch off below that, not at \(below)"
    }
  }
}
