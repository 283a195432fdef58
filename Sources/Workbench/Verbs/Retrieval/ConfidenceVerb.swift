import Artifacts
import Corpora
import Evaluation
import Language
import Retrieval

extension VerbLibrary {
  /// How sure a retriever is when it is right and when it is not.
  static let confidence = Verb(
    VerbSignature(
      "confidence", topic: "evaluation", .compute,
      summary: "The score of the first document where it is relevant and where it is not.",
      example: "confidence(dense, on: scifact.test).gap",
      parameters: [
        .init("index", .artifact("index"), positional: true, "What is measured."),
        .init("on", .artifact("questions"), "Judged queries."),
      ],
      result: { _ in
        .record(
          [.init("right", .number), .init("wrong", .number), .init("gap", .number)],
          isOpen: false)
      })
  ) { arguments, context in
    let index = try arguments.handle("index", .index).object(as: StoredIndex.self).retriever()
    let handle = try arguments.handle("on", .questions)
    let set = try handle.object(as: JudgedSet.self)
    let queries = set.queries.filter { query in
      set.grades(ofQuery: query.id).values.contains { $0 > 0 }
    }
    let found = try index.searchAll(
      queries.map(\.text), k: 1, filter: nil, context: context.work)
    var right: [Double] = []
    var wrong: [Double] = []
    for (query, hits) in zip(queries, found) {
      guard let first = hits.first else { continue }
      if set.grades(ofQuery: query.id)[first.documentID, default: 0] > 0 {
        right.append(first.score)
      } else {
        wrong.append(first.score)
      }
    }
    // Which queries are in which group depends on the index, so nothing is paired across indexes.
    func mean(_ values: [Double], _ group: String) throws -> Measured {
      guard !values.isEmpty else {
        throw VerbError("no query has a first document that is \(group)", parameter: "on")
      }
      return try Measured.mean(
        of: values,
        identity: "\(handle.digest.hex)/\(arguments["index"].interpolated)/\(group)",
        seeds: context.isSeeded ? 1 : 0, range: nil)
    }
    let sure = try mean(right, "relevant")
    let unsure = try mean(wrong, "irrelevant")
    return .record(
      Record([
        ("right", .measured(sure)), ("wrong", .measured(unsure)),
        ("gap", .measured(sure - unsure)),
      ]))
  }
}
