/// A sequence to learn from, with what is to be learned of it.
public struct TrainingExample: Hashable, Sendable {
  /// What the model reads.
  public let tokens: [Int32]
  /// For each position the token that should follow; negative where nothing is learned.
  public let labels: [Int32]

  /// An example whose prompt is read and whose completion is learned.
  ///
  /// - Parameters:
  ///   - prompt: Tokens without a loss.
  ///   - completion: Tokens to predict, the token that ends the text among them.
  ///   - context: The longest sequence; what the prompt has too much is cut from its start, what
  ///     the completion has too much from its end.
  public init(prompt: [Int32], completion: [Int32], context: Int) {
    let limit = max(2, context + 1)
    let learned = completion.prefix(prompt.isEmpty ? limit : limit - 1)
    let read = prompt.suffix(max(0, limit - learned.count))
    let all = read + learned
    tokens = Array(all.dropLast())
    labels = all.indices.dropFirst().map { index in
      index - all.startIndex < read.count ? -1 : all[index]
    }
  }
}

extension TrainingExample {
  /// A text that is learned as a whole, in pieces of at most `context` tokens.
  public static func pieces(of text: [Int32], context: Int) -> [TrainingExample] {
    stride(from: 0, to: max(0, text.count - 1), by: max(1, context)).map { start in
      let end = min(text.count, start + max(1, context) + 1)
      return TrainingExample(prompt: [], completion: Array(text[start..<end]), context: context)
    }
  }
}
