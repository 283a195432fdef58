import Artifacts
import Corpora
import Retrieval

/// A kind of engine object: how it is named, stored and read back.
package enum ArtifactKind: String, Sendable, CaseIterable {
  case corpus
  case questions
  case index
  case run
  case report

  /// The kind with its article, for messages.
  package var article: String {
    switch self {
    case .corpus: "a corpus"
    case .questions: "a data set"
    case .index: "an index"
    case .run: "a run"
    case .report: "a report"
    }
  }

  /// The bytes of an object of this kind; equal objects give equal bytes.
  func encode(_ object: any Sendable) throws -> [UInt8] {
    switch (self, object) {
    case (.corpus, let corpus as Corpus): return corpus.encoded()
    case (.questions, let set as JudgedSet): return set.encoded()
    case (.index, let index as StoredIndex): return index.encoded()
    case (.run, let run as Run): return run.encoded()
    case (.report, let report as EvaluationReport): return report.encoded()
    default: throw VerbError("a verb gave \(type(of: object)) where \(article) was announced")
    }
  }

  /// The object in the bytes, which may be hostile: every codec checks before it allocates.
  ///
  /// - Parameters:
  ///   - bytes: What ``encode(_:)`` wrote.
  ///   - handle: Makes the handle of an object that this one refers to.
  /// - Returns: The engine object.
  /// - Throws: What the kind's decoder says is wrong.
  func decode(
    _ bytes: [UInt8], handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws -> any Sendable {
    switch self {
    case .corpus: return try Corpus(decoding: bytes)
    case .questions: return try JudgedSet(decoding: bytes)
    case .index: return try StoredIndex(decoding: bytes, handle: handle)
    case .run: return try Run(decoding: bytes)
    case .report: return try EvaluationReport(decoding: bytes)
    }
  }
}
