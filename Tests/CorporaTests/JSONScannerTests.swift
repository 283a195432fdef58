import Corpora
import Execution
import FoundationEssentials
import TestFolders
import Testing

/// The scanner is internal: it is tested through documents with one member.
@Suite struct JSONScannerTests {
  private func text(_ literal: String) throws -> String {
    let folder = try TemporaryFolder(["x.jsonl": "{\"text\": \(literal)}"])
    return try folder.load().corpus.text(at: 0)
  }

  private func failure(_ literal: String) throws -> String {
    try TemporaryFolder(["x.jsonl": "{\"a\": \(literal), \"text\": \"\"}"]).failure()
      .replacing("DIR/x.jsonl:1:", with: "")
  }

  @Test func decodesEscapes() throws {
    #expect(try text(#""\"\\\/\b\f\n\r\t""#) == "\"\\/\u{8}\u{C}\n\r\t")
    #expect(try text(#""\u0041\u00e9\u20AC\uD83D\uDE00""#) == "Aé€😀")
    #expect(try text(#""\u0000""#) == "\0")
    #expect(try text("\"0123456é€😀789\"") == "0123456é€😀789")
  }

  @Test func findsTheEndOfStringsAtEveryOffset() throws {
    for length in 0..<40 {
      let body = String(repeating: "x", count: length)
      #expect(try text("\"\(body)\"") == body)
      #expect(try text("\"\(body)\\n\(body)\"") == body + "\n" + body)
      #expect(try text("\"\(body)é\(body)\"") == body + "é" + body)
    }
  }

  @Test(arguments: [
    ("\"\\x\"", "9: broken JSON: expected an escape such as \\n, got 'x'"),
    ("\"\\ud800\"", "14: broken JSON: expected the other half of a surrogate pair, got '\"'"),
    (
      "\"\\ud800\\u0041\"",
      "14: broken JSON: expected the other half of a surrogate pair, got '\\'"
    ),
    ("\"\\udc00\"", "8: broken JSON: expected the first half of a surrogate pair, got '\\'"),
    ("\"\\u12g4\"", "12: broken JSON: expected four hexadecimal digits, got 'g'"),
    (
      "\"a\tb\"",
      "9: broken JSON: expected '\"' or an escape such as \\n, got the control character 9"
    ),
    ("01", "8: broken JSON: expected ',' or '}', got '1'"),
    ("1.", "9: broken JSON: expected a digit, got ','"),
    ("1e+", "10: broken JSON: expected a digit, got ','"),
    ("-", "8: broken JSON: expected a value, got ','"),
    ("nul", "7: broken JSON: expected 'null', got 'n'"),
    ("[1,]", "10: broken JSON: expected a value, got ']'"),
    ("[1 2]", "10: broken JSON: expected ',' or ']', got '2'"),
    ("{1: 2}", "8: broken JSON: expected a member's name in quotes, got '1'"),
    ("{\"x\" 2}", "12: broken JSON: expected ':', got '2'"),
    ("", "7: broken JSON: expected a value, got ','"),
  ])
  func isStrict(_ literal: String, _ message: String) throws {
    #expect(try failure(literal) == message)
  }

  @Test func boundsDepth() throws {
    let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
    #expect(try failure(deep).hasSuffix("broken JSON: expected at most 256 levels, got one more"))
    let allowed = String(repeating: "[", count: 255) + String(repeating: "]", count: 255)
    #expect(try failure(allowed) == "read: JSON Lines: 1 document")
  }

  @Test func agreesWithFoundationOnMutations() throws {
    var mutations = Mutations("json")
    let seed = Array(
      #"{"a": [1, -2.5e3, {"b": null, "c": [true, false, "\u00e9\n"]}], "text": "x\\y é"}"#.utf8)
    var agreed = 0
    for _ in 0..<1500 {
      let bytes = mutations.mutate(seed)
      let folder = try TemporaryFolder()
      try folder.write(bytes, to: "x.jsonl")
      let isOurs = folder.failure().hasPrefix("read:")
      // Foundation is laxer in places; what we accept it must accept.
      if isOurs {
        let object = try? JSONDecoder().decode(Loose.self, from: Data(bytes))
        #expect(object != nil, "\(String(decoding: bytes, as: UTF8.self))")
        agreed += 1
      }
    }
    #expect(agreed > 20)
  }

  private struct Loose: Decodable {
    var text: String?
    var contents: String?
    var body: String?
  }
}
