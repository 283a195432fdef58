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
  }

  @Test func controlCharactersNeverReachTheTerminal() {
    let file = SourceFile(name: "x", text: "\u{1B}[31mboo")
    let text = DiagnosticRenderer().render(
      Diagnostic(.error, "bad", at: SourceSpan(0, 1)), in: file)
    #expect(!text.contains("\u{1B}"))
  }
}
