/// What a ``CollectionReader`` found and read.
public struct LoadedCollection: Sendable, Hashable {
  /// The format that it was told from its files.
  public var format: CollectionFormat
  /// One line on what was found: format, documents, queries and judgements.
  public var summary: String
  /// The documents.
  public var corpus: Corpus
  /// The judged sets that were found, such as `train`, `dev` and `test`, in that order.
  public var splits: [JudgedSet]
  /// What a careful reader should know about the data.
  public var notes: [LoadNote]

  /// The set of a name, or nil.
  public func split(_ name: String) -> JudgedSet? { splits.first { $0.name == name } }
}

/// Something worth knowing about data that was read all the same.
public enum LoadNote: Hashable, Sendable {
  /// Judgements name documents that the corpus does not have. They are kept: a relevant
  /// document that cannot be found still counts against recall, as in trec_eval.
  case judgedDocumentsMissing(split: String, count: Int, examples: [String])
  /// Judgements of queries that are not in the query file. They are dropped.
  case judgedQueriesMissing(split: String, count: Int, examples: [String])
  /// The same document was judged more than once for a query; the highest grade is kept.
  case judgedTwice(split: String, count: Int, examples: [String])
  /// Queries that no set judges. They are left out.
  case queriesWithoutJudgements(count: Int, examples: [String])
  /// Queries without any judgements file: they make a set that judges nothing.
  case noJudgements
  /// Questions marked as impossible to answer from their passage.
  case impossibleQuestions(count: Int)
  /// Cleverdon's codes 1 (best) to 4 were read as gains 4 to 1, and -1 and 5 as 0.
  case gradesInverted
  /// Judgements number the queries by their place in the file, not by their ids.
  case queriesNumberedByPlace(firstDifference: String)
  /// Documents with neither title nor text.
  case emptyDocuments(count: Int, examples: [String])
  /// A symbolic link that was not followed.
  case linkSkipped(path: String, reason: String)
}

extension LoadNote: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .judgedDocumentsMissing(let split, let count, let examples):
      """
      \(split): \(counted(count, "judgement")) of documents that the corpus does not have \
      (\(some(examples, of: count))); kept, as in trec_eval
      """
    case .judgedQueriesMissing(let split, let count, let examples):
      """
      \(split): \(counted(count, "judged query", "judged queries")) not in the query file \
      (\(some(examples, of: count))); dropped
      """
    case .judgedTwice(let split, let count, let examples):
      """
      \(split): \(counted(count, "document was", "documents were")) judged more than once for \
      a query (\(some(examples, of: count))); the highest grade is kept
      """
    case .queriesWithoutJudgements(let count, let examples):
      """
      \(counted(count, "query", "queries")) without judgements \
      (\(some(examples, of: count))); left out
      """
    case .noJudgements: "no judgements: the set test judges nothing"
    case .impossibleQuestions(let count):
      """
      \(counted(count, "question")) marked as impossible to answer: without answers, and \
      without judgements
      """
    case .gradesInverted: "grades 1 (best) to 4 are read as gains 4 to 1, and -1 as 0"
    case .queriesNumberedByPlace(let first):
      "judgements number queries by their place in the query file; the first to differ is \(first)"
    case .emptyDocuments(let count, let examples):
      "\(counted(count, "document")) without title and text (\(some(examples, of: count)))"
    case .linkSkipped(let path, let reason): "\(path): link not followed: \(reason)"
    }
  }

  private func some(_ examples: [String], of count: Int) -> String {
    examples.joined(separator: ", ") + (count > examples.count ? ", …" : "")
  }
}

/// The first few of many, for a note.
struct Sample {
  private(set) var count = 0
  private(set) var examples: [String] = []

  mutating func add(_ example: @autoclosure () -> String) {
    count += 1
    if examples.count < 3 { examples.append(example()) }
  }
}
