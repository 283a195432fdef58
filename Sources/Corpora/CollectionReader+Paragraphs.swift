import Bytes
import Execution

/// A list of questions that each bring paragraphs of their own, some of them marked as supporting
/// the answer: MuSiQue's layout (Trivedi et al. 2022), in which other data sets are passed around,
/// too, as a JSON list. What is marked as not answerable has neither answers nor judgements.
/// Paragraphs become passages `TITLE#N`; equal ones of several questions are one passage.
struct ParagraphFile {
  let file: TextFile
  var builder: CorpusBuilder
  var passages: PassageCounter
  /// The ids of passages by title and text.
  var seen: [[String]: String]
  /// How many questions are marked as not answerable.
  private(set) var impossible = 0

  init(
    file: TextFile, builder: CorpusBuilder, passages: PassageCounter, seen: [[String]: String]
  ) {
    (self.file, self.builder, self.passages, self.seen) = (file, builder, passages, seen)
  }

  private static let paragraphs = "paragraphs"
  private static let textFields = ["text", "paragraph_text"]

  /// Whether a JSON file is a list.
  static func holds(_ file: TextFile) -> Bool {
    var scanner = JSONScanner(file.bytes, range: file.start..<file.bytes.count)
    return scanner.peek() == UInt8(ascii: "[")
  }

  /// Reads the file: its passages go to ``builder``.
  ///
  /// - Returns: The questions, with a judgement of grade 1 for each paragraph that supports one.
  /// - Throws: ``CollectionError`` naming file and line, or `CancellationRequested`.
  mutating func read(split: String, of collection: String, context: WorkContext) throws
    -> JudgedSet
  {
    var queries = QueryList(file: file)
    var judgements: [String: [String: Int]] = [:]
    try QuestionsReader.forEachRecord(in: file, context: context) { found, line in
      var found = found
      guard let given = found.others.first(where: { $0.name == Self.paragraphs })?.value.list else {
        throw CollectionError.missingField(
          path: file.shown, line: line, expected: [Self.paragraphs], found: found.names)
      }
      func other(_ name: String) -> JSONValue? { found.others.first { $0.name == name }?.value }
      let supporting = try given.compactMap { try passage($0, line: line) }
      if other("answerable")?.boolean == false {
        // What MuSiQue still gives as the answer is that of another context.
        impossible += 1
        for name in QuestionsReader.answerFields { found.read[name] = nil }
      } else {
        found.read["evidence"] = supporting
        if let answer = found.read["answer"] {
          let aliases = other("answer_aliases")?.list?.compactMap(\.string) ?? []
          found.read["answer"] = answer + aliases.filter { !answer.contains($0) }
        }
      }
      let query = try queries.append(found, line: line)
      if !query.evidence.isEmpty {
        judgements[query.id] = Dictionary(query.evidence.map { ($0, 1) }) { first, _ in first }
      }
    }
    return JudgedSet(
      name: split, identity: collection + "/" + split, queries: try queries.finish(),
      judgements: judgements)
  }

  /// Adds a paragraph, unless it is there; its id where it supports the answer.
  private mutating func passage(_ paragraph: JSONValue, line: Int) throws -> String? {
    guard let text = Self.textFields.lazy.compactMap({ paragraph[$0]?.string }).first else {
      throw CollectionError.missingField(
        path: file.shown, line: line, expected: Self.textFields,
        found: (paragraph.members ?? []).map(\.name))
    }
    let title = paragraph["title"]?.string ?? ""
    var id = seen[[title, text]]
    if id == nil {
      let new = passages.next(title.isEmpty ? "passage" : title)
      builder.append(Document(id: new, title: title, text: text))
      seen[[title, text]] = new
      id = new
    }
    return paragraph["is_supporting"]?.boolean == true ? id : nil
  }
}
