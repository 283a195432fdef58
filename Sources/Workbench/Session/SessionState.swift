/// What a session knows, as a plain value that only ``SessionState/reduce(_:)`` changes.
///
/// The REPL, `run` and `check` share it: events come in, effects go out, and nothing here reads a
/// file, runs a verb or prints.
package struct SessionState: Sendable, Equatable {
  package struct Cell: Sendable, Equatable {
    package let id: String
    package var state: CellState

    package init(id: String, state: CellState) {
      self.id = id
      self.state = state
    }
  }

  package enum Selection: Sendable, Equatable {
    /// Cells that are not fresh.
    case stale
    case all
    /// These cells, fresh or not.
    case only([Int])
  }

  package private(set) var cells: [Cell] = []
  /// Cells yet to run, in document order.
  package private(set) var queue: [Int] = []
  package private(set) var running: Int?
  /// Whether the user asked to stop and the running cell has not yet.
  package private(set) var isCancelling = false
  /// Whether edited outputs may be written over.
  package let accepts: Bool
  package private(set) var tally = RunTally()

  package init(accepts: Bool = false) { self.accepts = accepts }
}

/// What a run has come to so far.
package struct RunTally: Sendable, Equatable {
  package var ran: [Int] = []
  package var failed: [Int] = []
  package var blocked: [Int] = []
  package var waiting: [Int] = []
  /// Cells left alone because their output is edited or broken.
  package var protected: [Int] = []
  /// Cells left alone because their inputs are absent.
  package var unverifiable: [Int] = []
  package var isInterrupted = false
  /// The file changed under the run, and some outputs were kept in the store only.
  package var changedUnderneath = false
  /// The outputs could not be written.
  package var couldNotSave = false

  package init() {}
}

/// What happens to a session.
package enum SessionEvent: Sendable, Equatable {
  /// A notebook was read, for the first time or again.
  case opened([SessionState.Cell])
  case runRequested(SessionState.Selection)
  case evaluated(Int, CellResult.Status)
  /// The running cell has stopped on request.
  case stopped(Int)
  /// Ctrl-C.
  case interrupted
  case saved(SaveOutcome)
}

/// What a session wants done.
package enum SessionEffect: Sendable, Equatable {
  case evaluate(Int)
  /// Write the output of a cell into the document.
  case save(Int)
  /// Make the running cell stop.
  case cancelRunning
  /// Nothing is left to run.
  case finish
  /// Leave at once; all that was finished is saved.
  case leave
}

/// What came of writing outputs.
package enum SaveOutcome: Sendable, Equatable {
  case written
  case unchanged
  /// The file was edited meanwhile: these outputs no longer belong to it.
  case changedUnderneath([String])
  case failed(String)
}

extension SessionState {
  /// Takes one event and says what is to be done.
  package mutating func reduce(_ event: SessionEvent) -> [SessionEffect] {
    switch event {
    case .opened(let cells):
      self.cells = cells
      queue = []
      running = nil
      return []
    case .runRequested(let selection):
      tally = RunTally()
      isCancelling = false
      queue = choose(selection)
      return next()
    case .evaluated(let index, let status):
      running = nil
      tally.ran.append(index)
      switch status {
      case .done:
        cells[index].state = .fresh
      case .failed:
        tally.failed.append(index)
        cells[index].state = .failed
      case .blocked:
        tally.blocked.append(index)
        cells[index].state = .failed
      case .waiting: tally.waiting.append(index)
      }
      return [.save(index)] + next()
    case .stopped:
      running = nil
      queue = []
      tally.isInterrupted = true
      isCancelling = false
      return [.finish]
    case .interrupted:
      guard running != nil else { return [] }
      // The first asks the cell to stop and keeps everything; the second leaves.
      guard !isCancelling else { return [.leave] }
      isCancelling = true
      queue = []
      return [.cancelRunning]
    case .saved(let outcome):
      switch outcome {
      case .written, .unchanged: break
      case .changedUnderneath: tally.changedUnderneath = true
      case .failed: tally.couldNotSave = true
      }
      return []
    }
  }

  private mutating func next() -> [SessionEffect] {
    if isCancelling {
      tally.isInterrupted = true
      isCancelling = false
      return [.finish]
    }
    guard !queue.isEmpty else { return [.finish] }
    let index = queue.removeFirst()
    running = index
    return [.evaluate(index)]
  }

  private mutating func choose(_ selection: Selection) -> [Int] {
    let candidates: [Int]
    let includesFresh: Bool
    switch selection {
    case .stale: (candidates, includesFresh) = (Array(cells.indices), false)
    case .all: (candidates, includesFresh) = (Array(cells.indices), true)
    case .only(let wanted):
      (candidates, includesFresh) = (wanted.filter(cells.indices.contains).sorted(), true)
    }
    return candidates.filter { index in
      switch cells[index].state {
      case .fresh: return includesFresh
      case .stale, .missing, .failed, .conflicted: return true
      case .waiting:
        tally.waiting.append(index)
        return false
      case .unverifiable:
        tally.unverifiable.append(index)
        return false
      case .broken:
        tally.protected.append(index)
        return false
      case .edited:
        if !accepts { tally.protected.append(index) }
        return accepts
      }
    }
  }
}
