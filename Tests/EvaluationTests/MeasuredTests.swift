import Evaluation
import Execution
import FoundationEssentials
import Testing

private func values(_ count: Int, seed: UInt64 = 1, share: Double = 0.6) -> [Double] {
  var random = RandomStream(seed: seed, purpose: "tests/values")
  return (0..<count).map { _ in random.uniform() < share ? 1 : 0 }
}

@Suite struct MeasuredTests {
  @Test func replicatesDependOnIdentityAndCountAlone() throws {
    let first = try Measured.mean(of: values(60), identity: "a", seeds: 0)
    // Enough other identities to push the first out of the cache.
    for other in 0..<40 {
      _ = try Measured.mean(of: values(1_500), identity: "other\(other)", seeds: 0)
    }
    let again = try Measured.mean(of: values(60), identity: "a", seeds: 0)
    #expect(first == again)
    #expect(first.replicates.count == Measured.replicateCount)
    let elsewhere = try Measured.mean(of: values(60), identity: "b", seeds: 0)
    #expect(first.replicates != elsewhere.replicates)
    // What changes a draw changes stored results: a golden value.
    #expect(first.replicates.prefix(4).map { ($0 * 60).rounded() } == [29, 36, 31, 27])
  }

  @Test func resultsOnTheSameQuestionsArePaired() throws {
    let a = values(200)
    let b = a.enumerated().map { $0.offset % 50 == 0 ? 1 - $0.element : $0.element }
    let paired =
      try Measured.mean(of: a, identity: "q", seeds: 0)
      - Measured.mean(of: b, identity: "q", seeds: 0)
    let apart =
      try Measured.mean(of: a, identity: "q", seeds: 0)
      - Measured.mean(of: b, identity: "r", seeds: 0)
    #expect(paired.interval.halfWidth < 0.035)
    #expect(apart.interval.halfWidth > 0.08)
    // The difference of the means is the mean of the differences, in every replicate.
    let direct = try Measured.mean(
      of: zip(a, b).map { $0 - $1 }, identity: "q", seeds: 0, range: -1...1)
    #expect(zip(paired.replicates, direct.replicates).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func arithmeticAppliesToEveryReplicate() throws {
    let a = try Measured.mean(of: values(50), identity: "q", seeds: 3)
    let b = try Measured.mean(of: values(50, seed: 2), identity: "q", seeds: 1)
    let cases: [(Measured, (Double, Double) -> Double)] = [
      (a + b, { $0 + $1 }), (a - b, { $0 - $1 }), (a * b, { $0 * $1 }), (a / b, { $0 / $1 }),
      (2 * a + 1, { a, _ in 2 * a + 1 }), (-(1 - b), { _, b in b - 1 }),
      (a / 2 - 3 / b, { $0 / 2 - 3 / $1 }),
      ((a * 10) % b, { ($0 * 10).truncatingRemainder(dividingBy: $1) }),
      (a.map { $0 * $0 }, { a, _ in a * a }),
      (5 % (b + 1), { 5.0.truncatingRemainder(dividingBy: $1 + 1) }),
    ]
    for (index, (result, plain)) in cases.enumerated() {
      #expect(abs(result.point - plain(a.point, b.point)) < 1e-12, "case \(index)")
      for replicate in stride(from: 0, to: Measured.replicateCount, by: 97) {
        let expected = plain(a.replicates[replicate], b.replicates[replicate])
        #expect(abs(result.replicates[replicate] - expected) < 1e-12, "case \(index)")
      }
    }
    #expect((a + b).seeds == 1)
    #expect((a + 1).seeds == 3)
    #expect((Measured(exact: 2) * Measured(exact: 3)) == Measured(exact: 6))
  }

  @Test func rangesFollowArithmetic() throws {
    let a = try Measured.mean(of: values(50), identity: "q", seeds: 0)
    #expect(a.range == 0...1)
    #expect((a - a).range == -1...1)
    #expect((1 - a).range == 0...1)
    #expect((100 * a).range == 0...100)
    #expect((a / -2).range == -0.5...0)
    #expect((a * (a - a)).range == -1...1)
    #expect((a / a).range == nil)
    #expect(try Measured.mean(of: [0, 3], identity: "q", seeds: 0).range == nil)
  }

  @Test func constantResultsAreNotCertain() throws {
    let five = try Measured.mean(of: [1, 1, 1, 1, 1], identity: "q", seeds: 0)
    #expect(abs(five.interval.lower - 0.5493) < 1e-4)
    #expect(five.interval.upper == 1)
    let none = try Measured.mean(of: [Double](repeating: 0, count: 300), identity: "q", seeds: 0)
    #expect(none.interval.lower == 0)
    #expect(abs(none.interval.upper - 0.00994) < 1e-5)
    // Two systems that agree on all questions may still differ on others.
    let difference = five - five
    #expect(abs(difference.interval.lower + 0.4507) < 1e-4)
    #expect(abs(difference.interval.upper - 0.4507) < 1e-4)
    // Latencies have no range: all that is known is the value.
    let constant = try Measured.mean(of: [3, 3, 3], identity: "q", seeds: 0, range: nil)
    #expect(constant.interval == Measured(exact: 3).interval)
    let one = try Measured.mean(of: [3], identity: "q", seeds: 0, range: nil)
    #expect(one.interval.lower == -.infinity && one.interval.upper == .infinity)
  }

  @Test func intervalsStayWithinTheRange() throws {
    let almost = try Measured.mean(
      of: [1] + [Double](repeating: 1, count: 20) + [0], identity: "q", seeds: 0)
    #expect(almost.interval.upper == 1)
    #expect(almost.interval.lower < 0.87)
  }

  @Test func statisticsAreRecomputed() throws {
    let data = values(80)
    let mean = try Measured.mean(of: data, identity: "q", seeds: 0)
    let same = try Measured.statistic(count: 80, identity: "q", seeds: 0) { indices in
      indices.reduce(0) { $0 + data[$1] } / Double(indices.count)
    }
    #expect(abs(mean.interval.lower - same.interval.lower) < 2e-3)
    #expect(abs(mean.interval.upper - same.interval.upper) < 2e-3)

    // The calibration error of a calibrated model is above 0 in the sample, and higher in resamples.
    var random = RandomStream(seed: 4, purpose: "tests/calibration")
    let confidence = (0..<200).map { _ in random.uniform() }
    let correct = confidence.map { random.uniform() < $0 }
    let error = try Measured.statistic(count: 200, identity: "q", seeds: 0, range: 0...1) {
      try Statistics.calibrationError(
        confidence: $0.map { confidence[$0] }, correct: $0.map { correct[$0] })
    }
    #expect(error.interval.contains(error.point))
    #expect(error.interval.halfWidth > 0.01 && error.interval.halfWidth < 0.1)
  }

  @Test func statisticsThatAreOftenUndefinedHaveNoInterval() throws {
    var call = 0
    let half = try Measured.statistic(count: 10, identity: "q", seeds: 0) { indices in
      call += 1
      return call % 2 == 0 ? .nan : Double(indices[0])
    }
    #expect(half.interval.lower == -.infinity && half.interval.upper == .infinity)
    let quotient = try Measured.mean(of: [0, 1], identity: "q", seeds: 0)
    #expect((1 / quotient).interval.upper == .infinity)
  }

  @Test func numbersAreReadBackAsTheyWereWritten() throws {
    let parts = try (1...3).map {
      try Measured.mean(of: values(40, seed: UInt64($0)), identity: "q", seeds: 1)
    }
    let number = try Measured.overSeeds(parts, seeds: ["1", "2", "3"])
    let data = try JSONEncoder().encode(number)
    #expect(try JSONDecoder().decode(Measured.self, from: data) == number)
    let exact = try JSONEncoder().encode(Measured(exact: 2))
    #expect(try JSONDecoder().decode(Measured.self, from: exact) == Measured(exact: 2))
    let tampered = String(decoding: exact, as: UTF8.self)
      .replacing("\"replicates\":[]", with: "\"replicates\":[1]")
    #expect(throws: Measured.Failure.replicateCount(got: 1, expected: 2_000)) {
      try JSONDecoder().decode(Measured.self, from: Data(tampered.utf8))
    }
  }

  @Test func badInputIsRefused() throws {
    #expect(throws: Measured.Failure.noValues) {
      try Measured.mean(of: [], identity: "q", seeds: 0)
    }
    #expect(throws: Measured.Failure.notFinite(index: 1)) {
      try Measured.mean(of: [1, .nan], identity: "q", seeds: 0)
    }
    #expect(throws: Measured.Failure.noValues) {
      try Measured.statistic(count: 0, identity: "q", seeds: 0) { _ in 0 }
    }
    #expect(throws: Measured.Failure.replicateCount(got: 3, expected: 2_000)) {
      try Measured(point: 1, replicates: [1, 2, 3], seeds: 0, questions: 3)
    }
    #expect(throws: Measured.Failure.noValues) { try Measured.overSeeds([], seeds: []) }
    #expect(throws: Measured.Failure.seedCount(got: 2, expected: 1)) {
      try Measured.overSeeds([Measured(exact: 1)], seeds: ["1", "2"])
    }
    #expect(throws: Measured.Failure.repeatedSeed("1")) {
      try Measured.overSeeds([Measured(exact: 1), Measured(exact: 2)], seeds: ["1", "1"])
    }
  }

  @Test(arguments: [
    (0.83, 0.04, "0.83 [0.79, 0.87]"), (0.8312, 0.012, "0.831 [0.819, 0.843]"),
    (0.5, 0.00123, "0.5000 [0.4988, 0.5012]"), (0.5, 0.2, "0.50 [0.30, 0.70]"),
    (123.4, 5.6, "123 [118, 129]"), (12_345, 1_700, "12345 [10645, 14045]"),
    (-0.001, 0.04, "0.00 [-0.04, 0.04]"), (3.21, 0.096, "3.21 [3.11, 3.31]"),
  ])
  func numbersShowTheDecimalsThatTheyDeserve(
    point: Double, half: Double, expected: String
  ) throws {
    // Two seeds' worth of spread would be stretched; no questions and no seeds are not.
    var replicates = [Double](repeating: point, count: Measured.replicateCount)
    for index in replicates.indices {
      replicates[index] += index % 2 == 0 ? half : -half
    }
    let number = try Measured(point: point, replicates: replicates, seeds: 0, questions: 0)
    #expect(number.formatted() == expected)
  }

  @Test func exactAndUnboundedNumbersHaveAFormToo() throws {
    #expect(Measured(exact: 3).formatted() == "3")
    #expect(Measured(exact: 0.5).formatted() == "0.50")
    let one = try Measured.mean(of: [3], identity: "q", seeds: 0, range: nil)
    #expect(one.formatted() == "3 [-∞, ∞]")
  }
}
