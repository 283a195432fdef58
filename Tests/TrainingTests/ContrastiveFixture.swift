import Bytes
import FoundationEssentials
import LanguageModels
import TextEncoders
import Tokenizers
import Training

/// Fixtures/contrastive/tuning.json, which make.py writes beside it.
struct ContrastiveFixture: Decodable {
  struct Case: Decodable {
    let pooling: String
    let loss: Double
    let queries: [Float]
    let documents: [Float]
    let gradients: [Float]
  }

  let queries: [[Int32]]
  let documents: [[Int32]]
  let positives: [Int32]
  let ignored: [[Int32]]
  let temperature: Double
  let cases: [Case]

  static func load() throws -> ContrastiveFixture {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/contrastive/tuning.json")
    return try JSONDecoder().decode(ContrastiveFixture.self, from: Data(contentsOf: file))
  }

  var batch: Batch {
    var batch = Batch()
    for tokens in queries + documents {
      batch.append(tokens: tokens, labels: [Int32](repeating: -1, count: tokens.count))
    }
    batch.contrast = Contrast(positives: positives, ignored: ignored)
    return batch
  }
}

/// The tiny model of the fixture, with the weights that make.py gives it.
enum TinyEncoder {
  static let configuration = EncoderConfiguration(
    vocabularySize: 32, width: 16, layers: 2, heads: 2, feedForwardWidth: 24, positions: 12)

  static func weights() -> FloatBuffer {
    let layout = EncoderLayout(configuration)
    let buffer = FloatBuffer(count: layout.count)
    var state: UInt64 = 12345
    for tensor in layout.tensors {
      let base = tensor.name.hasSuffix("LayerNorm.weight") ? 1.0 : 0
      for place in tensor.offset..<tensor.offset + tensor.count {
        state = (state * 1_664_525 + 1_013_904_223) % (1 << 32)
        buffer.base[place] = Float((Double(state) / 0x1p32 - 0.5) * 0.8 + base)
      }
    }
    return buffer
  }

  static func graph(_ pooling: EncoderModel.Pooling = .mean) -> EncoderGraph {
    EncoderGraph(EncoderLayout(configuration), pooling: pooling)
  }
}
