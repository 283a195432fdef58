import Bytes
import Corpora
import Execution
import Retrieval

/// An encoder that needs no model: each word is a fixed random direction, a text their sum, scaled
/// to length 1. A text without words is zeros.
struct FakeEncoder: TokenEncoder {
  var name = "fake"
  var dimension = 24
  var maximumLength = 12

  func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

  func direction(_ word: String) -> [Float] {
    var stream = RandomStream(seed: 3, purpose: "tests/word/\(word)")
    let values = (0..<dimension).map { _ in stream.uniform() * 2 - 1 }
    let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return values.map { Float($0 / length) }
  }

  func vector(_ text: String) -> [Float] {
    var sum = [Double](repeating: 0, count: dimension)
    for word in words(text).prefix(maximumLength) {
      for (place, value) in direction(word).enumerated() { sum[place] += Double(value) }
    }
    let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return sum.map { length > 0 ? Float($0 / length) : 0 }
  }

  func encode(_ texts: [String], as role: TextRole, context: WorkContext) throws -> EncodedTexts {
    let buffer = FloatBuffer(count: texts.count * dimension)
    for (row, text) in texts.enumerated() {
      for (place, value) in vector(text).enumerated() {
        buffer.base[row * dimension + place] = value
      }
    }
    let lengths = texts.map { words($0).count }
    return EncodedTexts(
      vectors: buffer, dimension: dimension, count: texts.count,
      tokenCount: lengths.reduce(0) { $0 + min($1, maximumLength) },
      truncatedCount: lengths.count { $0 > maximumLength }, emptyCount: lengths.count { $0 == 0 })
  }

  func encodeTokens(
    _ texts: [String], as role: TextRole, context: WorkContext
  ) throws -> EncodedTokens {
    let lists = texts.map { words($0).prefix(maximumLength) }
    var starts = [0]
    for list in lists { starts.append(starts[starts.count - 1] + list.count) }
    let buffer = FloatBuffer(count: starts[texts.count] * dimension)
    for (row, word) in lists.joined().enumerated() {
      for (place, value) in direction(word).enumerated() {
        buffer.base[row * dimension + place] = value
      }
    }
    return EncodedTokens(
      vectors: buffer, dimension: dimension, starts: starts,
      tokenIDs: [Int32](repeating: 0, count: starts[texts.count]),
      truncatedCount: texts.count { words($0).count > maximumLength })
  }
}

/// Encoders that do not keep their promises.
struct BrokenEncoder: TextEncoder {
  enum Fault { case dimension, count, notANumber }

  let fault: Fault
  var name: String { "broken" }
  var dimension: Int { 4 }
  var maximumLength: Int { 8 }

  func encode(_ texts: [String], as role: TextRole, context: WorkContext) throws -> EncodedTexts {
    let dimension = fault == .dimension ? 3 : 4
    let count = fault == .count ? texts.count + 1 : texts.count
    let buffer = FloatBuffer(count: max(1, dimension * count))
    if fault == .notANumber { buffer.base[0] = .nan }
    return EncodedTexts(
      vectors: buffer, dimension: dimension, count: count, tokenCount: 0, truncatedCount: 0,
      emptyCount: 0)
  }
}

/// Random versions of an index's documents: texts of few words so that ties occur, ids whose order
/// as UTF-8 is not their order of addition, empty texts, replaced and deleted documents.
struct RandomVersions {
  var stream: RandomStream
  var next = 0

  init(seed: UInt64) { stream = RandomStream(seed: seed, purpose: "tests/versions") }

  mutating func text() -> String {
    (0..<stream.below(6)).map { _ in "w\(stream.below(12))" }.joined(separator: " ")
  }

  mutating func document(id: String) -> Document {
    Document(
      id: id, title: stream.below(4) == 0 ? "w\(stream.below(12))" : "", text: text(),
      fields: DocumentFields([("user", ["u\(stream.below(3))"])]))
  }

  /// A corpus of new documents, and of some whose ids exist.
  mutating func corpus(_ count: Int, replacing existing: [String]) throws -> Corpus {
    var ids: [String] = []
    for _ in 0..<count {
      if !existing.isEmpty, stream.below(3) == 0 {
        ids.append(existing[stream.below(existing.count)])
      } else {
        next += 1
        ids.append(["é", "d", "Z", ""][stream.below(4)] + "\(next * 7919 % 1000)-\(next)")
      }
    }
    var seen: Set<String> = []
    let unique = ids.filter { seen.insert($0).inserted }
    var documents: [Document] = []
    for id in unique { documents.append(document(id: id)) }
    return try Corpus(name: "part\(next)", documents: documents)
  }
}

extension IndexedDocuments {
  /// The documents that count, as one corpus.
  func liveCorpus() throws -> Corpus {
    try Corpus(
      name: "live",
      documents: parts.flatMap { part in
        part.live.ranks.map { part.corpus[part.position(ofRank: $0)] }
      })
  }

  var liveIDs: [String] {
    parts.flatMap { part in part.live.ranks.map { part.id(ofRank: $0) } }
  }
}

extension RandomTexts {
  /// Documents without much in them.
  static func numbered(_ count: Int) throws -> Corpus {
    try Corpus(
      name: "numbered", documents: (0..<count).map { Document(id: "d\($0)", text: "w\($0)") })
  }
}
