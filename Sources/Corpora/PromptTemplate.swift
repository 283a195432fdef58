/// How a question, and passages to answer it from, are put to a language model.
///
/// One wording for everything that trains and everything that asks, since a small model answers
/// only what looks like its training.
public struct PromptTemplate: Sendable, Hashable {
  /// Before the passages; left out where there are none.
  public var contextHeading: String
  /// After each passage.
  public var passageEnd: String
  /// Before the question.
  public var questionHeading: String
  /// After the question.
  public var answerHeading: String
  /// Before an answer.
  public var answerLead: String
  /// What is answered where the passages do not say.
  public var refusal: String

  /// A template of its parts.
  public init(
    contextHeading: String, passageEnd: String, questionHeading: String, answerHeading: String,
    answerLead: String, refusal: String
  ) {
    self.contextHeading = contextHeading
    self.passageEnd = passageEnd
    self.questionHeading = questionHeading
    self.answerHeading = answerHeading
    self.answerLead = answerLead
    self.refusal = refusal
  }

  /// The wording that the shipped base model was trained on.
  public static let standard = PromptTemplate(
    contextHeading: "Context:\n", passageEnd: "\n", questionHeading: "Question: ",
    answerHeading: "", answerLead: " ", refusal: "unknown")

  /// What a model reads before it answers.
  ///
  /// - Parameters:
  ///   - question: What is asked.
  ///   - passages: What it may be answered from, in the order of the prompt; none for a question
  ///     from memory.
  ///   - examples: Questions with their answers that are shown first.
  /// - Returns: The prompt.
  public func prompt(
    question: String, passages: [String] = [],
    examples: [(question: String, answer: String)] = []
  ) -> String {
    var text = ""
    for example in examples {
      text += prompt(question: example.question) + completion(example.answer) + "\n"
    }
    if !passages.isEmpty {
      text += contextHeading
      for passage in passages { text += passage + passageEnd }
    }
    return text + questionHeading + question + answerHeading
  }

  /// What a model is to write after ``prompt(question:passages:examples:)``.
  public func completion(_ answer: String) -> String { answerLead + answer }
}
