/// Why vectors were refused.
public enum VectorError: Error, Hashable, Sendable {
  /// Vectors of one length were needed, others came. `what` names whose they are.
  case dimension(what: String, expected: Int, got: Int)
  /// As many vectors as documents were needed. `what` names whose they are.
  case count(what: String, expected: Int, got: Int)
  /// A vector holds what is not a number, or its length is beyond float32. `what` names whose it
  /// is; rows count from 0.
  case notFinite(what: String, row: Int)
  /// An index has more or fewer parts of vectors than of documents.
  case parts(expected: Int, got: Int)
}

extension VectorError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .dimension(let what, let expected, let got):
      "\(what): vectors of \(got) numbers; expected \(expected)"
    case .count(let what, let expected, let got):
      "\(what): \(got) vectors; expected \(expected)"
    case .notFinite(let what, let row):
      "\(what): vector \(row) holds what is not a finite number"
    case .parts(let expected, let got):
      "vectors of \(got) parts; the documents have \(expected)"
    }
  }
}
