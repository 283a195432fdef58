/// A retrieval metric by name, such as `ndcg@10`.
public struct MetricName: Sendable, Hashable, CustomStringConvertible {
  /// What is measured.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Normalised discounted cumulative gain.
    case ndcg
    /// The share of the relevant documents that were found.
    case recall
    /// The share of the places that hold a relevant document.
    case precision
    /// Average precision, whose mean is MAP.
    case map
    /// The reciprocal of the first relevant document's rank.
    case mrr
    /// Whether any relevant document was found.
    case success
    /// Another name for ``success``.
    case hit
  }

  /// Why a name is no metric.
  public enum Failure: Error, Sendable, Hashable {
    /// No metric is called that; `known` holds the patterns to choose from.
    case unknown(name: String, known: [String])
    /// The metric needs a depth, as in `recall@10`.
    case cutoffMissing(name: String, example: String)
    /// What follows `@` is not a whole number from 1 to ``MetricName/cutoffLimit``.
    case cutoff(name: String, got: String)
  }

  /// A way of naming metrics, for generated help.
  public struct Pattern: Sendable, Hashable {
    /// The metric's kind.
    public let kind: Kind
    /// How it is written, such as `ndcg@K`.
    public let spelling: String
    /// What it is, in a sentence.
    public let summary: String
    /// Whether it can do without a depth.
    public let allowsWholeRanking: Bool
  }

  /// The deepest cutoff that is accepted.
  public static let cutoffLimit = 1_000_000

  /// What is measured.
  public let kind: Kind
  /// How many places of the ranking count; nil for all of them.
  public let cutoff: Int?

  private init(kind: Kind, cutoff: Int?) {
    self.kind = kind
    self.cutoff = cutoff
  }

  /// Reads a name, case ignored.
  ///
  /// - Throws: ``Failure``.
  public init(_ name: String) throws {
    let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard let head = parts.first, let kind = Kind(rawValue: head.lowercased()),
      let pattern = Self.patterns.first(where: { $0.kind == kind })
    else { throw Failure.unknown(name: name, known: Self.patterns.map(\.spelling)) }
    guard parts.count == 2 else {
      guard pattern.allowsWholeRanking else {
        throw Failure.cutoffMissing(name: name, example: "\(kind.rawValue)@10")
      }
      self.init(kind: kind, cutoff: nil)
      return
    }
    let digits = parts[1]
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let cutoff = Int(digits),
      (1...Self.cutoffLimit).contains(cutoff)
    else { throw Failure.cutoff(name: name, got: String(digits)) }
    self.init(kind: kind, cutoff: cutoff)
  }

  /// The canonical spelling, such as `ndcg@10` or `map`.
  public var description: String {
    cutoff.map { "\(kind.rawValue)@\($0)" } ?? kind.rawValue
  }

  /// All patterns, in the order of the generated help.
  public static let patterns: [Pattern] = [
    Pattern(
      kind: .ndcg, spelling: "ndcg@K",
      summary: "graded gain discounted by log2(rank + 1), over that of the ideal ranking",
      allowsWholeRanking: true),
    Pattern(
      kind: .recall, spelling: "recall@K",
      summary: "share of the relevant documents among the first K", allowsWholeRanking: false),
    Pattern(
      kind: .precision, spelling: "precision@K",
      summary: "share of the first K places that hold a relevant document",
      allowsWholeRanking: false),
    Pattern(
      kind: .map, spelling: "map",
      summary: "mean over the relevant documents of the precision at their rank",
      allowsWholeRanking: true),
    Pattern(
      kind: .mrr, spelling: "mrr",
      summary: "one over the rank of the first relevant document, 0 without one",
      allowsWholeRanking: true),
    Pattern(
      kind: .success, spelling: "success@K",
      summary: "1 where a relevant document is among the first K", allowsWholeRanking: false),
    Pattern(
      kind: .hit, spelling: "hit@K", summary: "another name for success@K",
      allowsWholeRanking: false),
  ]
}

extension MetricName.Failure: CustomStringConvertible {
  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .unknown(let name, let known):
      "no metric is called '\(name)'; there are \(known.joined(separator: ", "))"
    case .cutoffMissing(let name, let example):
      "the metric '\(name)' needs a depth, as in '\(example)'"
    case .cutoff(let name, let got):
      "the depth of '\(name)' must be a whole number from 1 to \(MetricName.cutoffLimit), "
        + "got '\(got)'"
    }
  }
}
