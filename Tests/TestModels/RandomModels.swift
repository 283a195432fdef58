package import Bytes
import Execution
package import LanguageModels
package import Tokenizers

/// A small model with random weights; norms around one, so that every weight matters.
package func randomModel(
  _ configuration: DecoderConfiguration, seed: UInt64 = 1, scale: Double = 0.3,
  tokenizer: Tokenizer? = nil
) throws -> DecoderModel {
  let layout = DecoderLayout(configuration)
  var stream = RandomStream(seed: seed, purpose: "test/weights")
  let norms = Set(
    layout.layers.flatMap { [$0.attentionNorm, $0.feedForwardNorm] } + [layout.finalNorm])
  let bytes = SharedBytes(count: 4 * layout.count) { buffer in
    let floats = buffer.bindMemory(to: Float.self)
    for tensor in layout.tensors {
      let center = norms.contains(tensor.offset) ? 1.0 : 0
      for i in tensor.offset..<tensor.offset + tensor.count {
        floats[i] = Float(center + scale * (stream.uniform() + stream.uniform() - 1))
      }
    }
  }
  return try DecoderModel(configuration: configuration, weights: bytes, tokenizer: tokenizer)
}

package func randomTokens(_ count: Int, vocabulary: Int, seed: UInt64 = 1) -> [Int32] {
  var stream = RandomStream(seed: seed, purpose: "test/tokens")
  return (0..<count).map { _ in Int32(stream.below(vocabulary)) }
}

/// An adapter of random numbers, none of them what training begins with.
package func randomAdapter(
  _ shape: AdapterShape, for configuration: DecoderConfiguration, seed: UInt64 = 1
) throws -> DecoderAdapter {
  let layout = try AdapterLayout(shape, for: configuration)
  return try DecoderAdapter(layout, weights: randomNumbers(layout, seed: seed).shared())
}

/// The numbers of ``randomAdapter(_:for:seed:)``, within ±½.
package func randomNumbers(_ layout: AdapterLayout, seed: UInt64 = 1) -> FloatBuffer {
  var stream = RandomStream(seed: seed, purpose: "test/adapter")
  let buffer = FloatBuffer(count: layout.count)
  for i in 0..<layout.count { buffer.base[i] = Float(stream.uniform() - 0.5) }
  return buffer
}
