import Execution

extension Measured {
  /// The mean over the seeds of an experiment, with the luck of the seeds in its replicates.
  ///
  /// Questions and seeds are crossed: replicate b is the mean of the parts' replicates b (so the
  /// pairing by questions stays), plus the mean deviation of seeds drawn with replacement. The
  /// same seeds are drawn for every result over the same list: luck that two results share (a
  /// world, an initialisation) cancels in their difference. ``interval`` corrects for how little
  /// two to five seeds tell.
  ///
  /// - Parameters:
  ///   - parts: One result for each seed; exact numbers are taken as they are.
  ///   - seeds: What each part's seed is known by, in the same order.
  /// - Returns: The mean of the parts.
  /// - Throws: ``Failure/noValues``, ``Failure/seedCount(got:expected:)``,
  ///   ``Failure/repeatedSeed(_:)``.
  public static func overSeeds(_ parts: [Measured], seeds: [String]) throws -> Measured {
    guard let first = parts.first else { throw Failure.noValues }
    guard seeds.count == parts.count else {
      throw Failure.seedCount(got: seeds.count, expected: parts.count)
    }
    var seen: Set<String> = []
    for seed in seeds where !seen.insert(seed).inserted { throw Failure.repeatedSeed(seed) }

    guard parts.count > 1 else {
      return Measured(
        unchecked: first.point, first.replicates, seeds: 1, questions: first.questions,
        spreads: first.spreads, range: first.range)
    }
    let scale = 1 / Double(parts.count)
    let mean = parts.dropFirst().reduce(first, +) * scale
    let deviations = parts.map { $0.point - mean.point }
    let list = seeds.joined(separator: "\u{1F}")

    var random = RandomStream(seed: 0, purpose: "bootstrap/seeds/\(list)")
    var replicates = mean.replicates
    if replicates.isEmpty { replicates = Array(repeating: mean.point, count: replicateCount) }
    for replicate in replicates.indices {
      var drawn = 0.0
      for _ in parts { drawn += deviations[random.below(parts.count)] }
      replicates[replicate] += drawn * scale
    }
    let own = SeedSpread(list: list, deviations: deviations)
    return Measured(
      unchecked: mean.point, replicates, seeds: parts.count, questions: mean.questions,
      spreads: SeedSpread.combine(mean.spreads, [own]) { $0 + $1 }, range: mean.range)
  }
}

extension Measured.SeedSpread {
  /// Merges the spreads of two numbers: `change` is given the deviations of a seed in either (0
  /// where only the other one depends on the list) and says how far the result deviates.
  static func combine(
    _ left: [Self], _ right: [Self], _ change: (Double, Double) -> Double
  ) -> [Self] {
    var result = left.map { spread in
      let other = right.first { $0.list == spread.list && $0.count == spread.count }
      return Self(
        list: spread.list,
        deviations: spread.deviations.indices.map { index in
          change(spread.deviations[index], other?.deviations[index] ?? 0)
        })
    }
    for spread in right
    where !left.contains(where: { $0.list == spread.list && $0.count == spread.count }) {
      result.append(Self(list: spread.list, deviations: spread.deviations.map { change(0, $0) }))
    }
    return result
  }

  private var count: Int { deviations.count }
}
