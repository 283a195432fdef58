import Bytes
import LanguageModels
import Safetensors
import TestFolders
import Testing

@Suite struct HuggingFaceWritingTests {
  private typealias Fixtures = HuggingFaceFixtures

  /// A tokenizer of whole words, as Hugging Face's tokenizers reads it.
  static let tokenizerJSON = #"""
    {"version": "1.0", "truncation": null, "padding": null,
     "added_tokens": [{"id": 1, "content": "<s>", "single_word": false, "lstrip": false,
       "rstrip": false, "normalized": false, "special": true}],
     "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
     "decoder": null,
     "model": {"type": "WordLevel", "unk_token": "a",
       "vocab": {"a": 0, "<s>": 1, "</s>": 2, "b": 3, "c": 4}}}
    """#

  @Test(arguments: HuggingFaceFixtures.names)
  func whatIsWrittenIsReadBack(_ name: String) throws {
    let model = try Fixtures.load(Fixtures.path(name))
    let folder = try TemporaryFolder()
    try save(model, to: folder)
    #expect(
      folder.names(in: "m") == ["config.json", "generation_config.json", "model.safetensors"])
    let again = try Fixtures.load(folder("m"))
    #expect(again.configuration == model.configuration)
    #expect(again.weights == model.weights)
    // And the same bytes each time.
    try save(again, to: folder, in: "n")
    for file in folder.names(in: "m") {
      #expect(try folder.read("m/" + file) == folder.read("n/" + file))
    }
  }

  @Test func shorterTypesAreRoundedToOnceOnly() throws {
    let folder = try TemporaryFolder()
    for (type, fixture) in [
      (TensorType.bfloat16, "llama-bf16-sharded"), (.float16, "llama-f16"),
    ] {
      // Numbers that were of the type already are not changed by it.
      let model = try Fixtures.load(Fixtures.path(fixture))
      try save(model, to: folder, in: type.name, type: type)
      #expect(try Fixtures.load(folder(type.name)).weights == model.weights)
      let file = try SafetensorsFile(path: folder(type.name + "/model.safetensors"))
      #expect(file.tensors.allSatisfy { $0.type == type })
    }
    let model = try Fixtures.load(Fixtures.path("llama-tied"))
    try save(model, to: folder, in: "short", type: .bfloat16)
    let short = try Fixtures.load(folder("short"))
    #expect(short.weights != model.weights)
    for (a, b) in zip(model.floats, short.floats) { #expect(abs(a - b) <= abs(a) * 0x1p-8) }
  }

  @Test func theTokenizerIsWrittenAsItIsWithItsConfiguration() throws {
    let folder = try TemporaryFolder()
    let model = try Fixtures.load(Fixtures.path("llama-tied"))
    try save(model, to: folder, tokenizerJSON: Array(Self.tokenizerJSON.utf8))
    #expect(try folder.text("m/tokenizer.json") == Self.tokenizerJSON)
    let config = try JSONValue(parsing: folder.text("m/tokenizer_config.json"))
    #expect(config["bos_token"] == "<s>")
    #expect(config["eos_token"] == "</s>")
    #expect(config["model_max_length"]?.integer == 64)
    #expect(throws: SafetensorsError.self) {
      try HuggingFaceFolder.files(for: model, tokenizerJSON: [0x7B])
    }
  }

  @Test func theClassFollowsTheBias() throws {
    // As a Llama model cannot have such biases in transformers, it is written as what computes
    // the same.
    var shape = try Fixtures.load(Fixtures.path("qwen2-bias")).configuration
    shape.architecture = .llama
    let text = HuggingFaceConfiguration(shape).serialized()
    #expect(try HuggingFaceConfiguration(parsing: text).decoder.architecture == .qwen2)
  }

  @Test func whatTransformersCannotHaveIsRefused() throws {
    let shape = DecoderConfiguration(
      vocabularySize: 3, width: 5, layers: 1, heads: 2, headDimension: 2, feedForwardWidth: 1,
      context: 1)
    let model = try DecoderModel(
      configuration: shape,
      weights: SharedBytes([UInt8](repeating: 0, count: 4 * shape.parameterCount)), tokenizer: nil)
    #expect(
      throws: HuggingFaceError.unwritable(
        member: "hidden_size", expected: "a multiple of 'num_attention_heads' (2) for Llama",
        got: "5")
    ) { try HuggingFaceFolder.files(for: model) }
    // It is stored all the same.
    let codec = try DecoderModelCodec(model, tokenizerJSON: nil)
    var bytes: [UInt8] = []
    try codec.encode { bytes.append(contentsOf: $0) }
    #expect(
      try DecoderModel(decoding: SharedBytes(bytes), makeTokenizer: Fixtures.noTokenizer)
        .configuration == shape)
    #expect(throws: SafetensorsError.self) {
      try HuggingFaceFolder.files(
        for: Fixtures.load(Fixtures.path("llama-f16")), type: .int8)
    }
  }

  @Test func theNumberOfWeightsIsThatOfTheLayout() throws {
    for name in Fixtures.names {
      let model = try Fixtures.load(Fixtures.path(name))
      #expect(model.configuration.parameterCount == model.layout.count)
    }
  }
}
