import Diagnostics
import Language
import Testing

@Suite struct PropertyTests {
  /// The same tokens with other spaces and comments are the same program; formatted they still are,
  /// with every comment, and formatting again changes nothing.
  @Test(arguments: 0..<40)
  func spacingAndFormattingKeepTheMeaning(seed: Int) {
    var random = RandomPrograms(seed: UInt64(seed))
    for _ in 0..<20 {
      let count = 1 + random.next(3)
      var statements: [[String]] = []
      for _ in 0..<count { statements.append(random.statement(random.next(5))) }
      let plain = statements.map { $0.joined(separator: " ") }.joined(separator: "\n")
      let (text, comments) = random.program(statements)
      let form = canonical(plain)
      #expect(canonical(text) == form, "\(text)")
      let laidOut = formatted(text)
      #expect(canonical(laidOut) == form, "\(text)")
      #expect(formatted(laidOut) == laidOut, "\(text)")
      for comment in comments {
        #expect(laidOut.split(separator: "\n").contains { $0.hasSuffix(comment) }, "\(text)")
      }
      // One changed token that matters changes the form.
      #expect(canonical(plain + "\nlast") != form)
    }
  }

  /// Different trees have different forms: every pair of a set of small expressions.
  @Test func differentTreesHaveDifferentForms() {
    let texts = [
      "a + b", "a - b", "(a + b) + c", "a + (b + c)", "a and b", "a or b", "not a", "-a", "a.b",
      "a[b]", "a(b)", "a(b: b)", "a(b, b)", "[a, b]", "[a]", "{a: a}", "{a: a, b: b}", "\"a\"",
      "\"{a}\"", "\"{\"a\"}\"", "\"a{a}\"", "\"\\{a}\"", "a", "1", "\"1\"", "true", "\"true\"",
      "none", "a...b", "a == b", "a != b", "a < b", "a < b < c", "(a < b) < c",
      "if a then b else c", "[a for a in b]", "[a for a in b if c]", "[a for a in b for a in c]",
      "[a for a in b from c = d]", "claim a", "predict a", "claim a by b", "claim a : \"t\"",
      "param a", "param a = b", "param a in b", "param a = b in c", "a = b", "f() = b", "f(a) = b",
      "f(a) = b where c = d", "\"\"", "[]", "{}", "f()", "f(\"a\\nb\")", "f(\"a\\\\nb\")",
      "a = b\nc", "a\nb = c",
    ]
    let forms = Set(texts.map { canonical($0) })
    #expect(forms.count == texts.count)
  }
}
