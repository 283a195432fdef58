import Artifacts
import Diagnostics
import Evaluation
import Execution
import Language

/// What running one cell came to.
package struct CellResult: Sendable {
  package enum Status: Sendable, Equatable {
    case done
    case failed
    /// A cell that this one reads has failed.
    case blocked
    /// A parameter that it needs has no value.
    case waiting
  }

  var status: Status
  var outputs: [CellOutput]
  /// What failed, with places in the notebook.
  var diagnostics: [Diagnostic] = []
  /// Whether any number shown depends on a seed.
  var isSeeded = false
  /// Whether the cell failed for want of storage, such as a full disk: a saved output then stays
  /// as it is, since the cell has none of its own.
  var isUnstored = false
}

extension Evaluator {
  /// Runs the statements of a cell in order and collects what it shows. The first failing
  /// statement ends it; what came before is kept.
  ///
  /// - Throws: `CancellationRequested`; in planning, `NodeRunner.NotStored`.
  func run(_ cell: NotebookCell, file: SourceFile) throws -> CellResult {
    currentCell = cell.name
    depth = 0
    height = 0
    if !cell.waitsFor.isEmpty, cell.errors.isEmpty {
      return CellResult(status: .waiting, outputs: [.waiting(cell.waitsFor)])
    }
    guard cell.errors.isEmpty else {
      failedCells.insert(cell.name)
      return CellResult(
        status: .failed,
        outputs: [.failure(Self.text(of: cell.errors, cell: cell, file: file))],
        diagnostics: cell.errors)
    }
    // A lost object is deleted by the store when it is met, so one more try computes it anew; a
    // bound keeps a failing disk from looping.
    for _ in 0..<8 {
      do {
        return try runOnce(cell, file: file)
      } catch let error as ArtifactLost {
        if let reason = error.reason {
          runner.onLost("the stored object \(error.digest.short) is computed again: \(reason)")
        }
        runner.forget(object: error.digest)
        forgetValues()
      }
    }
    return CellResult(
      status: .failed,
      outputs: [.failure("error: a stored result could not be read back after it was computed")])
  }

  private func runOnce(_ cell: NotebookCell, file: SourceFile) throws -> CellResult {
    var result = CellResult(status: .done, outputs: [])
    do {
      for (index, statement) in cell.statements.enumerated() {
        let visible = names(before: index, of: cell.statements, in: cell.name)
        switch statement.kind {
        case .binding(let name, _): _ = try value(ofGlobal: name.text, at: name.span)
        case .function, .parameter: break
        case .claim(let claim):
          let weighed = try seeing(visible) { try weigh(claim) }
          result.isSeeded = result.isSeeded || weighed.outcome.seeds > 0
          result.outputs.append(.claim(weighed))
        case .expression(let expression):
          let value = try seeing(visible) {
            try bounded(try evaluate(expression, in: [:]), at: expression.span)
          }
          var encoder = ValueEncoder()
          try? encoder.append(value)
          result.isSeeded = result.isSeeded || encoder.isSeeded
          result.outputs.append(seeing(visible) { output(value, of: expression) })
        }
      }
      if result.outputs.isEmpty, let last = cell.statements.last(where: { $0.boundName != nil }),
        let line = try description(of: last)
      {
        result.outputs = [line]
      }
      // A summary line or table may need an object whose bytes turn out to be lost.
      for case .value(let value) in result.outputs { try value.load() }
    } catch let error
      where error is CancellationRequested || error is NodeRunner.NotStored
      || error is ArtifactLost
    {
      throw error
    } catch Blocked.byFailure(let other) {
      result.status = .blocked
      result.outputs.append(.blocked(by: other))
      failedCells.insert(cell.name)
      if unstoredCells.contains(other) { setUnstored(cell, &result) }
    } catch Blocked.byParameter(let name) {
      result.status = .waiting
      result.outputs = [.waiting([name])]
    } catch let error as StoreError {
      result.status = .failed
      result.diagnostics = [Diagnostic(.error, "\(error)", at: cell.statements.first?.span)]
      result.outputs.append(
        .failure(Self.text(of: result.diagnostics, cell: cell, file: file)))
      failedCells.insert(cell.name)
      setUnstored(cell, &result)
    } catch {
      let diagnostic =
        error as? Diagnostic ?? Diagnostic(.error, "\(error)", at: cell.statements.first?.span)
      result.status = .failed
      result.diagnostics = [diagnostic]
      result.outputs.append(.failure(Self.text(of: [diagnostic], cell: cell, file: file)))
      failedCells.insert(cell.name)
    }
    return result
  }

  private func setUnstored(_ cell: NotebookCell, _ result: inout CellResult) {
    unstoredCells.insert(cell.name)
    result.isUnstored = true
  }

  private func output(_ value: Value, of expression: Expression) -> CellOutput {
    if case .list(let items) = value, items.isEmpty,
      case .call(let callee, _) = expression.kind, case .name(let name) = callee.kind,
      global(name) == nil, let text = verbs[name]?.emptyText
    {
      return .nothing(text)
    }
    return .value(value)
  }

  private func description(of statement: Statement) throws -> CellOutput? {
    switch statement.kind {
    case .binding(let name, _):
      let value = try value(ofGlobal: name.text, at: name.span)
      try value.load()
      return .bound(name: name.text, description: value.summary)
    case .function(let function):
      let parameters = function.parameters.map(\.text).joined(separator: ", ")
      return .bound(
        name: "\(function.name.text)(\(parameters))", description: "a function")
    case .parameter(let parameter):
      let name = parameter.name.text
      // What it names is part of the keys, not where that lies: its cell shows the same either way.
      if pathParameters.contains(name) {
        guard let text = parameter.defaultValue else {
          return .bound(name: name, description: "a path, given with -p \(name)=…")
        }
        let value = try evaluate(text, in: [:])
        return .bound(name: name, description: "a path, by default \(value.quoted)")
      }
      // Defining a parameter needs no value for it: what reads it waits, not this cell.
      if case .parameter(nil)? = globals[name]?.definition {
        return .bound(name: name, description: "a parameter without a value")
      }
      let value = try value(ofGlobal: name, at: parameter.name.span)
      return .bound(name: name, description: "a parameter, \(value.quoted)")
    case .claim, .expression: return nil
    }
  }

  /// Diagnostics as they stand in the document: placed by the cell's own lines, so that editing
  /// the text above changes nothing.
  static func text(
    of diagnostics: [Diagnostic], cell: NotebookCell, file: SourceFile
  ) -> String {
    let renderer = DiagnosticRenderer()
    return diagnostics.map { renderer.render($0, in: file, from: cell.origin(in: file)) }
      .joined(separator: "\n")
  }
}

extension NotebookCell {
  /// The name and the first line that diagnostics in the document count from.
  func origin(in file: SourceFile) -> DiagnosticRenderer.Origin {
    DiagnosticRenderer.Origin(
      name: name, firstLine: file.lineIndex(of: contentRange.lowerBound))
  }
}

extension Value {
  /// Loads the engine objects that showing the value needs, so that a lost one is noticed.
  func load() throws {
    switch self {
    case .artifact(let handle): _ = try handle.summaryLine()
    case .list(let items): for item in items.prefix(100) { try item.load() }
    case .record(let record): for value in record.values { try value.load() }
    case .across(let across): for part in across.parts { try part.load() }
    default: break
    }
  }
}
