import Diagnostics
import Language
import Testing

@Suite struct ParserProblemTests {
  @Test func strings() {
    expectProblems(
      "x = 👉\"abc\ny = 2", ["the string is not closed on its line | close it with '\"'"])
    expectProblems(
      "x = 👉\"a {b} c\ny = 2", ["the string is not closed on its line | close it with '\"'"])
    expectProblems(
      "x = 👉\"a {f(b\ny = 2", ["the string is not closed on its line | close it with '\"'"])
    expectProblems(
      "x = \"a👉\\q\"",
      ["unknown escape '\\q' in a string | a string knows \\\" \\\\ \\n \\t \\{ \\} and \\u{…}"])
    expectProblems(
      "x = \"👉\\u{110000}\"",
      ["'\\u{…}' takes the number of a character, in hexadecimal | as in \\u{e9}"])
    expectProblems(
      "x = \"👉{}\"", ["the braces in this string are empty | for a plain brace, write \\{"])
    expectProblems(
      "x = 👉'abc' + 👉'd'",
      [
        "strings are written with double quotes", "strings are written with double quotes",
      ])
    expectProblems("x = \"{a 👉b}\"", ["expected '}' after the expression, found 'b'"])
    expectProblems("x = \"{a + 👉}\"", ["expected an expression, found the end of the string"])
    expectProblems("x = \"{a 👉# b}\"", ["a comment can't stand inside a string"])
  }

  @Test func numbersAndCharacters() {
    expectProblems("x = 👉2k", ["'2k' is not a number"])
    expectProblems("x = 👉1.2.3", ["'1.2.3' is not a number"])
    expectProblems("x = 👉.5", ["'.5' is not a number | write 0.5"])
    expectProblems("x = 👉1e999", ["the number 1e999 is too large"])
    expectProblems("x = 1👉..2", ["a range is written with three dots | write 1...20"])
    expectProblems(
      "x = 👉@ 3\ny = a 👉≥ b",
      [
        "unexpected character '@'", "unexpected character '≥' | write '>='",
      ])
  }

  @Test func otherLanguages() {
    expectProblems("x 👉:= 1", ["a name is bound with '=' | write '='"])
    expectProblems(
      "x = a 👉&& b 👉|| 👉!c",
      [
        "'&&' is not part of the language | write 'and'",
        "'||' is not part of the language | write 'or'",
        "'!' is not part of the language | write 'not'",
      ])
    expectProblems(
      "x = [👉None, 👉null, 👉True]",
      [
        "'None' is not part of the language | write 'none'",
        "'null' is not part of the language | write 'none'",
        "'True' is not part of the language | write 'true'",
      ])
    expectProblems(
      "x = if a 👉= 1 then 2 else 3",
      [
        "'=' binds a name and does not compare | to compare, write '=='"
      ])
    expectProblems("f(a 👉= 3)", ["an argument is labelled with ':' | write 'a: …'"])
    expectProblems(
      "👉def f(x): x",
      [
        "'def' is not part of the language | write name(parameters) = expression"
      ])
    expectProblems(
      "x = map(👉lambda y: y, ys)",
      [
        "there are no anonymous functions | define a function, f(x) = …, and pass its name"
      ])
    expectProblems("x 👉+= 1", ["there is no '+=': a name is bound once | bind a new name"])
    expectProblems("x = a 👉** 2", ["there is no power operator | write x * x"])
    expectProblems("a.b 👉= 2", ["only a name can be bound with '=' | to compare, write '=='"])
    expectProblems(
      "👉for = 2",
      [
        "'for' is a word of the language and can't be a name | choose another name"
      ])
    expectProblems(
      "f(x) = y where 👉g(z) = z",
      [
        "a function can't be defined inside another | define it at the left margin, before this one"
      ])
    expectProblems(
      "f(x👉=2) = x",
      [
        "a function's parameter has no default | give the value in the call"
      ])
    expectProblems("x = {👉\"a\": 1}", ["a field's name is written without quotes | write a: …"])
    expectProblems(
      "sum(x 👉for x in xs)",
      [
        "a 'for' belongs in square brackets | write [… for … in …]"
      ])
    expectProblems("x = a.👉0", ["a member's name is not a number | write [0]"])
  }

  @Test func bracketsNameTheirOpening() {
    let cell = MarkedCell("x = f(a, [b, c👉\ny = 3")
    let diagnostics = cell.parse().diagnostics
    #expect(diagnostics.count == 1)
    #expect(
      diagnostics.first
        == Diagnostic(
          .error, "expected ']' to close '[', found the end of the statement",
          at: SourceSpan(cell.places[0], cell.places[0]),
          related: [.init("opened here", at: SourceSpan(9, 10))]))
    expectProblems("x = f(a👉]\ny = 3", ["expected ')' to close '(', found ']'"])
    expectProblems(
      "x = (a + b👉\ny = 3",
      [
        "expected ')' to close '(', found the end of the statement"
      ])
    expectProblems("x = f(a👉)) + 1".replacing("👉)", with: ")👉"), ["unexpected ')'"])
  }

  @Test func severalProblemsInOnePass() {
    expectProblems(
      "x = 1 +👉\ny = f(a 👉b, c d)\nz = {a 👉1}\nw = [1, 👉, 2]\nv = 👉)\nu = 2",
      [
        "expected an expression, found the end of the statement",
        "expected ',' or ')', found 'b'", "expected ':' after 'a', found the number 1",
        "expected an expression, found ','", "expected an expression, found ')'",
      ])
    let cell = MarkedCell("x = 1 +\ny = f(a b)\nv = )\nu = 2").parse()
    let names = cell.statements.compactMap { statement in
      if case .binding(let name, _) = statement.kind { return name.text }
      return nil
    }
    #expect(names == ["x", "y", "v", "u"])
  }

  @Test func statementsHaveTheirParts() {
    expectProblems(
      "x = if a 👉else b",
      [
        "expected 'then' after the condition, found 'else' | write if … then … else …"
      ])
    expectProblems(
      "x = if a then b👉",
      [
        "expected 'else': an 'if' always has both, found the end of the statement | write if … then … else …"
      ])
    expectProblems("param 👉3", ["expected a name after 'param', found the number 3"])
    expectProblems("claim a > b : 👉text", ["expected the claim's text in quotes, found 'text'"])
    expectProblems(
      "x = y 👉where y = 2",
      [
        "'where' belongs to a function | bind the names in statements of their own"
      ])
    expectProblems(
      "  👉x = 1\ny = 2",
      [
        "a statement starts at the left margin | remove the spaces before it"
      ])
    expectProblems("x = a 👉b", ["unexpected 'b'"])
    expectProblems("x = a 👉\"b\"\ny = a 👉3", ["unexpected string", "unexpected number 3"])
    expectProblems(
      "[x for x in xs from a = 1 👉if x]",
      [
        "'if' is out of place in this list | the order is: for … in …, then if …, then from … = …"
      ])
    expectProblems("[x for x 👉of xs]", ["expected 'in' after the name, found 'of'"])
    expectProblems(
      "x = 1 + 👉if a then b else c",
      [
        "an 'if' inside an expression needs parentheses | write (if … then … else …)"
      ])
    expectProblems("x = 1...2👉...3", ["a range has two ends"])
  }

  @Test(arguments: [
    String(repeating: "(", count: 5000), String(repeating: "[", count: 5000),
    String(repeating: "f(", count: 5000) + String(repeating: ")", count: 5000),
    "x = " + String(repeating: "-", count: 5000) + "1",
    "x = " + String(repeating: "not ", count: 5000) + "a",
    "x = 1" + String(repeating: " + 1", count: 5000),
    "x = a" + String(repeating: ".a", count: 5000),
    "x = a" + String(repeating: " or a", count: 5000),
    "x = " + String(repeating: "if a then b else ", count: 5000) + "c",
    "x = " + String(repeating: "\"{", count: 5000) + String(repeating: "}\"", count: 5000),
    "x = " + String(repeating: "{a: ", count: 5000) + "1" + String(repeating: "}", count: 5000),
  ])
  func depthIsBounded(text: String) {
    let cell = MarkedCell(text + "\ny = 1 +").parse()
    #expect(
      cell.diagnostics.map(\.message).contains("this is nested too deeply: at most 200 levels"))
    #expect(cell.diagnostics.count == 2)
    _ = canonicalSyntax(cell.statements)
  }

  @Test func aLongListIsNotDeep() {
    let text = "[" + String(repeating: "1, ", count: 20_000) + "]"
    #expect(MarkedCell(text).parse().diagnostics.isEmpty)
  }

  /// Cut and mutated text: no trap, every diagnostic inside the text, and the same result again.
  @Test func anyBytesAreReadWithoutATrap() {
    let seed = Array(
      """
      base = load("m {a + [1, 2][0]} é") # c
      f(x, y) = {a: x, b: [k for k in 1...y if k > 2 from n = 0]} where z = 3
      claim a.b > c["d"] by 0.5 : "t"
      param k = 5 in 1...20

      """.utf8)
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let pieces = "()[]{}\"\\,.:=+-#\n \r'{}!&|0e…λ"
    let inserts = pieces.map { Array(String($0).utf8) }
    for _ in 0..<3000 {
      var bytes = seed
      for _ in 0...next(6) {
        let place = next(bytes.count)
        switch next(3) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(contentsOf: inserts[next(inserts.count)], at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + next(20)))
        }
        if bytes.isEmpty { bytes = seed }
      }
      let file = SourceFile(name: "x", bytes: bytes)
      let cell = parseCell(file, 0..<bytes.count)
      for diagnostic in cell.diagnostics {
        #expect((diagnostic.span?.upper ?? .max) <= bytes.count)
      }
      #expect(canonicalSyntax(cell.statements).isEmpty == cell.statements.isEmpty)
    }
  }
}
