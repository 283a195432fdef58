public import Bytes
import LanguageModels
public import Safetensors
import Tokenizers

/// An encoder as one stored object: a safetensors file with the weights in the order of
/// ``EncoderLayout``, and in its metadata the texts of `config.json` and `tokenizer.json`, the
/// pooling, the longest text, and notes.
///
/// Other programs can read it, and a mapped one is opened without a weight being touched.
public struct EncoderModelCodec: Sendable {
  private static let format = "poise.encoder"
  private static let version = "1"
  private static let poolingName = "poise.pooling"
  private static let lengthName = "poise.maximum_length"
  private static let normalizesName = "poise.normalizes"
  private static let lowercasesName = "poise.lowercases"

  private let model: EncoderModel
  private let writer: SafetensorsWriter

  /// The size of the stored model.
  public var encodedSize: Int { writer.byteCount }

  /// Plans a stored model. O(tensors + text of the tokenizer).
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - notes: Further texts for the metadata, by name; ``note(_:in:)`` reads them.
  /// - Throws: `SafetensorsError` where the tokenizer is too long for the header of the format.
  public init(_ model: EncoderModel, notes: [(name: String, text: String)] = [])
    throws(SafetensorsError)
  {
    self.model = model
    func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    let metadata = [
      (name: "format", text: "pt"), (name: Self.format, text: Self.version),
      (name: EncoderFolder.configurationName, text: text(model.configuration.serialized())),
      (name: EncoderFolder.tokenizerName, text: text(model.tokenizer.tokenizerJSON())),
      (name: Self.poolingName, text: model.pooling.rawValue),
      (name: Self.lengthName, text: "\(model.maximumLength)"),
      (name: Self.normalizesName, text: "\(model.normalizes)"),
      (name: Self.lowercasesName, text: "\(model.lowercasesTexts)"),
    ]
    writer = try WeightFile.writer(model.layout.tensors, metadata: metadata + notes)
  }

  /// Hands the bytes to a sink, in pieces of at most 16 MB apart from the header.
  public func encode(into sink: SafetensorsWriter.Sink) throws {
    try WeightFile.write(model.weights, model.layout.tensors, writer, to: sink)
  }

  /// A text from the metadata of a stored model; nil where it has none of that name. O(header).
  public static func note(_ name: String, in bytes: SharedBytes) throws -> String? {
    try SafetensorsFile(bytes: bytes, name: "the stored encoder").metadata[name]
  }

  static func decode(_ bytes: SharedBytes, name: String) throws -> EncoderModel {
    let file = try SafetensorsFile(bytes: bytes, name: name)
    func wrong(_ expected: String, _ got: String) -> HuggingFaceError {
      .notStored(file: name, expected: expected, got: got)
    }
    guard file.metadata[format] == version else {
      throw wrong("'\(format)' \(version) in its metadata", file.metadata[format] ?? "none")
    }
    func metadata(_ member: String) throws -> String {
      guard let text = file.metadata[member] else {
        throw wrong("'\(member)' in its metadata", "none")
      }
      return text
    }
    func flag(_ member: String) throws -> Bool {
      let text = try metadata(member)
      guard let flag = Bool(text) else { throw wrong("'\(member)' true or false", "'\(text)'") }
      return flag
    }
    let configuration = try EncoderConfiguration(
      parsing: Array(metadata(EncoderFolder.configurationName).utf8),
      file: "\(name), \(EncoderFolder.configurationName)")
    let weights = try WeightFile.weights(in: file, layers: configuration.layers) {
      EncoderLayout(configuration).tensors
    }
    let poolingText = try metadata(poolingName)
    guard let pooling = EncoderModel.Pooling(rawValue: poolingText) else {
      throw wrong("'\(poolingName)' mean or cls", "'\(poolingText)'")
    }
    let lengthText = try metadata(lengthName)
    guard let length = Int(lengthText) else {
      throw wrong("'\(lengthName)' a whole number", "'\(lengthText)'")
    }
    let tokenizer = try Tokenizer(
      tokenizerJSON: Array(metadata(EncoderFolder.tokenizerName).utf8),
      file: "\(name), \(EncoderFolder.tokenizerName)")
    return try EncoderModel(
      configuration: configuration, weights: weights, tokenizer: tokenizer, pooling: pooling,
      normalizes: flag(normalizesName), maximumLength: length,
      lowercasesTexts: flag(lowercasesName))
  }
}

extension EncoderModel {
  /// The encoder in bytes that ``EncoderModelCodec`` wrote. O(tensors + text of the tokenizer): the
  /// weights are not looked at, and stay where they are when the bytes are aligned to 16.
  ///
  /// - Parameters:
  ///   - bytes: The stored model, mapped or in memory.
  ///   - name: What it is called in messages.
  /// - Throws: `HuggingFaceError`, `SafetensorsError`, `TokenizerError`, ``EncoderFolderError``,
  ///   ``EncoderModelError``.
  public init(decoding bytes: SharedBytes, name: String = "the stored encoder") throws {
    self = try EncoderModelCodec.decode(bytes, name: name)
  }
}
