import Evaluation
import Execution
import Testing

private typealias Failure = Statistics.Failure

@Suite struct StatisticsTests {
  private let x = [1.0, 2, 2, 4, 5, 5]
  private let y = [3.0, 1, 4, 4, 9, 2]

  @Test func meansAndQuantiles() throws {
    #expect(try Statistics.mean([1, 2, 6]) == 3)
    #expect(try Statistics.mean([1e308, 1e308]) == 1e308)
    #expect(try Statistics.variance([1, 2, 6]) == 7)
    #expect(try Statistics.median([5, 1, 3]) == 3)
    #expect(try Statistics.median([5, 1, 3, 2]) == 2.5)
    let data = [3.0, 1, 4, 1, 5]
    for (probability, expected) in [(0, 1), (0.1, 1), (0.25, 1), (0.9, 4.6), (1, 5)] {
      #expect(abs(try Statistics.quantile(data, probability) - expected) < 1e-12)
    }
    #expect(throws: Failure.tooFew(got: 0, needed: 1)) { try Statistics.mean([Double]()) }
    #expect(throws: Failure.tooFew(got: 0, needed: 1)) { try Statistics.mean([Measured]()) }
    #expect(throws: Failure.notFinite(index: 1)) { try Statistics.median([1, .nan]) }
    #expect(throws: Failure.probability(got: 1.5)) { try Statistics.quantile([1], 1.5) }
    #expect(throws: Failure.tooFew(got: 1, needed: 2)) { try Statistics.variance([1]) }
    let measured = try Measured.mean(of: [0, 1, 1], identity: "q", seeds: 0)
    #expect(try Statistics.mean([measured, measured]).interval == measured.interval)
  }

  @Test func correlationsAreThoseOfScipy() throws {
    #expect(abs(try Statistics.spearman(x, y) - 0.31346775286392936) < 1e-12)
    #expect(abs(try Statistics.pearson(x, y) - 0.4652665591013255) < 1e-12)
    #expect(try Statistics.spearman([1, 2, 3], [10, 100, 1000]) == 1)
    #expect(try Statistics.pearson([1e300, 2e300, 3e300], [3, 2, 1]) == -1)
    #expect(Statistics.averageRanks([5, 1, 5, 3]) == [3.5, 1, 3.5, 2])
    #expect(throws: Failure.constant) { try Statistics.spearman([1, 1], [1, 2]) }
    #expect(throws: Failure.lengths(1, 2)) { try Statistics.pearson([1], [1, 2]) }
    #expect(throws: Failure.tooFew(got: 1, needed: 2)) { try Statistics.pearson([1], [1]) }
    #expect(throws: Failure.notFinite(index: 0)) {
      try Statistics.pearson([.infinity, 1], [1, 2])
    }
  }

  @Test func rankCorrelationOfMeasuredNumbersHasAnInterval() throws {
    var random = RandomStream(seed: 3, purpose: "tests/spearman")
    func series(_ step: Double, seeds: [String]) throws -> [Measured] {
      try (0..<10).map { decile in
        let parts = try seeds.map { _ in
          let share = 0.2 + step * Double(decile)
          let values = (0..<60).map { _ in random.uniform() < share ? 1.0 : 0.0 }
          return try Measured.mean(of: values, identity: "decile \(decile)", seeds: 1)
        }
        return try Measured.overSeeds(parts, seeds: seeds)
      }
    }
    let deciles = (0..<10).map { Measured(exact: Double($0)) }
    let rising = try Statistics.spearman(deciles, series(0.07, seeds: ["1", "2", "3"]))
    #expect(rising.point > 0.9)
    #expect(rising.interval.lower > 0.6)
    #expect(rising.interval.contains(rising.point))
    #expect(rising.seeds == 3)
    #expect(rising.spreads.map(\.deviations.count) == [3])
    let flat = try Statistics.spearman(deciles, series(0, seeds: ["1"]))
    #expect(flat.interval.contains(0))
    #expect(flat.interval.halfWidth > 0.3)
    #expect(try Statistics.spearman(deciles, deciles) == Measured(exact: 1))
  }

  @Test func fitsAreThoseOfNumpy() throws {
    let px = [1.0, 2, 3, 4, 5, 7]
    let py = [2.0, 3, 7, 8, 12, 30]
    let quadratic = try Statistics.fit(px, py, degree: 2)
    for (got, expected) in zip(
      quadratic.coefficients, [4.185714285714286, -2.319047619047619, 0.8452380952380952])
    {
      #expect(abs(got - expected) < 1e-9)
    }
    let line = try Statistics.fit([1, 2, 3], [3, 5, 7])
    #expect(abs(line.slope - 2) < 1e-12 && abs(line.intercept - 1) < 1e-12)
    #expect(abs(line.r2 - 1) < 1e-12)
    #expect(abs(line.predict(10) - 21) < 1e-9)
    let power = try Statistics.fit(
      [1, 10, 100, 1000], [2, 20, 200, 2000].map { $0 * $0 }, logX: true, logY: true)
    #expect(abs(power.slope - 2) < 1e-9)
    #expect(abs(power.predict(50) - 10_000) < 1e-4)
    let half = try Statistics.fit([10, 100, 1000], [1, 2, 3], logX: true)
    #expect(abs(half.slope - 1) < 1e-12)
    #expect(half.predict(-1).isNaN)
  }

  @Test func highDegreesKeepTheirDigits() throws {
    // Years far from 0, where powers of x are nearly parallel.
    let years = (0..<40).map { 2000 + Double($0) / 4 }
    let curve = years.map { year in
      let t = (year - 2005) / 5
      return 1 + t - 2 * t * t + 0.5 * t * t * t * t * t
    }
    let fit = try Statistics.fit(years, curve, degree: 5)
    #expect(fit.r2 > 1 - 1e-12)
    let exact = try Statistics.fit([0, 1, 2, 3], [5, 5, 5, 5], degree: 3)
    #expect(exact.r2 == 1)
  }

  @Test func fitsThatCannotBeAreRefused() {
    #expect(throws: Failure.underdetermined(distinct: 1, needed: 2)) {
      try Statistics.fit([1, 1, 1], [1, 2, 3])
    }
    #expect(throws: Failure.tooFew(got: 2, needed: 3)) {
      try Statistics.fit([1, 2], [1, 2], degree: 2)
    }
    #expect(throws: Failure.count(got: 0, allowed: 1...8)) {
      try Statistics.fit([1, 2], [1, 2], degree: 0)
    }
    #expect(throws: Failure.notPositive(index: 1)) {
      try Statistics.fit([1, 0], [1, 2], logX: true)
    }
    #expect(throws: Failure.notPositive(index: 0)) {
      try Statistics.fit([1, 2], [-1, 2], logY: true)
    }
  }

  @Test func binsHoldWhatTheyShould() throws {
    #expect(try Statistics.equalWidthEdges([0, 10, 3], bins: 4) == [0, 2.5, 5, 7.5, 10])
    let edges = try Statistics.equalCountEdges([1, 2, 3, 4, 5, 6, 7, 8, 100], bins: 4)
    #expect(edges == [1, 3, 5, 7, 100])
    #expect(try Statistics.equalCountEdges([1, 1, 1, 1, 2], bins: 4) == [1, 2])
    #expect(
      [0.0, 1, 2.5, 10, 11, -1].map { Statistics.bin(of: $0, edges: [0, 1, 2, 10]) }
        == [0, 1, 2, 2, nil, nil])
    #expect(Statistics.bin(of: .nan, edges: [0, 1]) == nil)
    #expect(Statistics.bin(of: 1, edges: []) == nil)
    let groups = try Statistics.rankGroups([5, 5, 5, 1, 9, 7, 5], groups: 3)
    #expect(groups == [0, 0, 1, 0, 2, 2, 1])
    #expect(throws: Failure.constant) { try Statistics.equalWidthEdges([1, 1], bins: 2) }
    #expect(throws: Failure.constant) { try Statistics.equalCountEdges([1, 1], bins: 2) }
    #expect(throws: Failure.count(got: 0, allowed: 1...10_000)) {
      try Statistics.equalWidthEdges([1, 2], bins: 0)
    }
    #expect(throws: Failure.tooFew(got: 2, needed: 3)) {
      try Statistics.rankGroups([1, 2], groups: 3)
    }
  }

  @Test func calibrationAndRanking() throws {
    #expect(
      abs(
        try Statistics.calibrationError(
          confidence: [0.9, 0.9, 0.2, 1], correct: [true, false, false, true]) - 0.25) < 1e-12)
    #expect(
      try Statistics.rocArea(scores: [0.1, 0.4, 0.35, 0.8], correct: [false, false, true, true])
        == 0.75)
    #expect(try Statistics.rocArea(scores: [1, 1], correct: [true, false]) == 0.5)
    #expect(throws: Failure.constant) {
      try Statistics.rocArea(scores: [1, 2], correct: [true, true])
    }
    #expect(throws: Failure.probability(got: 1.5)) {
      try Statistics.calibrationError(confidence: [1.5], correct: [true])
    }
    #expect(throws: Failure.lengths(1, 0)) {
      try Statistics.calibrationError(confidence: [1], correct: [])
    }
  }
}

@Suite struct StudentTests {
  @Test(arguments: [
    (1.0, 12.706204736174694), (1.5, 6.016663104427929), (2, 4.302652729749462),
    (4, 2.7764451051977934), (10.3, 2.2193733755158824), (49, 2.0095752371292392),
    (150, 1.9759053308966201), (199, 1.9719565442517533), (250, 1.9694983934211532),
    (1000, 1.9623390808264083),
  ])
  func pointsAreThoseOfScipy(degrees: Double, expected: Double) {
    #expect(abs(StudentDistribution.point975(degrees: degrees) - expected) < 1e-7 * expected)
  }
}
