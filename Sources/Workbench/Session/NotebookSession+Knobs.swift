import Diagnostics
import Language
import NotebookFormat

extension NotebookSession {
  /// What giving a parameter another value would reach.
  ///
  /// - Throws: ``SessionError`` with a suggestion where there is no such parameter.
  package func reach(ofParameter name: String) throws -> KnobReach {
    guard notebook.parameters.contains(where: { $0.name == name }) else {
      let names = notebook.parameters.map(\.name)
      let close = closestName(to: name, among: names).map { "; did you mean '\($0)'?" }
      let all =
        names.isEmpty
        ? "; the notebook has none" : "; there are \(names.joined(separator: ", "))"
      throw SessionError("there is no parameter '\(name)'" + (close ?? all), status: .usage)
    }
    return notebook.reach(of: name)
  }

  /// Gives a parameter a value, or takes it back. Nothing runs.
  ///
  /// - Throws: ``SessionError`` where the value does not do; the parameter is then as it was.
  package func turn(_ name: String, to text: String?) throws {
    let before = overrides
    let known = Set(notebook.diagnostics.filter { $0.severity == .error }.map(\.message))
    try set(name, to: text)
    let problems = notebook.diagnostics.filter { diagnostic in
      guard diagnostic.severity == .error, !known.contains(diagnostic.message) else { return false }
      // The value itself is at fault where the parameter's own statement is.
      return diagnostic.span.map { span in
        notebook.parameters.contains { $0.name == name && $0.span == span }
      } ?? true
    }
    guard let problem = problems.first else { return }
    try reload(bytes: currentDocument.file.bytes, overrides: before)
    throw SessionError(problem.message, status: .usage)
  }

  /// The verdicts of cells as this session or the file has them, to be compared later.
  package func verdicts(of reach: KnobReach) -> VerdictRecord {
    var verdicts: [String: [SavedVerdict]] = [:]
    for id in reach.cells {
      if let own = prompted.verdicts[id] {
        verdicts[id] = own
      } else if let region = currentDocument.regions.first(where: { $0.id == id }) {
        verdicts[id] = SavedVerdict.all(in: region.body)
      }
    }
    return VerdictRecord(verdicts: verdicts, cells: reach.cells)
  }

  /// The verdicts that are others now.
  package func changes(since record: VerdictRecord) -> [VerdictChange] {
    VerdictChange.between(record.verdicts, prompted.verdicts, cells: record.cells)
  }

  /// The cells of a run that a command names.
  ///
  /// - Throws: ``SessionError`` where no cell has the id.
  package func selection(_ run: ReplCommand.Run) throws -> SessionState.Selection {
    switch run {
    case .stale: return .stale
    case .cell(let id): return .only([try position(of: id)])
    case .from(let id): return .only(Array(try position(of: id)..<cells.count))
    case .to(let id): return .only(Array(0...(try position(of: id))))
    }
  }

  /// The cells that a parameter reaches, as a selection.
  package func selection(_ reach: KnobReach) -> SessionState.Selection { .only(reach.positions) }
}

/// Verdicts at some moment of a session.
package struct VerdictRecord: Sendable {
  let verdicts: [String: [SavedVerdict]]
  let cells: [String]
}
