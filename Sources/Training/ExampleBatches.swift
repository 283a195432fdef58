import Execution

/// Examples in shuffled epochs: what a language model is fine-tuned on.
///
/// Sequences of a batch follow each other without padding, so short ones cost no more than they
/// are. Which examples are held out depends on the seed alone.
public struct ExampleBatches: BatchSource {
  private let examples: [TrainingExample]
  private let batchSize: Int
  private let seed: UInt64
  /// The held-out examples.
  public let validation: [Batch]
  /// The longest example.
  public let longestSequence: Int
  /// The longest examples that a batch could hold.
  public let largestBatch: Int

  /// - Parameters:
  ///   - examples: All of them; those without a label are left out.
  ///   - batchSize: Examples of a step.
  ///   - heldOut: The share that is measured and not learned; 0 for none.
  ///   - seed: What the order and the held-out part are drawn by.
  /// - Throws: ``TrainingError/noExamples`` where nothing has a label.
  public init(
    _ examples: [TrainingExample], batchSize: Int, heldOut: Double, seed: UInt64
  ) throws(TrainingError) {
    let usable = examples.filter { $0.labels.contains { $0 >= 0 } }
    guard !usable.isEmpty else { throw .noExamples }
    let order = RandomStream.permutation(usable.count, seed: seed, purpose: "training/held-out")
    let share = (Double(usable.count) * min(max(heldOut, 0), 0.5)).rounded()
    let held = min(Int(share), usable.count - 1)
    self.examples = order[held...].sorted().map { usable[$0] }
    self.batchSize = max(1, batchSize)
    self.seed = seed
    var batches: [Batch] = []
    for index in order[..<held].sorted() {
      if batches.last.map({ $0.starts.count >= 32 }) ?? true { batches.append(Batch()) }
      batches[batches.count - 1].append(
        tokens: usable[index].tokens, labels: usable[index].labels)
    }
    validation = batches
    longestSequence = usable.reduce(0) { max($0, $1.tokens.count) }
    largestBatch = self.examples.map(\.tokens.count).sorted(by: >).prefix(self.batchSize)
      .reduce(0, +)
  }

  /// Steps of one epoch; the last batch may be smaller.
  public var stepsPerEpoch: Int { (examples.count + batchSize - 1) / batchSize }

  /// Examples that are learned from.
  public var count: Int { examples.count }

  /// The examples of a step, shuffled by seed and epoch.
  public func batch(at step: Int) -> Batch {
    let (epoch, place) = (max(0, step - 1)).quotientAndRemainder(dividingBy: stepsPerEpoch)
    let order = RandomStream.permutation(
      examples.count, seed: seed, purpose: "training/epoch/\(epoch)")
    var batch = Batch()
    for index in order[(place * batchSize)...].prefix(batchSize) {
      batch.append(tokens: examples[index].tokens, labels: examples[index].labels)
    }
    return batch
  }
}
