import Artifacts
import Evaluation
import Language

extension VerbLibrary {
  static let advise = Verb(
    VerbSignature(
      "advise", topic: "weighing", .describe, version: 4,
      summary: "Prompting, RAG, fine-tuning, both or long context: what the measurements and the "
        + "stated needs say, why, and what would change it.",
      example: "advise(compare({rag: [{question: \"q1\", text: \"Paris\"}], base: [{question: "
        + "\"q1\", text: \"Rome\"}]}, on: [{id: \"q1\", question: \"Capital of France?\", "
        + "answer: \"Paris\"}]), queries_per_day: 500, updates_per_day: 3)",
      parameters: [
        .init("report", .artifact("comparison"), positional: true, "A comparison."),
        .init("queries_per_day", .number, default: "1000", "Questions a day."),
        .init("updates_per_day", .number, default: "0", "Changed facts a day."),
        .init("days", .number, default: "30", "Over how many days costs are added up."),
        .init(
          "retrains_per_day", .number, default: "1",
          "How often a day a model is trained again at most."),
        .init(
          "facts", StaticType.number.optional, default: "none",
          "How many facts are asked about: what changes until the next training makes that share "
            + "of answers stale. Staleness is left out where this is."),
        .init("value", .number, default: "0.01", "Money that a right answer is worth."),
        .init(
          "old_share", .number, default: "0",
          "The share of questions about what the model knew before, which training may forget."),
        .init(
          "budget", StaticType.number.optional, default: "none",
          "The most money that 30 days may cost."),
        .init(
          "latency_ms", StaticType.number.optional, default: "none",
          "The most milliseconds that an answer may take, 95 times of 100."),
        .init(
          "strict_format", .union([.boolean, .none]), default: "none",
          "Whether the output has to keep to a format."),
        .init(
          "purpose", StaticType.string.optional, default: "none",
          choices: Needs.Purpose.allCases.map(\.rawValue),
          "What the model lacks, where no measurement tells."),
        .init(
          "seed_spread", .number, default: "0.03",
          "How much accuracy varies from seed to seed (a standard deviation), where one seed "
            + "was measured."),
        .init(
          "ledger", StaticType.table.optional, default: "none",
          "What ledger(report) measured: its times count for the latency, and its seconds with "
            + "prices(basis: \"seconds\")."),
        PriceArgument.parameter,
      ],
      result: { _ in
        .record(
          [
            .init("verdict", .string), .init("arm", .any), .init("confidence", .number),
            .init("arms", .table), .init("reasons", .table), .init("flips", .table),
          ], isOpen: false)
      })
  ) { arguments, context in
    let prices = try PriceArgument.sheet(of: arguments)
    let needs = try stated(arguments)
    let compared = try ComparedArgument(arguments["report"], parameter: "report")
    let ledger = try times(arguments, compared, context)
    let arms = try compared.reports[0].arms.indices.map { index in
      try measuredArm(index, compared, ledger)
    }
    do {
      let advice = try Advice(arms, needs, prices)
      return AdviceRecord(advice, needs).value
    } catch let failure as Needs.Failure {
      throw VerbError("\(failure)", parameter: name(in: failure))
    }
  }

  private static func stated(_ arguments: Arguments) throws -> Needs {
    var needs = Needs()
    func optional(_ name: String) throws -> Double? {
      arguments.isNone(name) ? nil : try arguments.number(name)
    }
    needs.queriesPerDay = try arguments.number("queries_per_day")
    needs.updatesPerDay = try arguments.number("updates_per_day")
    needs.days = try arguments.number("days")
    needs.retrainsPerDay = try arguments.number("retrains_per_day")
    needs.facts = try optional("facts")
    needs.value = try arguments.number("value")
    needs.oldShare = try arguments.number("old_share")
    needs.budget = try optional("budget")
    needs.latency = try optional("latency_ms")
    needs.seedSpread = try arguments.number("seed_spread")
    if !arguments.isNone("strict_format") {
      needs.strictFormat = try arguments.boolean("strict_format")
    }
    if let purpose = try arguments.optionalString("purpose") {
      guard let known = Needs.Purpose(rawValue: purpose) else {
        throw VerbError(
          "the purpose is \"knowledge\" or \"behaviour\", got \"\(purpose)\"",
          parameter: "purpose")
      }
      needs.purpose = known
    }
    do {
      try needs.validate()
    } catch let failure as Needs.Failure {
      throw VerbError("\(failure)", parameter: name(in: failure))
    }
    return needs
  }

  private static func name(in failure: Needs.Failure) -> String {
    switch failure {
    case .number(let name, _), .share(let name, _): name
    }
  }

  /// The costs: with the times of a ledger where one was given.
  private static func times(
    _ arguments: Arguments, _ compared: ComparedArgument, _ context: VerbContext
  ) throws -> ArmLedger {
    guard !arguments.isNone("ledger") else {
      return try ArmLedger(compared, withTimes: false) { try context.actions(behind: $0) }
    }
    let ledger = try ArmLedger(table: try arguments.table("ledger"), parameter: "ledger")
    let names = ledger.entries.map(\.costs.name)
    if let missing = compared.reports[0].arms.first(where: { !names.contains($0.name) }) {
      throw VerbError("the ledger has no row of '\(missing.name)'", parameter: "ledger")
    }
    return ledger
  }

  private static func measuredArm(
    _ index: Int, _ compared: ComparedArgument, _ ledger: ArmLedger
  ) throws -> MeasuredArm {
    let arm = compared.reports[0].arms[index]
    guard let entry = ledger.entries.first(where: { $0.costs.name == arm.name }),
      let accuracy = try compared.measured(index, { try $0.measured(.accuracy, arm: $1) })
    else { throw VerbError("'\(arm.name)' has no accuracy", parameter: "report") }
    guard let approach = arm.approach ?? entry.approach else {
      throw VerbError(
        "it is not known how '\(arm.name)' comes by its answers", parameter: "report",
        help: "say so in compare(…, approaches: {\(arm.name): \"RAG\"}): "
          + Approach.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
    }
    // Recorded times are part of the comparison; measured ones come with the ledger.
    let recorded = try compared.measured(index) { try $0.measured(.latencyTail, arm: $1) }
    return MeasuredArm(
      name: arm.name, approach: approach, accuracy: accuracy,
      forgetting: try compared.measured(index) { try $0.forgetting(arm: $1) },
      format: try compared.measured(index) { try $0.measured(.accuracy, arm: $1, .kind("format")) },
      costs: entry.costs, latency: (recorded ?? entry.latencyTail)?.point)
  }
}

/// Advice as a value.
private struct AdviceRecord {
  let value: Value

  init(_ advice: Advice, _ needs: Needs) {
    let name = advice.choice?.arm.name
    let share = Int((advice.confidence * 100).rounded())
    let tie = Int((advice.tie * 100).rounded())
    let headline: String
    if let name {
      headline =
        "\(advice.verdict), with \(name): first in \(share) % of the ways a full run may go"
    } else if let first = advice.ranking.first(where: { $0.obstacle == nil }) {
      headline =
        "undecided: \(first.arm.name) did best; in \(tie) % of the ways a full run may go, its "
        + "first two can't be told apart"
    } else {
      headline = "undecided: no answerer keeps the stated limits"
    }
    var record = Record(headline: headline)
    record["verdict"] = .string(advice.verdict)
    record["arm"] = name.map { .string($0) } ?? Value.none
    record["confidence"] = .number(Double(share) / 100)
    record["arms"] = .list(
      advice.ranking.map { weighed in
        .record(
          Record([
            ("arm", .string(weighed.arm.name)),
            ("approach", .string(weighed.arm.approach.rawValue)),
            ("accuracy", .measured(weighed.arm.accuracy)),
            // In thousandths, since a question's worth of money shows few decimals.
            ("worth_per_1000", .measured(weighed.utility * 1000)),
            ("cost_per_month", .number(Self.rounded(weighed.monthly))),
            ("ms", .number(Self.rounded(weighed.latency))),
            (
              "ms_basis",
              .string(weighed.arm.latency == nil ? "operations" : "measured")
            ),
            ("ruled_out_by", weighed.obstacle.map { .string($0.rawValue) } ?? .none),
          ]))
      })
    record["reasons"] = .table(
      columns: ["question", "answer", "reason", "evidence"],
      rows: advice.points.map { point in
        [
          .string(point.question), .string(point.answer), .string(point.reason),
          .string(point.evidence),
        ]
      })
    record["flips"] = .table(
      columns: ["if", "were", "instead_of", "best", "approach"],
      rows: advice.flips.map { flip in
        [
          .string(flip.what), .number(Self.rounded(flip.at)), .number(Self.rounded(flip.now)),
          .string(flip.arm), .string(flip.approach.rawValue),
        ]
      })
    value = .record(record)
  }

  private static func rounded(_ value: Double) -> Double {
    Double(significant(value, digits: 4)) ?? value
  }
}
