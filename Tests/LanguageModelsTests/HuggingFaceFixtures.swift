import Bytes
import Execution
import LanguageModels
import Safetensors
import TestFolders
import Testing
import Tokenizers

/// The checkpoints in `Tests/Fixtures/huggingface`, whose README explains them.
enum HuggingFaceFixtures {
  static let names = [
    "llama-tied", "qwen2-bias", "llama-bf16-sharded", "llama-f16", "llama-rope-scaled",
  ]

  static let folder: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(2).joined(separator: "/") + "/Fixtures/huggingface"
  }()

  static func path(_ name: String) -> String { folder + "/" + name }

  static func expected(_ name: String) throws -> JSONValue {
    let bytes = try TemporaryFolder.bytes(at: path(name) + "/expected.json")
    return try bytes.withUnsafeBytes { try JSONValue(parsing: $0) }
  }

  static func load(_ path: String, threads: Int = 2) throws -> DecoderModel {
    try HuggingFaceFolder.load(
      path, context: WorkContext(threads: threads), makeTokenizer: noTokenizer)
  }

  /// A folder with a copy of a fixture, to be changed.
  static func copy(_ name: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for file in TemporaryFolder.list(path(name)) where file != "expected.json" {
      try folder.write(TemporaryFolder.bytes(at: path(name) + "/" + file), to: file)
    }
    return folder
  }

  /// What stands in for a tokenizer where only its text matters.
  struct TokenizerAsked: Error, Equatable {
    var json: [UInt8]
    var file: String
  }

  static func noTokenizer(_ json: [UInt8], _ file: String) throws -> Tokenizer {
    throw TokenizerAsked(json: json, file: file)
  }
}

extension DecoderModel {
  /// The numbers of a tensor.
  func numbers(of name: String) throws -> [Float] {
    let tensor = try #require(layout.tensors.first { $0.name == name })
    return Array(floats[tensor.offset..<tensor.offset + tensor.count])
  }
}

/// The files of a model in a folder.
func save(
  _ model: DecoderModel, to folder: TemporaryFolder, in name: String = "m",
  tokenizerJSON: [UInt8]? = nil, type: TensorType = .float32
) throws {
  for file in try HuggingFaceFolder.files(for: model, tokenizerJSON: tokenizerJSON, type: type) {
    var bytes: [UInt8] = []
    try file.write { bytes.append(contentsOf: $0) }
    #expect(bytes.count == file.byteCount)
    try folder.write(bytes, to: name + "/" + file.name)
  }
}
