import Artifacts
import Language

extension VerbLibrary {
  /// Repeating an experiment over seeds, and what it cost.
  static var sessionVerbs: [Verb] { [over, ledger] }

  private static let over = Verb(
    VerbSignature(
      "over", topic: "experiments", .describe,
      summary: "Calls a function once a seed; numbers of the results carry the spread over seeds.",
      example: "report = over([1, 2, 3], trial)",
      parameters: [
        .init("seeds", .list(.number), positional: true, "Different numbers."),
        .init(
          "function", .function, positional: true, "A function of one parameter, the seed."),
      ],
      result: { _ in .any })
  ) { arguments, context in
    let seeds = try arguments.list("seeds").map { seed in
      guard let number = seed.point else {
        throw VerbError("a seed is a number, got \(seed.typeName)", parameter: "seeds")
      }
      return number
    }
    guard !seeds.isEmpty, seeds.count <= 1_000 else {
      throw VerbError("expected 1 to 1,000 seeds, got \(seeds.count)", parameter: "seeds")
    }
    guard Set(seeds).count == seeds.count else {
      throw VerbError("a seed is given twice", parameter: "seeds")
    }
    let function = try arguments.function("function")
    let parts = try seeds.map { try context.call(function, [.number($0)]) }
    return try Value.merging(parts, seeds)
  }

  private static let ledger = Verb(
    VerbSignature(
      "ledger", topic: "experiments", .describe,
      summary:
        "What the work behind a value took: seconds, memory, bytes, counts; of a comparison, "
        + "what each answerer takes up front, for a question and for a changed fact.",
      example: "ledger(lexical)",
      parameters: [.init("value", .any, positional: true, "Something that was computed.")],
      isMeasured: true,
      result: { _ in .table })
  ) { arguments, context in
    if ComparedArgument.holds(arguments["value"]) {
      return try ArmLedger(
        try ComparedArgument(arguments["value"], parameter: "value"), withTimes: true
      ) { try context.actions(behind: $0) }.table
    }
    let actions = try context.actions(behind: arguments["value"])
    guard !actions.isEmpty else {
      throw VerbError(
        "nothing recorded stands behind this value", parameter: "value",
        help: "give it a corpus, an index, a report or a record of them")
    }
    // Only what some action counted gets a column.
    let counts = Set(actions.flatMap(\.cost.counts.keys)).sorted()
    let kernels = actions.contains { !$0.provenance.kernel.isEmpty } ? ["kernel"] : []
    return .table(
      columns: ["call", "seconds", "cpu seconds", "peak memory MB", "bytes"] + counts + kernels,
      rows: actions.map { action in
        [
          .string(action.label), .number(milliseconds(action.cost.seconds)),
          .number(milliseconds(action.cost.cpuSeconds)),
          .number((Double(action.cost.peakMemoryBytes) / 1e6).rounded()),
          .number(Double(action.outputBytes)),
        ] + counts.map { action.cost.counts[$0].map { .number($0) } ?? .none }
          + kernels.map { _ in
            action.provenance.kernel.isEmpty ? .none : .string(action.provenance.kernel)
          }
      })
  }

  /// Seconds to the millisecond.
  private static func milliseconds(_ seconds: Double) -> Double {
    (seconds * 1000).rounded() / 1000
  }
}
