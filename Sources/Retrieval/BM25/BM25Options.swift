public import Corpora

/// How BM25 weighs, and what it counts as a term.
///
/// The defaults (k1 1.5, b 0.75, English stems and stopwords) reach nDCG@10 .689 on SciFact and
/// .37 on Cranfield (graded), and MAP .35 on CACM; k1 0.9 and b 0.4, a common choice for
/// passages, reach .680, .35 and .34.
public struct BM25Options: Sendable, Hashable {
  /// How slowly repetitions of a term saturate; at least 0.
  public let k1: Double
  /// How much long documents are held back: 0 not at all, 1 in proportion to their length.
  public let b: Double
  /// How documents and queries become terms.
  public let analyzer: TextAnalyzer
  /// How often each term of a title counts, where one of the text counts once; in quarters.
  public let titleWeight: Double
  /// Which parts of a document are searched.
  public let fields: Fields

  /// Parts of a document.
  public struct Fields: OptionSet, Sendable, Hashable {
    /// One bit a field, as stored.
    public let rawValue: UInt8

    /// Fields by their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The title.
    public static let title = Fields(rawValue: 1)
    /// The text.
    public static let text = Fields(rawValue: 2)
    /// Title and text.
    public static let all: Fields = [.title, .text]
  }

  /// The default of ``k1``.
  public static let defaultK1 = 1.5
  /// The default of ``b``.
  public static let defaultB = 0.75

  /// - Parameters:
  ///   - k1: How slowly repetitions of a term saturate; finite, at least 0.
  ///   - b: How much document length counts; 0 to 1.
  ///   - analyzer: How documents and queries become terms.
  ///   - titleWeight: How often each term of a title counts, in its frequency and in the
  ///     document's length (the simple extension of BM25 to fields of Robertson, Zaragoza and
  ///     Taylor 2004); a multiple of 0.25 from 0 to 64. At 1 title and text are one text.
  ///   - fields: Which parts of a document are searched; at least one.
  /// - Throws: ``BM25OptionsError`` for a value out of range.
  public init(
    k1: Double = BM25Options.defaultK1, b: Double = BM25Options.defaultB,
    analyzer: TextAnalyzer = .english, titleWeight: Double = 1, fields: Fields = .all
  ) throws(BM25OptionsError) {
    guard k1.isFinite, k1 >= 0, k1 <= 1e6 else { throw .k1OutOfRange(got: k1) }
    guard b >= 0, b <= 1 else { throw .bOutOfRange(got: b) }
    guard titleWeight >= 0, titleWeight <= 64, titleWeight * 4 == (titleWeight * 4).rounded()
    else { throw .titleWeightOutOfRange(got: titleWeight) }
    guard !fields.isEmpty, Fields.all.isSuperset(of: fields) else { throw .noFields }
    self.init(
      checkedK1: k1, b: b, analyzer: analyzer, titleWeight: titleWeight, fields: fields)
  }

  private init(
    checkedK1 k1: Double, b: Double, analyzer: TextAnalyzer, titleWeight: Double = 1,
    fields: Fields = .all
  ) {
    self.k1 = k1
    self.b = b
    self.analyzer = analyzer
    self.titleWeight = titleWeight
    self.fields = fields
  }

  /// The defaults: k1 1.5, b 0.75, English stems and stopwords, the title as part of the text.
  public static let standard = BM25Options(
    checkedK1: defaultK1, b: defaultB, analyzer: .english)

  /// How many units make one occurrence in the text: stored frequencies and lengths are whole
  /// numbers of units. 1 where the title's weight is whole, else 2 or 4; multiplying by a power
  /// of two is exact, so that scores do not depend on it.
  var unitsPerOccurrence: UInt32 {
    guard fields.contains(.title) else { return 1 }
    if titleWeight == titleWeight.rounded() { return 1 }
    return titleWeight * 2 == (titleWeight * 2).rounded() ? 2 : 4
  }

  /// k1 for frequencies in units.
  var scaledK1: Double { k1 * Double(unitsPerOccurrence) }

  /// What an occurrence in the title counts, in units.
  var titleUnits: UInt32 {
    fields.contains(.title) ? UInt32(titleWeight * Double(unitsPerOccurrence)) : 0
  }

  /// What an occurrence in the text counts, in units.
  var textUnits: UInt32 { fields.contains(.text) ? unitsPerOccurrence : 0 }
}

/// Why ``BM25Options`` cannot be made.
public enum BM25OptionsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// k1 must be between 0 and a million.
  case k1OutOfRange(got: Double)
  /// b must be between 0 and 1.
  case bOutOfRange(got: Double)
  /// The title's weight must be a multiple of a quarter from 0 to 64.
  case titleWeightOutOfRange(got: Double)
  /// Neither title nor text is to be searched.
  case noFields

  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .k1OutOfRange(let got): "k1 must be a number from 0 to 1000000, got \(got)"
    case .bOutOfRange(let got): "b must be between 0 and 1, got \(got)"
    case .titleWeightOutOfRange(let got):
      "the weight of titles must be a multiple of 0.25 from 0 to 64, got \(got)"
    case .noFields: "neither title nor text is to be searched"
    }
  }
}

/// BM25 as Lucene 8 and later compute it (Robertson and Zaragoza 2009; the constant factor
/// k1 + 1 is left out, which changes no order):
///
///     score(q, d) = Σ idf(t) · tf / (tf + k1 · (1 − b + b · |d| / avg|d|))
///     idf(t) = ln(1 + (N − df + ½) / (df + ½))
///
/// Lengths are exact, where Lucene keeps them in one lossy byte. A term's share of the score is
/// computed in float32, in one place, so that all ways to search agree to the bit; shares are
/// added in float64.
enum BM25Scoring {
  /// k1 · (1 − b + b · length / average).
  static func norm(length: Double, average: Double, k1: Double, b: Double) -> Float {
    guard average > 0 else { return Float(k1) }
    return Float(k1 * (1 - b + b * length / average))
  }

  /// What a term's occurrences in a document are worth before its rarity counts; below 1.
  @inline(__always)
  static func impact(frequency: Float, norm: Float) -> Float { frequency / (frequency + norm) }

  /// The weight of a term that a query names `count` times.
  static func weight(documents: Int, containing: Int, count: Int) -> Float {
    let missing = Double(documents - containing) + 0.5
    return Float(Double(count) * logOnePlus(missing / (Double(containing) + 0.5)))
  }
}
