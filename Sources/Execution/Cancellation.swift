import Synchronization

/// Thrown by work that was asked to stop; nothing it had begun is stored.
public struct CancellationRequested: Error, Hashable, Sendable {
  /// The one error of its kind; it carries nothing.
  public init() {}
}

/// A flag that one thread sets and long work on other threads polls.
///
/// Long work calls ``check()`` at least every 50 ms.
public final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  /// A flag that is not set.
  public init() {}

  /// Asks the work to stop. Safe from any thread, and from a signal handler.
  public func cancel() { flag.store(true, ordering: .relaxed) }

  /// Makes the flag usable for the next piece of work.
  public func reset() { flag.store(false, ordering: .relaxed) }

  /// Whether the work was asked to stop.
  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Throws ``CancellationRequested`` if the work was asked to stop. One relaxed load.
  public func check() throws {
    if isCancelled { throw CancellationRequested() }
  }
}
