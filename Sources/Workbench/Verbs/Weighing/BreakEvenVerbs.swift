import Artifacts
import Evaluation
import Language

extension VerbLibrary {
  static let breakeven = Verb(
    VerbSignature(
      "breakeven", topic: "weighing", .describe, version: 2,
      summary: "Cost of each answerer against the number of questions, or the rate of changes.",
      example: "breakeven([{arm: \"rag\", flops: 5e9}, {arm: \"tuned\", training_flops: 1e15, "
        + "flops: 1e9}], queries: 1000000)",
      parameters: CostQuestion.parameters, result: { _ in .table })
  ) { arguments, context in
    let question = try CostQuestion(arguments, context)
    let result = question.result
    return .list(
      result.positions(upTo: question.limit).flatMap { x in
        result.curves.map { curve in
          var row = Record([
            (question.axis.rawValue, .number(CostQuestion.rounded(x))),
            ("arm", .string(curve.name)),
            ("cost", .number(CostQuestion.rounded(curve.cost.value(at: x).point))),
          ])
          if let basis = question.basis(of: curve.name) { row["basis"] = .string(basis) }
          return .record(row)
        }
      })
  }

  static let crossings = Verb(
    VerbSignature(
      "crossings", topic: "weighing", .describe, version: 2,
      summary: "Where one answerer becomes cheaper than another: the crossings of breakeven.",
      example: "crossings([{arm: \"rag\", flops: 5e9}, {arm: \"tuned\", training_flops: 1e15, "
        + "flops: 1e9}])",
      parameters: CostQuestion.parameters, result: { _ in .table }),
    emptyText: "no answerer overtakes another: the order of costs is the same everywhere"
  ) { arguments, context in
    let question = try CostQuestion(arguments, context)
    return .list(
      question.result.crossings.map { crossing in
        var row = Record([
          (
            question.axis.rawValue,
            crossing.at.isExact
              ? .number(CostQuestion.rounded(crossing.at.point)) : .measured(crossing.at)
          ),
          ("cheaper_below", .string(crossing.below)), ("cheaper_above", .string(crossing.above)),
          ("cost", .number(CostQuestion.rounded(crossing.cost.point))),
          ("cheapest", .boolean(crossing.isCheapest)),
        ])
        let bases = [crossing.below, crossing.above].compactMap(question.basis(of:))
        if let basis = bases.first(where: { $0 != bases.last }) ?? bases.first {
          row["basis"] = .string(bases.contains("measured seconds") ? "measured seconds" : basis)
        }
        return .record(row)
      })
  }
}

/// What `breakeven` and `crossings` are asked.
private struct CostQuestion {
  static let parameters: [VerbSignature.Parameter] = [
    .init(
      "report", .union([.artifact("comparison"), .table]), positional: true,
      "A comparison, or ledger(…) of one: its seconds are paid for with prices(basis: "
        + "\"seconds\")."),
    .init(
      "by", .string, default: "\"queries\"", choices: BreakEven.Axis.allCases.map(\.rawValue),
      "What varies."),
    .init(
      "queries", StaticType.number.optional, default: "none",
      "Questions over all days: up to which to draw, or how many while updates vary (1,000,000 "
        + "where left out)."),
    .init("updates_per_day", .number, default: "0", "Changed facts a day; up to which to draw."),
    .init("days", .number, default: "30", "Over how many days costs are added up."),
    .init(
      "retrains_per_day", .number, default: "1",
      "How often a day a model is trained again at most: changes in between wait."),
    PriceArgument.parameter,
  ]

  let axis: BreakEven.Axis
  let result: BreakEven
  /// Up to where to draw; nil for wherever something happens.
  let limit: Double?
  private let timed: [String: Bool]

  init(_ arguments: Arguments, _ context: VerbContext) throws {
    let sheet = try PriceArgument.sheet(of: arguments)
    guard let axis = BreakEven.Axis(rawValue: try arguments.string("by")) else {
      throw VerbError("expected \"queries\" or \"updates_per_day\"", parameter: "by")
    }
    self.axis = axis
    func positive(_ name: String) throws -> Double {
      let value = try arguments.number(name)
      guard value > 0, value <= 1e15 else {
        throw VerbError(
          "expected a number above 0 and up to 1e15, got \(formatNumber(value))", parameter: name)
      }
      return value
    }
    let updates = try arguments.number("updates_per_day")
    guard updates >= 0, updates <= 1e15 else {
      throw VerbError(
        "expected a number of at least 0, got \(formatNumber(updates))",
        parameter: "updates_per_day")
    }
    let queries = arguments.isNone("queries") ? nil : try positive("queries")
    let ledger = try LedgerArgument.ledger(arguments, context)
    let costs = ledger.entries.map(\.costs)
    if sheet.basis == .seconds, !costs.contains(where: \.hasTimes) {
      throw VerbError(
        "there are no seconds to pay for", parameter: "prices",
        help: "give ledger(report), whose seconds are measured")
    }
    limit = axis == .queries ? queries : updates > 0 ? updates : nil
    result = BreakEven(
      costs, along: axis, sheet,
      Demand(
        days: try positive("days"), queries: queries ?? 1e6, updatesPerDay: updates,
        retrainsPerDay: try positive("retrains_per_day")))
    timed =
      sheet.basis == .seconds
      ? Dictionary(costs.map { ($0.name, $0.hasTimes) }) { first, _ in first } : [:]
  }

  /// What an answerer's cost rests on, where measured seconds are paid for at all.
  func basis(of arm: String) -> String? {
    timed[arm].map { $0 ? "measured seconds" : "counts" }
  }

  /// Six digits, so that the last bits of sums don't show.
  static func rounded(_ value: Double) -> Double {
    Double(significant(value, digits: 6)) ?? value
  }
}

/// A comparison or a ledger among a verb's arguments.
enum LedgerArgument {
  static func ledger(
    _ arguments: Arguments, _ context: VerbContext, parameter: String = "report"
  ) throws -> ArmLedger {
    if case .list = arguments[parameter] {
      return try ArmLedger(table: try arguments.table(parameter), parameter: parameter)
    }
    return try ArmLedger(
      try ComparedArgument(arguments[parameter], parameter: parameter), withTimes: false
    ) { try context.actions(behind: $0) }
  }
}
