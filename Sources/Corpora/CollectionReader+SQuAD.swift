import Bytes
import Execution

extension CollectionReader {
  /// Reads JSON files. Of SQuAD's objects each paragraph becomes a passage `TITLE#N`, each question
  /// a query whose evidence is its passage. A question marked impossible has no answers and no
  /// judgement. A list is one of questions with paragraphs: ``ParagraphFile``.
  func readSQuAD(_ detected: DetectedCollection, context: WorkContext) throws -> Parts {
    var builder = CorpusBuilder()
    var passages = PassageCounter()
    var splits: [JudgedSet] = []
    var impossible = 0
    var seen: [[String]: String] = [:]
    for entry in detected.entries {
      guard case .judgements(let split) = entry.role else { continue }
      let file = try TextFile(path: entry.path, shown: entry.shown, context: context)
      if ParagraphFile.holds(file) {
        var reader = ParagraphFile(file: file, builder: builder, passages: passages, seen: seen)
        splits.append(try reader.read(split: split, of: detected.name, context: context))
        (builder, passages, seen) = (reader.builder, reader.passages, reader.seen)
        impossible += reader.impossible
        continue
      }
      var reader = SQuADFile(file: file, builder: builder, passages: passages)
      try reader.read(context: context)
      (builder, passages) = (reader.builder, reader.passages)
      impossible += reader.impossible
      splits.append(
        JudgedSet(
          name: split, identity: detected.name + "/" + split, queries: reader.queries,
          judgements: reader.judgements))
    }
    guard builder.count > 0 else {
      throw CollectionError.empty(
        path: detected.entries.first?.shown ?? detected.name, what: "no paragraphs")
    }
    var parts = Parts(corpus: try builder.finish(name: detected.name), splits: splits)
    if !seen.isEmpty { parts.format = .paragraphs }
    if impossible > 0 { parts.notes.append(.impossibleQuestions(count: impossible)) }
    return parts
  }
}

/// Numbers the paragraphs of each title, so that ids stay unique where titles repeat.
struct PassageCounter {
  private var counts: [String: Int] = [:]

  mutating func next(_ title: String) -> String {
    counts[title, default: 0] += 1
    return "\(title)#\(counts[title] ?? 1)"
  }
}

private struct SQuADFile {
  let file: TextFile
  var builder: CorpusBuilder
  var passages: PassageCounter
  var queries: [Query] = []
  var judgements: [String: [String: Int]] = [:]
  var impossible = 0
  private var lines: [String: Int] = [:]
  /// Lines are counted on from the last question's, so that finding them all takes one pass.
  private var counted = (offset: 0, line: 1)

  init(file: TextFile, builder: CorpusBuilder, passages: PassageCounter) {
    self.file = file
    self.builder = builder
    self.passages = passages
  }

  private mutating func line(_ offset: Int) -> Int {
    for at in counted.offset..<max(offset, counted.offset) where file.bytes[at] == 0x0A {
      counted.line += 1
    }
    counted.offset = max(offset, counted.offset)
    return counted.line
  }

  private struct Question {
    var id: String?
    var text: String?
    var answers: [String] = []
    var isImpossible = false
    var offset: Int
  }

  private struct Paragraph {
    var context: String?
    var questions: [Question] = []
    var offset: Int
  }

  mutating func read(context: WorkContext) throws {
    var scanner = JSONScanner(file.bytes, range: file.start..<file.bytes.count)
    var hasData = false
    var names: [String] = []
    try file.locatingJSON {
      guard scanner.peek() == UInt8(ascii: "{") else {
        throw scanner.failure("a SQuAD object with \"data\", or a list of questions")
      }
      try scanner.forEachMember { scanner, name in
        names.append(String(decoding: name, as: UTF8.self))
        guard names.last == "data" else { return try scanner.skip() }
        hasData = true
        try scanner.forEachElement { scanner in
          try context.check()
          try article(&scanner)
        }
      }
      try scanner.finish()
    }
    guard hasData else {
      throw CollectionError.missingField(
        path: file.shown, line: 1, expected: ["data"], found: names)
    }
  }

  private mutating func article(_ scanner: inout JSONScanner) throws {
    var title = ""
    var paragraphs: [Paragraph] = []
    try scanner.forEachMember { scanner, name in
      switch String(decoding: name, as: UTF8.self) {
      case "title": title = try scanner.string()
      case "paragraphs":
        try scanner.forEachElement { paragraphs.append(try paragraph(&$0)) }
      default: try scanner.skip()
      }
    }
    for paragraph in paragraphs { try add(paragraph, title: title) }
  }

  private func paragraph(_ scanner: inout JSONScanner) throws -> Paragraph {
    _ = scanner.peek()
    var paragraph = Paragraph(offset: scanner.position)
    try scanner.forEachMember { scanner, name in
      switch String(decoding: name, as: UTF8.self) {
      case "context": paragraph.context = try scanner.string()
      case "qas":
        try scanner.forEachElement { paragraph.questions.append(try question(&$0)) }
      default: try scanner.skip()
      }
    }
    return paragraph
  }

  private func question(_ scanner: inout JSONScanner) throws -> Question {
    _ = scanner.peek()
    var question = Question(offset: scanner.position)
    try scanner.forEachMember { scanner, name in
      switch String(decoding: name, as: UTF8.self) {
      case "id":
        question.id =
          scanner.peek() == UInt8(ascii: "\"") ? try scanner.string() : try scanner.number()
      case "question": question.text = try scanner.string()
      case "is_impossible":
        question.isImpossible = scanner.peek() == UInt8(ascii: "t")
        try scanner.skip()
      case "answers":
        try scanner.forEachElement { scanner in
          try scanner.forEachMember { scanner, name in
            guard name == Array("text".utf8) else { return try scanner.skip() }
            let answer = try scanner.string()
            if !question.answers.contains(answer) { question.answers.append(answer) }
          }
        }
      default: try scanner.skip()
      }
    }
    return question
  }

  private mutating func add(_ paragraph: Paragraph, title: String) throws {
    guard let context = paragraph.context else {
      throw CollectionError.missingField(
        path: file.shown, line: line(paragraph.offset), expected: ["context"], found: [])
    }
    let passage = passages.next(title.isEmpty ? "passage" : title)
    let shownTitle = String(title.map { $0 == "_" ? " " : $0 })
    builder.append(Document(id: passage, title: shownTitle, text: context))
    for question in paragraph.questions {
      let line = line(question.offset)
      guard let text = question.text else {
        throw CollectionError.missingField(
          path: file.shown, line: line, expected: ["question"], found: [])
      }
      let id = question.id ?? "q\(queries.count + 1)"
      if let firstLine = lines.updateValue(line, forKey: id) {
        throw CollectionError.duplicateID(
          path: file.shown, line: line, id: id, what: "question", firstLine: firstLine)
      }
      let answers = question.isImpossible ? [] : question.answers
      queries.append(Query(id: id, text: text, answers: answers, evidence: [passage]))
      if question.isImpossible {
        impossible += 1
      } else {
        judgements[id] = [passage: 1]
      }
    }
  }
}
