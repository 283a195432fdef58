import Artifacts
import Evaluation
import Language

/// What each answerer of a comparison took: up front, for a question, for a changed fact.
///
/// What stands behind every answerer alike, such as the base model, is nobody's; reading data is
/// no answerer's work either. Counts come from the answers and from the recorded actions, and are
/// the same on every machine; seconds are measured.
struct ArmLedger {
  /// One answerer's row.
  struct Entry {
    var costs: ArmCosts
    var approach: Approach?
    /// Milliseconds to an answer, where they were taken.
    var latencyMedian: Measured?
    var latencyTail: Measured?
  }

  private(set) var entries: [Entry]

  private static let training: Set<String> = [
    "pretrain", "finetune", "tune_encoder", "distill", "merge", "train",
  ]
  private static let indexing: Set<String> = [
    "bm25", "flat", "hnsw", "late_interaction", "embed", "embed_tokens", "link", "fuse", "rerank",
    "upsert", "delete", "compact",
  ]

  /// The ledger of a comparison; of several seeds, the mean.
  ///
  /// - Parameters:
  ///   - compared: What was compared.
  ///   - withTimes: Whether measured seconds are told.
  ///   - actions: The recorded actions behind a value.
  /// - Throws: What scoring throws.
  init(
    _ compared: ComparedArgument, withTimes: Bool, actions: (Value) throws -> [Action]
  ) throws {
    let parts = try zip(compared.reports, compared.values).map { report, value in
      try Self.entries(report, behind: try actions(value), withTimes: withTimes)
    }
    guard let first = parts.first else {
      entries = []
      return
    }
    entries = try first.indices.map { arm in
      var entry = first[arm]
      guard parts.count > 1 else { return entry }
      func merged(_ work: KeyPath<ArmCosts, Work>) throws -> Work {
        try Work.mean(parts.map { $0[arm].costs[keyPath: work] }, seeds: compared.seeds)
      }
      func merged(_ number: KeyPath<Entry, Measured?>) throws -> Measured? {
        let numbers = parts.compactMap { $0[arm][keyPath: number] }
        return numbers.count == parts.count
          ? try Measured.overSeeds(numbers, seeds: compared.seeds) : nil
      }
      entry.costs.training = try merged(\.training)
      entry.costs.indexing = try merged(\.indexing)
      entry.costs.query = try merged(\.query)
      entry.costs.update = try merged(\.update)
      entry.latencyMedian = try merged(\.latencyMedian)
      entry.latencyTail = try merged(\.latencyTail)
      return entry
    }
  }

  private static func entries(
    _ report: ComparisonReport, behind actions: [Action], withTimes: Bool
  ) throws -> [Entry] {
    let byKey = Dictionary(actions.map { ($0.key, $0) }) { first, _ in first }
    /// The action that asked an arm.
    let asking = report.arms.map { arm -> Action? in
      guard let source = arm.source?.digest else { return nil }
      return actions.first { $0.verb != "compare" && $0.objects.contains(source) }
    }
    let behind = asking.map { action -> [Action] in
      var seen: Set<Digest> = []
      var order: [Action] = []
      func visit(_ key: Digest) {
        guard seen.insert(key).inserted, let action = byKey[key] else { return }
        for input in action.inputs { visit(input) }
        order.append(action)
      }
      for input in action?.inputs ?? [] { visit(input) }
      return order
    }
    let known = behind.filter { !$0.isEmpty }
    let shared =
      known.count > 1
      ? known.dropFirst().reduce(Set(known[0].map(\.key))) {
        $0.intersection($1.map(\.key))
      } : []
    return try report.arms.indices.map { index in
      let own = behind[index].filter { !shared.contains($0.key) }
      var query = try report.work(arm: index)
      let action = asking[index]
      if !withTimes {
        query.seconds = nil
      } else if query.seconds == nil, let action {
        query.seconds = Measured(
          exact: action.cost.seconds / Double(max(1, report.asked.queries.count)))
      }
      return Entry(
        costs: costs(
          report.arms[index], own: own, all: behind[index], query: query, withTimes: withTimes),
        approach: report.arms[index].approach,
        latencyMedian: withTimes
          ? try report.measured(.latencyMedian, arm: index)
            ?? action?.cost.counts[WorkCount.latencyMedian].map { Measured(exact: $0) } : nil,
        latencyTail: withTimes
          ? try report.measured(.latencyTail, arm: index)
            ?? action?.cost.counts[WorkCount.latencyTail].map { Measured(exact: $0) } : nil)
    }
  }

  private static func costs(
    _ arm: ComparisonReport.Arm, own: [Action], all: [Action], query: Work, withTimes: Bool
  ) -> ArmCosts {
    func work(_ actions: [Action], finalOnly: Bool) -> Work {
      // Of a chain of trainings the last model is kept.
      let inputs = Set(actions.flatMap(\.inputs))
      let kept = finalOnly ? actions.filter { !inputs.contains($0.key) } : actions
      return actions.isEmpty
        ? .none
        : Work(
          operations: actions.reduce(0) { $0 + ($1.cost.counts[WorkCount.operations] ?? 0) },
          bytes: kept.reduce(0) { $0 + Double($1.cost.outputBytes) },
          seconds: withTimes ? actions.reduce(0) { $0 + $1.cost.seconds } : nil)
    }
    let trainings = own.filter { Self.training.contains($0.verb) }
    let training = work(trainings, finalOnly: true)
    let indexes = own.filter { Self.indexing.contains($0.verb) }
    let indexing = work(indexes, finalOnly: false)
    let hasIndex =
      all.contains { Self.indexing.contains($0.verb) } || arm.approach == .rag
      || arm.approach == .both
    var costs = ArmCosts(
      name: arm.name, training: training, indexing: indexing, query: query, updating: .never)
    if hasIndex {
      costs.updating = .upsert
      // A page is encoded and filed as each was when the index was built.
      costs.update =
        arm.documents > 0
        ? { () -> Work in
          var page = indexing * (1 / Double(arm.documents))
          page.bytes = Measured(exact: 0)
          return page
        }() : .none
    } else if arm.approach == .longContext || arm.approach == .tables {
      costs.updating = .upsert
    } else if !trainings.isEmpty || arm.approach == .fineTuning {
      costs.updating = .retrain
      costs.update = training
      costs.update.bytes = Measured(exact: 0)
    }
    return costs
  }
}

// MARK: - As a table

extension ArmLedger {
  /// The columns that `breakeven` and `advise` read back, with the work that each is about.
  private static var columns: [(name: String, path: WritableKeyPath<ArmCosts, Measured>)] {
    [
      ("training_flops", \.training.operations), ("index_flops", \.indexing.operations),
      ("training_bytes", \.training.bytes), ("index_bytes", \.indexing.bytes),
      ("lm_calls", \.query.modelCalls), ("retriever_calls", \.query.retrieverCalls),
      ("table_queries", \.query.tableQueries), ("prompt_tokens", \.query.promptTokens),
      ("generated_tokens", \.query.generatedTokens), ("flops", \.query.operations),
      ("update_flops", \.update.operations),
    ]
  }
  private static var times: [(name: String, path: WritableKeyPath<ArmCosts, Measured?>)] {
    [
      ("training_seconds", \.training.seconds), ("index_seconds", \.indexing.seconds),
      ("seconds", \.query.seconds), ("update_seconds", \.update.seconds),
    ]
  }

  /// A row an answerer; columns in which every cell is 0 or empty are left out.
  var table: Value {
    var columns: [(String, [Value])] = [
      ("arm", entries.map { .string($0.costs.name) }),
      ("approach", entries.map { $0.approach.map { .string($0.rawValue) } ?? .none }),
      ("updating", entries.map { .string($0.costs.updating.rawValue) }),
    ]
    func add(_ name: String, _ numbers: [Measured?]) {
      guard numbers.contains(where: { ($0?.point ?? 0) != 0 }) else { return }
      columns.append(
        (
          name,
          numbers.map { number in
            guard let number else { return .none }
            return number.isExact ? .number(Self.rounded(number.point)) : .measured(number)
          }
        ))
    }
    for column in Self.columns.prefix(4) {
      add(column.name, entries.map { $0.costs[keyPath: column.path] })
    }
    for time in Self.times.prefix(2) {
      add(time.name, entries.map { $0.costs[keyPath: time.path] })
    }
    for column in Self.columns.dropFirst(4).dropLast() {
      add(column.name, entries.map { $0.costs[keyPath: column.path] })
    }
    add("seconds", entries.map(\.costs.query.seconds))
    add("latency_p50_ms", entries.map(\.latencyMedian))
    add("latency_p95_ms", entries.map(\.latencyTail))
    add("update_flops", entries.map(\.costs.update.operations))
    add("update_seconds", entries.map(\.costs.update.seconds))
    return .table(
      columns: columns.map(\.0), rows: entries.indices.map { row in columns.map { $0.1[row] } })
  }

  /// Times to six digits; counts as they are.
  private static func rounded(_ value: Double) -> Double {
    value == value.rounded() ? value : Double(significant(value, digits: 6)) ?? value
  }

  /// A ledger read back from its table, or written by hand.
  ///
  /// - Throws: `VerbError` for rows without a name, and for numbers that no cost can be.
  init(table rows: [Record], parameter: String) throws {
    guard !rows.isEmpty else {
      throw VerbError("the ledger has no answerers", parameter: parameter)
    }
    let known =
      Self.columns.map(\.name) + Self.times.map(\.name)
      + ["arm", "approach", "updating", "latency_p50_ms", "latency_p95_ms"]
    entries = try rows.map { row in
      guard let name = row["arm"]?.text, !name.isEmpty else {
        throw VerbError(
          "expected a column 'arm' with the answerer's name", parameter: parameter,
          help: "give a comparison, or what ledger(…) made of one")
      }
      if let extra = row.names.first(where: { !known.contains($0) }) {
        throw VerbError(
          "a ledger has no column '\(extra)'", parameter: parameter,
          help: "it may have \(known.joined(separator: ", "))")
      }
      func number(_ column: String) throws -> Measured? {
        guard let value = row[column] else { return nil }
        if case .none = value { return nil }
        guard let point = value.point, point.isFinite, point >= 0 else {
          throw VerbError(
            "'\(column)' of '\(name)' is a number of at least 0, got \(value.interpolated)",
            parameter: parameter)
        }
        return Measured(value)
      }
      var costs = ArmCosts(name: name, query: .none, updating: .never)
      for column in Self.columns {
        if let value = try number(column.name) { costs[keyPath: column.path] = value }
      }
      for time in Self.times { costs[keyPath: time.path] = try number(time.name) }
      let approach = row["approach"]?.text.flatMap(Approach.init(rawValue:))
      if let text = row["updating"]?.text {
        guard let updating = ArmCosts.Updating(rawValue: text) else {
          throw VerbError(
            "'\(text)' is no way of updating", parameter: parameter,
            help: "there are "
              + ArmCosts.Updating.allCases.map(\.rawValue).joined(separator: ", "))
        }
        costs.updating = updating
      } else {
        costs.updating =
          costs.update.isNothing
          ? .never : costs.training.isNothing ? .upsert : .retrain
      }
      return Entry(
        costs: costs, approach: approach ?? Approach(named: name),
        latencyMedian: try number("latency_p50_ms"), latencyTail: try number("latency_p95_ms"))
    }
    let names = entries.map(\.costs.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw VerbError("two rows are of '\(twice)'", parameter: parameter)
    }
  }
}

extension Work {
  /// The mean of the work under several seeds.
  static func mean(_ parts: [Work], seeds: [String]) throws -> Work {
    guard let first = parts.first else { return .none }
    var mean = first
    for count in Self.all {
      let numbers = parts.map { $0[keyPath: count] }
      mean[keyPath: count] =
        numbers.allSatisfy { $0 == numbers[0] && $0.isExact }
        ? numbers[0] : try Measured.overSeeds(numbers, seeds: seeds)
    }
    let times = parts.compactMap(\.seconds)
    mean.seconds =
      times.count == parts.count ? try Measured.overSeeds(times, seeds: seeds) : nil
    return mean
  }
}
