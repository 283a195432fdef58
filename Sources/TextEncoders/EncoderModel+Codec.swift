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
    writer = try Self.weightsWriter(model.layout, metadata: metadata + notes)
  }

  /// Hands the bytes to a sink, in pieces of at most 16 MB apart from the header.
  public func encode(into sink: SafetensorsWriter.Sink) throws {
    try Self.writeWeights(of: model, writer, to: sink)
  }

  /// A text from the metadata of a stored model; nil where it has none of that name. O(header).
  public static func note(_ name: String, in bytes: SharedBytes) throws -> String? {
    try SafetensorsFile(bytes: bytes, name: "the stored encoder").metadata[name]
  }

  static func weightsWriter(
    _ layout: EncoderLayout, metadata: [(name: String, text: String)]
  ) throws(SafetensorsError) -> SafetensorsWriter {
    try SafetensorsWriter(
      tensors: layout.tensors.map { .init(name: $0.name, type: .float32, shape: $0.shape) },
      metadata: metadata)
  }

  static func writeWeights(
    of model: EncoderModel, _ writer: SafetensorsWriter, to sink: SafetensorsWriter.Sink
  ) throws {
    try withExtendedLifetime(model) {
      let floats = model.floats
      try writer.write(to: sink) { index in
        let tensor = model.layout.tensors[index]
        return UnsafeBufferPointer(
          rebasing: floats[tensor.offset..<tensor.offset + tensor.count])
      }
    }
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
    // What the layout takes is bounded by the file before it is made.
    guard configuration.layers <= file.tensors.count else {
      throw wrong("tensors for \(configuration.layers) layers", "\(file.tensors.count) in all")
    }
    let layout = EncoderLayout(configuration)
    guard file.tensors.count == layout.tensors.count, let first = file.tensors.first,
      let last = file.tensors.last
    else { throw wrong("\(layout.tensors.count) tensors", "\(file.tensors.count)") }
    for (expected, got) in zip(layout.tensors, file.tensors) {
      guard expected.name == got.name, expected.shape == got.shape, got.type == .float32 else {
        throw wrong(
          "'\(expected.name)', F32 \(expected.shape)",
          "'\(got.name)', \(got.type.name) \(got.shape)")
      }
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
    // Without gaps, as the file was checked to be, tensors in this order are the run itself.
    return try EncoderModel(
      configuration: configuration,
      weights: file.view(first.byteRange.lowerBound..<last.byteRange.upperBound),
      tokenizer: tokenizer, pooling: pooling, normalizes: flag(normalizesName),
      maximumLength: length, lowercasesTexts: flag(lowercasesName))
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
