import Diagnostics
import Language
import Testing

/// Texts made to be slow or deep: each must end in a result or a diagnostic.
@Suite struct HostileTextTests {
  private func check(_ text: String) -> (parse: [String], check: [String]) {
    let file = SourceFile(name: "x", text: text)
    let cell = parseCell(file, 0..<file.bytes.count)
    let checked = Checker(verbs: sampleVerbs).check([
      CellSource(id: "c", statements: cell.statements)
    ])
    return (cell.diagnostics.map(\.message), checked.diagnostics.map(\.message))
  }

  private func chain(_ start: String, _ count: Int, _ line: (Int) -> String) -> String {
    start + "\n" + (1...count).map { line($0) + "\n" }.joined()
  }

  @Test func callsThatDoubleAreRefused() {
    let text = chain("f0(x) = x", 40) { "f\($0)(x) = f\($0 - 1)(2 * x) + f\($0 - 1)(2 * x + 1)" }
    #expect(check(text + "y = f40(1)").check == ["this is too complex to check before the run"])
  }

  @Test func longChainsOfCallsAreRefused() {
    let text = chain("f0(x) = x", 2000) { "f\($0)(x) = [f\($0 - 1)(k) for k in [x]]" }
    #expect(
      check(text + "y = f2000(1)").check.last == "this is too complex to check before the run")
  }

  @Test func valuesThatDoubleAreKnownByTheirTypeAlone() {
    #expect(check(chain("x0 = [1]", 200) { "x\($0) = [x\($0 - 1), x\($0 - 1)]" }).check == [])
    #expect(check(chain("x0 = 1", 200) { "x\($0) = {a: x\($0 - 1), b: x\($0 - 1)}" }).check == [])
    #expect(check(chain("x0 = \"a\"", 60) { "x\($0) = x\($0 - 1) + x\($0 - 1)" }).check == [])
    let sums = chain("x0 = [1]", 60) { "x\($0) = x\($0 - 1) + x\($0 - 1)" }
    #expect(check(sums + "y = mean(x60) + \"a\"").check.count == 1)
  }

  @Test func nestedListsAreGoneThroughOnceWhenTheyAreLong() {
    let text = "x = [[[[e + f for e in 1...64] for f in 1...64] for g in 1...64] for h in 1...64]\n"
    #expect(check(text + "y = x[0][0][0][0] + 1").check == [])
  }

  @Test func gridsOfManyListsAreTooDeep() {
    let text = "x = [1" + String(repeating: " for a in [1]", count: 10_000) + "]"
    #expect(check(text).parse == ["this is nested too deeply: at most 200 levels"])
  }

  @Test func unknownNamesAreManyButBounded() {
    let text = (0..<2000).map { "name\($0) = unknwon\($0)\n" }.joined()
    #expect(check(text).check.count == 2000)
  }

  @Test func openBracketsDoNotCostTheirSquare() {
    #expect(check("x = (\n" + String(repeating: "f(a\n", count: 5000)).parse.count > 1)
  }
}
