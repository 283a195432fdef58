import Execution
import Glibc

/// Which approach to take, why, and what would change that.
///
/// Answerers are ranked by utility (``Needs/utility(_:_:)``) among those that keep the stated
/// limits. What the measurements can tell is judged by its purpose: which approach would win a full
/// run, with three seeds and four times the questions, or would its interval leave the first two
/// unseparated? From replicates of the utilities and, where there is one seed only, a spread
/// between seeds (``Needs/seedSpread``), both are drawn many times. The likeliest approach is named
/// with its best answerer, unless a tie is likelier still.
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
  /// How likely the winner of a full run is of the approach that is most likely to win.
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
      outlook.first >= outlook.tie
      ? possible.first { $0.arm.approach == outlook.approach } : nil
    points = AdvicePoints(ranking, needs, prices).all
    flips = AdviceFlips(ranking, needs, prices).nearest
  }
}

/// What a full run would say, seen from the measurements at hand.
///
/// Each draw is a full run that may come: utilities moved by the questions and the seeds that it has
/// besides those of the pilot, and an interval for the difference of its first two, whose width is
/// drawn, too: three seeds tell little of their own spread.
struct Outlook {
  /// A full run asks so many times the questions.
  static let fullQuestions = 4.0
  /// A full run has so many seeds.
  static let fullSeeds = 3.0

  /// The approach that wins most often.
  let approach: Approach?
  /// The probability that it does.
  let first: Double
  /// The probability that the interval between the first two of the full run holds 0.
  let tie: Double

  init(_ arms: [Advice.Weighed], _ needs: Needs) {
    guard arms.count > 1 else {
      approach = arms.first?.arm.approach
      first = arms.isEmpty ? 0 : 1
      tie = 0
      return
    }
    let moved = arms.map { Self.moved($0) }
    let spreads = arms.map { Self.spread(of: $0, needs) }
    let draws = zip(arms, zip(moved, spreads)).map { arm, parts in
      Self.draws(arm, parts.0, spread: parts.1)
    }
    // How far a full run's questions leave a difference open, and its seeds: a seed also draws
    // what each answer owes to luck, about half of what questions show. Answerers that are right
    // about the same questions share it.
    var questions = [[Double]](
      repeating: [Double](repeating: 0, count: arms.count), count: arms.count)
    for a in arms.indices {
      for b in arms.indices where b > a {
        questions[a][b] = Self.variance(zip(moved[a], moved[b]).map { $0 - $1 })
        questions[b][a] = questions[a][b]
      }
    }
    var random = RandomStream(seed: 0, purpose: "advice/full run")
    var wins: [Approach: Int] = [:]
    var ties = 0
    for draw in 0..<Measured.replicateCount {
      var (best, next) = draws[1][draw] > draws[0][draw] ? (1, 0) : (0, 1)
      for arm in arms.indices.dropFirst(2) {
        if draws[arm][draw] > draws[best][draw] {
          (best, next) = (arm, best)
        } else if draws[arm][draw] > draws[next][draw] {
          next = arm
        }
      }
      wins[arms[best].arm.approach, default: 0] += 1
      // A sum of two squares of normal numbers over two: the variance that three seeds show.
      let shown = -log(1 - random.uniform())
      let open = questions[best][next] / Self.fullQuestions
      let luck =
        spreads[best] * spreads[best] + spreads[next] * spreads[next] + Self.luck * open
      let ofSeeds = shown * luck / Self.fullSeeds
      let variance = open + ofSeeds
      let share = variance > 0 ? ofSeeds / variance : 0
      let half = Self.student(share) * variance.squareRoot()
      if draws[best][draw] - draws[next][draw] <= half { ties += 1 }
    }
    // Of equals, the one that ranks first.
    let likeliest = arms.map(\.arm.approach).max { wins[$0, default: 0] < wins[$1, default: 0] }
    approach = arms.map(\.arm.approach).first {
      wins[$0, default: 0] == wins[likeliest ?? $0, default: 0]
    }
    first = Double(approach.flatMap { wins[$0] } ?? 0) / Double(Measured.replicateCount)
    tie = Double(ties) / Double(Measured.replicateCount)
  }

  /// The share of the variance over questions that other seeds draw anew.
  static let luck = 0.5

  /// How far each replicate of a utility lies from it.
  private static func moved(_ arm: Advice.Weighed) -> [Double] {
    arm.utility.isExact
      ? Array(repeating: 0, count: Measured.replicateCount)
      : arm.utility.replicates.map { $0 - arm.utility.point }
  }

  /// The utilities that full runs may give an answerer.
  private static func draws(
    _ arm: Advice.Weighed, _ moved: [Double], spread: Double
  ) -> [Double] {
    let questions = (1 - 1 / fullQuestions).squareRoot()
    let seeds = spread * (1 - 1 / fullSeeds).squareRoot()
    var random = RandomStream(seed: 0, purpose: "advice/\(arm.arm.name)")
    return moved.map { arm.utility.point + $0 * questions + seeds * random.normal() }
  }

  /// What one seed's luck does to a utility; 0 where several seeds were measured, whose replicates
  /// have it.
  private static func spread(of arm: Advice.Weighed, _ needs: Needs) -> Double {
    arm.arm.accuracy.seeds > 1 ? 0 : needs.seedSpread * needs.value
  }

  private static func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
  }

  /// Student's 97.5 % point where so large a share of the variance has the degrees of freedom of
  /// the seeds (Satterthwaite), from a table of 101 shares.
  private static func student(_ share: Double) -> Double {
    let place = Int((min(1, max(0, share)) * 100).rounded())
    return points[place]
  }

  private static let points = (0...100).map { percent in
    let share = max(1e-3, Double(percent) / 100)
    return StudentDistribution.point975(degrees: (fullSeeds - 1) / (share * share))
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
