import Diagnostics
import Language
import Testing

@Suite struct CheckerNameTests {
  @Test func unknownNames() {
    expectFindings("alpha = 1\nx = 👉alpah + 1", ["unknown name 'alpah' | did you mean 'alpha'?"])
    expectFindings("x = 👉lod(\"a\")", ["unknown name 'lod' | did you mean 'load'?"])
    expectFindings("x = 👉zzz", ["unknown name 'zzz'"])
    expectFindings("x = [👉y for y in 👉y]".replacing("[👉", with: "["), ["unknown name 'y'"])
    expectFindings("x = \"{👉y}\"", ["unknown name 'y'"])
  }

  @Test func namesReferBackwards() {
    expectFindings(
      "x = 👉y\n---\ny = 1",
      [
        "'y' is used before it is bound | names refer backwards only: move the binding above"
      ])
    let notebook = MarkedNotebook("x = y\n---\ny = 1")
    #expect(
      notebook.check().diagnostics.first?.related
        == [.init("it is bound here", at: SourceSpan(10, 11))])
    expectFindings(
      "x = 👉x + 1",
      [
        "'x' is used in its own binding | a name is bound once: bind a new one"
      ])
    expectFindings(
      "f(n) = if n == 0 then 1 else n * 👉f(n - 1)\nf(3)",
      [
        "'f' calls itself, and there is no recursion | write a list with 'for', and 'from' for what carries over"
      ])
  }

  @Test func aNameIsBoundOnce() {
    expectFindings(
      "x = 1\n---\n👉x = 2\n👉x(a) = a\nparam 👉x = 3",
      [
        "'x' is bound a second time | a name is bound once in a notebook: choose another",
        "'x' is bound a second time | a name is bound once in a notebook: choose another",
        "'x' is bound a second time | a name is bound once in a notebook: choose another",
      ])
    let first = MarkedNotebook("x = 1\n---\nx = \"a\"\ny = x + 1").check()
    #expect(first.diagnostics.count == 1)
    #expect(
      first.diagnostics.first?.related == [
        .init("it is bound here first", at: SourceSpan(0, 1))
      ])
    expectFindings(
      "f(a, 👉a) = a\ng(a) = b where b = 1, 👉b = 2\nx = {k: 1, 👉k: 2}",
      [
        "the name 'a' is given twice", "the name 'b' is given twice",
        "the field 'k' is given twice",
      ])
  }

  @Test func inTheReplABindingReplacesTheLast() {
    let text = "x = 1\n---\nf() = x\n---\nx = \"a\"\n---\ny = f() + 1\nz = x + \"b\""
    let notebook = MarkedNotebook(text).check(redefinitionAllowed: true)
    #expect(notebook.diagnostics.isEmpty)
    #expect(notebook.cells.map(\.dependencies) == [[], ["c0"], [], ["c1", "c2"]])
  }

  @Test func notebookNamesShadowVerbs() {
    expectFindings(
      "a = load(\"x\")\nload = 1\nb = load + 1\nc = 👉load(\"y\")",
      [
        "'load' is not a function"
      ])
    expectFindings("mean(x) = x\nb = mean(1) + 1", [])
  }

  @Test func innerNamesShadowOuterOnes() {
    expectFindings(
      """
      x = "text"
      f(x) = x * 2
      g(load) = load + 1
      h(a) = x + 1 where x = a
      y = [x + 1 for x in 1...3]
      z = [x + 1 for d in 1...3 from x = 0]
      w = x + "!"
      f(3) + g(2) + h(1)
      """, [])
  }

  @Test func functionsAreSecondClass() {
    expectFindings(
      "f(x) = x\ny = 👉f",
      [
        "the function 'f' is not a value | call it, as f(…), or pass its name to a verb that takes a function"
      ])
    expectFindings(
      "y = [👉load]",
      [
        "the verb 'load' is not a value | call it, as load(…), or pass its name to a verb that takes a function"
      ])
    expectFindings(
      "f(x) = x\ng(h) = h\ny = g(👉f)",
      [
        "the function 'f' is not a value | call it, as f(…), or pass its name to a verb that takes a function"
      ])
    expectFindings(
      "f(x) = x\ny = bm25(👉f)",
      [
        "the argument 'corpus' of 'bm25' is not a function | call it, as f(…)"
      ])
    expectFindings("f(x) = x\ny = over([1], f)\nz = over([1], mean)", [])
    expectFindings("d = load(\"a\")\nr = evaluate(bm25(d.corpus), on: d.test, reward: exact)", [])
    expectFindings(
      "x = 3\ny = over([1], 👉x)",
      [
        "the argument 'trial' of 'over' is a function's name, got a number"
      ])
  }

  @Test func onlyFunctionsAreCalled() {
    expectFindings(
      "x = 3\ny = 👉x(2)\nf(g) = 👉g(1)\nz = f(2)(3)".replacing("f(2)(3)", with: "👉f(2)(3)"),
      [
        "'x' is not a function", "'g' is not a function",
        "only a function or a verb can be called",
      ])
    expectFindings(
      "x = {a: 1}\ny = x.👉mean(2)\nz = x.👉foo(2)",
      [
        "a value has no functions of its own | write mean(…)",
        "a value has no functions of its own",
      ])
  }

  @Test func dependenciesAreExact() {
    let text = """
      world = 1
      other = 2
      ---
      fresh(s) = world + s
      ---
      store(s) = fresh(s)
      unused = other
      ---
      x = store(1)
      y = [world for world in [1]]
      z = x + x
      """
    let cells = MarkedNotebook(text).check().cells
    #expect(cells.map(\.dependencies) == [[], ["c0"], ["c0", "c1"], ["c2"]])
    #expect(
      cells.map(\.binds) == [
        ["world", "other"], ["fresh"], ["store", "unused"], ["x", "y", "z"],
      ])
  }

  @Test func parametersAreFollowed() {
    let text = """
      param k = 5 in 1...20
      param guess in 0...1
      base = 3
      ---
      a = base + k
      ---
      b = guess + 1
      ---
      c = [a, b]
      ---
      f(x) = x + guess
      ---
      d = f(2)
      ---
      e = a
      """
    let notebook = MarkedNotebook(text).check()
    #expect(notebook.diagnostics.isEmpty)
    #expect(
      notebook.cells.map(\.parameters)
        == [["k", "guess"], ["k"], ["guess"], [], ["guess"], [], []])
    #expect(
      notebook.cells.map(\.waitsFor) == [[], [], ["guess"], ["guess"], ["guess"], ["guess"], []])
    #expect(notebook.parameters.map(\.name) == ["k", "guess"])
    #expect(notebook.parameters.map(\.isWaiting) == [false, true])
    #expect(notebook.parameters.map(\.value) == [.number(5), nil])
    #expect(notebook.parameters.map(\.domain) == [.interval(1, 20), .interval(0, 1)])
    let given = MarkedNotebook(text).check(["guess": .number(0.5), "k": .number(7)])
    #expect(given.cells.allSatisfy { $0.waitsFor.isEmpty })
    #expect(given.parameters.map(\.value) == [.number(7), .number(0.5)])
    #expect(given.parameters.map(\.isOverridden) == [true, true])
    #expect(given.parameters.map(\.defaultValue) == [.number(5), nil])
  }

  @Test func verbsAndMeasurementsAreFollowed() {
    let text = """
      d = load("a")
      cost(x) = ledger(x)
      ---
      t = cost(1)
      ---
      u = t
      ---
      v = over([1], exact)
      """
    let cells = MarkedNotebook(text).check().cells
    #expect(cells[0].verbs == ["load": 3, "ledger": 1])
    #expect(cells[1].verbs == [:])
    #expect(cells[3].verbs == ["over": 1, "exact": 1])
    #expect(cells.map(\.isMeasured) == [true, true, true, false])
  }
}
