import Artifacts
import Execution
import Diagnostics
import Language
import NotebookFormat
import TestFolders
import Testing
import Workbench

@Suite struct KeyTests {
  static let cells = [
    "a = 1 + 2 * 3",
    "b = [x * x for x in 1...4 if x > 1]",
    "f(x) = y + 1 where y = x * 2",
    "param k = 5 in 1...20",
    "c = f(a) + k",
    "{#shown}\n\"{c} of {b}\"\nclaim c > 3 by 0.5 : \"more\"",
    "d = {one: 1, two: [1, 2]}.two[0]",
    "{#free}\nif a > 1 and not false then \"x\" else none",
  ]

  private func keys(
    _ text: String, in folder: String = "/nowhere", overrides: [String: String] = [:],
    verbs: VerbLibrary = .standard
  ) throws -> [String: String] {
    let session = try NotebookSession.inMemory(
      text, in: folder, overrides: overrides, verbs: verbs)
    return Dictionary(
      session.notebook.cells.map { ($0.id, $0.key.hex ?? "none: \($0.key.problem ?? "")") }
    ) { first, _ in first }
  }

  private func text(_ cells: [String]) -> String {
    cells.map { notebook($0) }.joined(separator: "\n")
  }

  /// The same cell with other spacing and comments; only where a space or comment may stand.
  private func respaced(_ cell: String, _ stream: inout RandomStream) -> String {
    var result = ""
    var isText = false
    for character in cell {
      if character == "\"" { isText.toggle() }
      if !isText, "+*=,()[]{}".contains(character), !cell.hasPrefix("{#"), !result.hasSuffix("!") {
        let isPart = character == "=" && ("<>!=".contains(result.last ?? " "))
        let isCall = character == "(" && result.last?.isLetter == true
        if !isPart, !isCall, stream.below(2) == 0 { result += " " }
        result.append(character)
        if character != "=", stream.below(2) == 0 { result += "  " }
      } else {
        result.append(character)
      }
    }
    if stream.below(2) == 0 { result += "  # a comment, with \"quotes\"" }
    if stream.below(2) == 0 { result += "\n# another" }
    return result
  }

  @Test func spacingCommentsAndProseChangeNoKey() throws {
    let before = try keys(text(Self.cells))
    #expect(before.count == Self.cells.count)
    #expect(Set(before.values).count == Self.cells.count)
    for seed in 0..<60 {
      var stream = RandomStream(seed: UInt64(seed), purpose: "test/keys")
      var other = "# A title\n\nProse with `code`.\n\n"
      for cell in Self.cells {
        other += notebook(respaced(cell, &stream))
        other += stream.below(2) == 0 ? "\nMore prose.\n\n" : "\n"
      }
      #expect(try keys(other) == before, "\(other)")
      #expect(
        try keys(other.replacing("\n", with: "\r\n")) == before, "line ends count: \(other)")
    }
  }

  @Test func movingCellsThatDoNotReadEachOtherChangesNoKey() throws {
    let before = try keys(text(Self.cells))
    // Every order in which names are bound before they are read.
    let needs = [4: [0, 2, 3], 5: [4, 1], 7: [0]]
    for seed in 0..<40 {
      var stream = RandomStream(seed: UInt64(seed), purpose: "test/order")
      var left = Array(Self.cells.indices)
      var order: [Int] = []
      while !left.isEmpty {
        let ready = left.filter { cell in (needs[cell] ?? []).allSatisfy(order.contains) }
        let next = ready[stream.below(ready.count)]
        order.append(next)
        left.removeAll { $0 == next }
      }
      #expect(try keys(text(order.map { Self.cells[$0] })) == before, "\(order)")
    }
  }

  @Test func changingWhatIsReadChangesTheKeysOfThoseWhoReadIt() throws {
    let before = try keys(text(Self.cells))
    func changed(_ after: [String: String]) -> Set<String> {
      Set(before.keys.filter { before[$0] != after[$0] })
    }
    func replacing(_ index: Int, _ cell: String) throws -> Set<String> {
      var cells = Self.cells
      cells[index] = cell
      return changed(try keys(text(cells)))
    }
    #expect(try replacing(0, "a = 1 + 2 * 4") == ["a", "c", "shown", "free"])
    #expect(try replacing(2, "f(x) = y + 1 where y = x * 3") == ["f", "c", "shown"])
    #expect(try replacing(2, "f(z) = y + 1 where y = z * 2") == ["f", "c", "shown"])
    #expect(try replacing(6, "d = {one: 1, two: [1, 3]}.two[0]") == ["d"])
    #expect(try replacing(5, Self.cells[5].replacing("0.5", with: "0.6")) == ["shown"])
    let given = changed(try keys(text(Self.cells), overrides: ["k": "6"]))
    #expect(given.isSuperset(of: ["c", "shown"]))
    #expect(given.isDisjoint(with: ["a", "b", "f", "d", "free"]))
    #expect(changed(try keys(text(Self.cells), overrides: ["k": "5"])) == [])
  }

  @Test func aVerbsVersionIsPartOfTheKeysOfItsCallers() throws {
    func library(_ version: Int) -> VerbLibrary {
      VerbLibrary([
        Verb(
          VerbSignature(
            "weigh", topic: "test", .describe, version: version, summary: "", example: "",
            parameters: [.init("x", .number, positional: true, "")], result: { _ in .number })
        ) { arguments, _ in arguments["x"] }
      ])
    }
    let source = notebook("a = weigh(1)", "b = a + 1", "c = 2")
    let first = try keys(source, verbs: library(1))
    let second = try keys(source, verbs: library(2))
    #expect(first["a"] != second["a"])
    #expect(first["b"] != second["b"])
    #expect(first["c"] == second["c"])
  }

  @Test func inputsCountByTheirContents() throws {
    let source = notebook("t = load(\"tiny\")", "n = t.corpus.count", "other = 1")
    let folder = try tinyCollection()
    let copy = try tinyCollection()
    let before = try keys(source, in: folder.path)
    #expect(try keys(source, in: copy.path) == before, "where the workspace lies is no part")
    try copy.write(
      try copy.text("tiny/corpus.jsonl").replacing("leaves", with: "Leaves"),
      to: "tiny/corpus.jsonl")
    let after = try keys(source, in: copy.path)
    #expect(after["t"] != before["t"])
    #expect(after["n"] != before["n"])
    #expect(after["other"] == before["other"])
    try copy.write("{}", to: "tiny/unrelated.tsv")
    #expect(try keys(source, in: copy.path) == after, "a file that is not read is no part")
  }

  @Test func aPathGivenFromOutsideCountsByItsContents() throws {
    let source = notebook("param data", "t = load(data)", "n = t.corpus.count")
    let folder = try tinyCollection()
    let copy = try tinyCollection()
    let workspace = try TemporaryFolder()
    let first = try keys(
      source, in: workspace.path, overrides: ["data": folder("tiny")])
    let second = try keys(source, in: workspace.path, overrides: ["data": copy("tiny")])
    #expect(first["t"] == second["t"])
    #expect(first["n"] == second["n"])
    #expect(first["t"]?.hasPrefix("none") == false)
    try copy.write(
      try copy.text("tiny/queries.jsonl").replacing("tea", with: "coffee"),
      to: "tiny/queries.jsonl")
    let third = try keys(source, in: workspace.path, overrides: ["data": copy("tiny")])
    #expect(first["t"] != third["t"])
  }

  @Test func explainNamesWhatChanged() throws {
    let folder = try tinyCollection()
    func write(_ text: String) throws { try folder.write(text, to: "nb.md") }
    func changes(_ cell: String) throws -> [String] {
      let session = try NotebookSession.open(folder)
      return try #require(try session.explain(cell).changes).map {
        "\($0.kind.rawValue) \($0.part)"
      }
    }
    let cells = ["t = load(\"tiny\")", "k = 2", "{#show}\nt.corpus.count * k"]
    try write(text(cells))
    #expect(try NotebookSession.open(folder).run(.stale).status == .success)
    #expect(try changes("show").isEmpty)
    try write(try folder.text("nb.md").replacing("k = 2", with: "k = 3"))
    #expect(try changes("show") == ["changed cell k"])
    #expect(try changes("k") == ["changed syntax"])
    #expect(try changes("t").isEmpty)
    try folder.write(
      try folder.text("tiny/corpus.jsonl").replacing("Tea", with: "Coffee"),
      to: "tiny/corpus.jsonl")
    #expect(try changes("t") == ["changed file tiny"])
    #expect(Set(try changes("show")) == ["changed cell t", "changed cell k"])
    try write(try folder.text("nb.md").replacing("corpus.count * k", with: "corpus.count"))
    #expect(
      Set(try changes("show")) == ["changed syntax", "changed cell t", "removed cell k"])
  }

  @Test func formattingChangesNoKey() throws {
    let file = text(
      Self.cells + ["g  =   [ 1,2 ,\n  3 ]  # list", "{#late}\n  \n1+  2\n\n\n# end"])
    let session = try NotebookSession.inMemory(file)
    var bytes = Array(file.utf8)
    for cell in session.notebook.cells.reversed() {
      guard let formatted = formatCell(session.notebook.document.file, cell.contentRange) else {
        return
      }
      bytes.replaceSubrange(cell.contentRange, with: Array(formatted.utf8))
    }
    #expect(try keys(String(decoding: bytes, as: UTF8.self)) == (try keys(file)))
  }
}
