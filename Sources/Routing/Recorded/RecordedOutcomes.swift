import Bytes
import Evaluation

/// What one model answered to each of many questions, once from memory and once with passages.
public struct RecordedOutcomes: Sendable, Hashable {
  /// One question.
  public struct Outcome: Sendable, Hashable {
    /// Its id.
    public var id: String
    /// What was asked.
    public var question: String
    /// Accepted answers.
    public var answers: [String]
    /// Titles and texts of the passages that were found, best first.
    public var passages: [(title: String, text: String)]
    /// What was answered from memory.
    public var fromMemory: String
    /// What was answered with the passages.
    public var withPassages: String

    /// Whether the answer from memory contains an accepted one.
    public var isKnown: Bool { NormalizedAnswer(fromMemory).contains(anyOf: answers) }
    /// Whether the answer with passages contains an accepted one.
    public var isRead: Bool { NormalizedAnswer(withPassages).contains(anyOf: answers) }

    /// Equality of all parts.
    public static func == (a: Outcome, b: Outcome) -> Bool {
      a.id == b.id && a.question == b.question && a.answers == b.answers
        && a.fromMemory == b.fromMemory && a.withPassages == b.withPassages
        && a.passages.elementsEqual(b.passages) { $0 == $1 }
    }

    /// Hashes id and question.
    public func hash(into hasher: inout Hasher) {
      hasher.combine(id)
      hasher.combine(question)
    }
  }

  /// In the order of the file.
  public let outcomes: [Outcome]

  /// Outcomes that are there.
  public init(_ outcomes: [Outcome]) { self.outcomes = outcomes }

  /// Why a file has no outcomes.
  public enum Failure: Error, Sendable, Hashable {
    /// A line is no JSON object.
    case notAnObject(line: Int)
    /// A line lacks a field.
    case missing(String, line: Int)
    /// Two lines have one id.
    case repeated(id: String, line: Int)
    /// There are no lines.
    case empty
  }

  /// Reads JSON Lines with the fields `question`, `answers`, `answer_without_retrieval`,
  /// `answer_with_retrieval`, and maybe `_id` or `id` and `passages` (records of title and text, or
  /// texts).
  ///
  /// - Throws: ``Failure`` with the line; what is wrong with its JSON.
  package init(jsonLines bytes: UnsafeRawBufferPointer) throws {
    var outcomes: [Outcome] = []
    var seen: Set<String> = []
    for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      .enumerated()
    {
      let slice = UnsafeRawBufferPointer(rebasing: line)
      guard slice.contains(where: { $0 > 0x20 }) else { continue }
      let json = try JSONValue(parsing: slice)
      guard json.members != nil else { throw Failure.notAnObject(line: number + 1) }
      func text(_ name: String) throws -> String {
        guard let text = json[name]?.string else {
          throw Failure.missing(name, line: number + 1)
        }
        return text
      }
      guard let answers = json["answers"]?.list?.compactMap(\.string), !answers.isEmpty else {
        throw Failure.missing("answers", line: number + 1)
      }
      let id = json["_id"]?.string ?? json["id"]?.string ?? "line-\(number + 1)"
      guard seen.insert(id).inserted else { throw Failure.repeated(id: id, line: number + 1) }
      outcomes.append(
        Outcome(
          id: id, question: try text("question"), answers: answers,
          passages: (json["passages"]?.list ?? []).map { passage in
            passage.string.map { ("", $0) }
              ?? (passage["title"]?.string ?? "", passage["text"]?.string ?? "")
          }, fromMemory: try text("answer_without_retrieval"),
          withPassages: try text("answer_with_retrieval")))
    }
    guard !outcomes.isEmpty else { throw Failure.empty }
    self.outcomes = outcomes
  }
}

extension RecordedOutcomes.Failure: CustomStringConvertible {
  /// What is wrong, in one sentence.
  public var description: String {
    switch self {
    case .notAnObject(let line): "line \(line) is no JSON object"
    case .missing(let field, let line): "line \(line) has no field '\(field)'"
    case .repeated(let id, let line): "line \(line): the id \"\(id)\" was there before"
    case .empty: "the file has no outcomes"
    }
  }
}

extension RecordedOutcomes {
  private static let magic: StaticString = "poiseOUT"

  /// The stored form; equal outcomes have equal bytes.
  package func encoded() -> [UInt8] {
    var writer = BinaryWriter(magic: Self.magic, version: 1)
    writer.put(UInt64(outcomes.count))
    for outcome in outcomes {
      for text in [outcome.id, outcome.question, outcome.fromMemory, outcome.withPassages] {
        writer.put(text)
      }
      writer.put(outcome.answers)
      writer.put(outcome.passages.map(\.title))
      writer.put(outcome.passages.map(\.text))
    }
    return writer.bytes
  }

  /// Reads ``encoded()``.
  ///
  /// - Throws: `BinaryCodingError` for anything else.
  package init(decoding bytes: [UInt8]) throws {
    outcomes = try bytes.withUnsafeBytes { bytes throws -> [Outcome] in
      var reader = try BinaryReader(
        bytes, magic: Self.magic, version: 1, format: "recorded outcomes")
      var outcomes: [Outcome] = []
      for _ in 0..<(try reader.count(each: 56)) {
        let texts = try (0..<4).map { _ in try reader.string() }
        let answers = try reader.strings()
        let titles = try reader.strings()
        let passages = try reader.strings()
        guard titles.count == passages.count else {
          throw BinaryCodingError.invalid(
            format: reader.format, what: "a passage has no title")
        }
        outcomes.append(
          Outcome(
            id: texts[0], question: texts[1], answers: answers,
            passages: Array(zip(titles, passages)), fromMemory: texts[2],
            withPassages: texts[3]))
      }
      try reader.end()
      return outcomes
    }
  }
}
