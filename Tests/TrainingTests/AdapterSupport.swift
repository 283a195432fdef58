import Bytes
import Execution
import LanguageModels
import Tensors
import Testing
import Training

/// Shapes of adapters that differ in everything that is branched on.
enum AdapterCases {
  /// One query head group, biases, and sizes that are no multiples of sixteen.
  static let configuration = DecoderConfiguration(
    architecture: .qwen2, vocabularySize: 37, width: 20, layers: 3, heads: 4, keyValueHeads: 2,
    headDimension: 6, feedForwardWidth: 23, context: 24, hasQueryKeyValueBias: true)

  static let shapes: [AdapterShape] = [
    .lowRank(
      LowRankShape(rank: 3, alpha: 5, layers: 0..<3, parts: DecoderPart.allCases)),
    .lowRank(
      LowRankShape(rank: 2, alpha: 4, layers: 0..<3, parts: [.query, .key, .value, .output])),
    // Another rank and α for each; nothing in the first layer.
    .lowRank(
      LowRankShape(
        [
          .init(layer: 1, part: .key, rank: 1, alpha: 2),
          .init(layer: 1, part: .query, rank: 4, alpha: 1),
          .init(layer: 2, part: .up, rank: 2, alpha: -3),
          .init(layer: 2, part: .down, rank: 5, alpha: 2),
        ], isRankStabilized: true)),
    .bottleneck(width: 5), .prefix(length: 3),
  ]

  /// Sequences of several lengths; the first has a prompt without labels.
  static func batch(_ configuration: DecoderConfiguration = configuration) -> Batch {
    var stream = RandomStream(seed: 3, purpose: "tests/adapter batch")
    var batch = Batch()
    for length in [9, 1, 14, 6] {
      let tokens = (0..<length).map { _ in Int32(stream.below(configuration.vocabularySize)) }
      let labels = (0..<length).map { position in
        length == 9 && position < 4 ? -1 : Int32(stream.below(configuration.vocabularySize))
      }
      batch.append(tokens: tokens, labels: labels)
    }
    return batch
  }

  /// Loss and gradient of one pass, both summed over labelled positions.
  static func pass(
    _ objective: some Objective, _ numbers: FloatBuffer, _ batch: Batch
  ) throws -> (loss: Double, gradient: [Float]) {
    let tape = try Tape(recordsGradients: true)
    var gradient = [Float](repeating: 0, count: numbers.count)
    let loss = try gradient.withUnsafeMutableBufferPointer { gradient in
      try batch.tokens.withUnsafeBufferPointer { tokens in
        try batch.labels.withUnsafeBufferPointer { labels in
          try objective.loss(
            tape, parameters: UnsafePointer(numbers.base), gradients: gradient.baseAddress,
            tokens: tokens, labels: labels, starts: batch.starts, scale: 1)
        }
      }
    }
    return (loss, gradient)
  }

  /// The loss of a batch by the reference, summed over labelled positions.
  static func referenceLoss(_ model: DecoderModel, _ batch: Batch) throws -> Double {
    let reference = ReferenceDecoder(model)
    var sum = 0.0
    for (index, start) in batch.starts.enumerated() {
      let end = index + 1 < batch.starts.count ? batch.starts[index + 1] : batch.tokens.count
      let logits = try reference.logits(Array(batch.tokens[start..<end]))
      for (row, label) in zip(logits, batch.labels[start..<end]) where label >= 0 {
        sum -=
          Reference.logSoftmax(Reference.Matrix(rows: 1, columns: row.count) { row[$1] })[
            0, Int(label)]
      }
    }
    return sum
  }
}
