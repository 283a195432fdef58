import Bytes
import Corpora
import Execution
import Glibc
import TestFolders
import Testing
import TextEncoders

/// The files that `Tests/Fixtures/encoders/make.py` writes.
enum Fixtures {
  static let names = ["mean", "cls"]

  static let folder: String = {
    let parts = #filePath.split(separator: "/").dropLast(2)
    return "/" + parts.joined(separator: "/") + "/Fixtures/encoders"
  }()

  static func expected() throws -> JSONValue {
    try TemporaryFolder.bytes(at: "\(folder)/expected.json").withUnsafeBytes {
      try JSONValue(parsing: $0)
    }
  }

  static func texts() throws -> [String] {
    try #require(try expected()["texts"]?.list).map { $0.string ?? "" }
  }

  static func model(_ name: String) throws -> EncoderModel {
    try EncoderFolder.load("\(folder)/\(name)", context: WorkContext())
  }

  static func encoder(_ name: String) throws -> BertEncoder {
    BertEncoder(try model(name), name: name)
  }

  /// A copy of a fixture, for changing it.
  static func copy(_ name: String) throws -> TemporaryFolder {
    let copy = try TemporaryFolder()
    for file in TemporaryFolder.files(below: "\(folder)/\(name)") {
      try copy.write(TemporaryFolder.bytes(at: "\(folder)/\(name)/\(file)"), to: file)
    }
    return copy
  }

  static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// all-MiniLM-L6-v2, where it is installed.
  static let miniLM = try? EncoderFolder.named("minilm", environment: variable)
}

/// Texts that are made at random but always the same, in many scripts and of many lengths.
struct RandomTexts {
  private var random: RandomStream

  init(_ purpose: String) { random = RandomStream(seed: 1, purpose: purpose) }

  private static let words = [
    "the", "ferry", "leaves", "harbour", "seven", "it's", "don't", "Fährmann", "über", "Fluß",
    "cœur", "naïf", "berg", "берегу", "дом", "渡し船", "七時に", "渡船", "下雨", "나룻배는", "القارب",
    "เรือ", "नाव", "הסירה", "πλοίο", "🚢", "👩‍👩‍👧", "⛵", "12", "1,024", "½", "!", "?", "(see)", "x²",
    "electroencephalography", "https://example.org/a?b=c", "Zyzzyva", "E\u{301}cole", "\u{0}", "\n",
  ]

  mutating func next(longest: Int = 400) -> String {
    let limits = [3, 12, 60, longest]
    let count = random.below(limits[random.below(limits.count)] + 1)
    return (0..<count).map { _ in Self.words[random.below(Self.words.count)] }
      .joined(separator: " ")
  }

  mutating func below(_ bound: Int) -> Int { random.below(bound) }
}

func cosine(_ a: [Float], _ b: [Float]) -> Double {
  var (dot, first, second) = (0.0, 0.0, 0.0)
  for (x, y) in zip(a, b) {
    dot += Double(x) * Double(y)
    first += Double(x) * Double(x)
    second += Double(y) * Double(y)
  }
  return dot / (first * second).squareRoot()
}
