package import Artifacts
package import Bytes
package import Corpora
package import Execution
import LanguageModels
import Synchronization
package import TextEncoders
import Tokenizers
package import Training

/// An encoder in the language: its numbers and, where it was trained here, how that went.
package struct StoredEncoder: Sendable, ArtifactHolder {
  /// The kinds of encoder.
  package enum Engine: Sendable {
    /// A BERT-type model.
    case bert(BertEncoder)
    /// A table of token vectors.
    case fixed(StaticEncoder)
    /// The hidden states of a language model, which is an object of its own.
    case decoder(ArtifactHandle)
    /// Another encoder's vectors, mapped to fewer dimensions.
    case projected(base: ArtifactHandle, Projection)
  }

  package let engine: Engine
  /// What the last training did; nil for one that was loaded.
  package let training: TrainingSummary?
  private let opened = OpenedEncoder()

  package init(_ engine: Engine, training: TrainingSummary? = nil) {
    self.engine = engine
    self.training = training
  }

  package var heldArtifacts: [ArtifactHandle] {
    switch engine {
    case .bert, .fixed: []
    case .decoder(let model):
      [model] + ((try? model.object(as: StoredModel.self))?.heldArtifacts ?? [])
    case .projected(let base, _):
      [base] + ((try? base.object(as: StoredEncoder.self))?.heldArtifacts ?? [])
    }
  }

  /// What encodes; made at the first call and kept.
  package func encoder() throws -> any TextEncoder {
    switch engine {
    case .bert(let encoder): return encoder
    case .fixed(let encoder): return encoder
    case .decoder(let model):
      return try opened.encoder {
        try DecoderEncoder(model.object(as: StoredModel.self).model, name: "model")
      }
    case .projected(let base, let projection):
      return try opened.encoder {
        try ProjectedEncoder(base.object(as: StoredEncoder.self).encoder(), projection)
      }
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
    case .decoder(let model):
      2 * Double(try model.object(as: StoredModel.self).model.layout.count) * Double(tokens)
    case .projected(let base, _):
      try base.object(as: StoredEncoder.self).operations(tokens: tokens)
    }
  }

  /// How many numbers it has.
  func parameterCount() throws -> Int {
    switch engine {
    case .bert(let encoder): encoder.model.layout.count
    case .fixed(let encoder): encoder.tokenizer.vocabularySize * (encoder.dimension + 1)
    case .decoder(let model): try model.object(as: StoredModel.self).model.layout.count
    case .projected(let base, let projection):
      try base.object(as: StoredEncoder.self).parameterCount()
        + (projection.method == .truncate ? 0 : projection.input * projection.output)
    }
  }
}

/// What an encoder opened, shared by its copies.
private final class OpenedEncoder: Sendable {
  private let value = Mutex<(any TextEncoder)?>(nil)

  func encoder(_ make: () throws -> any TextEncoder) throws -> any TextEncoder {
    if let known = value.withLock({ $0 }) { return known }
    let made = try make()
    value.withLock { $0 = made }
    return made
  }
}

// MARK: - Stored form

extension StoredEncoder {
  private static let magic: [UInt8] = Array("poiseENC".utf8)

  /// Writes a line of JSON in as many bytes as keep what follows aligned, then the numbers.
  package func encode(to sink: ByteSink) throws {
    var members: [JSONValue.Member]
    switch engine {
    case .bert(let encoder):
      members = [.init("kind", "bert"), .init("name", .string(encoder.name))]
    case .fixed: members = [.init("kind", "static")]
    case .decoder(let model):
      members = [.init("kind", "decoder"), .init("model", .string(model.digest.hex))]
    case .projected(let base, _):
      members = [.init("kind", "projected"), .init("base", .string(base.digest.hex))]
    }
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
    case .decoder: break
    case .projected(_, let projection): try sink.write(projection.encoded())
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
    func named(_ name: String, _ kind: ArtifactKind) throws -> ArtifactHandle {
      guard let digest = header[name]?.string.flatMap(Digest.init(hex:)) else {
        throw VerbError("not an encoder: it has no \(name)")
      }
      return handle(kind, digest)
    }
    switch header["kind"]?.string {
    case "bert":
      engine = .bert(
        BertEncoder(
          try EncoderModel(decoding: numbers), name: header["name"]?.string ?? "encoder"))
    case "static": engine = .fixed(try StaticEncoder(decoding: numbers))
    case "decoder": engine = .decoder(try named("model", .model))
    case "projected":
      engine = .projected(base: try named("base", .encoder), try Projection(decoding: numbers))
    default: throw VerbError("not an encoder of a kind that is known")
    }
  }
}
