import Bytes
public import Execution

/// Reads questions with answers, and where the answers are.
///
/// JSON Lines objects, one JSON list of them, or CSV with a header row. Fields: `question`, `query`
/// or `text`; `answer` or `answers` (a string or a list; in CSV separated by `|`) or PopQA's
/// `possible_answers` (a JSON list in a string); `evidence`, `ids` or `relevant` (as answers);
/// `id`, `_id` or `qid` (else `qN`, by place). Other texts, numbers and booleans, and lists of
/// them, stay with the question as fields.
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
  static let answerFields = ["answers", "answer", quotedAnswers]
  /// PopQA's answers.
  static let quotedAnswers = "possible_answers"
  static let evidenceFields = ["evidence", "ids", "relevant"]
  static let idFields = ["id", "_id", "qid"]

  private static let readFields = Set(textFields + answerFields + evidenceFields + idFields)

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

  /// The questions of a JSON Lines file, or of one list.
  static func queries(in file: TextFile, context: WorkContext) throws -> [Query] {
    var queries = QueryList(file: file)
    try forEachRecord(in: file, context: context) { try queries.append($0, line: $1) }
    return try queries.finish()
  }

  /// Calls for each record of a JSON Lines file, or of one list, with its line.
  static func forEachRecord(
    in file: TextFile, context: WorkContext, _ body: (FoundQuestion, Int) throws -> Void
  ) throws {
    var scanner = JSONScanner(file.bytes, range: file.start..<file.bytes.count)
    guard scanner.peek() == UInt8(ascii: "[") else {
      try file.forEachLine(context: context) { line, range in
        if file.isBlank(range) { return }
        var scanner = JSONScanner(file.bytes, range: range)
        let found = try file.locatingJSON(line: line, lineStart: range.lowerBound) {
          let found = try record(&scanner, file: file, line: line)
          try scanner.finish()
          return found
        }
        try body(found, line)
      }
      return
    }
    var (line, counted) = (1, file.start)
    try file.locatingJSON {
      try scanner.forEachElement { scanner in
        try context.check()
        _ = scanner.peek()
        line += file.bytes[counted..<scanner.position].count { $0 == 0x0A }
        counted = scanner.position
        try body(record(&scanner, file: file, line: line), line)
      }
      try scanner.finish()
    }
  }

  /// One object.
  private static func record(
    _ scanner: inout JSONScanner, file: TextFile, line: Int
  ) throws -> FoundQuestion {
    var found = FoundQuestion()
    try scanner.forEachMember { scanner, name in
      let name = String(decoding: name, as: UTF8.self)
      found.names.append(name)
      guard readFields.contains(name) else {
        found.others.append(JSONValue.Member(name, try JSONValue.value(&scanner)))
        return
      }
      let isList = answerFields.contains(name) || evidenceFields.contains(name)
      let values = try strings(&scanner, file: file, line: line, field: name, isList: isList)
      found.read[name] = name == quotedAnswers ? values?.flatMap(unquoted) : values
    }
    return found
  }

  /// The list that a text holds as JSON; the text itself where it holds none.
  private static func unquoted(_ text: String) -> [String] {
    guard let list = (try? JSONValue(parsing: text))?.list else { return [text] }
    return list.compactMap(\.string)
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
      var found = FoundQuestion(names: header)
      for (name, value) in zip(header, record) {
        if answerFields.contains(name) || evidenceFields.contains(name) {
          found.read[name] = value.split(separator: "|").map { $0.trimmingBlanks() }
            .filter { !$0.isEmpty }
        } else if readFields.contains(name) {
          if !value.isEmpty { found.read[name] = [value] }
        } else if !value.isEmpty, !name.isEmpty {
          found.others.append(JSONValue.Member(name, .string(value)))
        }
      }
      try queries.append(found, line: line)
    }
    return try queries.finish()
  }
}

/// One record, as it was read.
struct FoundQuestion {
  /// All fields, in the order of the file.
  var names: [String] = []
  /// Those that say what the question is.
  var read: [String: [String]] = [:]
  /// What else is told of it.
  var others: [JSONValue.Member] = []
}

/// Questions as they are read, with the lines of their ids.
struct QueryList {
  let file: TextFile
  private var queries: [Query] = []
  private var lines: [String: Int] = [:]

  init(file: TextFile) { self.file = file }

  @discardableResult
  mutating func append(_ found: FoundQuestion, line: Int) throws -> Query {
    func first(_ names: [String]) -> [String]? { names.lazy.compactMap { found.read[$0] }.first }
    guard let text = first(QuestionsReader.textFields)?.first else {
      throw CollectionError.missingField(
        path: file.shown, line: line, expected: QuestionsReader.textFields, found: found.names)
    }
    let id = first(QuestionsReader.idFields)?.first ?? "q\(queries.count + 1)"
    if let firstLine = lines.updateValue(line, forKey: id) {
      throw CollectionError.duplicateID(
        path: file.shown, line: line, id: id, what: "question", firstLine: firstLine)
    }
    let query = Query(
      id: id, text: text, answers: first(QuestionsReader.answerFields) ?? [],
      evidence: first(QuestionsReader.evidenceFields) ?? [],
      fields: DocumentFields(.object(found.others)))
    queries.append(query)
    return query
  }

  func finish() throws -> [Query] {
    guard !queries.isEmpty else {
      throw CollectionError.empty(path: file.shown, what: "no questions")
    }
    return queries
  }
}
