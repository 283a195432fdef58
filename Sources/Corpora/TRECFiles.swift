public import Execution

/// Reads and writes the run and judgement files that trec_eval and its kin use.
public enum TRECFiles {
  /// Reads a run: `query Q0 document rank score tag` on each line.
  ///
  /// Queries keep the order of their first lines. Documents are ordered by score, then by id,
  /// as everywhere in this project; the rank column is checked to be a number and otherwise
  /// ignored, as trec_eval does.
  ///
  /// - Throws: ``CollectionError`` naming file and line, or `CancellationRequested`.
  public static func readRun(path: String, context: WorkContext) throws -> Run {
    try run(in: TextFile(path: path, shown: path, context: context), context: context)
  }

  /// Reads a run from a text in memory; `source` is what errors call it.
  ///
  /// - Throws: ``CollectionError`` naming source and line, or `CancellationRequested`.
  public static func readRun(text: String, source: String, context: WorkContext) throws -> Run {
    try run(in: TextFile(text: text, shown: source), context: context)
  }

  private static func run(in file: TextFile, context: WorkContext) throws -> Run {
    var run = Run(tag: "", rankings: [])
    var places: [String: Int] = [:]
    var lines: [String: [String: Int]] = [:]
    try file.forEachLine(context: context) { line, range in
      let columns = file.columns(range)
      if columns.isEmpty { return }
      guard columns.count == 6 else {
        throw CollectionError.wrongColumns(
          path: file.shown, line: line,
          expected: "6 columns (query Q0 document rank score tag)", got: columns.count)
      }
      guard Int(columns[3]) != nil else {
        throw CollectionError.wrongNumber(
          path: file.shown, line: line, column: "the rank", expected: "an integer",
          got: columns[3])
      }
      guard let score = Double(columns[4]), score.isFinite else {
        throw CollectionError.wrongNumber(
          path: file.shown, line: line, column: "the score", expected: "a number",
          got: columns[4])
      }
      let (query, document) = (columns[0], columns[2])
      if let firstLine = lines[query]?[document] {
        throw CollectionError.duplicateID(
          path: file.shown, line: line, id: document, what: "the document", firstLine: firstLine)
      }
      lines[query, default: [:]][document] = line
      if run.tag.isEmpty { run.tag = columns[5] }
      let place = places[query] ?? run.rankings.count
      if place == run.rankings.count {
        places[query] = place
        run.rankings.append(.init(queryID: query, entries: []))
      }
      run.rankings[place].entries.append(.init(documentID: document, score: score))
    }
    for place in run.rankings.indices {
      run.rankings[place].entries.sort { a, b in
        a.score == b.score ? idPrecedes(a.documentID, b.documentID) : a.score > b.score
      }
    }
    return run
  }

  /// A run as a file's text. Scores are written with as many digits as tell them apart; spaces
  /// in ids and in the tag become underscores, since the format has no quotes.
  ///
  /// trec_eval ranks by the score alone, in float32, and breaks ties by descending document id: a
  /// score that ties with the one before is written as the next smaller number, so that others see
  /// the ranking that is meant.
  public static func text(of run: Run) -> String {
    var text = ""
    let tag = column(run.tag)
    for ranking in run.rankings {
      let query = column(ranking.queryID)
      var last = Float.infinity
      for (place, entry) in ranking.entries.enumerated() {
        let single = Float(entry.score)
        let isApart = single < last
        last = isApart ? single : last.nextDown
        let score = isApart ? "\(entry.score)" : "\(last)"
        text += "\(query) Q0 \(column(entry.documentID)) \(place + 1) \(score) \(tag)\n"
      }
    }
    return text
  }

  /// Reads judgements: `query 0 document grade`, or BEIR's three columns.
  ///
  /// - Throws: ``CollectionError`` naming file and line, or `CancellationRequested`.
  public static func readJudgements(
    path: String, context: WorkContext
  ) throws -> [String: [String: Int]] {
    let file = try TextFile(path: path, shown: path, context: context)
    return try JudgementTable(reading: file, context: context).grades
  }

  /// Reads judgements from a text in memory; `source` is what errors call it.
  ///
  /// - Throws: ``CollectionError`` naming source and line, or `CancellationRequested`.
  public static func readJudgements(
    text: String, source: String, context: WorkContext
  ) throws -> [String: [String: Int]] {
    let file = TextFile(text: text, shown: source)
    return try JudgementTable(reading: file, context: context).grades
  }

  /// Judgements as a file's text: queries in the set's order, documents by id.
  public static func text(ofJudgements set: JudgedSet) -> String {
    var text = ""
    for query in set.queries {
      for (document, grade) in set.grades(ofQuery: query.id).sorted(by: {
        idPrecedes($0.key, $1.key)
      }) {
        text += "\(column(query.id)) 0 \(column(document)) \(grade)\n"
      }
    }
    return text
  }

  /// A value that holds no space and is not empty.
  private static func column(_ value: String) -> String {
    guard !value.isEmpty else { return "_" }
    return String(value.map { $0.isWhitespace ? "_" : $0 })
  }
}
