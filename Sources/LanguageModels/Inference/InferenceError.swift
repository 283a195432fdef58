/// Why a decoder was not asked, or did not answer.
public enum InferenceError: Error, Hashable, Sendable {
  /// A token that the vocabulary does not have.
  case tokenOutOfRange(got: Int32, vocabulary: Int)
  /// Nothing to continue or to score.
  case tooFewTokens(got: Int, needed: Int)
  /// A sequence would be longer than the session, or the model, allows.
  case tooLong(got: Int, limit: Int)
  /// More sequences at once than the session was made for.
  case tooManySequences(got: Int, limit: Int)
  /// A sequence that was dropped, or that another session made, or the same one twice.
  case unknownSequence
  /// The session's positions are all in use.
  case cacheFull(positions: Int)
  /// Caches and work space would take more memory than allowed.
  case memory(bytes: Int, limit: Int)
  /// An option is outside what it may be.
  case option(name: String, got: String, allowed: String)
  /// The model gave something that is not a number.
  case notFinite(position: Int)
  /// Text was given to a model without a tokenizer.
  case noTokenizer
}

extension InferenceError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .tokenOutOfRange(let got, let vocabulary):
      "token \(got) is not in the vocabulary of 0 to \(vocabulary - 1)"
    case .tooFewTokens(let got, let needed):
      "\(got) tokens were given; at least \(needed) are needed"
    case .tooLong(let got, let limit):
      "a sequence of \(got) tokens is longer than the limit of \(limit)"
    case .tooManySequences(let got, let limit):
      "\(got) sequences at once are more than the limit of \(limit)"
    case .unknownSequence: "the sequence was dropped, is another session's, or was named twice"
    case .cacheFull(let positions): "all \(positions) positions of the cache are in use"
    case .memory(let bytes, let limit):
      "\(bytes >> 20) MiB would be needed; the limit is \(limit >> 20) MiB"
    case .option(let name, let got, let allowed): "\(name) is \(got); it has to be \(allowed)"
    case .notFinite(let position):
      "the model's logits at position \(position) are not numbers; its weights may be damaged"
    case .noTokenizer: "the model has no tokenizer, so it can't be given text"
    }
  }
}
