import Corpora
import Execution
import Retrieval
import Testing

@Suite struct SnippetTests {
  static let text =
    (0..<40).map { "word\($0)" }.joined(separator: " ")
    + " the Größe of\na running engine (engines) matters "
    + (40..<80).map { "word\($0)" }
    .joined(separator: " ")

  private func index() throws -> BM25Index {
    try BM25Index.build(
      try Corpus(
        name: "t",
        documents: [
          Document(id: "a", title: "Engines", text: Self.text), Document(id: "b", text: "engine"),
        ]), context: WorkContext())
  }

  @Test func showsTheBestWindow() throws {
    let document = Document(id: "a", text: Self.text)
    let snippet = try index().snippet(for: document, query: "engine größe run", words: 12)
    #expect(
      snippet.marked("[", "]") == """
        word38 word39 the [Größe] of a [running] [engine] ([engines]) matters word40 word41
        """)
    #expect(snippet.isCutBefore && snippet.isCutAfter)
    let bytes = Array(Self.text.utf8)
    #expect(
      String(decoding: bytes[snippet.range], as: UTF8.self)
        == snippet.text.replacing(" of a ", with: " of\na "))
    for match in snippet.matches { #expect(match.upperBound <= snippet.text.utf8.count) }
  }

  @Test func fitsAnyLimit() throws {
    let index = try index()
    let document = Document(id: "a", text: Self.text)
    for words in [1, 2, 3, 5, 30, 87, 88, 1000, Int.max] {
      let snippet = index.snippet(for: document, query: "engine größe", words: words)
      #expect(snippet.text.split(separator: " ").count == min(words, 88))
      #expect(!snippet.matches.isEmpty)
    }
    #expect(index.snippet(for: document, query: "engine", words: 0).text == "")
    #expect(index.snippet(for: Document(id: "x", text: " \n"), query: "engine").text == "")
  }

  @Test func beginsAtTheBeginningWithoutAMatch() throws {
    let document = Document(id: "a", text: "one two three four")
    let snippet = try index().snippet(for: document, query: "zebra", words: 2)
    #expect(snippet.text == "one two")
    #expect(!snippet.isCutBefore && snippet.isCutAfter)
  }

  @Test func prefersRareTermsOverRepeatedOnes() throws {
    let document = Document(
      id: "a", text: "engine engine engine x x x x x x x x running engine")
    let snippet = try index().snippet(for: document, query: "engine running", words: 4)
    #expect(snippet.marked("[", "]").hasSuffix("[running] [engine]"))
  }

  @Test func findsMatchesInTitleAndText() throws {
    let matches = try index().matches(
      of: "engines", in: Document(id: "a", title: "Engines", text: "an engine"))
    #expect(matches.title == [0..<7])
    #expect(matches.text == [3..<9])
  }
}
