import Evaluation
import Execution
import Testing

extension RandomStream {
  /// A standard normal number (Box and Muller).
  fileprivate mutating func normal() -> Double {
    var sum = 0.0
    for _ in 0..<12 { sum += uniform() }
    return sum - 6
  }
}

/// Whether the nominal 95 % intervals hold the truth about that often, in simulated experiments.
@Suite struct CoverageTests {
  /// The share of trials whose interval holds the truth.
  private func coverage(
    trials: Int, of truth: Double, _ trial: (inout RandomStream) throws -> Measured
  ) throws -> Double {
    var random = RandomStream(seed: 11, purpose: "tests/coverage")
    var hits = 0
    for _ in 0..<trials where try trial(&random).interval.contains(truth) { hits += 1 }
    return Double(hits) / Double(trials)
  }

  @Test(arguments: [(50, 0.6), (200, 0.6), (50, 0.9), (200, 0.97), (20, 0.5)])
  func questions(count: Int, share: Double) throws {
    let covered = try coverage(trials: 1_500, of: share) { random in
      let values = (0..<count).map { _ in random.uniform() < share ? 1.0 : 0.0 }
      return try Measured.mean(of: values, identity: "coverage", seeds: 0)
    }
    #expect((0.92...0.98).contains(covered), "\(covered)")
  }

  @Test(arguments: [5, 10, 50])
  func fewContinuousQuestions(count: Int) throws {
    let covered = try coverage(trials: 1_500, of: 0.3) { random in
      let values = (0..<count).map { _ in 0.3 + random.normal() }
      return try Measured.mean(of: values, identity: "coverage", seeds: 0)
    }
    #expect((0.92...0.98).contains(covered), "\(covered)")
  }

  @Test(arguments: [(3, 50, 0.05), (3, 200, 0.05), (5, 50, 0.05), (5, 200, 0.05), (5, 200, 0.02)])
  func seedsAndQuestions(seeds: Int, questions: Int, spread: Double) throws {
    let names = (0..<seeds).map(String.init)
    let covered = try coverage(trials: 1_000, of: 0.6) { random in
      // Each question has a difficulty that all seeds share; each seed a luck of its own.
      let difficulty = (0..<questions).map { _ in 0.6 * (random.uniform() - 0.5) }
      let parts = try names.map { _ in
        let luck = spread * random.normal()
        let values = difficulty.map { random.uniform() < 0.6 + $0 + luck ? 1.0 : 0.0 }
        return try Measured.mean(of: values, identity: "coverage", seeds: 1)
      }
      return try Measured.overSeeds(parts, seeds: names)
    }
    #expect((0.92...0.99).contains(covered), "\(covered)")
  }

  @Test func seedsAloneFollowStudent() throws {
    let names = ["1", "2", "3"]
    let covered = try coverage(trials: 1_500, of: 0.6) { random in
      let parts = names.map { _ in Measured(exact: 0.6 + 0.05 * random.normal()) }
      return try Measured.overSeeds(parts, seeds: names)
    }
    #expect((0.92...0.98).contains(covered), "\(covered)")
  }

  @Test func oneSeedCoversTooLittle() throws {
    // What the note "one seed" in a verdict warns of.
    let covered = try coverage(trials: 500, of: 0.6) { random in
      let luck = 0.05 * random.normal()
      let values = (0..<200).map { _ in random.uniform() < 0.6 + luck ? 1.0 : 0.0 }
      return try Measured.mean(of: values, identity: "coverage", seeds: 1)
    }
    #expect(covered < 0.9)
  }
}

@Suite struct SeedTests {
  @Test func sharedLuckCancelsInADifference() throws {
    let names = ["1", "2", "3"]
    let luck = [-0.1, 0.02, 0.09]
    let a = try Measured.overSeeds(luck.map { Measured(exact: 0.7 + $0) }, seeds: names)
    let b = try Measured.overSeeds(luck.map { Measured(exact: 0.5 + $0) }, seeds: names)
    #expect(a.interval.halfWidth > 0.15)
    #expect((a - b).interval.halfWidth < 1e-9)
    let other = try Measured.overSeeds(
      luck.map { Measured(exact: 0.5 + $0) }, seeds: ["4", "5", "6"])
    #expect((a - other).interval.halfWidth > 0.15)
    #expect((a - other).spreads.count == 2)
  }

  @Test func aMeanOverOneSeedSaysSo() throws {
    let part = try Measured.mean(of: [1, 0, 1], identity: "q", seeds: 0)
    let mean = try Measured.overSeeds([part], seeds: ["1"])
    #expect(mean.seeds == 1)
    #expect(mean.replicates == part.replicates)
  }

  @Test func intervalIsThatOfStudentForThreeExactSeeds() throws {
    let mean = try Measured.overSeeds(
      [0.5, 0.6, 0.7].map { Measured(exact: $0) }, seeds: ["1", "2", "3"])
    #expect(mean.seeds == 3)
    // t for two degrees of freedom is 4.303, s/sqrt(3) is .0577; a resample of three values is
    // no normal distribution, so its ends are those of its range.
    #expect(abs(mean.interval.halfWidth - 4.303 * 0.0577) < 0.05)
  }
}
