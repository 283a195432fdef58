import Execution
import Synchronization
import Testing

/// What a parallel loop gives does not depend on how it was scheduled.
@Suite struct ParallelLoopTests {
  struct Failure: Error, Equatable {
    let index: Int
  }

  static func context(_ threads: Int) -> WorkContext { WorkContext(threads: threads) }

  @Test(arguments: [1, 2, 3, 8])
  func resultsComeInTheOrderOfTheParts(_ threads: Int) throws {
    let results = try parallelMap(1_000, context: Self.context(threads)) { index in
      // Parts of different length end out of order.
      var stream = RandomStream(seed: UInt64(index), purpose: "part")
      var sum = 0.0
      for _ in 0..<(index * 7919 % 400) { sum += stream.uniform() }
      return (index, sum)
    }
    #expect(results.map(\.0) == Array(0..<1_000))
  }

  @Test func theNumberOfThreadsChangesNoBit() throws {
    func sums(_ threads: Int) throws -> [Double] {
      try parallelMap(64, context: Self.context(threads)) { index in
        var stream = RandomStream(seed: 1, purpose: "sum/\(index)")
        return (0..<1_000).reduce(0.0) { sum, _ in sum + stream.uniform() * 1e-3 }
      }
    }
    let one = try sums(1)
    #expect(try sums(2) == one)
    #expect(try sums(8) == one)
    #expect(try sums(64) == one)
    #expect(Set(one).count == 64)
  }

  @Test(arguments: [1, 2, 8])
  func everyPartRunsOnce(_ threads: Int) throws {
    let runs = Mutex([Int](repeating: 0, count: 500))
    _ = try parallelMap(500, context: Self.context(threads)) { index in
      runs.withLock { $0[index] += 1 }
    }
    #expect(runs.withLock { $0 } == [Int](repeating: 1, count: 500))
  }

  @Test(arguments: [1, 2, 8])
  func theErrorOfTheFirstPartIsThrown(_ threads: Int) {
    for _ in 0..<20 {
      #expect(throws: Failure(index: 13)) {
        try parallelMap(200, context: Self.context(threads)) { index in
          // The later ones fail at once, the first takes longer.
          if index == 13 {
            var stream = RandomStream(seed: 0, purpose: "delay")
            var sum = 0.0
            for _ in 0..<20_000 { sum += stream.uniform() }
            if sum > 0 { throw Failure(index: index) }
          }
          if index > 13, index % 3 == 0 { throw Failure(index: index) }
        }
      }
    }
  }

  @Test(arguments: [1, 2, 8])
  func cancellingStopsTheLoop(_ threads: Int) {
    let cancellation = Cancellation()
    let ran = Atomic<Int>(0)
    #expect(throws: CancellationRequested.self) {
      try parallelMap(
        10_000, context: WorkContext(cancellation: cancellation, threads: threads)
      ) { index in
        ran.add(1, ordering: .relaxed)
        if index == 5 { cancellation.cancel() }
      }
    }
    // Those that had begun end; the others never start.
    #expect(ran.load(ordering: .relaxed) < 10_000)
  }

  @Test(arguments: [1, 2, 8])
  func workCancelledBeforeNeverStarts(_ threads: Int) {
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: CancellationRequested.self) {
      try parallelMap(
        4, context: WorkContext(cancellation: cancellation, threads: threads)
      ) { index in Issue.record("part \(index) ran") }
    }
    cancellation.reset()
    #expect(!cancellation.isCancelled)
    #expect(throws: Never.self) { try cancellation.check() }
  }

  @Test func noPartsGiveNoResults() throws {
    for count in [0, -1] {
      #expect(try parallelMap(count, context: Self.context(4)) { $0 }.isEmpty)
    }
  }

  @Test func loopsNest() throws {
    let table = try parallelMap(8, context: Self.context(4)) { row in
      try parallelMap(8, context: Self.context(4)) { row * 8 + $0 }
    }
    #expect(table.flatMap { $0 } == Array(0..<64))
  }

  @Test func progressReachesTheSinkAndIsNotMadeWithoutOne() {
    let seen = Mutex<[Int]>([])
    let told = WorkContext { progress in seen.withLock { $0.append(progress.completed) } }
    told.report(Progress(task: "indexing", completed: 3, total: 10, unit: "documents"))
    #expect(seen.withLock { $0 } == [3])
    func costly() -> Progress {
      Issue.record("made for nobody")
      return Progress(task: "", completed: 0, unit: "")
    }
    WorkContext().report(costly())
  }

  @Test func thereIsAlwaysAThread() {
    #expect(WorkContext(threads: 0).threads == 1)
    #expect(WorkContext(threads: -3).threads == 1)
  }
}
