package import Artifacts
package import Bytes
package import Corpora
package import Execution
package import TextEncoders
package import Training

/// An encoder in the language: its numbers and, where it was trained here, how that went.
package struct StoredEncoder: Sendable, ArtifactHolder {
  /// The kinds of encoder.
  package enum Engine: Sendable {
    /// A BERT-type model.
    case bert(BertEncoder)
    /// A table of token vectors.
    case fixed(StaticEncoder)
  }

  package let engine: Engine
  /// What the last training did; nil for one that was loaded.
  package let training: TrainingSummary?

  package init(_ engine: Engine, training: TrainingSummary? = nil) {
    self.engine = engine
    self.training = training
  }

  package var heldArtifacts: [ArtifactHandle] { [] }

  /// What encodes.
  package func encoder() throws -> any TextEncoder {
    switch engine {
    case .bert(let encoder): encoder
    case .fixed(let encoder): encoder
    }
  }

  /// What encodes tokens one by one.
  package func tokenEncoder() throws -> any TokenEncoder {
    guard let encoder = try encoder() as? any TokenEncoder else {
      throw VerbError(
        "this encoder has no vectors of tokens", parameter: "encoder",
        help: "encoder(\"minilm\") has")
    }
    return encoder
  }

  /// Floating-point operations of so many tokens.
  func operations(tokens: Int) throws -> Double {
    switch engine {
    case .bert(let encoder): encoder.operationsPerToken * Double(tokens)
    case .fixed(let encoder): 2 * Double(encoder.dimension) * Double(tokens)
    }
  }

  /// How many numbers it has.
  var parameterCount: Int {
    switch engine {
    case .bert(let encoder): encoder.model.layout.count
    case .fixed(let encoder): encoder.tokenizer.vocabularySize * (encoder.dimension + 1)
    }
  }
}

// MARK: - Stored form

extension StoredEncoder {
  private static let magic: [UInt8] = Array("poiseENC".utf8)

  /// Writes a line of JSON in as many bytes as keep what follows aligned, then the numbers.
  package func encode(to sink: ByteSink) throws {
    let kind: String
    switch engine {
    case .bert: kind = "bert"
    case .fixed: kind = "static"
    }
    var members: [JSONValue.Member] = [
      .init("kind", .string(kind)), .init("name", .string(try encoder().name)),
    ]
    if let training { members.append(.init("training", training.json)) }
    let header = JSONValue.object(members).serialized()
    let padding = (64 - (16 + header.count) % 64) % 64
    var length = UInt64(header.count).littleEndian
    try sink.write(
      Self.magic + withUnsafeBytes(of: &length) { Array($0) } + header
        + [UInt8](repeating: 0x20, count: padding))
    switch engine {
    case .bert(let encoder):
      try EncoderModelCodec(encoder.model).encode { try sink.write($0) }
    case .fixed(let encoder):
      let bytes = encoder.encoded()
      try withExtendedLifetime(bytes) { try sink.write(bytes.bytes) }
    }
  }

  /// Reads ``encode(to:)`` in place; hostile bytes throw.
  package init(
    decoding bytes: SharedBytes, handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws {
    let all = bytes.bytes
    guard all.count >= 16, all.prefix(8).elementsEqual(Self.magic) else {
      throw VerbError("not an encoder")
    }
    let length = UInt64(littleEndian: all.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    guard length <= UInt64(all.count - 16) else { throw VerbError("not a whole encoder") }
    let end = 16 + Int(length)
    let start = (end + 63) / 64 * 64
    guard start <= all.count else { throw VerbError("not a whole encoder") }
    let header = try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: all[16..<end]))
    let numbers = SharedBytes(
      viewing: UnsafeRawBufferPointer(rebasing: all[start...]), owner: bytes)
    training = try header["training"].map { json in
      guard let summary = TrainingSummary(json: json) else {
        throw VerbError("a stored encoder's training can't be read")
      }
      return summary
    }
    switch header["kind"]?.string {
    case "bert":
      engine = .bert(
        BertEncoder(
          try EncoderModel(decoding: numbers), name: header["name"]?.string ?? "encoder"))
    case "static": engine = .fixed(try StaticEncoder(decoding: numbers))
    default: throw VerbError("not an encoder of a kind that is known")
    }
  }
}
