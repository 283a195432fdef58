import Dispatch
import Synchronization

/// Runs `body` for every index of a fixed partition on up to `context.threads` threads and
/// returns the results in index order, so that what comes out does not depend on scheduling.
///
/// The first error (by index) is thrown after all running parts have ended; cancellation is
/// checked before each part.
///
/// - Parameters:
///   - count: The number of parts; choose it from the data, never from the number of threads.
///   - context: Threads to use, and when to stop.
///   - body: The work of one part.
/// - Returns: What each part gave, by index.
/// - Throws: The error of the first part that failed; `CancellationRequested` where the work was
///   asked to stop.
public func parallelMap<Result: Sendable>(
  _ count: Int, context: WorkContext, _ body: @Sendable (Int) throws -> Result
) throws -> [Result] {
  guard count > 0 else { return [] }
  guard context.threads > 1, count > 1 else {
    return try (0..<count).map { index in
      try context.check()
      return try body(index)
    }
  }
  let slots = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
  let next = Atomic<Int>(0)
  let workers = min(context.threads, count)
  DispatchQueue.concurrentPerform(iterations: workers) { _ in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if index >= count { return }
      let outcome = Swift.Result {
        try context.check()
        return try body(index)
      }
      slots.withLock { $0[index] = outcome }
    }
  }
  let outcomes = slots.withLock { $0 }
  return try (0..<count).map { index in
    guard let outcome = outcomes[index] else { throw CancellationRequested() }
    return try outcome.get()
  }
}
