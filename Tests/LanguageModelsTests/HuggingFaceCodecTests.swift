import Bytes
import Execution
import LanguageModels
import Safetensors
import TestFolders
import TestModels
import Testing
import Tokenizers

/// A model as one stored object.
@Suite struct HuggingFaceCodecTests {
  private typealias Fixtures = HuggingFaceFixtures

  private func stored(_ name: String, tokenizerJSON: [UInt8]? = nil) throws -> [UInt8] {
    let codec = try DecoderModelCodec(
      Fixtures.load(Fixtures.path(name)), tokenizerJSON: tokenizerJSON)
    var bytes: [UInt8] = []
    try codec.encode { bytes.append(contentsOf: $0) }
    #expect(bytes.count == codec.encodedSize)
    return bytes
  }

  private func decode(_ bytes: [UInt8]) throws -> DecoderModel {
    try DecoderModel(decoding: SharedBytes(bytes), makeTokenizer: Fixtures.noTokenizer)
  }

  @Test(arguments: HuggingFaceFixtures.names)
  func aStoredModelIsTheModel(_ name: String) throws {
    let model = try Fixtures.load(Fixtures.path(name))
    let bytes = SharedBytes(try stored(name))
    let found = try DecoderModel(decoding: bytes, makeTokenizer: Fixtures.noTokenizer)
    #expect(found.configuration == model.configuration)
    #expect(found.weights == model.weights)
    // In place, at an offset that vector loops like.
    let base = try #require(bytes.bytes.baseAddress)
    let weights = try #require(found.weights.bytes.baseAddress)
    #expect(weights >= base && weights < base + bytes.count)
    #expect((weights - base) % 64 == 0)
  }

  @Test func aStoredModelIsAFileThatOthersRead() throws {
    let file = try SafetensorsFile(
      bytes: SharedBytes(stored("llama-tied", tokenizerJSON: Array("{\"é\": 1}\n".utf8))),
      name: "stored")
    #expect(file.metadata["format"] == "pt")
    #expect(file.metadata["tokenizer.json"] == "{\"é\": 1}\n")
    #expect(file.metadata["config.json"]?.contains("LlamaForCausalLM") == true)
    #expect(file.tensors.first?.name == "model.embed_tokens.weight")
  }

  @Test func theTokenizerIsMadeOfItsText() throws {
    let json = Array("{\"a\": \"\\u00e9\"}".utf8)
    #expect(
      throws: Fixtures.TokenizerAsked(json: json, file: "the stored model, tokenizer.json")
    ) { try decode(stored("llama-f16", tokenizerJSON: json)) }
  }

  @Test func aModelWithATokenizerIsStoredAndWrittenWithIt() throws {
    let json = Array(HuggingFaceWritingTests.tokenizerJSON.utf8)
    let bare = try Fixtures.load(Fixtures.path("llama-tied"))
    let model = try DecoderModel(
      configuration: bare.configuration, weights: bare.weights,
      tokenizer: Tokenizer(tokenizerJSON: json, file: "t"))
    var bytes: [UInt8] = []
    try DecoderModelCodec(model).encode { bytes.append(contentsOf: $0) }
    let stored = try DecoderModel(decoding: SharedBytes(bytes))
    #expect(stored.tokenizer?.encode("c b <s> a") == [4, 3, 1, 0])
    let folder = try TemporaryFolder()
    try save(model, to: folder)
    let loaded = try HuggingFaceFolder.load(folder("m"), context: WorkContext())
    #expect(loaded.tokenizer?.encode("c b <s> a") == [4, 3, 1, 0])
    #expect(loaded.weights == stored.weights)
  }

  @Test func otherFilesAreNoStoredModels() throws {
    let file = try TemporaryFolder.bytes(at: Fixtures.path("llama-tied") + "/model.safetensors")
    #expect(
      throws: HuggingFaceError.notStored(
        file: "the stored model", expected: "'poise.model' 1 in its metadata", got: "none")
    ) { try decode(file) }
    #expect(throws: SafetensorsError.self) { try decode([]) }
  }

  @Test func damagedHeadersGiveAnErrorOrAModel() throws {
    var random = RandomStream(seed: 6, purpose: "stored")
    let bytes = try stored("llama-f16")
    let header = 8 + Int(bytes.withUnsafeBytes { $0.load(as: UInt64.self) })
    var sound = 0
    for _ in 0..<3_000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...2, using: &random) {
        changed[Int.random(in: 0..<header, using: &random)] = .random(
          in: 0x20...0x7E, using: &random)
      }
      do {
        let model = try decode(changed)
        #expect(model.weights.count == 4 * model.layout.count)
        sound += 1
      } catch is HuggingFaceError {
      } catch is SafetensorsError {
      } catch {
        Issue.record("another error: \(error)")
      }
    }
    #expect((10..<2_500).contains(sound))
    for length in stride(from: 0, to: bytes.count, by: 97) {
      #expect(throws: SafetensorsError.self) { try decode(Array(bytes[..<length])) }
    }
  }
}
