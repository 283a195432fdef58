import Testing
import Workbench

@Suite struct ReducerTests {
  private static let states: [CellState] = [
    .fresh, .stale, .missing, .failed, .edited, .broken, .conflicted, .unverifiable("gone"),
    .waiting(["k"]),
  ]

  private func opened(accepts: Bool = false, _ states: [CellState] = states) -> SessionState {
    var state = SessionState(accepts: accepts)
    let cells = states.enumerated().map { SessionState.Cell(id: "c\($0)", state: $1) }
    #expect(state.reduce(.opened(cells)) == [])
    return state
  }

  /// Runs to the end, all cells with the same status, and gives the cells in order.
  private func drain(
    _ state: inout SessionState, _ first: [SessionEffect],
    status: (Int) -> CellResult.Status = { _ in .done }
  ) -> [Int] {
    var effects = first
    var ran: [Int] = []
    while !effects.isEmpty {
      switch effects.removeFirst() {
      case .evaluate(let index):
        ran.append(index)
        #expect(state.running == index)
        effects += state.reduce(.evaluated(index, status(index)))
      case .save: effects += state.reduce(.saved(.written))
      case .finish: #expect(effects.isEmpty)
      case .cancelRunning, .leave: Issue.record("nobody asked for that")
      }
    }
    #expect(state.running == nil)
    return ran
  }

  @Test func staleSkipsWhatIsFreshOrProtected() {
    var state = opened()
    let ran = drain(&state, state.reduce(.runRequested(.stale)))
    #expect(ran == [1, 2, 3, 6])
    #expect(state.tally.ran == ran)
    #expect(state.tally.protected == [4, 5])
    #expect(state.tally.unverifiable == [7])
    #expect(state.tally.waiting == [8])
    #expect(state.tally.status == .document)
    #expect(ran.allSatisfy { state.cells[$0].state == .fresh })
  }

  @Test func acceptingTakesEditedButNotBroken() {
    var state = opened(accepts: true)
    #expect(drain(&state, state.reduce(.runRequested(.stale))) == [1, 2, 3, 4, 6])
    #expect(state.tally.protected == [5])
  }

  @Test func allAndOnlyTakeFreshCellsToo() {
    var state = opened()
    #expect(drain(&state, state.reduce(.runRequested(.all))) == [0, 1, 2, 3, 6])
    state = opened()
    #expect(
      drain(&state, state.reduce(.runRequested(.only([6, 0, 99, -1])))) == [0, 6],
      "document order, and cells that there are")
    state = opened()
    #expect(drain(&state, state.reduce(.runRequested(.only([4])))) == [])
    #expect(state.tally.protected == [4])
  }

  @Test func nothingToRunFinishesAtOnce() {
    var state = opened([.fresh, .fresh])
    #expect(state.reduce(.runRequested(.stale)) == [.finish])
    #expect(state.tally == RunTally())
    #expect(state.tally.status == .success)
  }

  @Test func eachCellIsSavedBeforeTheNextRuns() {
    var state = opened([.stale, .stale])
    #expect(state.reduce(.runRequested(.stale)) == [.evaluate(0)])
    #expect(state.reduce(.evaluated(0, .done)) == [.save(0), .evaluate(1)])
    #expect(state.reduce(.evaluated(1, .failed)) == [.save(1), .finish])
    #expect(state.cells.map(\.state) == [.fresh, .failed])
  }

  @Test func statusesAreCounted() {
    var state = opened([.stale, .stale, .stale, .stale])
    let statuses: [CellResult.Status] = [.done, .failed, .blocked, .waiting]
    _ = drain(&state, state.reduce(.runRequested(.stale))) { statuses[$0] }
    #expect(state.tally.failed == [1])
    #expect(state.tally.blocked == [2])
    #expect(state.tally.waiting == [3])
    #expect(state.tally.status == .failed)
  }

  @Test func theFirstInterruptStopsTheSecondLeaves() {
    var state = opened([.stale, .stale])
    #expect(state.reduce(.interrupted) == [], "nothing runs")
    _ = state.reduce(.runRequested(.stale))
    #expect(state.reduce(.interrupted) == [.cancelRunning])
    #expect(state.isCancelling)
    #expect(state.reduce(.interrupted) == [.leave])
    #expect(state.reduce(.stopped(0)) == [.finish])
    #expect(!state.isCancelling)
    #expect(state.tally.isInterrupted)
    #expect(state.tally.ran == [])
    #expect(state.tally.status == .interrupted)
    #expect(state.reduce(.interrupted) == [], "nothing runs any more")
  }

  @Test func aCellThatEndsDespiteAnInterruptIsKept() {
    var state = opened([.stale, .stale])
    _ = state.reduce(.runRequested(.stale))
    _ = state.reduce(.interrupted)
    #expect(state.reduce(.evaluated(0, .done)) == [.save(0), .finish])
    #expect(state.cells[0].state == .fresh)
    #expect(state.cells[1].state == .stale)
    #expect(state.tally.status == .interrupted)
    // And the next run starts anew.
    #expect(state.reduce(.runRequested(.stale)) == [.evaluate(1)])
    #expect(!state.tally.isInterrupted)
  }

  @Test func saveOutcomesAreKept() {
    var state = opened([.stale])
    _ = state.reduce(.runRequested(.stale))
    #expect(state.reduce(.saved(.unchanged)) == [])
    #expect(state.tally == RunTally())
    _ = state.reduce(.saved(.changedUnderneath(["c0"])))
    #expect(state.tally.changedUnderneath)
    _ = state.reduce(.saved(.failed("no space")))
    #expect(state.tally.couldNotSave)
    #expect(state.tally.status == .document)
  }

  @Test func openingAgainForgetsTheQueue() {
    var state = opened([.stale, .stale])
    _ = state.reduce(.runRequested(.stale))
    _ = state.reduce(.opened([.init(id: "x", state: .fresh)]))
    #expect(state.queue == [])
    #expect(state.running == nil)
    #expect(state.cells.map(\.id) == ["x"])
  }

  @Test func exitStatusesHaveAnOrder() {
    #expect(ExitStatus.first(of: []) == .success)
    #expect(ExitStatus.first(of: [.stale, .failed]) == .failed)
    #expect(ExitStatus.first(of: [.failed, .document]) == .document)
    #expect(ExitStatus.first(of: [.document, .usage]) == .usage)
    #expect(ExitStatus.first(of: [.usage, .interrupted]) == .interrupted)
    #expect(ExitStatus.allCases.map(\.rawValue) == [130, 2, 3, 1, 4, 0])
    var tally = RunTally()
    tally.couldNotSave = true
    #expect(tally.status == .failed)
    tally.changedUnderneath = true
    #expect(tally.status == .document)
    tally.isInterrupted = true
    #expect(tally.status == .interrupted)
  }
}
