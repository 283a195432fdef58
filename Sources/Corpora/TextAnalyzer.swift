/// How text becomes terms: the same way for documents and for queries.
///
/// 1. A token is a run of letters, digits and the marks that follow them, by Unicode's
///    properties; an ideograph is a token of its own.
/// 2. Letters are folded one by one to lower case (also ſ to s and final ς to σ). Text is not
///    normalised further: é as one scalar and as two are different terms.
/// 3. Tokens longer than ``maximumTokenLength`` are left out, then stopwords.
/// 4. What is left is stemmed, where a stemmer is named.
public struct TextAnalyzer: Sendable, Hashable {
  /// Words that are left out.
  public enum Stopwords: String, Sendable, Hashable, CaseIterable {
    /// None.
    case none
    /// The 33 English words of Lucene's `EnglishAnalyzer`.
    case english
  }

  /// Words that are left out.
  public let stopwords: Stopwords
  /// A Snowball algorithm such as `english`, `porter` or `german`; nil for no stemming.
  public let stemmer: String?
  /// The longest token that is kept, in bytes of UTF-8 after folding.
  public let maximumTokenLength: Int

  /// - Parameters:
  ///   - stopwords: Words that are left out.
  ///   - stemmer: A Snowball algorithm, or nil.
  ///   - maximumTokenLength: The longest token that is kept; 1 to 4096 bytes.
  /// - Throws: ``TextAnalyzerError`` for an unknown stemmer or a length out of range.
  public init(
    stopwords: Stopwords = .none, stemmer: String? = nil, maximumTokenLength: Int = 255
  ) throws(TextAnalyzerError) {
    if let stemmer, !Self.stemmers.contains(stemmer) {
      throw .unknownStemmer(got: stemmer, known: Self.stemmers)
    }
    guard (1...4096).contains(maximumTokenLength) else {
      throw .tokenLengthOutOfRange(got: maximumTokenLength)
    }
    self.init(checked: stopwords, stemmer: stemmer, maximumTokenLength: maximumTokenLength)
  }

  private init(checked stopwords: Stopwords, stemmer: String?, maximumTokenLength: Int) {
    self.stopwords = stopwords
    self.stemmer = stemmer
    self.maximumTokenLength = maximumTokenLength
  }

  /// Neither stopwords nor stemming.
  public static let plain = TextAnalyzer(
    checked: .none, stemmer: nil, maximumTokenLength: 255)

  /// English stems and stopwords: what BM25 uses unless told otherwise.
  public static let english = TextAnalyzer(
    checked: .english, stemmer: stemmers.contains("english") ? "english" : nil,
    maximumTokenLength: 255)

  /// The names of all stemmers.
  public static let stemmers: [String] = Stemmer.algorithms

  /// One term of a text.
  public struct Token: Sendable, Hashable {
    /// The term: folded and stemmed.
    public var term: String
    /// Where the token stands in the text, in bytes of UTF-8.
    public var range: Range<Int>

    /// A token of its parts.
    public init(term: String, range: Range<Int>) {
      self.term = term
      self.range = range
    }
  }

  /// The terms of a text, in order. For many texts, ``TermInterner`` is faster.
  public func tokens(in text: String) -> [Token] {
    let interner = TermInterner(analyzer: self)
    var text = text
    return text.withUTF8 { utf8 in
      var tokens: [Token] = []
      interner.forEachTerm(in: UnsafeRawBufferPointer(utf8)) { term, range in
        tokens.append(Token(term: interner.term(term), range: range))
      }
      return tokens
    }
  }

  static let englishStopwords: Set<String> = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is",
    "it", "no", "not", "of", "on", "or", "such", "that", "the", "their", "then", "there",
    "these", "they", "this", "to", "was", "will", "with",
  ]
}

/// Why a ``TextAnalyzer`` cannot be made.
public enum TextAnalyzerError: Error, Hashable, Sendable {
  /// libstemmer has no algorithm of this name.
  case unknownStemmer(got: String, known: [String])
  /// The longest token must have 1 to 4096 bytes.
  case tokenLengthOutOfRange(got: Int)
}

extension TextAnalyzerError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .unknownStemmer(let got, let known):
      "no stemmer \"\(got)\"; there are \(known.joined(separator: ", "))"
    case .tokenLengthOutOfRange(let got):
      "the longest token must have 1 to 4096 bytes, got \(got)"
    }
  }
}
