import Diagnostics
import NotebookFormat
import Testing

@Suite("Splicing")
struct SplicingTests {
  func write(_ body: String, cell: Int = 0, key: String = keyA, measured: Bool = false)
    -> RegionEdit
  {
    .write(cell: cell, key: key, isMeasured: measured, body: body)
  }

  @Test("a new region stands after its cell, an empty line before it")
  func insertion() throws {
    let after = "\n" + region("a", "x")
    #expect(try open(cell("a")).splicing([write("x")]) == cell("a") + after + "\n")
    #expect(
      try open(cell("a") + "\ntext\n").splicing([write("x")]) == cell("a") + after + "\n\ntext\n")
    #expect(try open(cell("a") + "text").splicing([write("x")]) == cell("a") + after + "\ntext")
    let unended = String(cell("a").dropLast())
    #expect(try open(unended).splicing([write("x")]) == unended + "\n" + after)
    #expect(
      try open(cell("a")).splicing([write("")]) == cell("a") + "\n" + region("a", "") + "\n")
  }

  @Test("a region is replaced where it stands")
  func replacement() throws {
    let text = region("a", "old", key: keyB) + "\nprose  \n\n" + cell("a") + "tail\t"
    #expect(
      try open(text).splicing([write("new", measured: true)])
        == region("a", "new", measured: true) + "\nprose  \n\n" + cell("a") + "tail\t")
  }

  @Test("writing what is there gives identical bytes, whatever the line endings are")
  func idempotence() throws {
    let mixed = (cell("a") + "\n" + region("a", "x\ny")).replacing("x\n", with: "x\r\n")
    #expect(try open(mixed).splicing([write("x\ny")]) == mixed)
    #expect(try open(mixed).splicing([write("\nx\ny\n\n")]) == mixed)
    #expect(try open(mixed).splicing([write("x\nz")]) != mixed)
    #expect(try open(mixed).splicing([write("x\ny", key: keyB)]) != mixed)
  }

  @Test("inserted lines end like most others; a byte order mark and a missing end survive")
  func lineEndings() throws {
    for ending in ["\n", "\r\n", "\r"] {
      let text = "\u{FEFF}" + cell("a") + "tail\n\tend"
      let notebook = try open(text.replacing("\n", with: ending))
      let expected = "\u{FEFF}" + cell("a") + "\n" + region("a", "x\n\ny") + "\ntail\n\tend"
      #expect(
        Array(try notebook.splicing([write("x\n\ny")]).utf8)
          == Array(expected.replacing("\n", with: ending).utf8))
    }
  }

  @Test(
    "mixed line endings never join",
    arguments: ["\n", "\r\n", "\r"], ["\n", "\r\n", "\r"])
  func mixedEndings(fence: String, next: String) throws {
    for dominant in ["\n", "\r\n", "\r"] {
      let many = String(repeating: "x" + dominant, count: 9)
      let text = Array((many + "```poise {#a}" + fence + "```" + fence + next + "t" + many).utf8)
      // A CR before an LF is one line ending.
      let notebook = try NotebookDocument(name: "x.md", bytes: text)
      guard notebook.cells.count == 1, notebook.cells[0].isClosed else { continue }
      let result = try notebook.splicing([write("x")], ids: ["a"])
      let again = try NotebookDocument(name: "x.md", bytes: result)
      #expect(again.regions.map(\.body) == ["x"])
      #expect(Oracle.strip(result, ids: ["a"]).rest == Oracle.strip(text, ids: ["a"]).rest)
      let removed = try again.splicing([.remove(region: 0)], ids: ["other"])
      #expect(removed == text)
    }
  }

  @Test("removing an inserted region gives back the text", arguments: ["\n", "\r\n", "\r"])
  func removal(ending: String) throws {
    let texts = [
      cell("a"), cell("a") + "\n", cell("a") + "\n\n", cell("a") + "text\n",
      cell("a") + "\ntext", "\u{FEFF}" + cell("a"), String(cell("a").dropLast()),
      "x\n" + cell("a") + cell("b"), cell("a") + " \nx", cell("a") + "\t", cell("a") + "===\n",
      cell("a") + "- x\n\n  ```poise\n  ```\n",
    ]
    for text in texts.map({ $0.replacing("\n", with: ending) }) {
      let notebook = try open(text)
      let written = try open(try notebook.splicing([write("x\n\ny")]))
      let ids = written.cells.map { _ in "" }
      let removed = try written.splicing([.remove(region: 0)], ids: ids)
      #expect(Array(text.utf8) == removed)
    }
  }

  @Test("an orphan's empty line stays where it keeps two paragraphs apart")
  func movedOrphan() throws {
    let text = "one\n\n" + region("a", "x") + "\ntwo\n"
    #expect(try open(text).splicing([.remove(region: 0)]) == "one\n\ntwo\n")
    let apart = "one\n\n" + region("a", "x") + "\n\ntwo\n"
    #expect(try open(apart).splicing([.remove(region: 0)]) == "one\n\ntwo\n")
    let marked = "\u{FEFF}\n" + region("a", "x") + "\n"
    #expect(try open(marked).splicing([.remove(region: 0)]) == "\u{FEFF}")
  }

  @Test("a renamed cell's old region gives way to the new one", arguments: ["", "\n", "\n\nt\n"])
  func renaming(tail: String) throws {
    let notebook = try open(cell("new") + "\n" + region("old", "x") + tail)
    let result = try notebook.splicing([write("y"), .remove(region: 0)])
    #expect(result == cell("new") + "\n" + region("new", "y") + tail)
  }

  @Test("a removal that would make the text around it read differently is refused")
  func unsafeRemoval() throws {
    // Without the region the second cell would be part of the list.
    let text = "- item\n" + region("old", "x") + "\n\n  ```poise {#a}\n  1\n  ```\n"
    let notebook = try open(text)
    #expect(notebook.cells.count == 1)
    #expect(
      throws: NotebookError.wouldChangeDocument(detail: "it would have 0 cells in place of 1")
    ) { try notebook.splicing([.remove(region: 0)]) }
  }

  @Test("edits that would not be safe are refused")
  func refusals() throws {
    let edited = cell("a") + region("a", "x").replacing("\nx\n", with: "\ny\n")
    let notebook = try open(edited)
    #expect(throws: NotebookError.regionEdited(id: "a", line: 4)) {
      try notebook.splicing([write("z")])
    }
    #expect(throws: NotebookError.regionEdited(id: "a", line: 4)) {
      try notebook.splicing([.remove(region: 0)], ids: [""])
    }
    #expect(
      try notebook.splicing([write("z")], acceptEdited: true) == cell("a") + region("a", "z"))
    #expect(throws: NotebookError.noSuchCell(index: 1, count: 1)) {
      try notebook.splicing([write("z", cell: 1)])
    }
    #expect(throws: NotebookError.noSuchRegion(index: -1, count: 1)) {
      try notebook.splicing([.remove(region: -1)])
    }
    #expect(throws: NotebookError.idCount(got: 0, expected: 1)) {
      try notebook.splicing([write("z")], ids: [])
    }
    #expect(throws: NotebookError.invalidID("a b", line: 1)) {
      try notebook.splicing([write("z")], ids: ["a b"])
    }
    #expect(throws: NotebookError.invalidKey("ABC", id: "a")) {
      try notebook.splicing([write("z", key: "ABC")])
    }
    let two = try open(cell("a") + cell("b"))
    #expect(throws: NotebookError.doubleEdit(id: "a", line: 1)) {
      try two.splicing([write("z"), write("z")])
    }
    #expect(throws: NotebookError.duplicateID("x", line: 4, otherLine: 1)) {
      try two.splicing([write("z")], ids: ["x", "x"])
    }
  }
}

@Suite("Bodies")
struct BodyTests {
  @Test(
    "a body that could not be told apart from its surroundings is refused",
    arguments: [
      ("a\rb", .carriageReturn(line: 1)), ("a\nb\0", .nul(line: 2)),
      ("a\n<!-- poise:end a sum=0000000000 -->", .marker(line: 2)),
      ("\n<!-- poise:out b key=aaaaaaaaaaaa -->", .marker(line: 1)),
      ("x\n\n <!-- poise:end -->", .marker(line: 3)),
      ("# h", .heading(line: 1)), ("x\n---", .heading(line: 1)),
      ("x\n\n```poise\n1\n```", .cell(line: 3)),
      ("```text\nx", .openBlock), ("````\nx\n```", .openBlock), ("<!-- x", .openBlock),
      ("<pre>\n\nx", .openBlock), ("x\n\n~~~\n```", .openBlock), ("<?php", .openBlock),
      ("<![CDATA[", .openBlock), ("<!DOCTYPE", .openBlock),
    ] as [(String, BodyFault)])
  func refused(body: String, fault: BodyFault) throws {
    #expect(throws: NotebookError.unfitBody(fault)) { try NotebookDocument.validateBody(body) }
    #expect(throws: NotebookError.unfitBody(fault)) {
      try open(cell("a")).splicing([.write(cell: 0, key: keyA, isMeasured: false, body: body)])
    }
  }

  @Test(
    "ordinary output is fine",
    arguments: [
      "", "\n\n", "| k |\n| -: |\n| 1 |", "```text\n# x\n```", "- a\n  - b", "> q", "    code",
      "<details>\n<summary>long</summary>\n\nx\n\n</details>", "[a]: b", "x\n\u{2028}y", "<div>",
      "***", "\tx", "text\n<!-- note -->", "````text\n```\n````", "> ```\n> open", "- ```\n  open",
    ])
  func fine(body: String) throws {
    try NotebookDocument.validateBody(body)
    let result = try open(cell("a") + "tail").splicing(
      [.write(cell: 0, key: keyA, isMeasured: true, body: body)])
    #expect(try open(result).state(of: "a") == .fresh)
    #expect(
      Array(try open(cell("a") + "tail").file.bytes)
        == Oracle.strip(Array(result.utf8), ids: ["a"]).rest)
  }
}

@Suite("Ids and sources of cells")
struct CellEditTests {
  @Test("ids are written into info strings")
  func ids() throws {
    let text = "```poise\na\n```\n~~~  poise {}  \nb\n~~~\n" + cell("c") + "```poise"
    let notebook = try open(text)
    let result = try notebook.addingIDs([0: "x", 1: "y", 3: "z"])
    #expect(
      String(decoding: result, as: UTF8.self)
        == "```poise {#x}\na\n```\n~~~  poise {#y}  \nb\n~~~\n" + cell("c") + "```poise {#z}")
    #expect(try notebook.addingIDs([:]) == Array(text.utf8))
    #expect(throws: NotebookError.alreadyHasID("c", line: 7)) { try notebook.addingIDs([2: "d"]) }
    #expect(throws: NotebookError.duplicateID("c", line: 7, otherLine: 1)) {
      try notebook.addingIDs([0: "c"])
    }
    #expect(throws: NotebookError.duplicateID("d", line: 4, otherLine: 1)) {
      try notebook.addingIDs([0: "d", 1: "d"])
    }
    #expect(throws: NotebookError.invalidID("4", line: 1)) { try notebook.addingIDs([0: "4"]) }
    #expect(throws: NotebookError.noSuchCell(index: 9, count: 4)) {
      try notebook.addingIDs([9: "d"])
    }
  }

  @Test("sources are replaced with the cell's margin and line ending")
  func contents() throws {
    let text = "x\n  ```poise {#a}\r\n  old\r\n  ```\n" + cell("b") + region("b", "1")
    let notebook = try open(text)
    let result = try notebook.replacingContents([0: "p\n\n  q"])
    #expect(
      String(decoding: result, as: UTF8.self)
        == "x\n  ```poise {#a}\r\n  p\r\n\r\n    q\r\n  ```\n" + cell("b") + region("b", "1"))
    let again = try NotebookDocument(name: "x.md", bytes: result)
    #expect(again.content(of: again.cells[0]) == "p\n\n  q\n")
    #expect(try again.replacingContents([0: "p\n\n  q\n", 1: "1"]) == result)
    #expect(
      String(decoding: try notebook.replacingContents([1: ""]), as: UTF8.self)
        == text.replacing("}\n1\n", with: "}\n"))
  }

  @Test("a source that would end its cell is refused")
  func unfit() throws {
    let notebook = try open(cell("a"))
    for (source, line) in [("x\n```", 2), ("   ````  \ny", 1), ("x\ry", 1), ("x\r\n", 1)] {
      #expect(throws: NotebookError.unfitContent(line: line)) {
        try notebook.replacingContents([0: source])
      }
    }
    #expect(throws: NotebookError.cellNotClosed(line: 1)) {
      try open("```poise\n").replacingContents([0: "x"])
    }
  }
}
