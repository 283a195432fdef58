/// What the data say about a claim.
public enum Verdict: String, Sendable, Hashable, Codable {
  /// The whole 95 % interval agrees.
  case held
  /// The whole 95 % interval disagrees.
  case refuted
  /// The interval straddles the margin: the data don't tell.
  case undecided

  /// The verdict on a plain truth value.
  public init(_ isTrue: Bool) { self = isTrue ? .held : .refuted }

  /// Kleene's conjunction: refuted if either is, held if both are.
  ///
  /// A conjunction of intervals needs no correction for their number: it is wrongly held no more
  /// often than its weakest part (an intersection-union test, Berger 1982).
  public func and(_ other: Verdict) -> Verdict {
    if self == .refuted || other == .refuted { return .refuted }
    return self == .held && other == .held ? .held : .undecided
  }

  /// Kleene's disjunction: held if either is, refuted if both are.
  public func or(_ other: Verdict) -> Verdict { not.and(other.not).not }

  /// The negation; undecided stays undecided.
  public var not: Verdict {
    switch self {
    case .held: .refuted
    case .refuted: .held
    case .undecided: .undecided
    }
  }

  /// The word in a claim's outcome: `held`, `refuted` or `undecided`.
  public var claimWord: String { rawValue }

  /// The word in a prediction's outcome: `came true`, `did not` or `undecided`.
  public var predictionWord: String {
    switch self {
    case .held: "came true"
    case .refuted: "did not"
    case .undecided: "undecided"
    }
  }
}

/// How a claim compares two numbers.
public enum ClaimRelation: String, Sendable, Hashable, CaseIterable, Codable {
  /// The left one is larger, by more than the margin.
  case above = ">"
  /// The left one is larger, by the margin at least.
  case atLeast = ">="
  /// The right one is larger, by more than the margin.
  case below = "<"
  /// The right one is larger, by the margin at least.
  case atMost = "<="
  /// They differ by no more than the margin.
  case equal = "=="
  /// They differ by more than the margin.
  case different = "!="
}
