import Execution

/// Windows of one long run of tokens, drawn at random with replacement: what a language model is
/// pretrained on.
public struct TokenWindows: BatchSource {
  private let tokens: [Int32]
  /// Where windows may start, before the part that is held out.
  private let trained: Range<Int>
  private let context: Int
  private let sequences: Int
  private let seed: UInt64
  /// The held-out part, in windows side by side.
  public let validation: [Batch]

  /// - Parameters:
  ///   - tokens: The text; documents are told apart by tokens of their own.
  ///   - context: T, the length of a window; shorter where the text is.
  ///   - sequences: B, windows of a batch.
  ///   - heldOut: The share at the end of the text that is measured and not learned; 0 for none.
  ///   - mostValidation: Windows that are measured at most, spread evenly over the held-out part.
  ///   - seed: What the windows are drawn by.
  /// - Throws: ``TrainingError/tooFewTokens(got:needed:)`` where there is nothing to learn from.
  public init(
    tokens: [Int32], context: Int, sequences: Int, heldOut: Double, mostValidation: Int = 64,
    seed: UInt64
  ) throws(TrainingError) {
    let split = tokens.count - Int((Double(tokens.count) * min(max(heldOut, 0), 0.5)).rounded())
    guard split >= 2 else { throw .tooFewTokens(got: tokens.count, needed: 2) }
    self.tokens = tokens
    self.context = max(1, min(context, split - 1))
    self.sequences = max(1, sequences)
    self.seed = seed
    trained = 0..<split - self.context
    // The held-out part in windows side by side.
    let length = min(self.context, tokens.count - split - 1)
    guard length > 0 else {
      validation = []
      return
    }
    let windows = (tokens.count - split - 1) / length
    let kept = min(windows, max(1, mostValidation))
    var batches: [Batch] = []
    var batch = Batch()
    for index in 0..<kept {
      let start = split + (index * windows / kept) * length
      batch.append(
        tokens: tokens[start..<start + length], labels: tokens[start + 1..<start + length + 1])
      if batch.starts.count == self.sequences || index == kept - 1 {
        batches.append(batch)
        batch = Batch()
      }
    }
    validation = batches
  }

  /// The length of a window.
  public var longestSequence: Int { context }
  /// All windows of a batch.
  public var largestBatch: Int { context * sequences }

  /// The windows of a step, drawn by seed and step.
  public func batch(at step: Int) -> Batch {
    var stream = RandomStream(seed: seed, purpose: "training/windows/\(step)")
    var batch = Batch()
    for _ in 0..<sequences {
      let start = stream.below(trained.count)
      batch.append(
        tokens: tokens[start..<start + context], labels: tokens[start + 1..<start + context + 1])
    }
    return batch
  }
}
