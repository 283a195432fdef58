import Corpora
import Execution
public import TextEncoders

/// What tuning an encoder takes, known before it starts.
public struct TuningEstimate: Hashable, Sendable {
  /// Optimiser steps.
  public let steps: Int
  /// Tokens that go through the encoder in training, about.
  public let tokens: Double
  /// Floating-point operations of the training passes, about; mining not counted.
  public let operations: Double
  /// Bytes of memory, about: weights, moments, gradients and a batch's intermediate results.
  public let bytes: Int
}

extension EncoderTuning {
  /// Predicts what ``run(_:on:negativesFrom:checkpoints:context:)`` takes, by the lengths of a
  /// sample of the texts.
  ///
  /// - Throws: ``ContrastiveError`` for settings that make no sense.
  /// - Complexity: The tokenization of 256 pairs at most.
  public func estimate<Encoder: TunableEncoder>(
    _ encoder: Encoder, on examples: ContrastiveExamples
  ) throws(ContrastiveError) -> TuningEstimate {
    try validate(ownNegatives: true)
    let limit = limit(of: encoder)
    let sample = stride(
      from: 0, to: examples.pairs.count, by: max(1, examples.pairs.count / 256)
    ).map { examples.pairs[$0] }
    let queries = sample.map {
      encoder.tokens(of: examples.queries[$0.query], as: .query, limit: limit).count
    }
    let documents = sample.map {
      encoder.tokens(
        of: examples.corpus[$0.document].encodedText, as: .document, limit: limit
      ).count
    }
    let graph = encoder.graph
    let negatives = negatives.window?.perQuery ?? 0
    let pairs = Double(examples.pairs.count) * (1 - heldOut)
    let perPair = Double(1 + negatives)
    let count = Double(max(1, sample.count))
    let tokens =
      Double(queries.reduce(0, +)) / count + perPair * Double(documents.reduce(0, +)) / count
    let operations =
      graph.operations(lengths: queries) / count + perPair
      * graph.operations(lengths: documents) / count
    let stepsPerEpoch = Int((pairs / Double(batchSize)).rounded(.up))
    let lanes = GradientLanes.laneCount(
      parameters: graph.parameterCount, passSize: graph.parameterCount)
    let runs = 3 + lanes + (patience == nil ? 0 : 1)
    // The longest texts that a batch could hold would be far too many: some more than usual.
    let batch = min(
      Double(batchSize * (2 + negatives) * limit), 1.25 * tokens * Double(batchSize))
    return TuningEstimate(
      steps: epochs * stepsPerEpoch, tokens: Double(epochs) * pairs * tokens,
      operations: Double(epochs) * pairs * operations,
      bytes: 4 * (runs * graph.parameterCount + Int(batch) * graph.floatsPerToken))
  }
}
