public import Corpora

/// Which documents a search may return, by their ids or fields; all conditions must hold.
public struct DocumentFilter: Sendable, Hashable {
  /// What a field's value must be.
  public enum Condition: Sendable, Hashable {
    /// One of these texts; numbers and booleans as they are written.
    case oneOf([String])
    /// A number from the least to the most, both included.
    case range(atLeast: Double?, atMost: Double?)
  }

  /// Conditions by the name of the field; `id` and `title` stand for those of the document.
  public let conditions: [String: Condition]

  /// A filter of its conditions; without any all documents pass.
  public init(_ conditions: [String: Condition]) { self.conditions = conditions }

  /// Whether a document passes.
  func matches(_ corpus: Corpus, _ position: Int) -> Bool {
    conditions.allSatisfy { name, condition in
      let values: [String] =
        switch name {
        case "id": [corpus.id(at: position)]
        case "title": [corpus.title(at: position)]
        default: corpus.fields(at: position).values(of: name)
        }
      return values.contains { value in
        switch condition {
        case .oneOf(let texts): texts.contains(value)
        case .range(let least, let most):
          Double(value).map { $0 >= least ?? -.infinity && $0 <= most ?? .infinity } ?? false
        }
      }
    }
  }
}
