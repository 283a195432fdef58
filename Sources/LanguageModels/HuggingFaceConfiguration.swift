import Bytes
import Safetensors

/// What `config.json` and `generation_config.json` of a Hugging Face checkpoint say of a decoder,
/// as transformers 4 and 5 write them.
///
/// Defaults are those of transformers. What a model here cannot do is refused by name and never
/// ignored: other classes, biases in places where there is none here, sliding windows, other
/// stretchings of the rotary angles, quantised weights.
public struct HuggingFaceConfiguration: Hashable, Sendable {
  /// The name of the file that holds it.
  public static let fileName = "config.json"
  /// The name of the file whose `eos_token_id` counts where it is there.
  public static let generationFileName = "generation_config.json"

  /// The model's shape.
  public var decoder: DecoderConfiguration

  /// What says a decoder's shape.
  public init(_ decoder: DecoderConfiguration) { self.decoder = decoder }

  /// Reads the text of `config.json`, and of `generation_config.json` where there is one.
  ///
  /// - Parameters:
  ///   - bytes: The text of `config.json`.
  ///   - file: Its name in messages.
  ///   - generation: The text of the other file.
  ///   - generationFile: Its name in messages.
  /// - Throws: ``HuggingFaceError``; `SafetensorsError` where the text is not JSON or has a name
  ///   twice.
  public init(
    parsing bytes: [UInt8], file: String = fileName, generation: [UInt8]? = nil,
    generationFile: String = generationFileName
  ) throws {
    let reader = try ConfigurationReader(bytes, file: file)
    var decoder = try Self.shape(reader)
    if let generation {
      let reader = try ConfigurationReader(generation, file: generationFile)
      if let tokens = try reader.tokens("eos_token_id") {
        try reader.check(tokens, "eos_token_id", vocabulary: decoder.vocabularySize)
        decoder.endTokens = tokens
      }
      if decoder.beginToken == nil, let token = try reader.token("bos_token_id") {
        try reader.check([token], "bos_token_id", vocabulary: decoder.vocabularySize)
        decoder.beginToken = token
      }
    }
    do {
      try decoder.validate()
    } catch {
      throw HuggingFaceError.impossibleShape(file: file, error)
    }
    self.decoder = decoder
  }

  private static func shape(_ reader: ConfigurationReader) throws -> DecoderConfiguration {
    let architecture = try reader.architecture()
    try refuse(reader, architecture)
    let width = try reader.size("hidden_size", 1...65_536)
    let heads = try reader.size("num_attention_heads", 1...1_024)
    let headDimension = try reader.size("head_dim", 2...1_024, default: nil)
    guard headDimension != nil || width % heads == 0 else {
      throw HuggingFaceError.wrongValue(
        file: reader.file, member: "hidden_size",
        expected: "a multiple of 'num_attention_heads' (\(heads)) where there is no 'head_dim'",
        got: "\(width)")
    }
    let context = try reader.size(
      "max_position_embeddings", 1...16_777_216, default: architecture == .llama ? 2_048 : 32_768)
    let vocabulary = try reader.size("vocab_size", 1...4_000_000)
    let tokens = try beginAndEnd(reader, architecture, vocabulary: vocabulary)
    return DecoderConfiguration(
      architecture: architecture,
      vocabularySize: vocabulary,
      width: width,
      layers: try reader.size("num_hidden_layers", 1...1_000),
      heads: heads,
      keyValueHeads: try reader.size("num_key_value_heads", 1...heads, default: nil),
      headDimension: headDimension,
      feedForwardWidth: try reader.size("intermediate_size", 1...1_048_576),
      context: context ?? 2_048,
      ropeBase: try reader.ropeBase(),
      ropeScaling: try reader.ropeScaling(context: context ?? 2_048),
      normEpsilon: try reader.positive("rms_norm_eps", default: 1e-6),
      tiesEmbeddings: try reader.flag("tie_word_embeddings", default: false),
      hasQueryKeyValueBias: architecture == .qwen2,
      beginToken: tokens.begin,
      endTokens: tokens.end)
  }

  /// Where Llama's configuration says nothing, its texts begin with token 1 and end with 2.
  private static func beginAndEnd(
    _ reader: ConfigurationReader, _ architecture: DecoderConfiguration.Architecture,
    vocabulary: Int
  ) throws -> (begin: Int32?, end: [Int32]) {
    func fallback(_ token: Int32) -> Int32? {
      architecture == .llama && vocabulary > token ? token : nil
    }
    let begin = try reader.token("bos_token_id")
    let end = try reader.tokens("eos_token_id")
    try reader.check(begin.map { [$0] } ?? [], "bos_token_id", vocabulary: vocabulary)
    try reader.check(end ?? [], "eos_token_id", vocabulary: vocabulary)
    return (
      reader.has("bos_token_id") ? begin : fallback(1),
      reader.has("eos_token_id") ? end ?? [] : fallback(2).map { [$0] } ?? []
    )
  }

  private static func refuse(
    _ reader: ConfigurationReader, _ architecture: DecoderConfiguration.Architecture
  ) throws {
    try reader.only("hidden_act", ["silu", "swish"])
    try reader.only("quantization_config", nil, supported: "weights in F32, F16 or BF16")
    if architecture == .llama {
      // transformers gives the output projection a bias too, which no tensor of the layout is.
      try reader.only("attention_bias", false, supported: "false for Llama")
      try reader.only("mlp_bias", false, supported: "false")
    } else {
      try reader.only("use_sliding_window", false, supported: "false")
      for kind in try reader.texts("layer_types") where kind != "full_attention" {
        throw HuggingFaceError.unsupported(
          file: reader.file, member: "layer_types", got: kind, supported: ["full_attention"])
      }
    }
    if try reader.positive("partial_rotary_factor", default: 1) != 1 {
      throw HuggingFaceError.unsupported(
        file: reader.file, member: "partial_rotary_factor",
        got: reader.shown("partial_rotary_factor"), supported: ["1"])
    }
  }
}

extension DecoderConfiguration.Architecture {
  /// The class of transformers.
  var className: String {
    switch self {
    case .llama: "LlamaForCausalLM"
    case .qwen2: "Qwen2ForCausalLM"
    }
  }

  /// `model_type` in `config.json`.
  var modelType: String { rawValue }
}
