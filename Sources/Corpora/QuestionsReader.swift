import Bytes
public import Execution

/// Reads questions with answers, and where the answers are.
///
/// JSON Lines objects or CSV with a header row. Fields: `question`, `query` or `text`; `answer`
/// or `answers` (a string or a list; in CSV separated by `|`); `evidence`, `ids` or `relevant`
/// (the same); `id`, `_id` or `qid` (else `qN`, by place).
public struct QuestionsReader: Sendable {
  /// A reader.
  public init() {}

  /// Reads a file, `*.csv` as CSV and anything else as JSON Lines. Evidence becomes judgements
  /// of grade 1.
  ///
  /// - Parameters:
  ///   - path: The file. The caller has checked that it may be read.
  ///   - name: What the set is called; by default the file's name without its extension.
  ///   - context: Cancellation and progress.
  /// - Returns: The questions, with a judgement of grade 1 for each document of evidence.
  /// - Throws: ``CollectionError`` naming file and line, or `CancellationRequested`.
  public func read(path: String, name: String? = nil, context: WorkContext) throws -> JudgedSet {
    let file = try TextFile(path: path, shown: path, context: context)
    let fileName = path.split(separator: "/").last.map(String.init) ?? path
    let isCSV = CollectionReader.hasExtension(fileName, ["csv"])
    return try Self.judgedSet(
      in: file, name: name ?? CollectionReader.stem(fileName), isCSV: isCSV, context: context)
  }

  /// Reads questions from a text in memory.
  ///
  /// - Parameters:
  ///   - text: The contents of a file.
  ///   - source: What errors call it.
  ///   - isCSV: Whether it is CSV; else JSON Lines.
  ///   - context: Cancellation and progress.
  /// - Returns: The questions, with a judgement of grade 1 for each document of evidence.
  /// - Throws: ``CollectionError`` naming source and line, or `CancellationRequested`.
  public func read(
    text: String, source: String, isCSV: Bool, context: WorkContext
  ) throws -> JudgedSet {
    try Self.judgedSet(
      in: TextFile(text: text, shown: source), name: source, isCSV: isCSV, context: context)
  }

  static let textFields = ["question", "query", "text"]
  static let answerFields = ["answers", "answer"]
  static let evidenceFields = ["evidence", "ids", "relevant"]
  static let idFields = ["id", "_id", "qid"]

  private static func judgedSet(
    in file: TextFile, name: String, isCSV: Bool, context: WorkContext
  ) throws -> JudgedSet {
    let queries =
      isCSV
      ? try csvQueries(in: file, context: context) : try queries(in: file, context: context)
    var judgements: [String: [String: Int]] = [:]
    for query in queries where !query.evidence.isEmpty {
      judgements[query.id] = Dictionary(query.evidence.map { ($0, 1) }) { first, _ in first }
    }
    return JudgedSet(name: name, identity: name, queries: queries, judgements: judgements)
  }

  /// The questions of a JSON Lines file.
  static func queries(in file: TextFile, context: WorkContext) throws -> [Query] {
    var queries = QueryList(file: file)
    try file.forEachLine(context: context) { line, range in
      if file.isBlank(range) { return }
      var found: [String: [String]] = [:]
      var scanner = JSONScanner(file.bytes, range: range)
      try file.locatingJSON(line: line, lineStart: range.lowerBound) {
        try scanner.forEachMember { scanner, name in
          let name = String(decoding: name, as: UTF8.self)
          let isList = answerFields.contains(name) || evidenceFields.contains(name)
          if isList || textFields.contains(name) || idFields.contains(name) {
            found[name] = try strings(
              &scanner, file: file, line: line, field: name, isList: isList)
          } else {
            try scanner.skip()
          }
        }
        try scanner.finish()
      }
      try queries.append(found, line: line) { file.fieldNames(range) }
    }
    return try queries.finish()
  }

  /// A string, a number, a list of these, or null.
  private static func strings(
    _ scanner: inout JSONScanner, file: TextFile, line: Int, field: String, isList: Bool
  ) throws -> [String]? {
    switch scanner.peek() {
    case UInt8(ascii: "\""): return [try scanner.string()]
    case UInt8(ascii: "n"):
      try scanner.literal("null")
      return nil
    case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
      return [try scanner.number()]
    case UInt8(ascii: "[") where isList:
      var values: [String] = []
      try scanner.forEachElement { scanner in
        let value = try strings(
          &scanner, file: file, line: line, field: field, isList: false)
        values += value ?? []
      }
      return values
    default:
      throw CollectionError.wrongType(
        path: file.shown, line: line, field: field,
        expected: isList ? "a string or a list of strings" : "a string", got: scanner.kind)
    }
  }

  /// The questions of a CSV file with a header row.
  private static func csvQueries(in file: TextFile, context: WorkContext) throws -> [Query] {
    var queries = QueryList(file: file)
    var header: [String] = []
    try CSVScanner(file: file).forEachRecord(context: context) { line, record in
      if header.isEmpty {
        header = record.map { $0.trimmingBlanks().lowercased() }
        guard textFields.contains(where: header.contains) else {
          throw CollectionError.missingField(
            path: file.shown, line: line, expected: textFields, found: header)
        }
        return
      }
      guard record.count == header.count else {
        throw CollectionError.wrongColumns(
          path: file.shown, line: line, expected: counted(header.count, "column"),
          got: record.count)
      }
      var found: [String: [String]] = [:]
      for (name, value) in zip(header, record) {
        if answerFields.contains(name) || evidenceFields.contains(name) {
          found[name] = value.split(separator: "|").map { $0.trimmingBlanks() }
            .filter { !$0.isEmpty }
        } else if !value.isEmpty {
          found[name] = [value]
        }
      }
      try queries.append(found, line: line) { header }
    }
    return try queries.finish()
  }
}

/// Questions as they are read, with the lines of their ids.
private struct QueryList {
  let file: TextFile
  private var queries: [Query] = []
  private var lines: [String: Int] = [:]

  init(file: TextFile) { self.file = file }

  mutating func append(
    _ found: [String: [String]], line: Int, fields: () -> [String]
  ) throws {
    func first(_ names: [String]) -> [String]? { names.lazy.compactMap { found[$0] }.first }
    guard let text = first(QuestionsReader.textFields)?.first else {
      throw CollectionError.missingField(
        path: file.shown, line: line, expected: QuestionsReader.textFields, found: fields())
    }
    let id = first(QuestionsReader.idFields)?.first ?? "q\(queries.count + 1)"
    if let firstLine = lines.updateValue(line, forKey: id) {
      throw CollectionError.duplicateID(
        path: file.shown, line: line, id: id, what: "question", firstLine: firstLine)
    }
    queries.append(
      Query(
        id: id, text: text, answers: first(QuestionsReader.answerFields) ?? [],
        evidence: first(QuestionsReader.evidenceFields) ?? []))
  }

  func finish() throws -> [Query] {
    guard !queries.isEmpty else {
      throw CollectionError.empty(path: file.shown, what: "no questions")
    }
    return queries
  }
}
