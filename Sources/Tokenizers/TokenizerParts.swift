import Bytes

/// What a tokenizer is made of, as understood from a file or put together by a training. Two
/// tokenizers with equal parts are the same tokenizer.
struct TokenizerParts: Hashable, Sendable {
  enum Model: Hashable, Sendable {
    /// Byte-pair encoding.
    case bytePairs
    /// Every word of the splitter is a token or unknown.
    case words
    /// Every word is cut into the longest pieces from its start (Wu et al. 2016).
    case wordPieces(WordPieces)
  }

  /// How words are cut into pieces.
  struct WordPieces: Hashable, Sendable {
    /// What the names of pieces that continue a word begin with.
    var continuation: [UInt8]
    /// Words of more scalars are unknown.
    var longestWord: Int
  }

  /// How a text falls into words.
  enum Split: Hashable, Sendable {
    case whole
    case pattern(SplitPattern)
    case whitespace
    case whitespaceSplit
    /// White space goes, and each punctuation mark is a word.
    case bert
  }

  /// How decoded tokens are put together.
  enum Joining: Hashable, Sendable {
    case bytes
    case spaces
    /// Spaces before pieces that do not begin with the prefix, which goes; where `cleansUp`, none
    /// before some punctuation marks.
    case pieces(prefix: [UInt8], cleansUp: Bool)
  }

  var model: Model
  /// The model's tokens by id: what they stand for, not how the file spells them.
  var tokens: [Token]
  var merges: [Merge]
  var unknown: Int32?
  var fusesUnknown = false
  /// Whether a word that is a token is that token, whatever the merges say.
  var ignoresMerges = false
  /// By id.
  var added: [AddedToken]
  var composes = false
  /// What BERT does to a text before it is split.
  var bert: BertNormalizer?
  var split: Split
  var addsPrefixSpace = false
  /// Whether names of tokens are spelt in the alphabet of ``ByteAlphabet``.
  var isByteLevel: Bool
  /// The ids that go before and after a text.
  var prefix: [Int32] = []
  var suffix: [Int32] = []
  var joining: Joining
  /// The sections of the file as they were, for writing them again.
  var sections: Sections

  /// One token of the model.
  struct Token: Hashable, Sendable {
    var id: Int32
    var bytes: [UInt8]
    /// Whether its name is plain text although the vocabulary is byte-level, since it holds
    /// characters outside the alphabet; no text is ever encoded to it.
    var isLiteral = false
  }

  /// What this program keeps without a look into it, or has looked into already.
  struct Sections: Hashable, Sendable {
    var normalizer: JSONValue = .null
    var preTokenizer: JSONValue = .null
    var postProcessor: JSONValue = .null
    var decoder: JSONValue = .null
    /// The model's members without vocabulary and merges.
    var model: [JSONValue.Member] = []
    /// All other members of the file: `version`, `truncation` and `padding`, and the rest by name.
    var rest: [JSONValue.Member] = []
  }

  /// One more than the largest id.
  var size: Int {
    Int(max(tokens.last?.id ?? -1, added.map(\.id).max() ?? -1)) + 1
  }

  /// A text as the splitter gets it.
  func normalized(_ bytes: [UInt8]) -> [UInt8] {
    if let bert {
      return bytes.withUnsafeBufferPointer {
        BertScalars(bert).normalized($0, recordsChanges: false).bytes
      }
    }
    return composes ? Composition.composed(bytes) : bytes
  }

  /// How the file spells a token of the model.
  func name(_ token: Token) -> String {
    isByteLevel && !token.isLiteral
      ? ByteAlphabet.text(token.bytes) : String(decoding: token.bytes, as: UTF8.self)
  }
}
