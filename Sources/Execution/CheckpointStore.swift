public import Bytes

/// Where long work keeps what it needs to go on after it was stopped, be it by Ctrl-C or a kill.
///
/// One store belongs to one piece of work with all its settings, so a state that it gives back is
/// always of this very work. What is in it is still not to be trusted: check counts and shapes.
/// Resumed work must give the bytes that undisturbed work gives, so a state holds all that the
/// next step reads: weights, moments, the number of the step, the positions of random streams.
public protocol CheckpointStore: Sendable {
  /// The newest state that is whole, mapped rather than read; nil where there is none. Damaged
  /// ones are passed over.
  ///
  /// - Throws: Cancellation while it is verified.
  /// - Complexity: One pass over the state, some 1.5 GB/s.
  func latest() throws -> SharedBytes?

  /// Keeps a new state, all or nothing and durably; what `write` gives to the sink goes to disk as
  /// it comes. Afterwards older states are there in case this one gets damaged, one at least.
  ///
  /// - Throws: What `write` throws, and failures of storage; the states before are then untouched.
  func save(_ write: (ByteSink) throws -> Void) throws
}

/// Keeps nothing: for work that is short, or that nobody resumes.
public struct NoCheckpoints: CheckpointStore {
  /// The one value of its kind.
  public init() {}

  /// Nothing.
  public func latest() -> SharedBytes? { nil }

  /// Does nothing; the state is not even made.
  public func save(_ write: (ByteSink) throws -> Void) {}
}
