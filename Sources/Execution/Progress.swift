/// One report of long work: how much of what is done, and a word on how it goes.
public struct Progress: Sendable, Hashable {
  /// What is being done, such as `indexing`.
  public var task: String
  /// How many of ``unit`` are done.
  public var completed: Int
  /// How many there are in all, where that is known.
  public var total: Int?
  /// What is counted, such as `documents`.
  public var unit: String
  /// A short addition such as `loss 1.93`.
  public var detail: String?

  /// A report from its parts.
  public init(
    task: String, completed: Int, total: Int? = nil, unit: String, detail: String? = nil
  ) {
    self.task = task
    self.completed = completed
    self.total = total
    self.unit = unit
    self.detail = detail
  }
}

/// What every piece of long work is handed: where to report progress, and when to stop.
public struct WorkContext: Sendable {
  /// What stops the work.
  public let cancellation: Cancellation
  /// How many threads data-parallel loops may use. Results never depend on it.
  public let threads: Int
  private let sink: (@Sendable (Progress) -> Void)?

  /// A context; fewer than one thread counts as one.
  ///
  /// - Parameters:
  ///   - cancellation: What stops the work.
  ///   - threads: How many threads loops may use.
  ///   - sink: Who is told how far the work is, from any thread; nobody by default.
  public init(
    cancellation: Cancellation = Cancellation(), threads: Int = 1,
    progress sink: (@Sendable (Progress) -> Void)? = nil
  ) {
    self.cancellation = cancellation
    self.threads = max(1, threads)
    self.sink = sink
  }

  /// Throws if the work was asked to stop.
  public func check() throws { try cancellation.check() }

  /// Tells whoever watches how far the work is. Cheap; the receiver limits its own rate.
  public func report(_ progress: @autoclosure () -> Progress) {
    if let sink { sink(progress()) }
  }
}
