import Bytes
public import Safetensors
import Tokenizers

/// A file that is to be written; how it comes to the disk is the caller's to decide.
public struct HuggingFaceFile: Sendable {
  /// Its name in the folder.
  public let name: String
  /// Its size.
  public let byteCount: Int
  /// Hands the bytes to a sink, in pieces of at most 16 MB where they are weights.
  public let write: @Sendable (SafetensorsWriter.Sink) throws -> Void

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    byteCount = bytes.count
    write = { sink in try bytes.withUnsafeBytes(sink) }
  }

  package init(
    name: String, byteCount: Int,
    write: @escaping @Sendable (SafetensorsWriter.Sink) throws -> Void
  ) {
    self.name = name
    self.byteCount = byteCount
    self.write = write
  }
}

extension HuggingFaceFolder {
  /// The files that transformers loads the model from: its configuration, its weights, and its
  /// tokenizer where it has one or the text of one is given.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokenizerJSON: The text of `tokenizer.json`; that of the model's tokenizer where nil.
  ///   - type: ``TensorType/float32``, or a shorter type that the weights are rounded to.
  /// - Returns: The files; their bytes depend on the arguments alone.
  /// - Throws: ``HuggingFaceError/unwritable(member:expected:got:)``; `SafetensorsError` where
  ///   `tokenizerJSON` is not JSON or the type is not one of the three.
  public static func files(
    for model: DecoderModel, tokenizerJSON: [UInt8]? = nil, type: TensorType = .float32
  ) throws -> [HuggingFaceFile] {
    if let adapter = model.adapter {
      throw HuggingFaceError.unwritable(
        member: "the adapter", expected: "none, or merged", got: adapter.article)
    }
    let configuration = HuggingFaceConfiguration(model.configuration)
    try configuration.checkWritable()
    let writer = try WeightFile.writer(model.layout.tensors, type: type)
    var files = [
      HuggingFaceFile(
        name: HuggingFaceConfiguration.fileName, bytes: configuration.serialized(type: type)),
      HuggingFaceFile(
        name: HuggingFaceConfiguration.generationFileName,
        bytes: configuration.serializedGeneration()),
      HuggingFaceFile(name: ShardedCheckpoint.singleName, byteCount: writer.byteCount) { sink in
        try WeightFile.write(model.weights, model.layout.tensors, writer, to: sink)
      },
    ]
    if let tokenizerJSON = tokenizerJSON ?? model.tokenizer?.tokenizerJSON() {
      files.append(HuggingFaceFile(name: tokenizerName, bytes: tokenizerJSON))
      files.append(
        HuggingFaceFile(
          name: "tokenizer_config.json",
          bytes: try tokenizerConfiguration(tokenizerJSON, for: model.configuration)))
    }
    return files
  }

  /// What `AutoTokenizer` needs beside `tokenizer.json`: the class that reads it, and which of its
  /// tokens begin and end a text.
  private static func tokenizerConfiguration(
    _ tokenizerJSON: [UInt8], for configuration: DecoderConfiguration
  ) throws -> [UInt8] {
    let tokenizer = try JSONValue(strict: tokenizerJSON, file: tokenizerName)
    var members: [JSONValue.Member] = [
      .init("tokenizer_class", "PreTrainedTokenizerFast"),
      .init("model_max_length", .number(configuration.context)),
      .init("clean_up_tokenization_spaces", false),
    ]
    if let text = configuration.beginToken.flatMap({ text(of: $0, in: tokenizer) }) {
      members.append(.init("bos_token", .string(text)))
    }
    if let text = configuration.endTokens.first.flatMap({ text(of: $0, in: tokenizer) }) {
      members.append(.init("eos_token", .string(text)))
    }
    return JSONValue.object(members).serialized(indented: true) + [0x0A]
  }

  private static func text(of token: Int32, in tokenizer: JSONValue) -> String? {
    let added = tokenizer["added_tokens"]?.list?.first { $0["id"]?.integer == Int(token) }
    return added?["content"]?.string
      ?? tokenizer["model"]?["vocab"]?.members?.first { $0.value.integer == Int(token) }?.name
  }
}
