/// What a session knows, as a plain value that only ``SessionState/reduce(_:)`` changes.
///
/// The REPL, `run` and `check` share it: events come in, effects go out, and nothing here reads a
/// file, runs a verb or prints.
public struct SessionState: Sendable, Equatable {
  public struct Cell: Sendable, Equatable {
    public let id: String
    public var state: CellState
    /// The positions of the cells that this one reads.
    public let dependencies: [Int]

    public init(id: String, state: CellState, dependencies: [Int] = []) {
      self.id = id
      self.state = state
      self.dependencies = dependencies
    }
  }

  public enum Selection: Sendable, Equatable {
    /// Cells that are not fresh.
    case stale
    case all
    /// These cells, fresh or not.
    case only([Int])
  }

  public private(set) var cells: [Cell] = []
  /// Cells yet to run, in document order.
  public private(set) var queue: [Int] = []
  public private(set) var running: Int?
  /// Whether the user asked to stop and the running cell has not yet.
  public private(set) var isCancelling = false
  /// Whether edited outputs may be written over.
  public let accepts: Bool
  public private(set) var tally = RunTally()

  public init(accepts: Bool = false) { self.accepts = accepts }
}

/// What a run has come to so far.
public struct RunTally: Sendable, Equatable {
  public var ran: [Int] = []
  public var failed: [Int] = []
  public var blocked: [Int] = []
  public var waiting: [Int] = []
  /// Cells left alone because their output is edited or broken.
  public var protected: [Int] = []
  /// Cells left alone because their inputs are absent.
  public var unverifiable: [Int] = []
  public var isInterrupted = false
  /// The file changed under the run, and some outputs were kept in the store only.
  public var changedUnderneath = false
  /// The outputs could not be written.
  public var couldNotSave = false

  package init() {}
}

/// What happens to a session.
public enum SessionEvent: Sendable, Equatable {
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
public enum SessionEffect: Sendable, Equatable {
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
public enum SaveOutcome: Sendable, Equatable {
  case written
  case unchanged
  /// The file was edited meanwhile: these outputs no longer belong to it.
  case changedUnderneath([String])
  case failed(String)
}

extension SessionState {
  /// Takes one event and says what is to be done.
  public mutating func reduce(_ event: SessionEvent) -> [SessionEffect] {
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
