import Execution

/// The SMART layout, as Cranfield, CISI and CACM come in it:
///
/// 1. A record begins with `.I NUMBER`; a line of a dot and a capital letter begins a section.
///    `.T` is the title and `.W` the text; other sections are skipped.
/// 2. Lines of a section are joined by single spaces. Texts stay as they are: Cranfield's begin
///    with their titles, which an index of titles and texts therefore counts twice, as the
///    published figures do.
/// 3. Judgements have three columns (query, document, Cleverdon's code), or four where the
///    third or fourth is a score (CISI: query, document, 0, 0.0) or TREC's (query, 0, document,
///    grade). Numbers are compared without leading zeros.
/// 4. Where the ids of the queries are not 1, 2, 3, … the judgements mean the place in the file.
extension CollectionReader {
  func readSMART(_ detected: DetectedCollection, context: WorkContext) throws -> Parts {
    var corpus: Corpus?
    var queries: [Query] = []
    var table: (JudgementTable, isInverted: Bool)?
    var notes: [LoadNote] = []
    for entry in detected.entries {
      let file = try TextFile(path: entry.path, shown: entry.shown, context: context)
      switch entry.role {
      case .corpus:
        let records = try SMARTRecord.records(in: file, what: "document", context: context)
        var builder = CorpusBuilder()
        for record in records {
          builder.append(
            Document(id: record.id, title: record.title, text: record.text))
        }
        corpus = try builder.finish(name: detected.name)
      case .queries:
        let records = try SMARTRecord.records(in: file, what: "query", context: context)
        queries = records.map { record in
          let parts = [record.title, record.text].filter { !$0.isEmpty }
          return Query(id: record.id, text: parts.joined(separator: " "))
        }
      case .judgements: table = try Self.smartJudgements(in: file, context: context)
      case .text: break
      }
    }
    guard let corpus else {
      throw CollectionError.empty(path: detected.name, what: "no corpus")
    }
    guard let table else { return Parts(corpus: corpus) }
    if let different = queries.enumerated().first(where: { $0.element.id != "\($0.offset + 1)" }) {
      notes.append(
        .queriesNumberedByPlace(
          firstDifference: "query \(different.offset + 1), marked \(different.element.id)"))
      for place in queries.indices { queries[place].id = "\(place + 1)" }
    }
    if table.isInverted { notes.append(.gradesInverted) }
    let (set, more) = table.0.judgedSet(
      name: "test", collection: detected.name, queries: queries, corpus: corpus)
    return Parts(corpus: corpus, splits: [set], notes: notes + more)
  }

  private static func smartJudgements(
    in file: TextFile, context: WorkContext
  ) throws -> (JudgementTable, isInverted: Bool) {
    var rows: [(line: Int, columns: [String])] = []
    try file.forEachLine(context: context) { line, range in
      let columns = file.columns(range)
      if columns.isEmpty { return }
      guard columns.count >= 3, columns.count <= 4,
        columns.count == rows.first?.columns.count ?? columns.count
      else {
        throw CollectionError.wrongColumns(
          path: file.shown, line: line,
          expected: rows.first.map { counted($0.columns.count, "column") }
            ?? "3 or 4 columns", got: columns.count)
      }
      rows.append((line, columns))
    }
    var table = JudgementTable()
    let isThree = rows.first?.columns.count == 3
    let isTREC = !isThree && rows.allSatisfy { $0.columns[1] == "0" || $0.columns[1] == "Q0" }
    for (line, columns) in rows {
      func number(_ column: Int, _ what: String) throws -> Int {
        guard let value = Int(columns[column]) else {
          throw CollectionError.wrongNumber(
            path: file.shown, line: line, column: what, expected: "an integer",
            got: columns[column])
        }
        return value
      }
      let query = "\(try number(0, "the query"))"
      let document = "\(try number(isTREC ? 2 : 1, "the document"))"
      var grade = 1
      if isThree {
        let code = try number(2, "the grade")
        guard code == -1 || (0...5).contains(code) else {
          throw CollectionError.wrongNumber(
            path: file.shown, line: line, column: "the grade", expected: "-1 or 0 to 5",
            got: columns[2])
        }
        grade = (1...4).contains(code) ? 5 - code : 0
      } else if isTREC {
        grade = try number(3, "the grade")
      }
      table.add(query: query, document: document, grade: grade)
    }
    return (table, isThree)
  }
}

/// One `.I` record.
struct SMARTRecord {
  var id: String
  var title = ""
  var text = ""

  /// The records of a file.
  ///
  /// - Throws: ``CollectionError`` for text before the first record, a record without a number,
  ///   and numbers used twice.
  static func records(
    in file: TextFile, what: String, context: WorkContext
  ) throws -> [SMARTRecord] {
    var records: [SMARTRecord] = []
    var lines: [String: Int] = [:]
    var section: UInt8 = 0
    try file.forEachLine(context: context) { line, range in
      let bytes = file.slice(range)
      if bytes.count >= 2, bytes[0] == UInt8(ascii: "."), bytes[1] == UInt8(ascii: "I"),
        bytes.count == 2 || bytes[2] == 0x20 || bytes[2] == 0x09
      {
        let columns = file.columns(range)
        guard columns.count == 2 else {
          throw CollectionError.brokenSMART(
            path: file.shown, line: line, expected: "\".I NUMBER\"",
            got: "\"\(file.string(range))\"")
        }
        let id = Int(columns[1]).map(String.init) ?? columns[1]
        if let firstLine = lines.updateValue(line, forKey: id) {
          throw CollectionError.duplicateID(
            path: file.shown, line: line, id: id, what: what, firstLine: firstLine)
        }
        records.append(SMARTRecord(id: id))
        section = 0
        return
      }
      let trimmed = file.string(range).trimmingBlanks()
      if trimmed.isEmpty { return }
      guard let last = records.indices.last else {
        throw CollectionError.brokenSMART(
          path: file.shown, line: line, expected: "\".I NUMBER\"", got: "\"\(trimmed.prefix(40))\"")
      }
      if trimmed.utf8.count == 2, bytes[0] == UInt8(ascii: "."),
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(bytes[1])
      {
        section = bytes[1]
        return
      }
      switch section {
      case UInt8(ascii: "T"): records[last].title.appendWord(trimmed)
      case UInt8(ascii: "W"): records[last].text.appendWord(trimmed)
      default: break
      }
    }
    guard !records.isEmpty else {
      throw CollectionError.empty(
        path: file.shown, what: "no records (\".I NUMBER\" lines) in it")
    }
    return records
  }
}

extension String {
  /// Appends with one space between.
  mutating func appendWord(_ word: String) {
    if !isEmpty { append(" ") }
    append(word)
  }
}
