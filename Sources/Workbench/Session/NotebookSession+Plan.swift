import Artifacts
import Language
import NotebookFormat

/// What would run, and what is stored.
package struct RunPlan: Sendable {
  package struct Step: Sendable, Equatable {
    /// The call.
    package let label: String
    package let isStored: Bool
    /// Seconds that it took when it last ran; nil where nobody knows.
    package let secondsBefore: Double?
    /// What it would take, as far as its verb says.
    package let expected: Expectation?
  }

  /// What a call that would run is expected to take.
  package struct Expectation: Sendable, Equatable {
    /// Bytes held at once.
    package let memoryBytes: Int?
    /// Floating-point operations.
    package let operations: Double?
    /// How long the call takes.
    package let seconds: Double?
    /// ``operations`` by ``seconds``.
    package let operationsPerSecond: Double?
    /// Bytes of text a second, where these take the time.
    package let bytesPerSecond: Double?
    /// Whether all rates are those of earlier calls in this store.
    package let isRateMeasured: Bool
    package let note: String?
    /// The call that has to be computed before more can be said.
    package let waitsFor: String?

    /// - Parameters:
    ///   - estimate: What the verb says.
    ///   - measuredRate: How much a second the latest call that counted a part's work did; nil
    ///     where none did.
    init(_ estimate: WorkEstimate, measuredRate: (PlannedWork.Part) -> Double?) {
      memoryBytes = estimate.work?.memoryBytes
      let operations = estimate.work?.operations.flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
      let parts = estimate.work?.timed ?? []
      let rates = parts.map(measuredRate)
      isRateMeasured = !parts.isEmpty && rates.allSatisfy { $0 != nil }
      let total = zip(parts, rates).reduce(0) { $0 + $1.0.amount / ($1.1 ?? $1.0.assumedRate) }
      let seconds = total > 0 ? total : nil
      let bytes = parts.reduce(0) { $0 + ($1.count == WorkCount.textBytes ? $1.amount : 0) }
      self.operations = operations
      self.seconds = seconds
      operationsPerSecond = seconds.flatMap { seconds in operations.map { $0 / seconds } }
      bytesPerSecond = seconds.flatMap { bytes > 0 ? bytes / $0 : nil }
      note = estimate.work?.note
      waitsFor = estimate.waitsFor
    }

    /// For people: `about 310.0 MB, about 40 s at 210 GFLOP/s as before`.
    package var text: String {
      if let waitsFor { return "memory unknown until \(waitsFor) is there" }
      var parts: [String] = []
      if let memoryBytes { parts.append("about \(ByteSize.format(memoryBytes))") }
      if let seconds {
        var text = "about \(ProgressText.duration(seconds))"
        if let operationsPerSecond {
          text += " at \(formatNumber((operationsPerSecond / 1e8).rounded() / 10)) GFLOP/s"
        } else if let bytesPerSecond {
          text += " at \(formatNumber((bytesPerSecond / 1e5).rounded() / 10)) MB/s"
        }
        parts.append(text + (isRateMeasured ? " as before" : ""))
      }
      if let note { parts.append(note) }
      return parts.joined(separator: ", ")
    }
  }

  package struct Cell: Sendable {
    package let id: String
    package let state: CellState
    package let wouldRun: Bool
    /// The calls of the cell that are not fresh, as far as they can be told before it runs.
    package let steps: [Step]
    /// Whether calls follow whose arguments are not known yet.
    package let isOpen: Bool
  }

  package let cells: [Cell]

  /// For people.
  package var text: String {
    var lines: [String] = []
    for cell in cells {
      switch cell.state {
      case .unverifiable(let problem): lines.append("\(cell.id): unverifiable, \(problem)")
      case .waiting(let names):
        lines.append("\(cell.id): waits for \(names.joined(separator: ", "))")
      default:
        lines.append("\(cell.id): \(cell.state.word)" + (cell.wouldRun ? ", would run" : ""))
      }
      for step in cell.steps {
        let time = step.secondsBefore.map { "took \(Self.seconds($0))" }
        let known = [time, step.expected?.text].compactMap { $0 }.filter { !$0.isEmpty }
        lines.append(
          "  \(step.isStored ? "stored" : "to run")  \(step.label)"
            + (known.isEmpty ? "" : "  (\(known.joined(separator: "; ")))"))
      }
      if cell.isOpen { lines.append("  to run  and what follows from it") }
    }
    return lines.joined(separator: "\n")
  }

  static func seconds(_ value: Double) -> String {
    value < 0.001 ? "under 1 ms" : "\(formatNumber((value * 1000).rounded() / 1000)) s"
  }
}

extension NotebookSession {
  /// What running a selection would do. Nothing is computed.
  package func plan(_ selection: SessionState.Selection = .stale) -> RunPlan {
    var scratch = core.state
    _ = scratch.reduce(.runRequested(selection))
    let wanted = Set([scratch.running].compactMap { $0 } + scratch.queue)
    let mode = runner.mode
    let onEvent = runner.onEvent
    runner.mode = .plan
    defer {
      runner.mode = mode
      runner.onEvent = onEvent
      rebuildEvaluator()
    }
    rebuildEvaluator()
    var before: [String: Double]?
    var rates: [String: Double?] = [:]
    func rate(_ part: PlannedWork.Part, of verb: String) -> Double? {
      let verb = part.verb ?? verb
      let name = verb + "\n" + part.count
      if let known = rates[name] { return known }
      let measured = measuredRate(of: verb, counting: part.count)
      rates[name] = .some(measured)
      return measured
    }
    // A call that several cells need is told once, where it is first needed.
    var told: Set<Digest> = []
    let cells = scratch.cells.enumerated().map { index, cell -> RunPlan.Cell in
      guard wanted.contains(index) else {
        return RunPlan.Cell(
          id: cell.id, state: cell.state, wouldRun: false, steps: [], isOpen: false)
      }
      var steps: [RunPlan.Step] = []
      var isOpen = false
      runner.onEvent = { event in
        if event.kind == .reused {
          steps.append(
            RunPlan.Step(
              label: event.label, isStored: true, secondsBefore: event.cost?.seconds,
              expected: nil))
        } else {
          isOpen = true
          guard told.insert(event.key).inserted else { return }
          if before == nil { before = self.secondsByLabel() }
          let expected = event.estimate.map { estimate in
            RunPlan.Expectation(estimate) { rate($0, of: event.verb) }
          }
          steps.append(
            RunPlan.Step(
              label: event.label, isStored: false, secondsBefore: before?[event.label],
              expected: expected))
        }
      }
      _ = try? evaluator.run(notebook.cells[index], file: notebook.file)
      return RunPlan.Cell(
        id: cell.id, state: cell.state, wouldRun: true, steps: steps, isOpen: isOpen)
    }
    return RunPlan(cells: cells)
  }

  /// The seconds of the latest action of each label in the store.
  private func secondsByLabel() -> [String: Double] {
    let entries = (try? store.list()) ?? []
    return Dictionary(
      entries.sorted { $0.createdAt < $1.createdAt }.map { ($0.label, $0.seconds) }
    ) { _, later in later }
  }

  /// How much a second the latest call of a verb did of what it counted under a name; nil where
  /// there is none in the store.
  private func measuredRate(of verb: String, counting count: String) -> Double? {
    let rows = ((try? store.list()) ?? []).filter { $0.verb == verb && $0.seconds > 0 }
    // The latest few: records are read one by one.
    for row in rows.sorted(by: { $0.createdAt > $1.createdAt }).prefix(16) {
      guard let cost = store.action(row.key)?.cost, cost.seconds > 0,
        let amount = cost.counts[count], amount > 0
      else { continue }
      let rate = amount / cost.seconds
      if rate.isFinite, rate > 0 { return rate }
    }
    return nil
  }

  /// The position of a cell by id.
  /// - Throws: ``SessionError`` with a suggestion where there is none.
  package func position(of id: String) throws -> Int {
    let names = cells.map(\.id)
    guard let index = names.firstIndex(of: id) else {
      throw SessionError.unknownCell(id, among: names)
    }
    return index
  }
}
