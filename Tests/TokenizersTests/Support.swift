import Bytes
import Execution
import Glibc
import TestFolders
import Testing

import Tokenizers

/// The files that `Tests/Fixtures/tokenizers/make.py` writes.
enum Fixtures {
  static let names = [
    "gpt2", "prefixed", "llama3", "qwen2", "words", "characters", "bert", "cased", "stripped",
  ]

  static let folder: String = {
    let parts = #filePath.split(separator: "/").dropLast(2)
    return "/" + parts.joined(separator: "/") + "/Fixtures/tokenizers"
  }()

  static func bytes(_ name: String) throws -> [UInt8] {
    try TemporaryFolder.bytes(at: "\(folder)/\(name).json")
  }

  static func json(_ name: String) throws -> JSONValue {
    try bytes(name).withUnsafeBytes { try JSONValue(parsing: $0) }
  }

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(tokenizerJSON: try bytes(name), file: name)
  }

  /// The texts with the ids and the decoded texts that Hugging Face's tokenizers gives.
  static func expected(_ name: String) throws -> [(text: String, ids: [Int32], decoded: String)] {
    let file = try json("expected")
    let texts = try #require(file["texts"]?.list)
    let ids = try #require(file["cases"]?[name]?["ids"]?.list)
    let decoded = try #require(file["cases"]?[name]?["decoded"]?.list)
    return try texts.indices.map {
      (
        try #require(texts[$0].string), numbers(ids[$0]), try #require(decoded[$0].string)
      )
    }
  }

  /// The text that the fixtures were trained on, by lines.
  static func lines() throws -> [String] {
    let text = try #require(try json("expected")["text"]?.string)
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      line.append(scalar)
      if scalar == "\n" {
        lines.append(String(line))
        line = .init()
      }
    }
    return lines
  }

  static func numbers(_ value: JSONValue) -> [Int32] {
    (value.list ?? []).map { Int32($0.integer ?? -1) }
  }
}

/// Texts that are made at random but always the same.
struct RandomTexts {
  private var random: RandomStream

  init(_ purpose: String) { random = RandomStream(seed: 1, purpose: purpose) }

  private static let pieces: [String] = [
    "the", "The", " ferry", "'s", "'S", "'ll", "'RE", "\u{2019}t", "  ", "\n", "\r\n", "\t", " ",
    "\u{A0}", "\u{85}", "\u{3000}", "\u{200B}", "12", "7", "½", "١٢", "é", "e\u{301}", "ß", "ſ",
    "'ſ", "家", "渡し", "ไทย", "नाव", "שלום", "가", "\u{1100}\u{1161}", "😀", "👩‍👩‍👧", "!", "?!", "...",
    "-", "_", "<|end|>", "<mask>", "cat", "café-token", "cafe\u{301}-token", "<|begin|>", "\u{0}",
    "\u{FEFF}", "\u{10FFFF}", "\u{E000}", "a", "b", "ab", "x", "\u{0323}", "\u{0301}",
  ]

  /// A text of up to `longest` pieces: known ones, or any scalars.
  mutating func next(longest: Int = 24) -> String {
    var text = String.UnicodeScalarView()
    let isWild = random.below(4) == 0
    for _ in 0..<random.below(longest + 1) {
      if isWild || random.below(6) == 0 {
        text.append(scalar())
      } else {
        text.append(contentsOf: Self.pieces[random.below(Self.pieces.count)].unicodeScalars)
      }
    }
    return String(text)
  }

  private mutating func scalar() -> Unicode.Scalar {
    let limits = [0x80, 0x250, 0x800, 0x3000, 0x10000, 0x20000, 0x110000]
    while true {
      if let scalar = Unicode.Scalar(UInt32(random.below(limits[random.below(limits.count)]))) {
        return scalar
      }
    }
  }

  mutating func below(_ bound: Int) -> Int { random.below(bound) }
}

/// Hugging Face's tokenizers, where `$POISE_PEER_PYTHON` names a Python that has it.
enum Peer {
  static let python = getenv("POISE_PEER_PYTHON").map { String(cString: $0) }

  /// The path of tinyshakespeare among the public data sets.
  static let shakespeare: String? = getenv("POISE_DATA").flatMap { folder in
    let path = String(cString: folder) + "/tinyshakespeare/input.txt"
    return access(path, R_OK) == 0 ? path : nil
  }

  /// How many random texts are compared; `$POISE_PEER_TEXTS` asks for more.
  static let textCount =
    getenv("POISE_PEER_TEXTS").flatMap { Int(String(cString: $0)) } ?? 2000

  /// What `peer.py` prints.
  static func run(_ words: [String], in folder: TemporaryFolder) throws -> JSONValue {
    let python = try #require(python)
    let command = ([python, "\(Fixtures.folder)/peer.py"] + words).joined(separator: " ")
    let status = system("\(command) > \(folder("output")) 2> \(folder("errors"))")
    #expect(status == 0, "\(String((try? folder.text("errors")) ?? "").suffix(2000))")
    return try folder.read("output").withUnsafeBytes { try JSONValue(parsing: $0) }
  }
}
