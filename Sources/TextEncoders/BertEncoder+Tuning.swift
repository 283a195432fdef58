public import Bytes
public import Corpora
import Tokenizers

extension BertEncoder: TunableEncoder {
  /// The model's computation, as a tape records it.
  public var graph: EncoderGraph { EncoderGraph(model) }

  /// What BERT-type encoders are usually fine-tuned with (Devlin et al. 2018).
  public var usualLearningRate: Double { 5e-5 }

  /// The tokens between the special ones; empty where the text has none of its own.
  public func tokens(of text: String, as role: TextRole, limit: Int) -> [Int32] {
    let around = model.tokenizer.addedAround
    let room = min(limit, maximumLength) - around.before.count - around.after.count
    let own = model.tokenizer.encode(
      model.lowercasesTexts ? text.lowercased() : text, addingSpecialTokens: false)
    guard !own.isEmpty, room > 0 else { return [] }
    return around.before + own.prefix(room) + around.after
  }

  /// The model's weights.
  public func fillWeights(_ target: UnsafeMutableBufferPointer<Float>) {
    _ = target.update(fromContentsOf: model.floats.prefix(target.count))
  }

  /// The same model with other weights.
  public func replacingWeights(_ weights: SharedBytes) throws -> BertEncoder {
    BertEncoder(try model.replacingWeights(weights), name: name)
  }
}
