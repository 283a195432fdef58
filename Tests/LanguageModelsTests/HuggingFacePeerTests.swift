import Bytes
import FoundationEssentials
import Glibc
import LanguageModels
import Safetensors
import TestFolders
import Testing

/// A Python that has torch, safetensors and transformers.
private let peerPython = getenv("POISE_PEER_PYTHON").map { String(cString: $0) }

/// What is written here, safetensors and transformers read.
@Suite(
  .enabled(
    if: peerPython != nil,
    "needs a Python with transformers: name it in $POISE_PEER_PYTHON"))
struct HuggingFacePeerTests {
  private typealias Fixtures = HuggingFaceFixtures

  /// What `check.py` prints.
  private func check(_ folder: TemporaryFolder, _ arguments: String...) throws -> String {
    let python = try #require(peerPython)
    let words = [python, Fixtures.folder + "/check.py"] + arguments
    let quoted = words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }
    let status = system(
      "\(quoted.joined(separator: " ")) > '\(folder("out"))' 2> '\(folder("errors"))'")
    let errors = try folder.text("errors")
    #expect(status == 0, "\(errors)")
    return try folder.text("out")
  }

  @Test func safetensorsReadsEveryTensor() throws {
    let folder = try TemporaryFolder()
    for (fixture, type, dtype) in [
      ("qwen2-bias", TensorType.float32, "float32"), ("llama-bf16-sharded", .bfloat16, "bfloat16"),
      ("llama-f16", .float16, "float16"),
    ] {
      let model = try Fixtures.load(Fixtures.path(fixture))
      try save(model, to: folder, type: type)
      let lines = try check(folder, "tensors", folder("m/model.safetensors")).split(
        separator: "\n")
      var seen: Set<String> = []
      for line in lines {
        let words = line.split(separator: " ").map(String.init)
        let name = try #require(words.first)
        let tensor = try #require(model.layout.tensors.first { $0.name == name })
        #expect(words[1] == dtype)
        #expect(words[2..<words.count - 1].joined(separator: " ") == "\(tensor.shape)")
        let sum = try model.numbers(of: name).reduce(0.0) { $0 + Double($1) }
        #expect(abs(sum - (words.last.flatMap(Double.init) ?? .nan)) < 1e-9, "\(name)")
        seen.insert(name)
      }
      #expect(seen.count == model.layout.tensors.count)
    }
  }

  @Test(arguments: HuggingFaceFixtures.names)
  func transformersLoadsTheSameModel(_ name: String) throws {
    let folder = try TemporaryFolder()
    let model = try Fixtures.load(Fixtures.path(name))
    let type: TensorType =
      name.contains("bf16") ? .bfloat16 : name.contains("f16") ? .float16 : .float32
    try save(model, to: folder, type: type)
    #expect(try check(folder, "equal", folder("m"), Fixtures.path(name)) == "equal\n")
    let expected = try Fixtures.expected(name)
    let tokens = String(
      decoding: try #require(expected["tokens"]).serialized(), as: UTF8.self)
    let got = try JSONValue(parsing: check(folder, "logits", folder("m"), tokens))
    // The weights and the angles are the same to the last bit, and so is what follows from them.
    #expect(got == expected["logits"]?["values"])
  }

  @Test func autoTokenizerFindsTheTokens() throws {
    let folder = try TemporaryFolder()
    try save(
      Fixtures.load(Fixtures.path("llama-tied")), to: folder,
      tokenizerJSON: Array(HuggingFaceWritingTests.tokenizerJSON.utf8))
    #expect(
      try check(folder, "tokens", folder("m"), "c b <s> a")
        == "[[4, 3, 1, 0], \"<s>\", \"</s>\"]\n")
  }

  @Test func safetensorsReadsAStoredModel() throws {
    let folder = try TemporaryFolder()
    let json = Array(HuggingFaceWritingTests.tokenizerJSON.utf8)
    let model = try Fixtures.load(Fixtures.path("llama-tied"))
    var bytes: [UInt8] = []
    try DecoderModelCodec(model, tokenizerJSON: json).encode { bytes.append(contentsOf: $0) }
    try folder.write(bytes, to: "stored")
    let metadata = try JSONValue(parsing: check(folder, "metadata", folder("stored")))
    #expect(metadata["tokenizer.json"]?.string == HuggingFaceWritingTests.tokenizerJSON)
    let lines = try check(folder, "tensors", folder("stored")).split(separator: "\n")
    #expect(lines.count == model.layout.tensors.count)
  }
}
