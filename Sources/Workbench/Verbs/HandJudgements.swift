import Corpora
import Diagnostics

/// Judgements written by hand in a notebook, as a data set.
enum HandJudgements {
  /// The data set in records of `{query:, relevant: [id, …]}` or `{query:, document:, grade:}`.
  /// Queries are numbered in the order in which they first appear.
  static func set(from records: [Record], parameter: String, corpus: Corpus?) throws -> JudgedSet {
    var queries: [Query] = []
    var positions: [String: Int] = [:]
    var judgements: [String: [String: Int]] = [:]
    for (index, record) in records.enumerated() {
      func fail(_ message: String, help: String? = nil) -> VerbError {
        VerbError("judgement \(index): \(message)", parameter: parameter, help: help)
      }
      guard let text = record["query"]?.text, !text.isEmpty else {
        throw fail("expected a field 'query' with the query's text")
      }
      let position: Int
      if let known = positions[text] {
        position = known
      } else {
        position = queries.count
        positions[text] = position
        queries.append(Query(id: "q\(position + 1)", text: text))
      }
      for (document, grade) in try grades(in: record, fail) {
        if let corpus, corpus.index(ofID: document) == nil {
          let close = closestName(to: document, among: corpus.documents.lazy.map(\.id))
          throw fail(
            "the corpus has no document '\(document)'",
            help: close.map { "did you mean '\($0)'?" })
        }
        judgements[queries[position].id, default: [:]][document] = grade
      }
    }
    return JudgedSet(name: "by hand", identity: "", queries: queries, judgements: judgements)
  }

  private static func grades(
    in record: Record, _ fail: (String, String?) -> VerbError
  ) throws -> [(String, Int)] {
    if let document = record["document"]?.text {
      return [(document, try grade(in: record, fail))]
    }
    guard case .list(let items)? = record["relevant"] else {
      throw fail("expected a field 'relevant' with a list of document ids, or 'document'", nil)
    }
    return try items.map { item in
      if let document = item.text { return (document, 1) }
      guard case .record(let graded) = item, let document = graded["document"]?.text else {
        throw fail(
          "'relevant' holds ids or records of document and grade, got \(item.typeName)", nil)
      }
      return (document, try grade(in: graded, fail))
    }
  }

  /// The grade of a record, 1 where it has none.
  private static func grade(
    in record: Record, _ fail: (String, String?) -> VerbError
  ) throws -> Int {
    guard let value = record["grade"] else { return 1 }
    guard let number = value.point, let grade = Int(exactly: number), (-10...100).contains(grade)
    else {
      throw fail("a grade is a whole number from -10 to 100, got \(value.quoted)", nil)
    }
    return grade
  }
}
