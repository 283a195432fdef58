import Execution
import Glibc

extension Measured {
  /// A 95 % interval. For an exact number both ends are the number.
  public struct Interval: Sendable, Hashable {
    /// The 2.5 % end; minus infinity where the data say nothing.
    public let lower: Double
    /// The 97.5 % end; infinity where the data say nothing.
    public let upper: Double

    /// Half of the distance between the ends.
    public var halfWidth: Double { (upper - lower) / 2 }

    /// Whether a value lies within the interval, its ends included.
    public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }
  }

  /// The 95 % interval: the 2.5 % and 97.5 % quantiles of the replicates, widened for small
  /// samples.
  ///
  /// Plain percentile intervals are too narrow for few questions, and far too narrow for few seeds.
  /// (Hesterberg, "What Teachers Should Know About the Bootstrap", 2015, section 3.2: by
  /// sqrt((n - 1)/n), and by normal in place of t quantiles.) So the replicates are stretched about
  /// their median by one factor g, where
  ///
  ///     g² · Var(replicates) = (t / 1.96)² · V,    V = n/(n-1) · Var_questions + Σ s²/S
  ///
  /// with n questions, S seeds in each list, s² the unbiased variance of that list's results, and t
  /// the 97.5 % point of Student's distribution with Satterthwaite's degrees of freedom (1946)
  /// for V: n - 1 where questions dominate, S - 1 where seeds do. Var_questions is what remains of
  /// the replicates' variance after the seed draws' own Σ (S-1)/S · s²/S.
  ///
  /// Simulated coverage of the nominal 95 %: 93–97 % for 50 and 200 questions; for 3 and 5 seeds
  /// with a spread of 0–.05, 94–98 % on shared questions and up to 99 % with fresh questions for
  /// each seed (their noise is in both terms of V: taking it out of s² was tried, and left 88–91 %
  /// where the seeds do differ). Two seeds of a large spread cover about 88–94 %:
  /// with one degree of freedom the spread itself is nearly unknown.
  ///
  /// Where every question gave the same value, replicates don't vary, yet five right answers of
  /// five are no certainty. Given the ``range``, the interval reaches as far as if a share
  /// 1 - .05^(1/n) of unseen questions lay at its end (the exact form of the rule of three, Hanley
  /// and Lippman-Hand 1983): 5 of 5 is 1 [0.55, 1]. Without a range it stays a point. One question
  /// without a range says nothing: the interval is infinite.
  ///
  /// Replicates that are NaN are left out; where they are more than one in twenty the statistic is
  /// undefined too often to bound, and the interval is infinite.
  public var interval: Interval {
    guard !isExact else { return Interval(lower: point, upper: point) }
    let unbounded = Interval(lower: -.infinity, upper: .infinity)
    var sorted = replicates.filter { !$0.isNaN }
    guard point.isFinite, sorted.count * 20 >= replicates.count * 19 else { return unbounded }
    sorted.sort()
    let spreadVariance = spreads.reduce(0) { $0 + $1.resampledVariance }
    let questionVariance = max(0, finiteVariance(sorted) - spreadVariance)
    let stretch = stretch(questionVariance: questionVariance, spreadVariance: spreadVariance)

    let middle = sortedQuantile(sorted, 0.5)
    guard middle.isFinite else { return unbounded }
    var lower = sortedQuantile(sorted, 0.025)
    var upper = sortedQuantile(sorted, 0.975)
    if stretch != 1 {
      lower = middle + (lower - middle) * stretch
      upper = middle + (upper - middle) * stretch
    }
    if lower.isNaN { lower = -.infinity }
    if upper.isNaN { upper = .infinity }

    if questions > 0, questionVariance <= negligible(beside: sorted) {
      if let range {
        let unseen = 1 - pow(0.05, 1 / Double(questions))
        lower -= unseen * max(0, point - range.lowerBound)
        upper += unseen * max(0, range.upperBound - point)
      } else if questions == 1 {
        return unbounded
      }
    }
    if let range {
      lower = max(lower, range.lowerBound)
      upper = min(upper, range.upperBound)
    }
    // Skewed replicates may lie to one side of it.
    return Interval(lower: min(lower, point), upper: max(upper, point))
  }

  /// The same number, whose replicates vary even where every question gave the same value.
  ///
  /// Arithmetic with numbers that vary by question would pass five right answers of five off as
  /// certain, since ``interval`` widens only what doesn't vary at all. Here replicates leave the
  /// point for an end of the ``range`` by a share of unseen questions drawn from Beta(1, n), whose
  /// 95 % point is that of the rule of three. Numbers over as many questions share the draws: where
  /// two answerers are right about everything, their difference stays 0.
  var withUnseen: Measured {
    guard let range, questions > 0, let first = replicates.first,
      replicates.allSatisfy({ $0 == first })
    else { return self }
    var random = RandomStream(seed: 0, purpose: "unseen questions/\(questions)")
    let ends = [range.lowerBound, range.upperBound].filter { $0 != first }
    guard !ends.isEmpty else { return self }
    let moved = replicates.map { value in
      let unseen = 1 - pow(1 - random.uniform(), 1 / Double(questions))
      let end = ends.count == 1 ? ends[0] : ends[random.below(ends.count)]
      return value + unseen * (end - value)
    }
    return Measured(
      unchecked: point, moved, seeds: seeds, questions: questions, spreads: spreads, range: range)
  }

  /// The factor g of ``interval``.
  private func stretch(questionVariance: Double, spreadVariance: Double) -> Double {
    let resampled = questionVariance + spreadVariance
    guard resampled > 0, resampled.isFinite else { return 1 }
    var wanted = 0.0
    // Satterthwaite: V² / Σ (Vᵢ² / degreesᵢ).
    var denominator = 0.0
    if questions > 1 {
      let degrees = Double(questions - 1)
      let part = questionVariance * Double(questions) / degrees
      wanted += part
      denominator += part * part / degrees
    } else {
      wanted += questionVariance
    }
    for spread in spreads where spread.deviations.count > 1 {
      let part = spread.varianceOfMean
      wanted += part
      denominator += part * part / Double(spread.deviations.count - 1)
    }
    let t =
      denominator > 0
      ? StudentDistribution.point975(degrees: wanted * wanted / denominator)
      : StudentDistribution.normalPoint
    return t / StudentDistribution.normalPoint * (wanted / resampled).squareRoot()
  }

  /// Rounding of the resampled means alone makes variances up to about this.
  private func negligible(beside sorted: [Double]) -> Double {
    let scale = max(abs(point), abs(sorted.first ?? 0), abs(sorted.last ?? 0))
    return scale.isFinite ? 1e-24 * scale * scale : 0
  }

  private func finiteVariance(_ sorted: [Double]) -> Double {
    let values = sorted.filter(\.isFinite)
    guard let first = values.first, let last = values.last, first < last else { return 0 }
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
  }
}

extension Measured.SeedSpread {
  /// s²/S: the variance of the mean over the seeds, unbiased.
  var varianceOfMean: Double {
    let count = Double(deviations.count)
    guard count > 1 else { return 0 }
    let mean = deviations.reduce(0, +) / count
    let squares = deviations.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return squares / (count - 1) / count
  }

  /// What drawing the seeds with replacement adds to the replicates' variance.
  var resampledVariance: Double {
    let count = Double(deviations.count)
    return count > 1 ? varianceOfMean * (count - 1) / count : 0
  }
}

/// The quantile of ascending values, linear between neighbours (Hyndman and Fan's type 7).
/// NaN where there are none.
func sortedQuantile(_ sorted: [Double], _ probability: Double) -> Double {
  guard let first = sorted.first, let last = sorted.last else { return .nan }
  let position = probability * Double(sorted.count - 1)
  guard position > 0 else { return first }
  guard position < Double(sorted.count - 1) else { return last }
  let index = Int(position)
  let share = position - Double(index)
  let low = sorted[index]
  let high = sorted[index + 1]
  return share == 0 || low == high ? low : low + share * (high - low)
}
