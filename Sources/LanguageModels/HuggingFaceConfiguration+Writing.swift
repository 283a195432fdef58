import Bytes
public import Safetensors

extension HuggingFaceConfiguration {
  /// The class that the model is written as: the one whose projections have a bias where the
  /// model's have. Apart from it the two compute the same.
  var writtenArchitecture: DecoderConfiguration.Architecture {
    decoder.hasQueryKeyValueBias ? .qwen2 : .llama
  }

  /// The text of `config.json`, which transformers 5 reads, and 4 too: where their spellings
  /// differ, both are there.
  ///
  /// - Parameter type: The type of the weights beside it.
  /// - Returns: Indented JSON.
  public func serialized(type: TensorType = .float32) -> [UInt8] {
    let c = decoder
    let dtype: JSONValue =
      switch type {
      case .float16: "float16"
      case .bfloat16: "bfloat16"
      default: "float32"
      }
    var scaling: [JSONValue.Member] = [.init("rope_type", "default")]
    if let rope = c.ropeScaling {
      scaling = [
        .init("rope_type", "llama3"),
        .init("factor", .number(rope.factor)),
        .init("low_freq_factor", .number(rope.lowFrequencyFactor)),
        .init("high_freq_factor", .number(rope.highFrequencyFactor)),
        .init("original_max_position_embeddings", .number(rope.originalContext)),
      ]
    }
    let base = JSONValue.Member("rope_theta", .number(c.ropeBase))
    var members: [JSONValue.Member] = [
      .init("architectures", .list([.string(writtenArchitecture.className)])),
      .init("model_type", .string(writtenArchitecture.modelType)),
      .init("vocab_size", .number(c.vocabularySize)),
      .init("hidden_size", .number(c.width)),
      .init("intermediate_size", .number(c.feedForwardWidth)),
      .init("num_hidden_layers", .number(c.layers)),
      .init("num_attention_heads", .number(c.heads)),
      .init("num_key_value_heads", .number(c.keyValueHeads)),
      .init("head_dim", .number(c.headDimension)),
      .init("max_position_embeddings", .number(c.context)),
      .init("hidden_act", "silu"),
      .init("rms_norm_eps", .number(c.normEpsilon)),
      .init("tie_word_embeddings", .boolean(c.tiesEmbeddings)),
      base,
      .init("rope_parameters", .object(scaling + [base])),
      .init("rope_scaling", c.ropeScaling == nil ? .null : .object(scaling)),
    ]
    if writtenArchitecture == .llama {
      members += [.init("attention_bias", false), .init("mlp_bias", false)]
    } else {
      members += [.init("use_sliding_window", false)]
    }
    members += [.init("attention_dropout", 0.0)]
    members += [
      .init("bos_token_id", beginJSON), .init("eos_token_id", endJSON),
      .init("pad_token_id", .null), .init("dtype", dtype), .init("torch_dtype", dtype),
      .init("use_cache", true),
    ]
    return JSONValue.object(members).serialized(indented: true) + [0x0A]
  }

  /// The text of `generation_config.json`.
  public func serializedGeneration() -> [UInt8] {
    let members: [JSONValue.Member] = [
      .init("bos_token_id", beginJSON), .init("eos_token_id", endJSON),
    ]
    return JSONValue.object(members.filter { !$0.value.isNull }).serialized(indented: true)
      + [0x0A]
  }

  private var beginJSON: JSONValue { decoder.beginToken.map { .number(Int($0)) } ?? .null }

  private var endJSON: JSONValue {
    switch decoder.endTokens.count {
    case 0: .null
    case 1: .number(Int(decoder.endTokens[0]))
    default: .list(decoder.endTokens.map { .number(Int($0)) })
    }
  }

  /// Fails for shapes that no class of transformers accepts.
  func checkWritable() throws(HuggingFaceError) {
    guard writtenArchitecture == .qwen2 || decoder.width % decoder.heads == 0 else {
      throw .unwritable(
        member: "hidden_size",
        expected: "a multiple of 'num_attention_heads' (\(decoder.heads)) for Llama",
        got: "\(decoder.width)")
    }
  }
}
