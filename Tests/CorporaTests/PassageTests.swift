import Corpora
import TestFolders
import Testing

@Suite struct PassageTests {
  private func passages(_ text: String, name: String = "g.md", words: Int = 120) throws
    -> [Document]
  {
    try Array(TemporaryFolder([name: text]).load(words: words).corpus.documents)
  }

  @Test func followsHeadings() throws {
    let text = """
      ---
      title: ignored
      ---
      Before any heading.

      # The *Guide* #

      Intro, [linked](x).

      ## Install `it`!
      Steps.

      ### On Linux
      apt

      ## Empty

      Set by underline
      ----------------
      Last.
      """
    #expect(
      try passages(text) == [
        Document(id: "g.md", title: "The Guide", text: "Before any heading."),
        Document(id: "g.md#the-guide", title: "The Guide", text: "Intro, [linked](x)."),
        Document(id: "g.md#install-it", title: "The Guide > Install it!", text: "Steps."),
        Document(id: "g.md#on-linux", title: "The Guide > Install it! > On Linux", text: "apt"),
        Document(
          id: "g.md#set-by-underline", title: "The Guide > Set by underline", text: "Last."),
      ])
  }

  @Test func keepsCodeWhole() throws {
    let code = "```sh\n# not a heading\n\n" + String(repeating: "word ", count: 40) + "\n```"
    let text = "# A\n\none two\n\n\(code)\n\nthree four\n"
    let found = try passages(text, words: 10)
    #expect(found.map(\.id) == ["g.md#a", "g.md#a-2", "g.md#a-3"])
    #expect(found[1].text == code)
  }

  @Test func gathersParagraphsUpToTheTarget() throws {
    let text = "a b c\n\nd e f\n\ng h i\n\nj k l\n"
    #expect(
      try passages(text, name: "t.txt", words: 6).map(\.text) == [
        "a b c\n\nd e f", "g h i\n\nj k l",
      ])
    #expect(
      try passages(text, name: "t.txt", words: 6).map(\.id) == ["t.txt", "t.txt#2"])
    #expect(try passages(text, name: "t.txt", words: 6).map(\.title) == ["t", "t"])
  }

  @Test func splitsLongParagraphsAfterSentences() throws {
    let text = "one two three four. five six seven eight nine ten eleven twelve thirteen"
    #expect(
      try passages(text, words: 6).map(\.text) == [
        "one two three four.", "five six seven eight nine ten", "eleven twelve thirteen",
      ])
  }

  @Test func idsStayUnique() throws {
    let text = "# A\nx\n# A\ny\n# A-2\nz\n# A\nw\n# ???\nv\n"
    #expect(
      try passages(text).map(\.id) == ["g.md#a", "g.md#a-2", "g.md#a-2-2", "g.md#a-3", "g.md"])
  }

  @Test func everyWordSurvives() throws {
    let words = (0..<2000).map { "w\($0)\($0 % 11 == 0 ? "." : "")\($0 % 97 == 0 ? "\n\n" : "")" }
    let text = words.joined(separator: " ")
    for target in [1, 7, 50, 120] {
      let found = try passages(text, words: target)
      let kept = found.flatMap { $0.text.split(whereSeparator: \.isWhitespace) }
      #expect(kept == text.split(whereSeparator: \.isWhitespace))
      #expect(found.allSatisfy { $0.text.split(separator: " ").count <= max(2, target * 3 / 2) })
    }
  }

  @Test func anEmptyFolderOfTextIsAnError() throws {
    #expect(
      try TemporaryFolder(["a.md": "# Only\n\n## Headings\n"]).failure()
        == "DIR/a.md: no text in it")
  }

  @Test func namesPassagesByPathsBelowTheFolder() throws {
    let folder = try TemporaryFolder(["sub/b.md": "# B\ntext", "a.md": "# A\ntext"])
    #expect(try folder.load().corpus.documents.map(\.id) == ["a.md#a", "sub/b.md#b"])
    #expect(try folder.load("sub/b.md").corpus.documents.map(\.id) == ["b.md#b"])
    #expect(try folder.load().summary == "text and Markdown: 2 passages")
  }
}
