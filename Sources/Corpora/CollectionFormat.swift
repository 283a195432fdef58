/// The formats that ``CollectionReader`` tells apart.
public enum CollectionFormat: String, Sendable, Hashable, CaseIterable {
  /// `corpus.jsonl`, `queries.jsonl` and `qrels/*.tsv` (Thakur et al. 2021).
  case beir = "BEIR"
  /// SQuAD 1.1 and 2.0: articles of paragraphs with questions (Rajpurkar et al. 2016, 2018).
  case squad = "SQuAD"
  /// A list of questions, each with paragraphs of which some support the answer (MuSiQue, Trivedi et
  /// al. 2022).
  case paragraphs = "questions with paragraphs"
  /// Records of `.I .T .A .B .W` lines: Cranfield, CISI, CACM, as the SMART system read them.
  case smart = "SMART"
  /// One JSON object a line, each a document.
  case documents = "JSON Lines"
  /// Text and Markdown files, split into passages.
  case passages = "text and Markdown"
}

/// A collection whose files are known, and none of them read yet.
public struct DetectedCollection: Sendable, Hashable {
  /// What a file holds.
  enum Role: Sendable, Hashable {
    case corpus, queries
    case judgements(split: String)
    /// Text that is split into passages.
    case text
  }

  struct File: Sendable, Hashable {
    let role: Role
    /// The absolute path, links resolved.
    let path: String
    /// The path as the caller gave it, with what lies below.
    let shown: String
  }

  /// The format.
  public let format: CollectionFormat
  /// What the collection is called: the last part of its path.
  public var name: String
  /// What the shown paths begin with before the part that names a file in the collection.
  let shownPrefix: String
  let entries: [File]
  let notes: [LoadNote]

  /// Absolute paths of exactly the files that reading it opens, symbolic links resolved.
  public var files: [String] { entries.map(\.path) }
}
