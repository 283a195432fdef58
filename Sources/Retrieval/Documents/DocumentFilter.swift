import Corpora

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
  /// Of the conditions: filters name thousands of ids, and every search looks its own up.
  private let hash: Int

  /// A filter of its conditions; without any all documents pass.
  public init(_ conditions: [String: Condition]) {
    self.conditions = conditions
    hash = conditions.hashValue
  }

  /// Whether the conditions are the same; at once for copies of one filter.
  public static func == (a: DocumentFilter, b: DocumentFilter) -> Bool {
    a.hash == b.hash && a.conditions == b.conditions
  }

  /// Feeds what was hashed when the filter was made.
  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  /// The documents of a part that count and pass.
  ///
  /// O(documents), or O(ids · log documents) where ids are named.
  func selection(of part: IndexedDocuments.Part) -> DocumentSet {
    var set = DocumentSet(capacity: part.corpus.count)
    let tests = conditions.map { Test(name: $0, condition: $1) }
    func add(_ rank: Int) {
      let position = part.position(ofRank: rank)
      if tests.allSatisfy({ $0.passes(part.corpus, position) }) { set.insert(rank) }
    }
    if case .oneOf(let ids)? = conditions["id"] {
      for id in ids {
        if let rank = part.corpus.rank(ofID: id), part.live.contains(rank) { add(rank) }
      }
    } else {
      for rank in part.live.ranks { add(rank) }
    }
    return set
  }

  /// A condition with its texts as a set.
  private struct Test {
    let name: String
    let condition: Condition
    let texts: Set<String>

    init(name: String, condition: Condition) {
      self.name = name
      self.condition = condition
      if case .oneOf(let texts) = condition { self.texts = Set(texts) } else { texts = [] }
    }

    func passes(_ corpus: Corpus, _ position: Int) -> Bool {
      let values: [String] =
        switch name {
        case "id": [corpus.id(at: position)]
        case "title": [corpus.title(at: position)]
        default: corpus.fields(at: position).values(of: name)
        }
      return values.contains { value in
        switch condition {
        case .oneOf: texts.contains(value)
        case .range(let least, let most):
          Double(value).map { $0 >= least ?? -.infinity && $0 <= most ?? .infinity } ?? false
        }
      }
    }
  }
}
