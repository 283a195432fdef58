public import Execution

/// Reads collections of documents, queries and judgements.
///
/// It works in two steps, so that a caller can check and fingerprint files before any is read:
///
/// ```swift
/// let found = try CollectionReader.detect(path: "data/scifact")
/// print(found.format, found.files)
/// let collection = try CollectionReader().read(found, context: WorkContext())
/// ```
public struct CollectionReader: Sendable {
  /// How many words a passage of a text or Markdown file is meant to have.
  public var passageWords: Int

  /// The number of words in a passage unless told otherwise.
  public static let defaultPassageWords = 120
  static let fileLimit = 100_000

  /// - Parameter passageWords: Words in a passage of a text or Markdown file; at least 1.
  public init(passageWords: Int = CollectionReader.defaultPassageWords) {
    self.passageWords = max(1, passageWords)
  }

  /// Tells the format of a file or folder from the names in it, and which files belong to it.
  /// Opens no file.
  ///
  /// In this order: a folder with `corpus.jsonl` is BEIR; with `*.all` (or `*.all.1400`) SMART;
  /// with one `*.json`, or several named `train`, `dev` or `test`, SQuAD (or, as their contents
  /// tell, questions with paragraphs); with one `*.jsonl`
  /// documents; with `*.md`, `*.markdown` or `*.txt` at any depth, text. A file is told by its
  /// extension.
  ///
  /// - Throws: ``CollectionError`` where nothing fits, too much fits, or a part is missing.
  public static func detect(path: String) throws -> DetectedCollection {
    var shown = path
    while shown.count > 1, shown.hasSuffix("/") { shown.removeLast() }
    guard let absolute = FileTree.resolved(path), let kind = FileTree.kind(absolute) else {
      throw TextFile.unreadable(shown)
    }
    let place = Place(absolute: absolute, shown: shown)
    switch kind {
    case .file: return try detectFile(place)
    case .folder: return try detectFolder(place)
    case .other:
      throw CollectionError.unreadable(path: shown, reason: "not a file or folder")
    }
  }

  /// Reads what ``detect(path:)`` found.
  ///
  /// - Throws: ``CollectionError`` naming file and line, or `CancellationRequested`.
  public func read(
    _ detected: DetectedCollection, context: WorkContext
  ) throws -> LoadedCollection {
    let parts: Parts
    switch detected.format {
    case .beir: parts = try readBEIR(detected, context: context)
    case .squad, .paragraphs: parts = try readSQuAD(detected, context: context)
    case .smart: parts = try readSMART(detected, context: context)
    case .documents: parts = try readDocuments(detected, context: context)
    case .passages: parts = try readPassages(detected, context: context)
    }
    return finished(parts, of: detected)
  }

  /// What a format's reader hands back.
  struct Parts {
    var corpus: Corpus
    var splits: [JudgedSet] = []
    var notes: [LoadNote] = []
    /// What the files turned out to be, where their names didn't tell.
    var format: CollectionFormat?
  }

  private func finished(_ parts: Parts, of detected: DetectedCollection) -> LoadedCollection {
    let rank = ["train": 0, "dev": 1, "test": 2]
    let splits = parts.splits.sorted {
      (rank[$0.name] ?? 3, $0.name) < (rank[$1.name] ?? 3, $1.name)
    }
    var notes = detected.notes + parts.notes
    var hollow = Sample()
    for index in 0..<parts.corpus.count
    where parts.corpus.textBytes(at: index).isEmpty && parts.corpus.titleBytes(at: index).isEmpty {
      hollow.add(parts.corpus.id(at: index))
    }
    if hollow.count > 0 {
      notes.append(.emptyDocuments(count: hollow.count, examples: hollow.examples))
    }
    let format = parts.format ?? detected.format
    let isSplit = [.passages, .squad, .paragraphs].contains(format)
    let noun = isSplit ? "passage" : "document"
    var summary = "\(format.rawValue): \(counted(parts.corpus.count, noun))"
    for split in splits {
      summary += "; \(split.name): \(counted(split.queries.count, "query", "queries")), "
      summary += counted(split.judgementCount, "judgement")
    }
    return LoadedCollection(
      format: format, summary: summary, corpus: parts.corpus, splits: splits,
      notes: notes)
  }
}
