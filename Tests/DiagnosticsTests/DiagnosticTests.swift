import Diagnostics
import Testing

@Suite struct DiagnosticTests {
  @Test func rendersPlaceLineCaretAndHelp() {
    let file = SourceFile(name: "a.md", text: "one\n\tmaen(x)\n")
    let diagnostic = Diagnostic(
      .error, "unknown name 'maen'", at: SourceSpan(5, 9), help: "did you mean 'mean'?")
    let expected = """
      a.md:2:2: error: unknown name 'maen'
        2 |  maen(x)
          |  ^~~~
        help: did you mean 'mean'?
      """
    #expect(DiagnosticRenderer().render(diagnostic, in: file) == expected)
  }

  @Test(arguments: ["a\nb\nc", "a\r\nb\r\nc", "a\rb\rc"])
  func everyLineEndingEndsALine(text: String) {
    let file = SourceFile(name: "x", text: text)
    #expect(file.lineStarts.count == 3)
    #expect(file.lineRange(1).count == 1)
    #expect(file.location(of: file.lineStarts[2]) == SourceLocation(line: 3, column: 1))
  }

  @Test func suggestsOnlyCloseNames() {
    #expect(closestName(to: "maen", among: ["mean", "max"]) == "mean")
    #expect(closestName(to: "recal", among: ["recall", "rerank"]) == "recall")
    #expect(closestName(to: "zebra", among: ["mean", "max"]) == nil)
    // Of several the first in order, however they stand.
    #expect(closestName(to: "hat", among: ["cat", "bat", "hats"]) == "bat")
    #expect(closestName(to: "hat", among: ["hat", "heat"]) == "heat")
    #expect(closestName(to: "caf\u{E9}s", among: ["CAF\u{C9}"]) == "CAF\u{C9}")
    #expect(closestName(to: "", among: ["a"]) == nil)
  }

  @Test func suggestionsHaveBounds() {
    // Five letters of fifteen are a third; names that are alike want fewer.
    let name = "abcdefghijklmno"
    #expect(closestName(to: name, among: ["vwxyzfghijklmno"]) == "vwxyzfghijklmno")
    #expect(closestName(to: name, among: ["vwxyzfghijklmno"], atMost: 4) == nil)
    #expect(closestName(to: name, among: ["vwxyefghijklmno"], atMost: 4) == "vwxyefghijklmno")
    let long = String(repeating: "a", count: 257)
    #expect(closestName(to: long, among: [long + "a"]) == nil)
    #expect(closestName(to: String(long.dropLast()), among: [long]) == long)
    // A hostile file: nothing past the bound on comparisons is looked at.
    let many = repeatElement(String(repeating: "b", count: 256), count: 5000)
    #expect(
      closestName(to: String(long.dropLast()), among: Array(many) + [long], atMost: 4) == nil)
  }

  @Test func controlCharactersNeverReachTheTerminal() {
    let file = SourceFile(name: "x", text: "\u{1B}[31mboo")
    let text = DiagnosticRenderer().render(
      Diagnostic(.error, "bad", at: SourceSpan(0, 1)), in: file)
    #expect(!text.contains("\u{1B}"))
  }
}
