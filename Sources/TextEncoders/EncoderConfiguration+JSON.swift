import Bytes
import Diagnostics
import LanguageModels

extension EncoderConfiguration {
  private static let classes = ["BertModel", "BertForMaskedLM", "BertForPreTraining"]

  /// What `config.json` says of a BERT; other models are refused by name.
  ///
  /// - Throws: `HuggingFaceError`, ``EncoderFolderError/impossibleShape(file:_:)``;
  ///   `SafetensorsError` where the text is not JSON.
  public init(parsing bytes: [UInt8], file: String) throws {
    let reader = try ConfigurationReader(bytes, file: file)
    let names = try reader.texts("architectures")
    let type = try reader.text("model_type")
    if let other = names.first(where: { !Self.classes.contains($0) }) {
      throw HuggingFaceError.unknownArchitecture(
        file: file, got: other, supported: Self.classes,
        suggestion: closestName(to: other, among: Self.classes, atMost: 4))
    }
    if let type, type != "bert" {
      throw HuggingFaceError.unknownArchitecture(
        file: file, got: type, supported: ["bert"],
        suggestion: closestName(to: type, among: ["bert"], atMost: 4))
    }
    guard !names.isEmpty || type != nil else {
      throw HuggingFaceError.missingMember(
        file: file, member: "model_type", expected: "bert", suggestion: nil)
    }
    try reader.only("position_embedding_type", ["absolute"])
    try reader.only("is_decoder", false, supported: "false")
    try reader.only("add_cross_attention", false, supported: "false")
    let bend = try reader.only("hidden_act", ["gelu", "gelu_new", "gelu_pytorch_tanh"])
    let large = 1...16_777_216
    self.init(
      vocabularySize: try reader.size("vocab_size", large),
      width: try reader.size("hidden_size", large),
      layers: try reader.size("num_hidden_layers", large),
      heads: try reader.size("num_attention_heads", large),
      feedForwardWidth: try reader.size("intermediate_size", large),
      positions: try reader.size("max_position_embeddings", large, default: 512) ?? 512,
      tokenTypes: try reader.size("type_vocab_size", large, default: 2) ?? 2,
      normEpsilon: try reader.positive("layer_norm_eps", default: 1e-12),
      activation: bend == nil || bend == "gelu" ? .gelu : .tanhGELU)
    do {
      try validate()
    } catch {
      throw EncoderFolderError.impossibleShape(file: file, error)
    }
  }

  /// The text of `config.json`, which transformers reads.
  public func serialized() -> [UInt8] {
    let members: [JSONValue.Member] = [
      .init("architectures", .list(["BertModel"])), .init("model_type", "bert"),
      .init("vocab_size", .number(vocabularySize)), .init("hidden_size", .number(width)),
      .init("intermediate_size", .number(feedForwardWidth)),
      .init("num_hidden_layers", .number(layers)), .init("num_attention_heads", .number(heads)),
      .init("max_position_embeddings", .number(positions)),
      .init("type_vocab_size", .number(tokenTypes)),
      .init("layer_norm_eps", .number(normEpsilon)),
      .init("hidden_act", .string(activation.rawValue)),
      .init("position_embedding_type", "absolute"), .init("hidden_dropout_prob", 0.0),
      .init("attention_probs_dropout_prob", 0.0), .init("pad_token_id", .number(0)),
      .init("dtype", "float32"), .init("torch_dtype", "float32"),
    ]
    return JSONValue.object(members).serialized(indented: true) + [0x0A]
  }
}
