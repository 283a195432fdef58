import Bytes
import Execution
import LanguageModels
import Safetensors
import Testing

@Suite struct HuggingFaceConfigurationTests {
  static let llama = #"""
    {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 100,
     "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
     "num_attention_heads": 4, "torch_dtype": "float32"}
    """#
  static let qwen = llama.replacing("Llama", with: "Qwen2").replacing("llama", with: "qwen2")

  /// The text with members put in front of the others; one that it has is replaced.
  static func with(_ members: String, in text: String = llama) throws -> String {
    let added = try JSONValue(parsing: "{\(members)}")
    let all = try JSONValue(parsing: text)
    let names = Set((added.members ?? []).map(\.name))
    return String(
      decoding: JSONValue.object(
        (added.members ?? []) + (all.members ?? []).filter { !names.contains($0.name) }
      ).serialized(), as: UTF8.self)
  }

  private func parse(_ text: String, generation: String? = nil) throws -> DecoderConfiguration {
    try HuggingFaceConfiguration(
      parsing: Array(text.utf8), generation: generation.map { Array($0.utf8) }
    ).decoder
  }

  private func parse(adding members: String, to text: String = llama) throws
    -> DecoderConfiguration
  {
    try parse(Self.with(members, in: text))
  }

  @Test func defaultsAreThoseOfTransformers() throws {
    #expect(
      try parse(Self.llama)
        == DecoderConfiguration(
          vocabularySize: 100, width: 32, layers: 2, heads: 4, feedForwardWidth: 48, context: 2048,
          tiesEmbeddings: false, beginToken: 1, endTokens: [2]))
    #expect(
      try parse(Self.qwen)
        == DecoderConfiguration(
          architecture: .qwen2, vocabularySize: 100, width: 32, layers: 2, heads: 4,
          feedForwardWidth: 48, context: 32768, tiesEmbeddings: false, hasQueryKeyValueBias: true))
    // The default tokens of a vocabulary that does not have them are none.
    let tiny = try parse(adding: #""vocab_size": 2"#)
    #expect(tiny.beginToken == 1 && tiny.endTokens.isEmpty)
  }

  @Test func nullIsAbsentWhereTransformersHasItSo() throws {
    let members = [
      "num_key_value_heads", "head_dim", "rope_scaling", "rope_parameters", "hidden_act",
      "quantization_config", "pad_token_id",
    ].map { "\"\($0)\": null" }.joined(separator: ",")
    #expect(try parse(adding: members) == parse(Self.llama))
    #expect(try parse(adding: #""bos_token_id": null"#).beginToken == nil)
    #expect(try parse(adding: #""eos_token_id": null"#).endTokens == [])
  }

  @Test func oldAndNewSpellingsSayTheSame() throws {
    let llama3 = #"""
      "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 8192
      """#
    let spellings = [
      #""rope_theta": 500000.0, "rope_scaling": {\#(llama3)}"#,
      #""rope_parameters": {"rope_theta": 500000.0, \#(llama3)}"#,
      #""rope_theta": 500000, "rope_scaling": {\#(llama3.replacing("rope_type", with: "type"))}"#,
      #""rope_theta": 500000, "rope_scaling": {\#(llama3)}, "rope_parameters": {"rope_theta": 1}"#,
      // Beside the object it counts more than inside.
      """
      "original_max_position_embeddings": 8192, "rope_theta": 5e5,
      "rope_scaling": {\(llama3.replacing("8192", with: "16"))}
      """,
    ]
    for spelling in spellings {
      let found = try parse(adding: spelling)
      #expect(found.ropeBase == 500_000)
      #expect(
        found.ropeScaling
          == RopeScaling(
            factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192))
    }
    for plain in [
      #""rope_theta": 1e6"#, #""rope_theta": 1e6, "rope_scaling": null"#,
      #""rope_theta": 1e6, "rope_scaling": {"type": "default"}"#,
      #""rope_theta": 1e6, "rope_scaling": {}"#,
      #""rope_parameters": {"rope_theta": 1e6, "rope_type": "default"}"#,
    ] {
      let found = try parse(adding: plain)
      #expect(found.ropeBase == 1e6 && found.ropeScaling == nil, "\(plain)")
    }
    // Without it the context counts.
    let bare = llama3.replacing(#""original_max_position_embeddings": 8192"#, with: "\"x\": 1")
    #expect(
      try parse(adding: #""max_position_embeddings": 64, "rope_scaling": {\#(bare)}"#)
        .ropeScaling?.originalContext == 64)
  }

  @Test func endTokensComeFromTheGenerationWhereItNamesThem() throws {
    func ends(_ config: String, _ generation: String?) throws -> [Int32] {
      try parse(Self.with(config), generation: generation).endTokens
    }
    #expect(try ends(#""eos_token_id": 7"#, nil) == [7])
    #expect(try ends(#""eos_token_id": [7, 8]"#, nil) == [7, 8])
    #expect(try ends(#""eos_token_id": 7"#, #"{"eos_token_id": [9, 3]}"#) == [9, 3])
    #expect(try ends(#""eos_token_id": 7"#, #"{"eos_token_id": 9}"#) == [9])
    #expect(try ends(#""eos_token_id": 7"#, "{}") == [7])
    #expect(
      throws: HuggingFaceError.wrongValue(
        file: "generation_config.json", member: "eos_token_id",
        expected: "a token id from 0 to 99", got: "100")
    ) { try ends("", #"{"eos_token_id": 100}"#) }
  }

  @Test func otherClassesAreNamed() {
    let supported = ["LlamaForCausalLM", "Qwen2ForCausalLM"]
    func fails(
      _ members: String, _ got: String, _ supported: [String], _ suggestion: String?,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(
        throws: HuggingFaceError.unknownArchitecture(
          file: "config.json", got: got, supported: supported, suggestion: suggestion),
        sourceLocation: sourceLocation
      ) { try parse(adding: members) }
    }
    fails(
      #""architectures": ["MixtralForCausalLM"], "model_type": "mixtral""#,
      "MixtralForCausalLM (model_type mixtral)", supported, nil)
    fails(
      #""architectures": ["LlamaForCasualLM"]"#, "LlamaForCasualLM (model_type llama)", supported,
      "LlamaForCausalLM")
    fails(
      #""architectures": ["LlamaForCausalLM"], "model_type": "qwen2""#,
      "LlamaForCausalLM (model_type qwen2)", supported, nil)
    fails(#""architectures": null, "model_type": "gpt2""#, "gpt2", ["llama", "qwen2"], nil)
    fails(#""architectures": [], "model_type": "qwen3""#, "qwen3", ["llama", "qwen2"], "qwen2")
    #expect(throws: Never.self) { try parse(adding: #""architectures": null"#) }
    #expect(throws: Never.self) { try parse(adding: #""model_type": null"#) }
    #expect(
      HuggingFaceError.unknownArchitecture(
        file: "config.json", got: "LlamaForCasualLM", supported: supported,
        suggestion: "LlamaForCausalLM"
      ).description
        == "config.json: the model is a LlamaForCasualLM; supported: LlamaForCausalLM, "
        + "Qwen2ForCausalLM; did you mean 'LlamaForCausalLM'?")
  }

  @Test(arguments: [
    (#""hidden_act": "gelu""#, "hidden_act", #""gelu""#),
    (#""attention_bias": true"#, "attention_bias", "true"),
    (#""mlp_bias": true"#, "mlp_bias", "true"),
    (#""quantization_config": {"bits": 4}"#, "quantization_config", "an object"),
    (#""partial_rotary_factor": 0.5"#, "partial_rotary_factor", "0.5"),
  ])
  func whatNoModelHereDoesIsRefused(_ members: String, _ member: String, _ got: String) {
    #expect {
      try parse(adding: members)
    } throws: { error in
      guard case HuggingFaceError.unsupported("config.json", member, got, _) = error else {
        return false
      }
      return "\(error)".hasPrefix("config.json: '\(member)' is \(got); supported: ")
    }
  }

  @Test func otherRotaryAnglesAreRefusedByName() {
    for member in ["rope_scaling", "rope_parameters"] {
      for type in ["linear", "dynamic", "yarn", "longrope", "su"] {
        #expect(
          throws: HuggingFaceError.unsupported(
            file: "config.json, \(member)", member: "rope_type", got: "\"\(type)\"",
            supported: ["default", "llama3"])
        ) { try parse(adding: #""\#(member)": {"rope_type": "\#(type)", "factor": 2}"#) }
      }
    }
    #expect(throws: HuggingFaceError.self) {
      try parse(adding: #""rope_parameters": {"full_attention": {"rope_type": "linear"}}"#)
    }
    #expect(
      throws: HuggingFaceError.missingMember(
        file: "config.json, rope_scaling", member: "factor", expected: "a number above 0",
        suggestion: "facto")
    ) { try parse(adding: #""rope_scaling": {"type": "llama3", "facto": 2}"#) }
    #expect(throws: HuggingFaceError.self) {
      try parse(
        adding: #"""
          "rope_scaling": {"type": "llama3", "factor": 2, "low_freq_factor": 4,
                           "high_freq_factor": 4}
          """#)
    }
  }

  @Test func slidingWindowsAreRefused() throws {
    #expect(
      throws: HuggingFaceError.unsupported(
        file: "config.json", member: "use_sliding_window", got: "true", supported: ["false"])
    ) { try parse(adding: #""use_sliding_window": true"#, to: Self.qwen) }
    #expect(
      throws: HuggingFaceError.unsupported(
        file: "config.json", member: "layer_types", got: "sliding_attention",
        supported: ["full_attention"])
    ) {
      try parse(
        adding: #""layer_types": ["full_attention", "sliding_attention"]"#, to: Self.qwen)
    }
    let unused = #""use_sliding_window": false, "sliding_window": 4096"#
    #expect(try parse(adding: unused, to: Self.qwen) == parse(Self.qwen))
  }

  @Test(arguments: [
    (#""vocab_size": "100""#, "vocab_size", "a whole number from 1 to 4000000", #""100""#),
    (#""vocab_size": 1e300"#, "vocab_size", "a whole number from 1 to 4000000", "1e300"),
    (#""hidden_size": 0"#, "hidden_size", "a whole number from 1 to 65536", "0"),
    (#""hidden_size": 32.5"#, "hidden_size", "a whole number from 1 to 65536", "32.5"),
    (#""num_hidden_layers": -1"#, "num_hidden_layers", "a whole number from 1 to 1000", "-1"),
    (
      #""num_key_value_heads": 5"#, "num_key_value_heads", "a whole number from 1 to 4", "5"
    ),
    (#""head_dim": []"#, "head_dim", "a whole number from 2 to 1024", "a list"),
    (#""rms_norm_eps": 0"#, "rms_norm_eps", "a number above 0", "0"),
    (#""rope_theta": "big""#, "rope_theta", "a number above 0", #""big""#),
    (#""tie_word_embeddings": 1"#, "tie_word_embeddings", "true or false", "1"),
    (#""rope_scaling": 3"#, "rope_scaling", "an object or null", "3"),
    (#""hidden_act": 3"#, "hidden_act", "a text", "3"),
    (#""architectures": "Llama""#, "architectures", "a list of texts", #""Llama""#),
    (#""architectures": [1]"#, "architectures", "a list of texts", "a list"),
    (#""architectures": ["a", "b"]"#, "architectures", "a list of one class", "a list of 2"),
    (#""bos_token_id": 100"#, "bos_token_id", "a token id from 0 to 99", "100"),
    (#""eos_token_id": [2, -1]"#, "eos_token_id", "a token id from 0 to 99", "-1"),
    (
      #""eos_token_id": "x""#, "eos_token_id", "a token id, a list of them, or null", #""x""#
    ),
    (
      #""hidden_size": 30"#, "hidden_size",
      "a multiple of 'num_attention_heads' (4) where there is no 'head_dim'", "30"
    ),
  ])
  func wrongValuesAreShown(_ members: String, _ member: String, _ expected: String, _ got: String) {
    #expect(
      throws: HuggingFaceError.wrongValue(
        file: "config.json", member: member, expected: expected, got: got)
    ) { try parse(adding: members) }
  }

  @Test func whatIsMissingOrNoConfigurationIsSaid() throws {
    let misspelt = Self.llama.replacing("hidden_size", with: "hiden_size")
    #expect(
      throws: HuggingFaceError.missingMember(
        file: "config.json", member: "hidden_size", expected: "a whole number from 1 to 65536",
        suggestion: "hiden_size")
    ) { try parse(misspelt) }
    #expect(throws: SafetensorsError.repeatedName(file: "config.json", name: "a")) {
      try parse(#"{"a": 1, "a": 2}"#)
    }
    #expect(
      throws: HuggingFaceError.wrongValue(
        file: "config.json", member: "the whole file", expected: "an object", got: "a list")
    ) { try parse("[]") }
    #expect(
      throws: HuggingFaceError.impossibleShape(
        file: "config.json",
        .notDivisible(
          name: "the number of heads", got: 4, by: "the number of key/value heads", of: 3))
    ) { try parse(adding: #""num_key_value_heads": 3"#) }
  }

  @Test func whatIsWrittenIsReadBack() throws {
    var random = RandomStream(seed: 3, purpose: "shapes")
    for _ in 0..<500 {
      let heads = Int.random(in: 1...8, using: &random)
      let isQwen = Bool.random(using: &random)
      let scaling = RopeScaling(
        factor: .random(in: 1...64, using: &random), lowFrequencyFactor: 0.1,
        highFrequencyFactor: 1e21, originalContext: 77)
      let shape = DecoderConfiguration(
        architecture: isQwen ? .qwen2 : .llama, vocabularySize: .random(in: 8...99, using: &random),
        width: heads * .random(in: 1...9, using: &random), layers: 3, heads: heads,
        keyValueHeads: Bool.random(using: &random) ? 1 : heads,
        headDimension: 2 * .random(in: 1...9, using: &random), feedForwardWidth: 5, context: 9,
        ropeBase: .random(in: 1e-9...1e9, using: &random),
        ropeScaling: Bool.random(using: &random) ? scaling : nil,
        normEpsilon: .random(in: 1e-30...1, using: &random),
        tiesEmbeddings: .random(using: &random), hasQueryKeyValueBias: isQwen,
        beginToken: [nil, 0, 7].randomElement(using: &random) ?? nil,
        endTokens: [[], [3], [4, 0, 5]].randomElement(using: &random) ?? [])
      let written = HuggingFaceConfiguration(shape)
      let read = try HuggingFaceConfiguration(
        parsing: written.serialized(), generation: written.serializedGeneration())
      #expect(read == written)
    }
  }

  @Test func damagedTextsGiveAnErrorOrAShape() throws {
    var random = RandomStream(seed: 4, purpose: "configurations")
    let scaled = try Self.with(
      #"""
      "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
      "high_freq_factor": 4.0, "original_max_position_embeddings": 64}, "rope_theta": 10000.0,
      "eos_token_id": [2, 3], "head_dim": 8, "num_key_value_heads": 2, "rms_norm_eps": 1e-5,
      "tie_word_embeddings": true, "max_position_embeddings": 64
      """#)
    let values = [
      "0", "-1", "1", "3", "1e9", "1e-9", "9223372036854775807", "-9223372036854775808", "1e400",
      "null", "true", "[]", "{}", "\"x\"", "[1,2]", "\"llama3\"", "4000000", "65536", "1000",
      "1024",
    ].map { Array($0.utf8) }
    let text = Array(scaled.utf8)
    // Where each value begins and ends, so that most changes reach past the parser.
    let spans = text.indices.filter { text[$0] == UInt8(ascii: ":") }.map { colon in
      let rest = text[(colon + 1)...]
      let end = rest.firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") }
      return colon + 1..<(end ?? text.count)
    }
    var sound = 0
    for round in 0..<30_000 {
      var changed = text
      if round % 3 == 0 {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          changed[Int.random(in: 0..<changed.count, using: &random)] = .random(
            in: 0x20...0x7E, using: &random)
        }
      } else {
        let chosen = (0..<Int.random(in: 1...3, using: &random)).map { _ in
          Int.random(in: 0..<spans.count, using: &random)
        }
        for span in Set(chosen).sorted(by: >) {
          changed.replaceSubrange(
            spans[span], with: values[Int.random(in: 0..<values.count, using: &random)])
        }
      }
      do {
        let shape = try HuggingFaceConfiguration(parsing: changed).decoder
        try shape.validate()
        #expect(shape.parameterCount <= 1 << 38)
        sound += 1
      } catch is HuggingFaceError {
      } catch is SafetensorsError {
      } catch {
        Issue.record("another error: \(error)")
      }
    }
    #expect((500..<25_000).contains(sound))
  }
}
