public import Bytes
public import Safetensors
public import Tokenizers

/// A model as one stored object: a safetensors file with the weights in the order of
/// ``DecoderLayout``, and the texts of `config.json` and `tokenizer.json` in its metadata.
///
/// Other programs can read it, and a mapped one is opened without a weight being touched.
public struct DecoderModelCodec: Sendable {
  private static let format = "poise.model"
  private static let version = "1"

  private let model: DecoderModel
  private let writer: SafetensorsWriter

  /// The size of the stored model.
  public var encodedSize: Int { writer.byteCount }

  /// Plans a stored model. O(tensors + text of the tokenizer).
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokenizerJSON: The text of `tokenizer.json`, UTF-8; that of the model's tokenizer where nil.
  ///   - notes: Further texts for the metadata, by name; ``note(_:in:)`` reads them.
  /// - Throws: `SafetensorsError` where the tokenizer is too long for the header of the format.
  public init(
    _ model: DecoderModel, tokenizerJSON: [UInt8]? = nil,
    notes: [(name: String, text: String)] = []
  ) throws(SafetensorsError) {
    self.model = model
    let configuration = HuggingFaceConfiguration(model.configuration).serialized()
    var metadata = [
      (name: "format", text: "pt"), (name: Self.format, text: Self.version),
      (
        name: HuggingFaceConfiguration.fileName,
        text: String(decoding: configuration, as: UTF8.self)
      ),
    ]
    if let tokenizerJSON = tokenizerJSON ?? model.tokenizer?.tokenizerJSON() {
      metadata.append(
        (
          name: HuggingFaceFolder.tokenizerName,
          text: String(decoding: tokenizerJSON, as: UTF8.self)
        ))
    }
    metadata += notes
    writer = try WeightFile.writer(model.layout.tensors, metadata: metadata)
  }

  /// Hands the bytes to a sink, in pieces of at most 16 MB apart from the header.
  public func encode(into sink: SafetensorsWriter.Sink) throws {
    try WeightFile.write(model.weights, model.layout.tensors, writer, to: sink)
  }

  /// A text from the metadata of a stored model; nil where it has none of that name. O(header).
  public static func note(_ name: String, in bytes: SharedBytes) throws -> String? {
    try SafetensorsFile(bytes: bytes, name: "the stored model").metadata[name]
  }

  /// The model in stored bytes, whose weights stay where they are when they are aligned to 16.
  ///
  /// O(tensors + text of the tokenizer): weights are not looked at.
  static func decode(
    _ bytes: SharedBytes, name: String, makeTokenizer: HuggingFaceFolder.MakeTokenizer
  ) throws -> DecoderModel {
    let file = try SafetensorsFile(bytes: bytes, name: name)
    guard file.metadata[format] == version else {
      throw HuggingFaceError.notStored(
        file: name, expected: "'\(format)' \(version) in its metadata",
        got: file.metadata[format] ?? "none")
    }
    let configurationName = HuggingFaceConfiguration.fileName
    guard let text = file.metadata[configurationName] else {
      throw HuggingFaceError.notStored(
        file: name, expected: "'\(configurationName)' in its metadata", got: "none")
    }
    let configuration = try HuggingFaceConfiguration(
      parsing: Array(text.utf8), file: "\(name), \(configurationName)"
    ).decoder
    let weights = try WeightFile.weights(in: file, layers: configuration.layers) {
      DecoderLayout(configuration).tensors
    }
    let tokenizerName = HuggingFaceFolder.tokenizerName
    let tokenizer = try file.metadata[tokenizerName].map {
      try makeTokenizer(Array($0.utf8), "\(name), \(tokenizerName)")
    }
    return try DecoderModel(
      configuration: configuration, weights: weights, tokenizer: tokenizer)
  }
}

extension DecoderModel {
  /// The model in bytes that ``DecoderModelCodec`` wrote. O(tensors + text of the tokenizer): the
  /// weights are not looked at, and stay where they are when the bytes are aligned to 16.
  ///
  /// - Parameters:
  ///   - bytes: The stored model, mapped or in memory.
  ///   - name: What it is called in messages.
  ///   - makeTokenizer: Makes the tokenizer where one is stored.
  /// - Throws: ``HuggingFaceError``, `SafetensorsError`, ``DecoderModelError``; what
  ///   `makeTokenizer` throws.
  public init(
    decoding bytes: SharedBytes, name: String = "the stored model",
    makeTokenizer: HuggingFaceFolder.MakeTokenizer = {
      try Tokenizer(tokenizerJSON: $0, file: $1)
    }
  ) throws {
    self = try DecoderModelCodec.decode(bytes, name: name, makeTokenizer: makeTokenizer)
  }
}
