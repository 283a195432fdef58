package import Artifacts
package import Bytes
package import Corpora
package import Execution
import Language
package import TextEncoders
package import Training

/// An encoder in the language: its numbers and, where it was trained here, how that went.
package struct StoredEncoder: Sendable, ArtifactHolder {
  /// The kinds of encoder.
  package enum Engine: Sendable {
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

  func operations(tokens: Int) throws -> Double { 0 }

  package func encode(to sink: ByteSink) throws {}

  package init(
    decoding bytes: SharedBytes, handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws {
    throw VerbError("not an encoder")
  }
}

extension StoredEncoder {
  static let members: [(name: String, type: StaticType)] = [
    ("dimension", .number), ("parameters", .number), ("curve", .table), ("steps", .number),
    ("tokens", .number), ("flops", .number),
  ]

  func member(_ name: String) throws -> Value? { nil }
  func facts() throws -> [(String, Value)] { [] }
  func summaryLine() throws -> String { "an encoder" }
}
