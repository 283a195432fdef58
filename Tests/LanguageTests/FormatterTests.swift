import Diagnostics
import Language
import Testing

/// The formatted text; fails the test where there is none.
func formatted(_ text: String, margin: Int = 0) -> String {
  let file = SourceFile(name: "x", text: text)
  guard let result = formatCell(file, 0..<file.bytes.count, margin: margin) else {
    Issue.record("does not parse: \(text)")
    return ""
  }
  return result
}

@Suite struct FormatterTests {
  @Test(arguments: [
    ("x=1+2*-3", "x = 1 + 2 * -3\n"),
    ("x = f ( a , k :3, ) . b [ 0 ] ( 2 )", "x = f(a, k: 3).b[0](2)\n"),
    ("x = {a:1,b : [ ],}", "x = {a: 1, b: []}\n"),
    ("f( x ,y )=x where z=1 , w = 2,", "f(x, y) = x where z = 1, w = 2\n"),
    ("param k=5 in 1 ... 20", "param k = 5 in 1...20\n"),
    ("claim a>b by -0.5:\"t\"", "claim a > b by -0.5 : \"t\"\n"),
    (
      "x=[k for k in 1...3 if not k==2 from n=0]",
      "x = [k for k in 1...3 if not k == 2 from n = 0]\n"
    ),
    ("x = ( a+b )*  -( c )", "x = (a + b) * -(c)\n"),
    ("x = if(a)then(b)else(c)", "x = if (a) then (b) else (c)\n"),
    ("x = \"a {b+c}  d\"", "x = \"a {b+c}  d\"\n"),
    ("x = a.from - 1", "x = a.from - 1\n"),
    ("f(by:1,if : 2)", "f(by: 1, if: 2)\n"),
    ("\n\n# c  \n\n\n\nx=1 # d\n\n\ny = 2\r\n# e\r\n", "# c\n\nx = 1  # d\n\ny = 2\n# e\n"),
    ("x = # why\n  5", "x =  # why\n  5\n"),
    ("x = a\n    + b", "x = a + b\n"),
    ("claim a\n : \"t\"", "claim a\n  : \"t\"\n"),
    ("f(x) = y\n where y = x", "f(x) = y\n  where y = x\n"),
    ("x = [\n1, 2,\n]", "x = [\n  1,\n  2,\n]\n"),
    ("x = [1,\n2]", "x = [1, 2]\n"),
    ("x = f([\n1,\n])", "x = f([\n  1,\n])\n"),
    (
      "x = f(a, # one\n b # two\n # three\n)",
      "x = f(\n  a,  # one\n  b,  # two\n  # three\n)\n"
    ),
    ("x = f( # zero\n a\n, b)", "x = f(  # zero\n  a,\n  b,\n)\n"),
    ("", ""), ("# only", "# only\n"),
  ])
  func laysOut(text: String, expected: String) {
    #expect(formatted(text) == expected)
    #expect(formatted(formatted(text)) == expected)
  }

  @Test func longLinesBreakAtBrackets() {
    let text = """
      arms(s) = {rag: answerer(base, index: store(s), k: 3, router: always()), tuned: closed_book(finetune(base, on: fresh(s).facts, method: lora(rank: 8), seed: s))}
      rows = table([{k: k, recall: recall(store, on: test, k: k), precision: precision(store, on: test, k: k)} for k in [1, 5, 10] if k > 2])
      claim report.retrieval.accuracy > report.finetuning.accuracy by 0.05 : "retrieval wins on facts the base has never seen"
      choice = if something_that_is_rather_long(a, b) then another_thing_that_is_long(c, d) else the_last_one(e, f)
      """
    let expected = """
      arms(s) = {
        rag: answerer(base, index: store(s), k: 3, router: always()),
        tuned: closed_book(
          finetune(base, on: fresh(s).facts, method: lora(rank: 8), seed: s),
        ),
      }
      rows = table([
        {k: k, recall: recall(store, on: test, k: k), precision: precision(store, on: test, k: k)}
        for k in [1, 5, 10]
        if k > 2
      ])
      claim report.retrieval.accuracy > report.finetuning.accuracy by 0.05
        : "retrieval wins on facts the base has never seen"
      choice = if something_that_is_rather_long(a, b)
        then another_thing_that_is_long(c, d)
        else the_last_one(e, f)

      """
    #expect(
      formatted(text)
        == expected.replacing(
          "closed_book(\n    finetune(base, on: fresh(s).facts, method: lora(rank: 8), seed: s),\n  ),",
          with: "closed_book(finetune(base, on: fresh(s).facts, method: lora(rank: 8), seed: s)),"))
    #expect(formatted(formatted(text)) == formatted(text))
  }

  @Test func theFencesIndentationIsDropped() {
    #expect(formatted("  x=1\n   + 2\n  y=2", margin: 2) == "x = 1 + 2\ny = 2\n")
  }

  @Test func whatDoesNotParseIsLeft() {
    let file = SourceFile(name: "x", text: "x = (1")
    #expect(formatCell(file, 0..<6) == nil)
  }
}
