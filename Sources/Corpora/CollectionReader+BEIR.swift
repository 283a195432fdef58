import Execution

extension CollectionReader {
  func readBEIR(_ detected: DetectedCollection, context: WorkContext) throws -> Parts {
    var corpus: Corpus?
    var queries: [Query]?
    var judgements: [(split: String, set: JudgementTable)] = []
    for entry in detected.entries {
      let file = try TextFile(path: entry.path, shown: entry.shown, context: context)
      switch entry.role {
      case .corpus:
        corpus = try Self.documents(in: file, name: detected.name, context: context)
      case .queries: queries = try QuestionsReader.queries(in: file, context: context)
      case .judgements(let split):
        judgements.append((split, try JudgementTable(reading: file, context: context)))
      case .text: break
      }
    }
    guard let corpus else {
      throw CollectionError.empty(path: detected.name, what: "no corpus")
    }
    var parts = Parts(corpus: corpus)
    guard let queries else { return parts }
    if judgements.isEmpty {
      parts.notes.append(.noJudgements)
      parts.splits = [
        JudgedSet(
          name: "test", identity: detected.name + "/test", queries: queries, judgements: [:])
      ]
      return parts
    }
    var judged: Set<String> = []
    for (split, table) in judgements {
      let (set, notes) = table.judgedSet(
        name: split, collection: detected.name, queries: queries, corpus: corpus)
      parts.splits.append(set)
      parts.notes += notes
      judged.formUnion(table.grades.keys)
    }
    var unjudged = Sample()
    for query in queries where !judged.contains(query.id) { unjudged.add(query.id) }
    if unjudged.count > 0 {
      parts.notes.append(
        .queriesWithoutJudgements(count: unjudged.count, examples: unjudged.examples))
    }
    return parts
  }
}
