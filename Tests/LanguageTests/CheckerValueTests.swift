import Diagnostics
import Language
import Testing

@Suite struct CheckerValueTests {
  @Test func argumentsOfVerbs() {
    let head = "d = load(\"a\")\ni = bm25(d.corpus)\n"
    expectFindings(
      head + "x = bm25(d.corpus, 👉k2: 1)",
      [
        "'bm25' has no argument 'k2' | did you mean 'k1:'?"
      ])
    expectFindings(
      head + "x = bm25(d.corpus, 👉0.9)",
      [
        "'bm25' takes 1 argument without a label | write k1: …"
      ])
    expectFindings(
      head + "x = evaluate(i, 👉d.test)",
      [
        "'evaluate' takes 1 argument without a label | write on: …"
      ])
    expectFindings(head + "x = 👉evaluate(i)", ["'evaluate' needs its argument 'on' | write on: …"])
    expectFindings("x = 👉bm25()", ["'bm25' needs its argument 'corpus'"])
    expectFindings(
      head + "x = bm25(d.corpus, b: 1, 👉b: 2)",
      [
        "the argument 'b' of 'bm25' is given twice"
      ])
    expectFindings(
      head + "x = bm25(👉d)\ny = bm25(d.corpus, k1: 👉\"a\")",
      [
        "the argument 'corpus' of 'bm25' is a corpus, got a dataset",
        "the argument 'k1' of 'bm25' is a number, got a string",
      ])
    expectFindings(
      "x = mean(👉[\"a\"])\ny = mean(👉[1, \"a\"])\nz = mean(1...3)",
      [
        "the argument 'values' of 'mean' is a list of numbers, got a list of strings",
        "the argument 'values' of 'mean' is a list of numbers, got a list",
      ])
    expectFindings(head + "x = evaluate(index: i, on: d.test)", [])
    expectFindings("x = mean([1], 👉2)", ["'mean' takes 1 argument, got 2"])
  }

  @Test func metricsAndChoices() {
    let head = "d = load(\"a\")\ni = bm25(d.corpus)\n"
    expectFindings(
      head
        + "x = evaluate(i, on: d.test, metrics: [\"ndcg@10\", 👉\"recal@100\", 👉\"ndcg\", \"mrr\"])",
      [
        "unknown metric 'recal@100' | did you mean 'recall@100'?",
        "unknown metric 'ndcg' | did you mean 'ndcg@10'?",
      ])
    expectFindings(
      head + "x = evaluate(i, on: d.test, metrics: [👉\"mrr@10\", 👉\"ndcg@0\", 👉\"foo\"])",
      [
        "unknown metric 'mrr@10' | did you mean 'mrr'?",
        "unknown metric 'ndcg@0' | did you mean 'ndcg@10'?",
        "unknown metric 'foo' | there are mrr, ndcg@k, recall@k",
      ])
    expectFindings(
      head + "x = bm25(d.corpus, stemmer: 👉\"englsh\")",
      [
        "'englsh' is no choice for 'stemmer' | did you mean 'english'?"
      ])
  }

  @Test func callsOfFunctions() {
    expectFindings(
      "f(a, b) = a\nx = 👉f(1)\ny = f(1, 2, 👉3)\nz = f(1, 👉c: 2)\nw = f(b: 1, a: 2)",
      [
        "'f' needs its argument 'b'", "'f' takes 2 arguments, got 3",
        "'f' has no argument 'c' | it has a, b",
      ])
    expectFindings(
      "f(a) = 👉a * 2\nx = f(\"s\")\ny = f(\"t\")\nz = f(3)",
      [
        "'*' does not work on a string and a number"
      ])
    let text = "f(a) = a * 2\nx = f(\"s\")"
    #expect(
      MarkedNotebook(text).check().diagnostics.first?.related
        == [.init("in this call of 'f'", at: SourceSpan(17, 18))])
    expectFindings("f(a) = 👉\"x\" * a", ["'*' does not work on a string and anything"])
  }

  @Test func onlyTheCallersCellHasTheError() {
    let cells = MarkedNotebook("f(a) = a * 2\n---\nx = f(\"s\")\n---\ny = f(1)").check().cells
    #expect(cells.map(\.hasErrors) == [false, true, false])
  }

  @Test func membersAndIndexes() {
    expectFindings(
      """
      r = {alpha: 1, beta: "b"}
      a = r.👉alpah
      b = r["beta"] + "c"
      c = r[👉"gama"]
      t = [{k: 1, s: "a"}, {k: 2, s: "b"}]
      d = mean(t.k)
      e = mean(👉t.s)
      f = t[-1].k + t[0]["k"]
      g = t[👉2]
      h = (1...3)[👉0.5]
      i = t.👉z
      j = 👉(3)[0]
      k = t[👉"a"]
      l = [1].👉m
      """,
      [
        "the record has no member 'alpah' | did you mean 'alpha'?",
        "the record has no field 'gama' | it has alpha, beta",
        "the argument 'values' of 'mean' is a list of numbers, got a list of strings",
        "the index 2 is outside a list of 2", "the index 0.5 is not a whole number",
        "the record has no member 'z' | it has k, s", "a number can't be indexed",
        "the record has no member 'a' | it has k, s", "a list of numbers has no members",
      ])
    let head = "d = load(\"a\")\nr = evaluate(bm25(d.corpus), on: d.test)\n"
    expectFindings(
      head + "x = r[\"mrr\"] + r.accuracy\ny = r.👉acuracy\nz = r[👉1]\nw = 👉d[\"a\"]",
      [
        "a report has no member 'acuracy' | did you mean 'accuracy'?",
        "a report is indexed by a metric's name, got a number", "a dataset can't be indexed",
      ])
    expectFindings("i = bm25(load(\"a\").corpus)\nx = i.whatever[\"a\"]", [])
  }

  @Test func operators() {
    expectFindings(
      """
      a = 1 + 2 * 3 - 4 / 5 % 6
      b = "a" + "b"
      c = [1] + [2]
      d = {x: 1} + {x: "a", y: 2}
      e = d.x + "!"
      f = 👉"a" + 1
      g = 👉[1] + {a: 1}
      h = 1 / 👉0
      i = -👉"a"
      j = not 👉3
      k = 👉1 == "a"
      l = 1 == none
      m = 👉[1] < [2]
      n = "a" < "b" == true
      o = if 👉1 then 2 else 3
      p = true and 👉"a"
      q = 1...👉"a"
      r = 👉0.5...3
      s = 5 % 👉0
      """.replacing("== true", with: "== \"c\""),
      [
        "'+' does not join a string and a number | to put a value into a string, write \"{value}\"",
        "'+' does not work on a list of numbers and a record", "division by zero",
        "'-' does not work on a string", "'not' takes true or false, got a number",
        "a number can't be compared with a string", "a list of numbers has no order",
        "'if' takes true or false, got a number", "'and' takes true or false, got a string",
        "a range runs between numbers, got a string", "a range runs between whole numbers",
        "remainder of a division by zero",
      ])
  }

  @Test func onlyTheBranchThatIsTakenCounts() {
    expectFindings(
      """
      param k = 5
      a = if k > 3 then 1 else "a" * 2
      b = k > 3 or "a" * 2 > 1
      c = k > 9 and [1][5] == 1
      d = if k > 3 then 1 else bm25(1, 👉zz: 2)
      e = 9 < k < "a"
      """, ["'bm25' has no argument 'zz' | it has corpus, k1, b, stemmer"])
    expectFindings(
      "param k = 5\na = if k > 3 then 1 else 👉\"a\" * 2",
      ["'*' does not work on a string and a number"], overrides: ["k": .number(1)])
    expectFindings(
      "param k\na = if k > 3 then 1 else 👉\"a\" * 2",
      ["'*' does not work on a string and a number"])
  }

  @Test func rangesAndGridsAreBounded() {
    expectFindings(
      "x = 👉1...200000\ny = 1...100000",
      [
        "this range has 200,000 elements, at most 100,000 are allowed"
      ])
    expectFindings(
      "x = 👉[1 for a in 1...1000 for b in 1...1000]\ny = [a for a in 1...50000]",
      [
        "this grid has 1,000,000 elements, at most 100,000 are allowed"
      ])
    expectFindings("x = [1 for a in 👉3]", ["'for' runs over a list, got a number"])
  }

  @Test func comprehensionsAndFolds() {
    expectFindings(
      """
      a = [k * 2 for k in [1, 2, 3]]
      b = a[2] + 1
      c = a[👉3]
      d = [now + day for day in 1...30 from now = 0]
      e = d[29] + 1
      f = [now + day for day in 1...1000 from now = 0]
      g = mean(f)
      h = [👉now + 1 for day in 1...3 from now = "a"]
      i = [k for k in [1, 2, 3] if k > 1]
      j = i[👉2]
      k = [k for k in [1] if 👉3]
      l = [{k: k, n: n} for k in [1, 2] for n in 1...k]
      m = mean(l.n) + l[2].n
      n = l[👉3]
      o = [bm25(1, 👉zz: 2) for k in []]
      """,
      [
        "the index 3 is outside a list of 3",
        "'+' does not join a string and a number | to put a value into a string, write \"{value}\"",
        "the index 2 is outside a list of 2", "'if' takes true or false, got a number",
        "the index 3 is outside a list of 3",
        "'bm25' has no argument 'zz' | it has corpus, k1, b, stemmer",
      ])
  }

  @Test func claims() {
    expectFindings(
      "claim 👉1 : \"a\"\nclaim 1 > 0 by 👉\"a\"\nclaim 1 > 0 by 👉-0.1\npredict 1 > 0 by 0.1 : \"a {1}\"",
      [
        "a claim is true or false, got a number",
        "the margin of a claim is a number, got a string",
        "the margin of a claim can't be negative",
      ])
  }

  @Test func parameters() {
    expectFindings(
      "param k = 👉50 in 1...20\nparam s = 👉\"c\" in [\"a\", \"b\"]",
      [
        "the default 50 is not in 1...20", "the default \"c\" is not in [\"a\", \"b\"]",
      ])
    expectFindings(
      "param 👉k = 5 in 1...20\nparam 👉s = 3",
      [
        "'k' can't be 50: it is not in 1...20", "'s' is a number, and is set to a string",
      ], overrides: ["k": .number(50), "s": .string("x")])
    expectFindings(
      "param seed = 5",
      [
        "the notebook has no parameter 'sed' | did you mean 'seed'?"
      ], overrides: ["sed": .number(1)])
    expectFindings("param t = 0.5 in 0...1\nparam n = 5 in 1...1000000", [])
    expectFindings(
      "param t in 👉3\nparam u in 👉[]\nparam v in 👉3...1\nparam w in load(\"a\").👉files",
      [
        "a parameter's domain is a range or a list, got a number",
        "this parameter's domain is empty", "this parameter's domain is empty",
        "a dataset has no member 'files' | it has corpus, test",
      ])
  }

  @Test func pathsAreKnownBeforeTheRun() {
    let text = """
      param root = "data"
      names = ["a", "b"]
      open(n) = load("{root}/{n}")
      ---
      x = open("c")
      y = [open(n) for n in names]
      z = read_all(["p", "q"])
      ---
      w = load(root)
      v = read_all("r")
      ---
      u = open("c")
      """
    let notebook = MarkedNotebook(text).check()
    #expect(notebook.diagnostics.isEmpty)
    #expect(
      notebook.cells.map { $0.inputs.map(\.path) } == [
        [], ["data/c", "data/a", "data/b", "p", "q"], ["data", "r"], ["data/c"],
      ])
    #expect(notebook.cells.flatMap(\.inputs).allSatisfy { !$0.isOverride })
    let given = MarkedNotebook(text).check(["root": .string("/d")])
    #expect(given.cells[2].inputs.map(\.isOverride) == [true, false])
    #expect(given.cells[1].inputs.map(\.isOverride) == [false, false, false, false, false])
    #expect(given.cells[1].inputs.first?.verb == "load")
    #expect(given.cells[1].inputs.first?.parameter == "path")
  }

  @Test func unknownPathsAreRefused() {
    let help = "the path has to be known before the run | write it as text, or as a param"
    expectFindings("d = load(\"a\")\nx = load(👉\"{mean([1])}\")", [help])
    // What hangs on a parameter without a value waits for it, and is no mistake.
    expectFindings("param p\nx = load(p)", [])
    expectFindings("f(p) = load(👉p)\nx = over([1], f)", [help])
    expectFindings("f(p) = load(p)", [])
    expectFindings("x = read_all(👉[\"{n}\" for n in 1...100])", [help])
    expectFindings("x = if mean([1]) > 0 then load(\"a\") else load(\"b\")", [])
    expectFindings("x = load(👉if mean([1]) > 0 then \"a\" else \"b\")", [help])
  }

  @Test func oneErrorMakesNoOthers() {
    expectFindings(
      """
      a = 👉nope
      b = a + 1
      c = a.x.y[3]("z")
      d = bm25(a, k1: a, b: b)
      e = [k * a for k in a if a]
      f(x) = x + a
      claim a > b by a : "t"
      f(a)
      """.replacing("(\"z\")", with: ""), ["unknown name 'nope'"])
  }

  @Test func statementsWithParseErrorsStillBindTheirNames() {
    let file = SourceFile(name: "x", text: "a = 1 +\nb = a * 2\nf(x) = )\nc = f(1)")
    let parsed = parseCell(file, 0..<file.bytes.count)
    #expect(parsed.diagnostics.count == 2)
    let checked = Checker(verbs: []).check([CellSource(id: "c", statements: parsed.statements)])
    #expect(checked.diagnostics.isEmpty)
  }
}
