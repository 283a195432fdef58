import Artifacts
import Bytes
import Corpora
import Execution
import Retrieval
import Routing
import Tokenizers

/// A kind of engine object: how it is named, stored and read back.
package enum ArtifactKind: String, Sendable, CaseIterable {
  case corpus
  case questions
  case index
  case run
  case report
  case model
  case tokenizer
  case encoder
  case vectors
  case tokenVectors = "token vectors"
  case graph
  case postings
  case world
  case lessons
  case tables
  case outcomes
  case answers
  case comparison
  case arm

  /// The kind with its article, for messages.
  package var article: String {
    switch self {
    case .corpus: "a corpus"
    case .questions: "a data set"
    case .index: "an index"
    case .run: "a run"
    case .report: "a report"
    case .model: "a model"
    case .tokenizer: "a tokenizer"
    case .encoder: "an encoder"
    case .vectors: "vectors"
    case .tokenVectors: "vectors of tokens"
    case .graph: "a graph"
    case .postings: "postings"
    case .world: "a world"
    case .lessons: "lessons"
    case .tables: "tables"
    case .outcomes: "recorded outcomes"
    case .answers: "answers"
    case .comparison: "a comparison"
    case .arm: "an arm of a comparison"
    }
  }

  /// Writes an object of this kind; equal objects give equal bytes. Large parts go to the sink as
  /// they lie, so that nothing large is in memory twice.
  func encode(_ object: any Sendable, to sink: ByteSink) throws {
    switch (self, object) {
    case (.corpus, let corpus as Corpus):
      try withExtendedLifetime(corpus) { try sink.write(corpus.encodedBytes.bytes) }
    case (.questions, let set as JudgedSet): try sink.write(set.encoded())
    case (.index, let index as StoredIndex): try index.encode(to: sink)
    case (.run, let run as Run): try sink.write(run.encoded())
    case (.report, let report as EvaluationReport): try sink.write(report.encoded())
    case (.model, let model as StoredModel): try model.encode(to: sink)
    case (.tokenizer, let tokenizer as Tokenizer): try sink.write(tokenizer.tokenizerJSON())
    case (.encoder, let encoder as StoredEncoder): try encoder.encode(to: sink)
    case (.vectors, let vectors as VectorMatrix):
      try withExtendedLifetime(vectors) { try sink.write(vectors.encodedBytes.bytes) }
    case (.tokenVectors, let tokens as TokenMatrix):
      try withExtendedLifetime(tokens) { try sink.write(tokens.encodedBytes.bytes) }
    case (.graph, let graph as StoredGraph): try graph.encode(to: sink)
    case (.postings, let postings as StoredPostings): try postings.encode(to: sink)
    case (.world, let world as World): try sink.write(world.encoded())
    case (.lessons, let lessons as Lessons): try sink.write(lessons.encoded())
    case (.tables, let tables as FactTables):
      try withExtendedLifetime(tables) { try sink.write(tables.bytes.bytes) }
    case (.outcomes, let outcomes as RecordedOutcomes): try sink.write(outcomes.encoded())
    case (.answers, let answers as StoredAnswers): try sink.write(answers.encoded())
    case (.comparison, let report as ComparisonReport): try sink.write(report.encoded())
    case (.arm, let arm as ComparedArm): try sink.write(arm.encoded())
    default: throw VerbError("a verb gave \(type(of: object)) where \(article) was announced")
    }
  }

  /// The object in the bytes, which may be hostile: every codec checks before it allocates.
  ///
  /// - Parameters:
  ///   - bytes: What ``encode(_:to:)`` wrote, aligned to 16. Large objects are mapped files: an
  ///     object that keeps the bytes instead of copying them costs no memory until it is used.
  ///   - handle: Makes the handle of an object that this one refers to.
  /// - Returns: The engine object.
  /// - Throws: What the kind's decoder says is wrong.
  func decode(
    _ bytes: SharedBytes, handle: (ArtifactKind, Digest) -> ArtifactHandle
  ) throws -> any Sendable {
    switch self {
    case .corpus: return try Corpus(decoding: bytes)
    case .questions: return try JudgedSet(decoding: bytes.copied())
    case .index: return try StoredIndex(decoding: bytes, handle: handle)
    case .run: return try Run(decoding: bytes.copied())
    case .report: return try EvaluationReport(decoding: bytes.copied())
    case .model: return try StoredModel(decoding: bytes, handle: handle)
    case .tokenizer:
      return try Tokenizer(tokenizerJSON: bytes.copied(), file: "the stored tokenizer")
    case .encoder: return try StoredEncoder(decoding: bytes, handle: handle)
    case .vectors: return try VectorMatrix(decoding: bytes)
    case .tokenVectors: return try TokenMatrix(decoding: bytes)
    case .graph: return try StoredGraph(decoding: bytes, handle: handle)
    case .postings: return try StoredPostings(decoding: bytes, handle: handle)
    case .world: return try World(decoding: bytes.copied())
    case .lessons: return try Lessons(decoding: bytes.copied())
    case .tables: return try FactTables(decoding: bytes)
    case .outcomes: return try RecordedOutcomes(decoding: bytes.copied())
    case .answers: return try StoredAnswers(decoding: bytes.copied())
    case .comparison: return try ComparisonReport(decoding: bytes.copied(), handle: handle)
    case .arm: return try ComparedArm(decoding: bytes.copied(), handle: handle)
    }
  }
}

/// An engine object that refers to others in the store: they are kept as long as it is.
package protocol ArtifactHolder: Sendable {
  /// The objects that this one needs, those that they need in turn included.
  var heldArtifacts: [ArtifactHandle] { get }
}
