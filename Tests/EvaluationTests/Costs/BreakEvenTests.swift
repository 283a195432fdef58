import Evaluation
import Execution
import Testing

@Suite struct BreakEvenTests {
  /// A sheet on which an operation costs 1 and nothing else costs anything.
  private static var units: PriceSheet {
    var sheet = PriceSheet()
    sheet.hour = 3600
    sheet.peakOperations = 1
    sheet.trainingUtilisation = 1
    sheet.answeringUtilisation = 1
    sheet.storage = 0
    sheet.modelCall = 0
    sheet.retrieverCall = 0
    sheet.tableQuery = 0
    return sheet
  }

  private static let tuned = ArmCosts(
    name: "tuned", training: Work(operations: 1000), query: Work(operations: 2),
    updating: .retrain, update: Work(operations: 1000))
  private static let rag = ArmCosts(
    name: "rag", indexing: Work(operations: 100), query: Work(operations: 5), updating: .upsert,
    update: Work(operations: 1))

  @Test func crossesWhereTheLinesMeet() throws {
    // 1000 + 2q = 100 + 5q at q = 300, where both have cost 1600.
    let demand = Demand(days: 10, queries: 50)
    let result = BreakEven([Self.tuned, Self.rag], along: .queries, Self.units, demand)
    let crossing = try #require(result.crossings.first)
    #expect(result.crossings.count == 1)
    #expect(crossing.at.point == 300)
    #expect(crossing.cost.point == 1600)
    #expect(crossing.below == "rag" && crossing.above == "tuned")
    #expect(crossing.isCheapest)
    #expect(result.positions(upTo: 1000).contains(300))
    // With one update a day, ten trainings more: 11000 + 2q = 110 + 5q at 3630.
    let busy = BreakEven(
      [Self.tuned, Self.rag], along: .queries, Self.units,
      Demand(days: 10, queries: 50, updatesPerDay: 1))
    #expect(busy.crossings.map(\.at.point) == [3630])
  }

  /// A logarithmic axis has no place for part of a question.
  @Test func drawingBeginsWithOneQuestion() {
    let once = ArmCosts(
      name: "once", training: Work(operations: 100.9), query: Work(operations: 2), updating: .never)
    let each = ArmCosts(
      name: "each", training: Work(operations: 100), query: Work(operations: 5), updating: .never)
    let result = BreakEven([once, each], along: .queries, Self.units, Demand(queries: 1))
    #expect(result.crossings.count == 1 && result.crossings[0].at.point < 0.5)
    #expect(result.positions(upTo: 1000).first == 1)
  }

  @Test func trainingIsLevelOnceItIsDaily() throws {
    // Over ten days and 400 questions: tuned 1800 + 10000u up to u = 1, then level at 11800;
    // rag 2100 + 10u. They meet at u = 300/9990, and again at u = 970.
    let demand = Demand(days: 10, queries: 400)
    let result = BreakEven([Self.tuned, Self.rag], along: .updates, Self.units, demand)
    let points = result.crossings.map(\.at.point)
    try #require(points.count == 2)
    #expect(abs(points[0] - 300.0 / 9990) < 1e-12)
    #expect(abs(points[1] - 970) < 1e-9)
    #expect(result.crossings.map(\.below) == ["tuned", "rag"])
    #expect(result.positions(upTo: nil).first == 0)
  }

  @Test func aThirdOneMayBeCheaper() {
    let free = ArmCosts(name: "base", query: Work(operations: 1), updating: .never)
    let result = BreakEven(
      [Self.tuned, Self.rag, free], along: .queries, Self.units, Demand(queries: 1))
    #expect(result.crossings.map(\.isCheapest) == [false])
    #expect(result.positions(upTo: nil).max() ?? 0 >= 900)
  }

  @Test func crossingsMoveAsTheyShould() {
    func point(_ change: (inout ArmCosts, inout ArmCosts) -> Void) -> Double {
      var (tuned, rag) = (Self.tuned, Self.rag)
      change(&tuned, &rag)
      return BreakEven(
        [tuned, rag], along: .queries, Self.units, Demand(queries: 1)
      ).crossings.first?.at.point ?? .infinity
    }
    // Longer prompts end retrieval's lead sooner, a larger training set later.
    #expect(point { $1.query = Work(operations: 8) } < 300)
    #expect(point { tuned, _ in tuned.training = Work(operations: 2000) } > 300)
    #expect(point { $1.query = Work(operations: 2) } == .infinity)
  }

  /// Against a scan: every change of order on a fine grid is a crossing, and the other way round.
  @Test func crossingsAreThoseOfAScan() {
    var random = RandomStream(seed: 5, purpose: "breakeven")
    func line() -> PiecewiseLinear {
      let a = Double(random.below(200))
      let b = Double(random.below(20)) / 4
      return random.below(2) == 0
        ? PiecewiseLinear(intercept: Measured(exact: a), slope: Measured(exact: b))
        : PiecewiseLinear(
          intercept: Measured(exact: a), slope: Measured(exact: b),
          levelFrom: Double(random.below(40)) + 0.5)
    }
    for _ in 0..<300 {
      let (a, b) = (line(), line())
      let found = a.crossings(with: b)
      var scanned = 0
      var last = 0.0
      for step in 0...40_000 {
        let x = Double(step) / 100 + 0.001
        let difference = a.value(at: x).point - b.value(at: x).point
        if difference * last < 0 { scanned += 1 }
        if difference != 0 { last = difference }
      }
      #expect(found.count { $0.x.point < 400 } == scanned)
      for crossing in found {
        let x = crossing.x.point
        let gap = a.value(at: x).point - b.value(at: x).point
        #expect(abs(gap) < 1e-6 * max(1, a.value(at: x).point))
        #expect(
          (a.value(at: x * 0.999).point < b.value(at: x * 0.999).point)
            == crossing.firstIsSmallerBelow)
      }
    }
  }

  @Test func crossingsCarryTheUncertaintyOfCounts() throws {
    let tokens = try Measured.mean(
      of: [1, 2, 3, 4, 5, 6], identity: "x", seeds: 1, range: nil)
    var rag = Self.rag
    rag.query.operations = tokens * 2
    let crossing = try #require(
      BreakEven([Self.tuned, rag], along: .queries, Self.units, Demand(queries: 1))
        .crossings.first)
    // 900 / (7 - 2).
    #expect(abs(crossing.at.point - 180) < 1e-9)
    #expect(crossing.at.interval.lower < 180 && crossing.at.interval.upper > 180)
    #expect(crossing.at.seeds == 1)
  }
}

@Suite struct PriceTests {
  @Test func everyCountHasItsPrice() throws {
    var sheet = PriceSheet()
    sheet.hour = 3.6
    sheet.peakOperations = 1e6
    sheet.trainingUtilisation = 0.5
    sheet.answeringUtilisation = 0.25
    sheet.modelCall = 0.1
    sheet.retrieverCall = 0.01
    sheet.tableQuery = 0.001
    sheet.promptToken = 1e-4
    sheet.generatedToken = 1e-5
    let work = Work(
      operations: 1e6, modelCalls: 2, retrieverCalls: 3, tableQueries: 4, promptTokens: 5,
      generatedTokens: 6)
    // A second costs .001; half a million operations a second take 2 s, a quarter million 4 s.
    let calls = 0.2 + 0.03 + 0.004 + 5e-4 + 6e-5
    #expect(abs(sheet.price(work, training: true).point - (0.002 + calls)) < 1e-12)
    #expect(abs(sheet.price(work, training: false).point - (0.004 + calls)) < 1e-12)
    sheet.modelScale = 10
    #expect(abs(sheet.price(work, training: true).point - (0.02 + calls)) < 1e-12)
    // Two gigabytes for half a month.
    #expect(abs(sheet.keeping(Measured(exact: 2e9), days: 15).point - 0.1) < 1e-12)
    #expect(abs(sheet.estimatedMilliseconds(Work(operations: 1e6)) - 40_000) < 1e-6)
  }

  /// Of a larger model the trained copy is larger; an index of the same documents is not.
  @Test func aLargerModelKeepsMoreBytes() {
    let costs = ArmCosts(
      name: "both", training: Work(bytes: 1e9), indexing: Work(bytes: 5e9), query: .none,
      updating: .upsert)
    var sheet = PriceSheet()
    sheet.storage = 1
    #expect(abs(costs.fixed(sheet, days: 30).point - 6) < 1e-9)
    sheet.modelScale = 10
    #expect(abs(costs.fixed(sheet, days: 30).point - 15) < 1e-9)
  }

  @Test func timeCountsOnlyWhereItIsAskedFor() {
    var sheet = PriceSheet()
    let timed = Work(operations: 1e15, seconds: 1800)
    let counted = sheet.price(timed, training: true)
    #expect(counted == sheet.price(Work(operations: 1e15), training: true))
    sheet.basis = .seconds
    #expect(abs(sheet.price(timed, training: true).point - 1) < 1e-12)
    #expect((timed + Work(operations: 1)).seconds == nil)
    #expect((timed + .none).seconds == Measured(exact: 1800))
  }

  @Test func whatIsNoPriceIsRefused() throws {
    typealias Failure = PriceSheet.Failure
    func check(_ change: (inout PriceSheet) -> Void) throws {
      var sheet = PriceSheet()
      change(&sheet)
      try sheet.validate()
    }
    try check { _ in }
    #expect(throws: Failure.price(name: "hour", got: -1)) { try check { $0.hour = -1 } }
    #expect(throws: Failure.price(name: "storage", got: .infinity)) {
      try check { $0.storage = .infinity }
    }
    #expect(throws: Failure.rate(name: "peak_flops", got: 0)) {
      try check { $0.peakOperations = 0 }
    }
    #expect(throws: Failure.share(name: "training_use", got: 1.5)) {
      try check { $0.trainingUtilisation = 1.5 }
    }
    #expect(throws: (any Error).self) { try check { $0.modelScale = .nan } }
  }
}
