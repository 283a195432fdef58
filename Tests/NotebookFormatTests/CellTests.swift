import Diagnostics
import NotebookFormat
import Testing

@Suite("Cells")
struct CellTests {
  @Test("a cell is a top-level fence whose info string begins with the word poise")
  func cells() throws {
    let notebook = try open(
      """
      # Title

      ```poise {#one}
      a = 1
      ```
      ~~~~ poise
      b
      ~~~
      ~~~~~
      ```poised
      no
      ```
      ```python poise
      no
      ```
        ```poise{#two}
        c
         d
      ```
      """)
    #expect(notebook.cells.map(\.explicitID) == ["one", nil, "two"])
    #expect(
      notebook.cells.map { notebook.content(of: $0) } == ["a = 1\n", "b\n~~~\n", "c\n d\n"])
    #expect(notebook.cells.map(\.margin) == [0, 0, 2])
    #expect(notebook.cells.map(\.line) == [3, 6, 16])
    #expect(notebook.cells.map(\.lastLine) == [5, 9, 19])
    #expect(notebook.cells.map(\.isClosed) == [true, true, true])
    #expect(notebook.diagnostics.isEmpty)
    #expect(notebook.file.text(notebook.cells[0].blockRange) == "```poise {#one}\na = 1\n```\n")
    let info = notebook.cells[0].infoSpan
    #expect(notebook.file.text(info.lower..<info.upper) == "poise {#one}")
  }

  @Test(
    "a fence inside another block is no cell",
    arguments: [
      "> ```poise\n> 1\n> ```\n",
      "- ```poise\n  1\n  ```\n",
      "- item\n\n  ```poise\n  1\n  ```\n",
      "<!--\n```poise\n1\n```\n-->\n",
      "<pre>\n```poise\n1\n```\n</pre>\n",
      "<div>\n```poise\n1\n```\n</div>\n",
      "````markdown\n```poise\n1\n```\n````\n",
      "~~~\n```poise\n1\n```\n~~~\n",
      "    ```poise\n    1\n    ```\n",
      "\t```poise\n\t1\n\t```\n",
      "``poise\n1\n``\n",
      "```poise `x`\n1\n```\n",
    ])
  func notCells(text: String) throws {
    #expect(try open(text).cells.isEmpty)
  }

  @Test(
    "every line ending ends lines, and a byte order mark is skipped",
    arguments: ["\n", "\r\n", "\r"], ["", "\u{FEFF}"])
  func lineEndings(ending: String, mark: String) throws {
    let text = mark + "```poise {#a}\nx\n\ty\n```\n\ntext\n~~~poise\nz\n~~~"
    let notebook = try open(
      text.split(separator: "\n", omittingEmptySubsequences: false)
        .joined(separator: ending))
    #expect(notebook.cells.map { notebook.content(of: $0) } == ["x\n\ty\n", "z\n"])
    #expect(notebook.cells.map(\.line) == [1, 7])
  }

  @Test("NUL bytes neither end lines nor the text")
  func nul() throws {
    let notebook = try open(
      "a\0b\n```poise {#a}\n\0\n```\n\0\n```poise {#b}\n```\n```poise\0\n```\n")
    #expect(notebook.ids == ["a", "b"])
    #expect(notebook.content(of: notebook.cells[0]) == "\0\n")
  }

  @Test("a cell that is not closed is reported and runs to the end")
  func unclosed() throws {
    let text = "```poise {#a}\n1\n``\n```x\n"
    let notebook = try open(text)
    #expect(notebook.cells.map(\.isClosed) == [false])
    #expect(notebook.content(of: notebook.cells[0]) == "1\n``\n```x\n")
    #expect(notebook.diagnostics.map(\.message) == ["the cell is not closed"])
    #expect(throws: NotebookError.cellNotClosed(line: 1)) {
      try notebook.splicing([.write(cell: 0, key: keyA, isMeasured: false, body: "1")])
    }
  }

  @Test(
    "what is not an id in an info string is reported",
    arguments: [
      ("poise {#1a}", "'1a' is not a cell id", "#1a"),
      ("poise {#a #b}", "a cell has one id", "#b"),
      ("poise {hidden}", "unknown cell option 'hidden'", "hidden"),
      ("poise {#a", "the options of a cell are not closed", "{#a"),
      ("poise {#a} x", "unexpected text after the options of a cell", " x"),
      ("poise a", "unexpected text in the info string of a cell", "a"),
    ])
  func options(info: String, message: String, marked: String) throws {
    let notebook = try open("```\(info)\n```\n")
    let diagnostic = try #require(notebook.diagnostics.first)
    #expect(notebook.diagnostics.count == 1)
    #expect(diagnostic.message == message)
    let span = try #require(diagnostic.span)
    #expect(notebook.file.text(span.lower..<span.upper) == marked)
  }

  @Test("an id begins with a letter or underscore")
  func ids() {
    for id in ["a", "_", "A-1_b", "sweep"] { #expect(isValidCellID(id)) }
    for id in ["", "1", "-a", "a b", "é", "a>", "a\u{301}"] { #expect(!isValidCellID(id)) }
  }

  @Test(
    "a text that is not UTF-8 is refused with its place",
    arguments: [
      ([0x61, 0x0A, 0xFF], 2, 2), ([0xC0, 0x80], 0, 1), ([0x61, 0xE2, 0x82], 1, 1),
      ([0xED, 0xA0, 0x80], 0, 1), ([0xF4, 0x90, 0x80, 0x80], 0, 1), ([0x0D, 0x80], 1, 2),
      (Array("12345678\r\n9é".utf8) + [0xC3], 13, 2), ([0xE2, 0x82, 0x41], 0, 1),
    ] as [([UInt8], Int, Int)])
  func encoding(bytes: [UInt8], offset: Int, line: Int) {
    #expect(throws: NotebookError.notUTF8(offset: offset, line: line)) {
      try NotebookDocument(name: "x.md", bytes: bytes)
    }
    #expect(String(validating: bytes, as: UTF8.self) == nil)
  }

  @Test("a text of unreasonable length is refused")
  func length() {
    let count = NotebookDocument.maximumLength + 1
    #expect(throws: NotebookError.tooLong(length: count, limit: count - 1)) {
      try NotebookDocument(name: "x.md", bytes: [UInt8](repeating: 0x0A, count: count))
    }
  }
}
