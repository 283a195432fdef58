/// Why an encoder was not tuned.
public enum ContrastiveError: Error, Hashable, Sendable {
  /// There is no pair of a query and a relevant document. Some were judged and are not in the
  /// corpus, or have no text.
  case noPairs(queries: Int, missing: Int, empty: Int)
  /// A text to learn from has nothing in it.
  case emptyText(kind: String, number: Int)
  /// A pair names a document that the corpus does not have.
  case unknownDocument(id: String, suggestion: String?)
  /// With a batch of one pair and no further negatives there is nothing to tell apart.
  case batchTooSmall(got: Int, needed: Int)
  /// A number is outside of what makes sense.
  case outOfRange(name: String, got: String, expected: String)
  /// The validation split would leave nothing to learn from, or have nothing in it.
  case nothingHeldOut(queries: Int, share: Double)
}

extension ContrastiveError: CustomStringConvertible {
  /// The message, with what to try.
  public var description: String {
    switch self {
    case .noPairs(let queries, let missing, let empty):
      """
      none of \(queries) queries has a relevant document to learn from\
      \(missing > 0 ? "; \(missing) judged documents are not in the corpus" : "")\
      \(empty > 0 ? "; \(empty) pairs have an empty text" : "")
      """
    case .emptyText(let kind, let number): "the \(kind) of pair \(number) is empty"
    case .unknownDocument(let id, let suggestion):
      """
      the corpus has no document "\(id)"\
      \(suggestion.map { "; did you mean \"\($0)\"?" } ?? "")
      """
    case .batchTooSmall(let got, let needed):
      """
      batches of \(got) with in-batch negatives have nothing to tell apart; at least \(needed) \
      are needed, or negatives from "bm25" or "mined"
      """
    case .outOfRange(let name, let got, let expected): "\(name) is \(got); expected \(expected)"
    case .nothingHeldOut(let queries, let share):
      "a validation share of \(share) of \(queries) queries leaves one of the two parts empty"
    }
  }
}
