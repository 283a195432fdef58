/// The verdict on a claim, and what it rests on.
public struct ClaimOutcome: Sendable, Hashable {
  /// One comparison of two numbers within a claim.
  public struct Comparison: Sendable, Hashable {
    /// The left number less the right one.
    public let difference: Measured
    /// How the two were compared.
    public let relation: ClaimRelation
    /// By how much, at least 0.
    public let margin: Double
    /// What the interval says of this comparison alone.
    public let verdict: Verdict
  }

  /// Why a comparison could not be made.
  public enum Failure: Error, Sendable, Hashable {
    /// A margin is a finite number of at least 0.
    case margin(got: Double)
  }

  /// What the data say.
  public let verdict: Verdict
  /// The comparisons that it was made of, in order; empty for a plain truth value.
  public let comparisons: [Comparison]

  /// The outcome for a truth value that involves no measured number.
  public init(_ isTrue: Bool) {
    verdict = Verdict(isTrue)
    comparisons = []
  }

  private init(verdict: Verdict, comparisons: [Comparison]) {
    self.verdict = verdict
    self.comparisons = comparisons
  }

  /// Compares two numbers under a margin.
  ///
  /// With d = left - right and its 95 % interval, `a > b by m` is held when the interval lies above
  /// m, refuted when none of it does, undecided when it straddles m; `a < b by m` is `b > a by m`.
  /// `a == b by m` means equivalence: held when the interval lies within -m…m, refuted when it lies
  /// outside, and `!=` is its negation. Measured numbers can't be shown equal with a margin of 0,
  /// only different. Two exact numbers are compared as they are. A difference that is not a number
  /// leaves every claim undecided.
  ///
  /// - Throws: ``Failure/margin(got:)``.
  public static func compare(
    _ left: Measured, _ relation: ClaimRelation, _ right: Measured, by margin: Double = 0
  ) throws -> ClaimOutcome {
    guard margin >= 0, margin.isFinite else { throw Failure.margin(got: margin) }
    let difference = left - right
    let verdict: Verdict
    if difference.isExact, margin == 0 {
      // Two infinities are equal, though their difference is not a number.
      verdict = exactVerdict(left.point, relation, right.point)
    } else if difference.point.isNaN {
      verdict = .undecided
    } else {
      verdict = Self.verdict(difference, relation, margin)
    }
    let comparison = Comparison(
      difference: difference, relation: relation, margin: margin, verdict: verdict)
    return ClaimOutcome(verdict: verdict, comparisons: [comparison])
  }

  private static func exactVerdict(
    _ left: Double, _ relation: ClaimRelation, _ right: Double
  ) -> Verdict {
    guard !left.isNaN, !right.isNaN else { return .undecided }
    return switch relation {
    case .above: Verdict(left > right)
    case .atLeast: Verdict(left >= right)
    case .below: Verdict(left < right)
    case .atMost: Verdict(left <= right)
    case .equal: Verdict(left == right)
    case .different: Verdict(left != right)
    }
  }

  private static func verdict(
    _ difference: Measured, _ relation: ClaimRelation, _ margin: Double
  ) -> Verdict {
    let interval = difference.interval
    switch relation {
    case .above:
      if interval.lower > margin { return .held }
      return interval.upper <= margin ? .refuted : .undecided
    case .atLeast:
      if interval.lower >= margin { return .held }
      return interval.upper < margin ? .refuted : .undecided
    case .below: return verdict(-difference, .above, margin)
    case .atMost: return verdict(-difference, .atLeast, margin)
    case .equal:
      if interval.lower > margin || interval.upper < -margin { return .refuted }
      let isWithin = interval.lower >= -margin && interval.upper <= margin
      return isWithin && (margin > 0 || difference.isExact) ? .held : .undecided
    case .different: return verdict(difference, .equal, margin).not
    }
  }

  // MARK: Three-valued logic

  /// Both claims.
  public func and(_ other: ClaimOutcome) -> ClaimOutcome {
    ClaimOutcome(
      verdict: verdict.and(other.verdict), comparisons: comparisons + other.comparisons)
  }

  /// At least one of the claims.
  public func or(_ other: ClaimOutcome) -> ClaimOutcome {
    ClaimOutcome(
      verdict: verdict.or(other.verdict), comparisons: comparisons + other.comparisons)
  }

  /// The opposite claim. The comparisons stay as they were made.
  public var not: ClaimOutcome { ClaimOutcome(verdict: verdict.not, comparisons: comparisons) }

  // MARK: Wording

  /// The fewest seeds behind any measured number of the claim; 0 where no seeded work was involved.
  public var seeds: Int {
    comparisons.map(\.difference.seeds).filter { $0 > 0 }.min() ?? 0
  }

  /// One line such as `held: difference 0.12 [0.05, 0.19], margin 0.05, one seed`.
  ///
  /// - Parameter isPrediction: whether to say `came true` and `did not`.
  /// - Returns: the line, without a newline; the bare verdict where nothing measured was compared.
  public func line(isPrediction: Bool = false) -> String {
    let word = isPrediction ? verdict.predictionWord : verdict.claimWord
    let measured = comparisons.filter { !$0.difference.isExact }
    guard !measured.isEmpty else { return word }
    let differences = measured.map { comparison in
      let margin =
        comparison.margin > 0 ? ", margin \(Self.short(comparison.margin))" : ""
      return "difference \(comparison.difference.formatted())\(margin)"
    }
    let note = seeds == 1 ? ", one seed" : seeds > 1 ? ", \(seeds) seeds" : ""
    return "\(word): \(differences.joined(separator: "; "))\(note)"
  }

  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
  }
}
