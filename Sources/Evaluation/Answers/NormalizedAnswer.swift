/// An answer's text as the SQuAD evaluation compares it: lower case, without ASCII punctuation and
/// the articles a, an and the, split at white space (Rajpurkar et al. 2016, `evaluate-v1.1.py`).
///
/// ```swift
/// NormalizedAnswer("The Eiffel Tower!").tokens    // ["eiffel", "tower"]
/// ```
public struct NormalizedAnswer: Sendable, Hashable {
  /// The words that are left.
  public let tokens: [String]

  /// Normalises a text.
  ///
  /// - Complexity: linear in the text.
  public init(_ text: String) {
    var kept = String.UnicodeScalarView()
    var word = String.UnicodeScalarView()
    func flush() {
      if !Self.articles.contains(String(word)) {
        kept.append(contentsOf: word)
      } else {
        kept.append(" ")
      }
      word = String.UnicodeScalarView()
    }
    for scalar in text.lowercased().unicodeScalars where !Self.isPunctuation(scalar) {
      if Self.isWord(scalar) {
        word.append(scalar)
      } else {
        if !word.isEmpty { flush() }
        kept.append(scalar)
      }
    }
    if !word.isEmpty { flush() }
    tokens = kept.split(whereSeparator: \.properties.isWhitespace).map { String($0) }
  }

  /// Whether the words are the same, in the same order.
  public func matches(_ other: NormalizedAnswer) -> Bool { tokens == other.tokens }

  /// The harmonic mean of precision and recall over words, each counted as often as it comes.
  /// Where either has no words it is 1 for two empty ones, else 0 (SQuAD 2.0).
  public func f1(against gold: NormalizedAnswer) -> Double {
    guard !tokens.isEmpty, !gold.tokens.isEmpty else { return tokens == gold.tokens ? 1 : 0 }
    var left: [String: Int] = [:]
    for token in gold.tokens { left[token, default: 0] += 1 }
    var common = 0
    for token in tokens {
      guard let count = left[token], count > 0 else { continue }
      left[token] = count - 1
      common += 1
    }
    // 2PR/(P + R) with P = common/tokens and R = common/gold.
    return 2 * Double(common) / Double(tokens.count + gold.tokens.count)
  }

  /// Whether the other's text stands within this one, both normalised: what is reported as "contains
  /// the answer" (FlashRAG's `sub_em`). Parts of words count: `12` is in `2012`. Nothing contains an
  /// answer of articles and punctuation alone.
  public func contains(_ other: NormalizedAnswer) -> Bool {
    guard !other.tokens.isEmpty else { return false }
    return text.contains(other.text)
  }

  /// The words with single spaces between them.
  public var text: String { tokens.joined(separator: " ") }

  /// Whether it matches one of the accepted answers.
  public func matches(anyOf answers: [String]) -> Bool {
    answers.contains { matches(NormalizedAnswer($0)) }
  }

  /// Whether one of the accepted answers stands within it.
  public func contains(anyOf answers: [String]) -> Bool {
    answers.contains { contains(NormalizedAnswer($0)) }
  }

  private static let articles: Set<String> = ["a", "an", "the"]

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }

  /// Marks belong to their letter: a decomposed "á" is no article.
  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    if properties.isAlphabetic || properties.numericType != nil { return true }
    return switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }
}
