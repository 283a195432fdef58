import Corpora
import Testing

@Suite struct TextAnalyzerTests {
  private func terms(_ text: String, _ analyzer: TextAnalyzer = .plain) -> [String] {
    analyzer.tokens(in: text).map(\.term)
  }

  @Test func tokensAreRunsOfLettersAndDigits() {
    #expect(terms("Don't STOP-me, v2.0_b!") == ["don", "t", "stop", "me", "v2", "0", "b"])
    #expect(terms("Ärger ÉCOLE ΣΊΣΥΦΟΣ Ünïx ſo") == ["ärger", "école", "σίσυφοσ", "ünïx", "so"])
    #expect(terms("x\u{301}y \u{301} z") == ["x\u{301}y", "z"])
    #expect(terms("日本語 text東京") == ["日", "本", "語", "text", "東", "京"])
    #expect(terms("½ x² Ⅷ “quoted”—dash…") == ["½", "x²", "ⅷ", "quoted", "dash"])
    #expect(terms("") == [])
    #expect(terms(" \n…😀") == [])
  }

  @Test func rangesAreBytesOfTheText() {
    let text = "Ärger, 日x Über"
    let bytes = Array(text.utf8)
    let tokens = TextAnalyzer.plain.tokens(in: text)
    #expect(
      tokens.map { String(decoding: bytes[$0.range], as: UTF8.self) } == [
        "Ärger", "日", "x", "Über",
      ])
  }

  @Test func stopsAndStems() throws {
    let analyzer = try TextAnalyzer(stopwords: .english, stemmer: "english")
    #expect(terms("The RUNNING runs of the generously", analyzer) == ["run", "run", "generous"])
    #expect(terms("the The", .english) == [])
    let german = try TextAnalyzer(stemmer: "german")
    #expect(terms("Häuser", german) == ["haus"])
    #expect(TextAnalyzer.stemmers.contains("porter"))
  }

  @Test func leavesOverlongTokensOut() throws {
    let analyzer = try TextAnalyzer(maximumTokenLength: 4)
    #expect(terms("four fives ééé éé x", analyzer) == ["four", "éé", "x"])
    let long = String(repeating: "z", count: 300)
    #expect(terms("a \(long) b") == ["a", "b"])
  }

  @Test func saysWhatIsWrong() {
    #expect(throws: TextAnalyzerError.tokenLengthOutOfRange(got: 0)) {
      try TextAnalyzer(maximumTokenLength: 0)
    }
    do {
      _ = try TextAnalyzer(stemmer: "klingon")
      Issue.record("accepted")
    } catch {
      #expect(error.description.hasPrefix("no stemmer \"klingon\"; there are "))
    }
  }

  @Test func equalTermsGetEqualNumbers() {
    // Many words of all lengths, so that the table grows and long words are compared whole.
    let words = (0..<5000).map { "\(String(repeating: "p", count: $0 % 30))\($0)" }
    let interner = TermInterner(analyzer: .plain)
    for _ in 0..<2 {
      for (number, word) in words.enumerated() {
        var word = word
        var found: [Int] = []
        word.withUTF8 { utf8 in
          interner.forEachTerm(in: UnsafeRawBufferPointer(utf8)) { term, _ in found.append(term) }
        }
        #expect(found == [number])
      }
    }
    #expect(interner.termCount == words.count)
    #expect(interner.term(4999) == words[4999])
  }
}
