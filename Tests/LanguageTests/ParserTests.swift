import Diagnostics
import Language
import Testing

/// A cell whose text marks with 👉 where each diagnostic must point, in order.
struct MarkedCell {
  let file: SourceFile
  let places: [Int]

  init(_ marked: String) {
    let pieces = marked.split(separator: "👉", omittingEmptySubsequences: false)
    var offset = 0
    var places: [Int] = []
    for piece in pieces.dropLast() {
      offset += piece.utf8.count
      places.append(offset)
    }
    self.places = places
    file = SourceFile(name: "cell", text: pieces.joined())
  }

  func parse(margin: Int = 0) -> ParsedCell {
    parseCell(file, 0..<file.bytes.count, margin: margin)
  }
}

/// The normal form of a text that has no errors.
func canonical(_ text: String, margin: Int = 0) -> String {
  let cell = MarkedCell(text).parse(margin: margin)
  #expect(cell.diagnostics.isEmpty, "\(text): \(cell.diagnostics)")
  return canonicalSyntax(cell.statements)
}

/// Expects the messages, with the help after ` | `, at the marked places.
func expectProblems(
  _ marked: String, _ expected: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
  let cell = MarkedCell(marked)
  let diagnostics = cell.parse().diagnostics
  let said = diagnostics.map { $0.message + ($0.help.map { " | \($0)" } ?? "") }
  #expect(said == expected, sourceLocation: sourceLocation)
  #expect(diagnostics.map { $0.span?.lower ?? -1 } == cell.places, sourceLocation: sourceLocation)
}

typealias SourceLocation = Testing.SourceLocation

@Suite struct ParserTests {
  @Test(arguments: [
    ("x = 1 + 2 * 3", "(= x (+ 1.0 (* 2.0 3.0)))"),
    ("1 - 2 - 3", "(- (- 1.0 2.0) 3.0)"),
    ("-a.b * c", "(* (neg (. a b)) c)"),
    ("- -2", "(neg (neg 2.0))"),
    ("a or b and not c == d", "(or a (and b (not (compare c == d))))"),
    ("a > b >= c", "(compare a > b >= c)"),
    ("1 + 1...2 * 3 == r", "(compare (... (+ 1.0 1.0) (* 2.0 3.0)) == r)"),
    ("if a then b else if c then d else e", "(if a b (if c d e))"),
    ("f(x, k: 3,)", "(call f x k:3.0)"),
    ("f(by: 1, in: 2).from", "(. (call f by:1.0 in:2.0) from)"),
    ("a[1][\"b\"].c(d)", "(call (. (at (at a 1.0) \"b\") c) d)"),
    ("[1, 2,]", "(list 1.0 2.0)"), ("[]", "(list)"), ("{}", "(record)"),
    ("{a: 1, if: 2,}", "(record a:1.0 if:2.0)"),
    (
      "[{k: k} for k in [1] for j in 1...3 if k > j from now = 0]",
      "(each (record k:k) (for k (list 1.0)) (for j (... 1.0 3.0)) (if (compare k > j)) (from now 0.0))"
    ),
    ("f() = 3", "(fn f () 3.0)"),
    ("f(a, b,) = c where c = a, d = b,", "(fn f (a b) c (c a) (d b))"),
    ("param k = 5 in 1...20", "(param k 5.0 (... 1.0 20.0))"),
    ("param k", "(param k _ _)"), ("param k in [1]", "(param k _ (list 1.0))"),
    ("claim a > b by 0.05\n  : \"text\"", "(claim (compare a > b) 0.05 \"text\")"),
    ("predict a", "(predict a _ _)"),
    (#""a {b + "{c}"} d""#, #"("a {(+ b "{c}")} d")"#.dropFirst().dropLast().description),
    (#""\"\\\n\t\{\}\u{e9}}""#, "\"\\\"\\\\\n\t\\{}é}\""),
    ("\"{ {a: {b: 1}} }\"", "\"{(record a:(record b:1.0))}\""),
    ("true == none", "(compare true == none)"),
    ("größe = 3e-4", "(= größe 0.0003)"),
  ])
  func readsTheGrammar(text: String, form: String) {
    #expect(canonical(text) == form + "\n")
  }

  @Test func statementsStartAtTheMarginAndContinueWhenIndented() {
    let text = "x = 1\n  + 2\r\ny = f(\na,\n)\r# a comment\nz =\n\t3 # three"
    #expect(canonical(text) == "(= x (+ 1.0 2.0))\n(= y (call f a))\n(= z 3.0)\n")
  }

  @Test func theFencesIndentationIsNotContent() {
    #expect(canonical("   x = 1\n     + 2\n  y = 3", margin: 3) == "(= x (+ 1.0 2.0))\n(= y 3.0)\n")
  }

  @Test func whatTheTreeDoesNotHoldLeavesNoTrace() {
    #expect(
      canonical("x=( f( a ,k:0.50,) ) # why\n\n\ny = \"\\u{41}\"")
        == canonical("# other\nx = f(a, k: 5e-1)\ny = \"A\""))
    #expect(canonical("a - (b - c)") != canonical("a - b - c"))
    #expect(canonical("\"a{b}\"") != canonical("\"a\\{b}\""))
    #expect(canonical("f(a: b)") != canonical("f(a, b)"))
  }

  @Test func spansAreThoseOfTheFile() {
    let file = SourceFile(name: "n.md", text: "text\n```\nx = \"é {a + bb} c\"\n```\n")
    let range = 9..<31
    let cell = parseCell(file, range)
    guard case .binding(let name, let value) = cell.statements.first?.kind,
      case .string(let parts) = value.kind, case .interpolation(let sum) = parts.dropFirst().first,
      case .arithmetic(_, _, let right) = sum.kind
    else {
      Issue.record("\(cell)")
      return
    }
    #expect(file.text(name.span.lower..<name.span.upper) == "x")
    #expect(file.text(value.span.lower..<value.span.upper) == "\"é {a + bb} c\"")
    #expect(file.text(sum.span.lower..<sum.span.upper) == "a + bb")
    #expect(file.text(right.span.lower..<right.span.upper) == "bb")
  }

  @Test(arguments: [
    "a.b.c", "(a + b) * c", "f(a)(b)", "[a for b in c]", "-a", "a > b > c", "{a: 1}",
  ])
  func anExpressionsSpanIsItsText(text: String) {
    let cell = MarkedCell("  " + text).parse(margin: 2)
    #expect(cell.statements.first?.span == SourceSpan(2, 2 + text.utf8.count))
  }
}

@Suite struct IncompleteTextTests {
  @Test(arguments: [
    ("x = f(a,", true), ("x = [1", true), ("x =", true), ("x = 1 +", true),
    ("x = if a then b", true),
    ("x = if a", true), ("f(x", true), ("x = {a: ", true), ("x = 1", false), ("x = )", false),
    ("x = \"abc", false), ("x = (1\ny = 2", false), ("", false), ("x = 1 2 (", false),
  ])
  func moreLinesMayMendIt(text: String, expected: Bool) {
    #expect(MarkedCell(text).parse().isIncomplete == expected)
  }
}
