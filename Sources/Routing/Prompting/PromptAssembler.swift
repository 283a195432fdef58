public import Corpora
public import Tokenizers

/// A passage that may go into a prompt.
public struct Passage: Sendable, Hashable {
  /// The document's id.
  public var id: String
  /// What the model reads.
  public var text: String
  /// What it takes in a prompt, in tokens, its end included.
  public var tokens: Int

  /// A passage of its parts; ``PromptAssembler/passage(id:text:)`` counts the tokens.
  public init(id: String, text: String, tokens: Int) {
    self.id = id
    self.text = text
    self.tokens = tokens
  }
}

/// A prompt that fits.
public struct AssembledPrompt: Sendable, Hashable {
  /// What the model reads.
  public var text: String
  /// The same in tokens.
  public var tokens: [Int32]
  /// Ids of the passages in it, in their order.
  public var passages: [String]
  /// Passages and examples that had no room.
  public var dropped: Int
}

/// Puts prompts together within a model's context.
///
/// The question is never cut. Passages go in best first; one that has no room is left out and
/// counted, and a shorter one after it may still go in. Of examples the last are left out first.
public struct PromptAssembler: Sendable {
  /// A question with its answer that is shown before others.
  public typealias Example = (question: String, answer: String)

  /// The wording.
  public let template: PromptTemplate
  /// What counts tokens.
  public let tokenizer: Tokenizer
  /// The longest prompt, in tokens.
  public let room: Int

  /// An assembler of prompts of at most `room` tokens.
  public init(template: PromptTemplate, tokenizer: Tokenizer, room: Int) {
    self.template = template
    self.tokenizer = tokenizer
    self.room = room
  }

  /// A passage with what it takes.
  public func passage(id: String, text: String) -> Passage {
    Passage(
      id: id, text: text,
      tokens: tokenizer.encode(text + template.passageEnd, addingSpecialTokens: false).count)
  }

  /// The prompt of a question.
  ///
  /// - Parameters:
  ///   - question: What is asked.
  ///   - passages: What it may be answered from, best first.
  ///   - examples: Questions with answers that are shown first.
  /// - Returns: The longest prompt that fits.
  /// - Throws: ``RoutingError/questionTooLong(question:tokens:room:)``.
  /// - Complexity: The prompt is turned into tokens once, or as often as the joints between its
  ///   parts make it longer than the parts were.
  public func prompt(
    question: Query, passages: [Passage] = [], examples: [Example] = []
  ) throws(RoutingError) -> AssembledPrompt {
    let plain = tokens(question, [], [])
    guard plain.count <= room else {
      throw .questionTooLong(question: question.id, tokens: plain.count, room: room)
    }
    var kept = Array(examples)
    while !kept.isEmpty, tokens(question, [], kept).count > room { kept.removeLast() }
    var left = room - (kept.isEmpty ? plain.count : tokens(question, [], kept).count)
    left -= tokenizer.encode(template.contextHeading, addingSpecialTokens: false).count
    var chosen: [Passage] = []
    for passage in passages where passage.tokens <= left {
      chosen.append(passage)
      left -= passage.tokens
    }
    // Where parts meet, tokens may differ from those of the parts; only the whole decides.
    var whole = tokens(question, chosen, kept)
    while whole.count > room, !chosen.isEmpty {
      chosen.removeLast()
      whole = tokens(question, chosen, kept)
    }
    return AssembledPrompt(
      text: text(question, chosen, kept), tokens: whole, passages: chosen.map(\.id),
      dropped: passages.count - chosen.count + examples.count - kept.count)
  }

  /// Tokens that a passage may take beside a question.
  func passageRoom(beside question: Query) -> Int {
    room - tokens(question, [], []).count
      - tokenizer.encode(template.contextHeading, addingSpecialTokens: false).count
  }

  private func text(_ question: Query, _ passages: [Passage], _ examples: [Example]) -> String {
    template.prompt(
      question: question.text, passages: passages.map(\.text), examples: examples)
  }

  private func tokens(
    _ question: Query, _ passages: [Passage], _ examples: [Example]
  ) -> [Int32] {
    tokenizer.encode(text(question, passages, examples))
  }
}
