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
        lines.append(
          "  \(step.isStored ? "stored" : "to run")  \(step.label)"
            + (time.map { "  (\($0))" } ?? ""))
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
            RunPlan.Step(label: event.label, isStored: true, secondsBefore: event.cost?.seconds))
        } else {
          if before == nil { before = self.secondsByLabel() }
          steps.append(
            RunPlan.Step(
              label: event.label, isStored: false, secondsBefore: before?[event.label]))
          isOpen = true
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
