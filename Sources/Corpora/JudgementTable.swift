import Execution

/// Judgements as read from a file, before they meet queries and documents.
struct JudgementTable {
  /// Query id → document id → grade.
  var grades: [String: [String: Int]] = [:]
  /// Query ids as they first appear.
  private(set) var order: [String] = []
  private var twice = Sample()

  init() {}

  /// Keeps the higher of two grades for the same pair.
  mutating func add(query: String, document: String, grade: Int) {
    if grades[query] == nil { order.append(query) }
    let earlier = grades[query]?[document]
    if earlier != nil { twice.add("\(query) \(document)") }
    grades[query, default: [:]][document] = max(grade, earlier ?? grade)
  }

  /// Reads BEIR's three columns (query, document, grade; a header is skipped) or TREC's four
  /// (query, 0, document, grade), separated by tabs or spaces. Ids with spaces need tabs.
  ///
  /// - Throws: ``CollectionError`` where a line has other columns or its grade is no integer.
  init(reading file: TextFile, context: WorkContext) throws {
    try file.forEachLine(context: context) { line, range in
      if file.isBlank(range) { return }
      var columns = file.string(range).split(separator: "\t", omittingEmptySubsequences: false)
        .map(String.init)
      if columns.count == 1 { columns = file.columns(range) }
      guard columns.count == 3 || columns.count == 4 else {
        throw CollectionError.wrongColumns(
          path: file.shown, line: line,
          expected: "3 columns (query, document, grade) or 4 (query, 0, document, grade)",
          got: columns.count)
      }
      let text = columns[columns.count - 1].trimmingBlanks()
      guard let grade = Int(text) else {
        if line == 1, !text.contains(where: \.isNumber) { return }
        throw CollectionError.wrongNumber(
          path: file.shown, line: line, column: "the grade", expected: "an integer", got: text)
      }
      add(
        query: columns[0].trimmingBlanks(), document: columns[columns.count - 2].trimmingBlanks(),
        grade: grade)
    }
  }

  /// Joins the judgements with the queries that they are about.
  func judgedSet(
    name: String, collection: String, queries: [Query], corpus: Corpus
  ) -> (JudgedSet, [LoadNote]) {
    let known = Set(queries.map(\.id))
    var missingQueries = Sample()
    var missingDocuments = Sample()
    var kept = grades
    for query in order {
      guard known.contains(query) else {
        missingQueries.add(query)
        kept[query] = nil
        continue
      }
      for document in (grades[query] ?? [:]).keys.sorted(by: idPrecedes)
      where corpus.index(ofID: document) == nil { missingDocuments.add(document) }
    }
    var notes: [LoadNote] = []
    if missingQueries.count > 0 {
      notes.append(
        .judgedQueriesMissing(
          split: name, count: missingQueries.count, examples: missingQueries.examples))
    }
    if missingDocuments.count > 0 {
      notes.append(
        .judgedDocumentsMissing(
          split: name, count: missingDocuments.count, examples: missingDocuments.examples))
    }
    if twice.count > 0 {
      notes.append(.judgedTwice(split: name, count: twice.count, examples: twice.examples))
    }
    let set = JudgedSet(
      name: name, identity: collection + "/" + name,
      queries: queries.filter { kept[$0.id] != nil }, judgements: kept)
    return (set, notes)
  }
}

extension StringProtocol {
  /// Without spaces, tabs and line ends at both ends.
  func trimmingBlanks() -> String {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }
    let utf8 = Substring(self).utf8
    guard let first = utf8.firstIndex(where: { !isBlank($0) }) else { return "" }
    var end = utf8.endIndex
    while end > first {
      let before = utf8.index(before: end)
      guard isBlank(utf8[before]) else { break }
      end = before
    }
    return String(decoding: utf8[first..<end], as: UTF8.self)
  }
}
