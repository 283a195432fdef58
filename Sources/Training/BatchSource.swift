/// Where a trainer's batches come from.
///
/// A batch is a function of the step alone, so that a run that resumes at step n sees what an
/// uninterrupted one sees.
public protocol BatchSource: Sendable {
  /// The batch of a step, counted from 1.
  func batch(at step: Int) -> Batch
  /// What is never learned from, in batches; empty for no measurement.
  var validation: [Batch] { get }
  /// The longest sequence that will come.
  var longestSequence: Int { get }
  /// The most positions that a batch may have.
  var largestBatch: Int { get }
}
