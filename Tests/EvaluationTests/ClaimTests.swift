import Evaluation
import Testing

/// A number whose interval is the given one.
private func number(_ lower: Double, _ upper: Double, seeds: Int = 0) throws -> Measured {
  let replicates = (0..<Measured.replicateCount).map { $0 % 2 == 0 ? lower : upper }
  return try Measured(
    point: (lower + upper) / 2, replicates: replicates, seeds: seeds, questions: 0)
}

private let zero = Measured(exact: 0)

@Suite struct ClaimTests {
  @Test(arguments: [
    (ClaimRelation.above, 0.1, 0.3, 0.05, Verdict.held), (.above, 0.05, 0.3, 0.05, .undecided),
    (.above, -0.2, 0.05, 0.05, .refuted), (.above, -0.2, 0.06, 0.05, .undecided),
    (.atLeast, 0.05, 0.3, 0.05, .held), (.atLeast, -0.2, 0.05, 0.05, .undecided),
    (.atLeast, -0.2, 0.04, 0.05, .refuted), (.below, -0.3, -0.1, 0.05, .held),
    (.below, -0.05, 0.2, 0.05, .refuted), (.below, -0.06, 0.2, 0.05, .undecided),
    (.atMost, -0.3, -0.05, 0.05, .held), (.atMost, -0.04, 0.1, 0.05, .refuted),
    (.equal, -0.04, 0.05, 0.05, .held), (.equal, -0.04, 0.06, 0.05, .undecided),
    (.equal, 0.06, 0.1, 0.05, .refuted), (.equal, -0.1, -0.06, 0.05, .refuted),
    (.equal, -0.01, 0.01, 0, .undecided), (.equal, 0, 0, 0, .undecided),
    (.equal, 0.1, 0.2, 0, .refuted), (.different, 0.1, 0.2, 0, .held),
    (.different, -0.04, 0.05, 0.05, .refuted), (.different, -0.04, 0.06, 0.05, .undecided),
    (.above, 0.01, 0.2, 0, .held), (.below, 0.01, 0.2, 0, .refuted),
  ])
  func intervalsAgainstMargins(
    relation: ClaimRelation, lower: Double, upper: Double, margin: Double, verdict: Verdict
  ) throws {
    let outcome = try ClaimOutcome.compare(try number(lower, upper), relation, zero, by: margin)
    #expect(outcome.verdict == verdict)
    #expect(outcome.comparisons.map(\.margin) == [margin])
  }

  @Test func exactNumbersAreComparedAsTheyAre() throws {
    func verdict(_ a: Double, _ relation: ClaimRelation, _ b: Double, by m: Double = 0) throws
      -> Verdict
    {
      try ClaimOutcome.compare(Measured(exact: a), relation, Measured(exact: b), by: m).verdict
    }
    #expect(try verdict(2, .equal, 2) == .held)
    #expect(try verdict(2, .different, 2) == .refuted)
    #expect(try verdict(2, .above, 2) == .refuted)
    #expect(try verdict(2, .atLeast, 2) == .held)
    #expect(try verdict(1, .below, 2) == .held)
    #expect(try verdict(3, .atMost, 2) == .refuted)
    #expect(try verdict(3, .above, 2, by: 1) == .refuted)
    #expect(try verdict(4, .above, 2, by: 1) == .held)
    #expect(try verdict(.infinity, .equal, .infinity) == .held)
    #expect(try verdict(.nan, .equal, .nan) == .undecided)
    #expect(try verdict(.nan, .above, 1, by: 1) == .undecided)
  }

  @Test(arguments: [-0.1, .nan, .infinity])
  func marginsAreChecked(margin: Double) {
    #expect(throws: ClaimOutcome.Failure.self) {
      try ClaimOutcome.compare(zero, .above, zero, by: margin)
    }
  }

  @Test func logicIsKleenes() {
    let all: [Verdict] = [.held, .refuted, .undecided]
    func number(_ verdict: Verdict) -> Int {
      verdict == .held ? 1 : verdict == .refuted ? -1 : 0
    }
    for a in all {
      #expect(number(a.not) == -number(a))
      for b in all {
        #expect(number(a.and(b)) == min(number(a), number(b)))
        #expect(number(a.or(b)) == max(number(a), number(b)))
      }
    }
  }

  @Test func fiveQueriesDecideOnlyTheOverwhelming() throws {
    let better = [0.05, 0.2, 0.1, 0.02, 0.3]
    let gain = try Measured.mean(of: better, identity: "five", seeds: 0, range: -1...1)
    #expect(try ClaimOutcome.compare(gain, .above, zero).verdict == .undecided)
    let clear = try Measured.mean(
      of: [0.8, 0.9, 0.85, 0.95, 0.9], identity: "five", seeds: 0, range: -1...1)
    #expect(try ClaimOutcome.compare(clear, .above, zero, by: 0.05).verdict == .held)
    let same = try Measured.mean(of: [0, 0, 0, 0, 0], identity: "five", seeds: 0, range: -1...1)
    #expect(try ClaimOutcome.compare(same, .equal, zero, by: 0.03).verdict == .undecided)
  }

  @Test func outcomesSayWhatWasCompared() throws {
    let one = try ClaimOutcome.compare(number(0.08, 0.16, seeds: 1), .above, zero, by: 0.05)
    #expect(one.line() == "held: difference 0.12 [0.08, 0.16], margin 0.05, one seed")
    #expect(
      one.not.line(isPrediction: true)
        == "did not: difference 0.12 [0.08, 0.16], margin 0.05, one seed")
    let three = try ClaimOutcome.compare(number(-0.1, 0.1, seeds: 3), .above, zero)
    #expect(three.line(isPrediction: true) == "undecided: difference 0.00 [-0.10, 0.10], 3 seeds")
    let both = one.and(three)
    #expect(both.verdict == .undecided)
    #expect(both.seeds == 1)
    #expect(
      both.line() == "undecided: difference 0.12 [0.08, 0.16], margin 0.05; "
        + "difference 0.00 [-0.10, 0.10], one seed")
    #expect(one.or(three).line(isPrediction: true).hasPrefix("came true: "))
    #expect(ClaimOutcome(false).line() == "refuted")
    #expect(ClaimOutcome(true).or(one).verdict == .held)
  }
}
