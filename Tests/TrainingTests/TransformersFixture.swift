import Bytes
import Execution
import FoundationEssentials
import LanguageModels
import Tensors
import Tokenizers
import Testing
import Training

/// What PyTorch computed from a checkpoint that transformers made; see the folder's README.
struct TransformersFixture {
  let model: DecoderModel
  let expected: JSONValue

  static let names = [
    "llama-tied", "qwen2-bias", "llama-bf16-sharded", "llama-f16", "llama-rope-scaled",
  ]

  init(_ name: String) throws {
    let folder =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
      .joined(separator: "/") + "/Fixtures/huggingface/" + name
    model = try HuggingFaceFolder.load(folder, context: WorkContext()) { json, file in
      try Tokenizer(tokenizerJSON: json, file: file)
    }
    let bytes = try Array(Data(contentsOf: URL(filePath: folder + "/expected.json")))
    expected = try bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
  }

  /// The two sequences; labels moved to the position that predicts them.
  var batch: Batch {
    get throws {
      let tokens = try rows("tokens")
      let labels = try rows("labels")
      var batch = Batch()
      for (row, label) in zip(tokens, labels) {
        batch.append(tokens: row, labels: label.dropFirst() + [-100])
      }
      return batch
    }
  }

  func number(_ path: String...) throws -> Double {
    let value = path.reduce(expected as JSONValue?) { $0?[$1] }
    return try #require(value?.double, "no number \(path)")
  }

  func numbers(_ value: JSONValue?) throws -> [Double] {
    try #require(value?.list).map { try #require($0.double) }
  }

  private func rows(_ name: String) throws -> [[Int32]] {
    try #require(expected[name]?.list).map { row in
      try #require(row.list).map { try Int32(#require($0.integer)) }
    }
  }
}

/// A tape that records, for one pass.
func gradientPass(
  _ objective: DecoderObjective, weights: UnsafeBufferPointer<Float>, _ batch: Batch
) throws -> (loss: Double, gradient: [Float]) {
  let tape = try Tape(recordsGradients: true)
  var gradient = [Float](repeating: 0, count: weights.count)
  let sum = try gradient.withUnsafeMutableBufferPointer { gradient in
    try batch.tokens.withUnsafeBufferPointer { tokens in
      try batch.labels.withUnsafeBufferPointer { labels in
        try objective.loss(
          tape, parameters: #require(weights.baseAddress), gradients: gradient.baseAddress,
          tokens: tokens, labels: labels, starts: batch.starts,
          scale: 1 / Float(batch.labelled))
      }
    }
  }
  return (sum / Double(batch.labelled), gradient)
}
