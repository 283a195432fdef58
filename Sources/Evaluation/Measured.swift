/// A number that carries its bootstrap replicates, so that whatever is computed from it has an
/// interval too.
///
/// ```swift
/// let rag = try Measured.mean(of: [1, 0, 1, 1], identity: "scifact/test", seeds: 1)
/// let tuned = try Measured.mean(of: [0, 0, 1, 1], identity: "scifact/test", seeds: 1)
/// (rag - tuned).interval    // of a paired difference: the same questions were drawn for both
/// ```
///
/// Replicates are drawn by the identity of the data set and the number of its questions, and by
/// nothing else. Each operation applies to the point and to every replicate alike.
/// ``interval`` says how the replicates become an interval.
public struct Measured: Sendable, Hashable {
  /// How many replicates a number carries that isn't exact.
  public static let replicateCount = 2_000

  /// The estimate from the data as they are.
  public let point: Double
  /// The estimate in each of ``replicateCount`` resamplings; empty for an exact number.
  public let replicates: [Double]
  /// Over how many seeds the number was measured: 0 where no seeded work was involved, 1 where the
  /// luck of the seed is unknown. Of several numbers combined, the smallest that is not 0.
  public let seeds: Int
  /// The number of resampled questions, 0 for none; of several numbers combined, the smallest.
  public let questions: Int
  /// For each list of seeds involved, how far each seed's own result lies from ``point``.
  public let spreads: [SeedSpread]
  /// What the number can be at all, where that is known: 0…1 for a share. Intervals stay within.
  public let range: ClosedRange<Double>?

  /// How far the result of each seed of a list lies from the mean over the list.
  public struct SeedSpread: Sendable, Hashable, Codable {
    /// What the list is known by; equal for results over the same seeds.
    public let list: String
    /// One difference for each seed, in the order of the list.
    public let deviations: [Double]

    /// The spread of the results over one list of seeds.
    public init(list: String, deviations: [Double]) {
      self.list = list
      self.deviations = deviations
    }
  }

  /// Why a measured number could not be made.
  public enum Failure: Error, Sendable, Hashable {
    /// There was nothing to measure.
    case noValues
    /// A value, counted from 0, is not a number or infinite.
    case notFinite(index: Int)
    /// The number of replicates is neither 0 nor ``Measured/replicateCount``.
    case replicateCount(got: Int, expected: Int)
    /// There is not one seed for each part.
    case seedCount(got: Int, expected: Int)
    /// A list of seeds names one twice.
    case repeatedSeed(String)
  }

  /// A number without uncertainty: it was counted or given, not sampled.
  public init(exact value: Double) {
    self.init(unchecked: value, [], seeds: 0, questions: 0, spreads: [], range: nil)
  }

  /// A number read back from where it was stored.
  ///
  /// - Throws: ``Failure/replicateCount(got:expected:)``; ``Failure/noValues`` for an empty spread.
  public init(
    point: Double, replicates: [Double], seeds: Int, questions: Int, spreads: [SeedSpread] = [],
    range: ClosedRange<Double>? = nil
  ) throws {
    guard replicates.isEmpty || replicates.count == Self.replicateCount else {
      throw Failure.replicateCount(got: replicates.count, expected: Self.replicateCount)
    }
    guard spreads.allSatisfy({ !$0.deviations.isEmpty }) else { throw Failure.noValues }
    self.init(
      unchecked: point, replicates, seeds: max(0, seeds), questions: max(0, questions),
      spreads: spreads, range: range)
  }

  init(
    unchecked point: Double, _ replicates: [Double], seeds: Int, questions: Int,
    spreads: [SeedSpread], range: ClosedRange<Double>?
  ) {
    self.point = point
    self.replicates = replicates
    self.seeds = seeds
    self.questions = questions
    self.spreads = spreads
    self.range = range
  }

  /// Whether the number carries no replicates.
  public var isExact: Bool { replicates.isEmpty }

  /// The mean over questions.
  ///
  /// - Parameters:
  ///   - values: One value for each question, in an order that belongs to the data set.
  ///   - identity: The identity of the data set (its digest): results that share it, and the
  ///     number of questions, are paired.
  ///   - seeds: 0 where no seeded work was involved, 1 for one seed.
  ///   - range: What one question's value can be. It is dropped where a value lies outside.
  /// - Returns: The mean with its replicates.
  /// - Throws: ``Failure/noValues``, ``Failure/notFinite(index:)``.
  /// - Complexity: `replicateCount` x the number of questions; the draws are cached.
  public static func mean(
    of values: [Double], identity: String, seeds: Int, range: ClosedRange<Double>? = 0...1
  ) throws -> Measured {
    guard !values.isEmpty else { throw Failure.noValues }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw Failure.notFinite(index: index)
    }
    let point = values.reduce(0, +) / Double(values.count)
    let draws = ResamplingCounts.shared(identity: identity, count: values.count)
    let isConstant = values.allSatisfy { $0 == values[0] }
    return Measured(
      unchecked: isConstant ? values[0] : point,
      isConstant
        ? Array(repeating: values[0], count: replicateCount) : draws.means(of: values),
      seeds: seeds, questions: values.count, spreads: [],
      range: range.flatMap { range in values.allSatisfy(range.contains) ? range : nil })
  }

  /// Any statistic of the questions, such as a calibration error or a rank correlation, computed
  /// anew for each resampling.
  ///
  /// The replicates are moved so that their mean is the point: statistics like these are biased in
  /// a resample (a resampled calibration error is larger than the original's), and an interval
  /// that leaves out its own point would mislead.
  ///
  /// - Parameters:
  ///   - count: The number of questions.
  ///   - identity: As for ``mean(of:identity:seeds:range:)``.
  ///   - seeds: 0 where no seeded work was involved, 1 for one seed.
  ///   - range: What the statistic can be.
  ///   - statistic: Its value over the questions at the given indices, which ascend and repeat. A
  ///     resample for which it is not defined gives NaN.
  /// - Returns: The statistic of all questions with its replicates.
  /// - Throws: ``Failure/noValues``, and whatever the statistic throws.
  /// - Complexity: `replicateCount` calls.
  public static func statistic(
    count: Int, identity: String, seeds: Int, range: ClosedRange<Double>? = nil,
    _ statistic: ([Int]) throws -> Double
  ) throws -> Measured {
    guard count > 0 else { throw Failure.noValues }
    let point = try statistic(Array(0..<count))
    let draws = ResamplingCounts.shared(identity: identity, count: count)
    var indices: [Int] = []
    var replicates: [Double] = []
    replicates.reserveCapacity(replicateCount)
    for replicate in 0..<replicateCount {
      draws.expand(replicate, into: &indices)
      replicates.append(try statistic(indices))
    }
    let defined = replicates.filter(\.isFinite)
    if point.isFinite, !defined.isEmpty {
      let bias = defined.reduce(0, +) / Double(defined.count) - point
      if bias.isFinite { replicates = replicates.map { $0 - bias } }
    }
    return Measured(
      unchecked: point, replicates, seeds: seeds, questions: count, spreads: [],
      range: range.flatMap { $0.contains(point) ? $0 : nil })
  }
}

extension Measured: Codable {
  private enum Key: String, CodingKey {
    case point, replicates, seeds, questions, spreads, range
  }

  /// Reads a number back; what could not have been written is refused.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    try self.init(
      point: values.decode(Double.self, forKey: .point),
      replicates: values.decode([Double].self, forKey: .replicates),
      seeds: values.decode(Int.self, forKey: .seeds),
      questions: values.decode(Int.self, forKey: .questions),
      spreads: values.decode([SeedSpread].self, forKey: .spreads),
      range: values.decodeIfPresent(ClosedRange<Double>.self, forKey: .range))
  }

  /// Writes every part of the number.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(point, forKey: .point)
    try values.encode(replicates, forKey: .replicates)
    try values.encode(seeds, forKey: .seeds)
    try values.encode(questions, forKey: .questions)
    try values.encode(spreads, forKey: .spreads)
    try values.encodeIfPresent(range, forKey: .range)
  }
}
