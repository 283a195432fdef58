import Execution
import Glibc

/// Which approach to take, why, and what would change that.
///
/// The answerer of highest utility (``Needs/utility(_:_:)``) among those that keep the stated
/// limits is named, unless the measurements can't tell it from the next one. What they can tell is
/// judged by its purpose: would a full run, with three seeds and four times the questions, name
/// the same one, or would its interval leave the two unseparated? From replicates of the utilities
/// and, where there is one seed only, a spread between seeds (``Needs/seedSpread``), both
/// probabilities are computed, and the likelier verdict is given.
public struct Advice: Sendable {
  /// One answerer, weighed.
  public struct Weighed: Sendable {
    /// What was measured.
    public let arm: MeasuredArm
    /// Money a question.
    public let utility: Measured
    /// Money a month.
    public let monthly: Double
    /// Milliseconds to an answer.
    public let latency: Double
    /// The stated limit that it does not keep.
    public let obstacle: Needs.Obstacle?
  }

  /// All answerers, those that keep the limits first, by utility.
  public let ranking: [Weighed]
  /// The one to take; nil for undecided.
  public let choice: Weighed?
  /// How likely a full run puts the first of the ranking first.
  public let confidence: Double
  /// How likely a full run can't tell the first two apart.
  public let tie: Double
  /// A reason for each of the six questions.
  public let points: [Point]
  /// What would change the verdict, nearest first.
  public let flips: [Flip]

  /// The answer to one of the six questions.
  public struct Point: Sendable, Hashable {
    /// Such as `would prompting do`.
    public let question: String
    /// A word or two.
    public let answer: String
    /// Why.
    public let reason: String
    /// The cells that say so, such as `rag.accuracy`; or that it was stated.
    public let evidence: String
  }

  /// A change that would make another answerer the best one.
  public struct Flip: Sendable, Hashable {
    /// What changes, such as `queries_per_day`.
    public let what: String
    /// Its value now.
    public let now: Double
    /// The value at which the best one changes.
    public let at: Double
    /// The answerer that is best beyond.
    public let arm: String
    /// Its approach.
    public let approach: Approach
    /// How far that is: the logarithm of the ratio of rates, or ten times a difference of shares.
    public let distance: Double
  }

  /// Why no advice can be given.
  public enum Failure: Error, Sendable, Hashable {
    /// There is nothing to choose from.
    case noArms
    /// Two answerers have one name.
    case repeated(name: String)
    /// A cost is negative or not finite.
    case cost(arm: String)
  }

  /// The verdict in a word or two: an approach, or `undecided`.
  public var verdict: String { choice?.arm.approach.rawValue ?? "undecided" }

  /// Weighs answerers against needs.
  ///
  /// - Parameters:
  ///   - arms: What was measured, on the same questions.
  ///   - needs: What is wanted.
  ///   - prices: What counts cost.
  /// - Throws: ``Failure``, ``Needs/Failure``, ``PriceSheet/Failure``.
  /// - Complexity: replicates times answerers.
  public init(_ arms: [MeasuredArm], _ needs: Needs, _ prices: PriceSheet = PriceSheet()) throws {
    try needs.validate()
    try prices.validate()
    guard !arms.isEmpty else { throw Failure.noArms }
    var names: Set<String> = []
    for arm in arms {
      guard names.insert(arm.name).inserted else { throw Failure.repeated(name: arm.name) }
      for work in [arm.costs.training, arm.costs.indexing, arm.costs.query, arm.costs.update]
      where !work.isPossible { throw Failure.cost(arm: arm.name) }
    }
    let weighed = arms.map { arm in
      Weighed(
        arm: arm, utility: needs.utility(arm, prices), monthly: needs.monthly(arm, prices),
        latency: needs.latency(arm, prices), obstacle: needs.obstacle(arm, prices))
    }
    // A stable order: utility, then the order given.
    let order = weighed.indices.sorted { a, b in
      let (x, y) = (weighed[a], weighed[b])
      if (x.obstacle == nil) != (y.obstacle == nil) { return x.obstacle == nil }
      return x.utility.point != y.utility.point ? x.utility.point > y.utility.point : a < b
    }
    ranking = order.map { weighed[$0] }
    let possible = ranking.filter { $0.obstacle == nil }
    let outlook = Outlook(possible, needs)
    confidence = outlook.first
    tie = outlook.tie
    choice =
      possible.first.flatMap { leader in
        outlook.first >= Outlook.sure || outlook.first >= outlook.tie ? leader : nil
      }
    points = AdvicePoints(ranking, needs, prices).all
    flips = AdviceFlips(ranking, needs, prices).nearest
  }
}

/// What a full run would say, seen from the measurements at hand.
struct Outlook {
  /// Above this, the first is named however likely a tie is.
  static let sure = 0.9
  /// A full run asks so many times the questions.
  static let fullQuestions = 4.0
  /// A full run has so many seeds.
  static let fullSeeds = 3.0

  /// The probability that the first stays first.
  let first: Double
  /// The probability that the interval between the first two holds 0.
  let tie: Double

  init(_ arms: [Advice.Weighed], _ needs: Needs) {
    guard arms.count > 1 else {
      first = arms.isEmpty ? 0 : 1
      tie = 0
      return
    }
    let draws = arms.map { Self.draws($0, needs) }
    var wins = 0
    for draw in draws[0].indices {
      let own = draws[0][draw]
      if draws.dropFirst().allSatisfy({ $0[draw] <= own }) { wins += 1 }
    }
    first = Double(wins) / Double(draws[0].count)
    tie = Self.tie(arms[0], arms[1], zip(draws[0], draws[1]).map { $0 - $1 }, needs)
  }

  /// The utility that a full run may give an answerer, in each replicate: what was measured, moved
  /// by the questions and by the seeds that it has besides those of the pilot.
  private static func draws(_ arm: Advice.Weighed, _ needs: Needs) -> [Double] {
    let questions = (1 - 1 / fullQuestions).squareRoot()
    let seeds = needs.value * spread(of: arm, needs) * (1 - 1 / fullSeeds).squareRoot()
    var random = RandomStream(seed: 0, purpose: "advice/\(arm.arm.name)")
    let utility = arm.utility
    return (0..<Measured.replicateCount).map { index in
      let moved = utility.isExact ? 0 : utility.replicates[index] - utility.point
      return utility.point + moved * questions + seeds * random.normal()
    }
  }

  /// The spread that one seed leaves unknown; 0 where several seeds were measured.
  private static func spread(of arm: Advice.Weighed, _ needs: Needs) -> Double {
    arm.arm.accuracy.seeds > 1 ? 0 : needs.seedSpread
  }

  /// How likely a full run's interval of the difference holds 0: half its width is Student's t
  /// times what its own questions and seeds leave open.
  private static func tie(
    _ a: Advice.Weighed, _ b: Advice.Weighed, _ differences: [Double], _ needs: Needs
  ) -> Double {
    let difference = a.utility - b.utility
    let interval = difference.interval
    let width = interval.halfWidth.isFinite ? interval.halfWidth : 0
    let questions = width / StudentDistribution.normalPoint / fullQuestions.squareRoot()
    let seeds = [a, b].reduce(0.0) { sum, arm in
      let spread = needs.value * max(spread(of: arm, needs), 0)
      return sum + spread * spread / fullSeeds
    }
    let variance = questions * questions + seeds
    guard variance > 0 else { return difference.point == 0 ? 1 : 0 }
    // Satterthwaite: the seeds' part has two degrees of freedom, the questions' many.
    let degrees = seeds > 0 ? (fullSeeds - 1) * variance * variance / (seeds * seeds) : 1e6
    let half = StudentDistribution.point975(degrees: degrees) * variance.squareRoot()
    return Double(differences.count { abs($0) < half }) / Double(differences.count)
  }
}

extension RandomStream {
  /// A number drawn from the standard normal distribution (Box and Muller 1958).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}

extension Advice.Failure: CustomStringConvertible {
  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .noArms: "there are no answerers to choose from"
    case .repeated(let name): "two answerers are called '\(name)'"
    case .cost(let arm): "a cost of '\(arm)' is negative or not finite"
    }
  }
}
