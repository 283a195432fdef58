import Diagnostics
import NotebookFormat
import Testing

@Suite("Output regions")
struct RegionTests {
  @Test("the oracle's SHA-256 and the module's are the same")
  func checksums() throws {
    let hex = Oracle.sha256(Array("abc".utf8)).prefix(4)
    #expect(Array(hex) == [0xba, 0x78, 0x16, 0xbf])
    let body = String(repeating: "| 0.612 | \u{00E9} |\n", count: 40) + "end"
    let notebook = try open(region("a", body))
    #expect(notebook.regions.map(\.isIntact) == [true])
    #expect(notebook.regions.map(\.body) == [body])
  }

  @Test("a region reads as written")
  func reads() throws {
    let text = "before\n\n" + region("sweep", "| k |\n| -: |\n\n1", measured: true) + "\nafter\n"
    let notebook = try open(text)
    let found = try #require(notebook.regions.first)
    #expect(found.id == "sweep")
    #expect(found.keyPrefix == "aaaaaaaaaaaa")
    #expect(found.isMeasured)
    #expect(found.isIntact)
    #expect(found.openLine == 3)
    #expect(found.closeLine == 10)
    #expect(notebook.file.text(found.bodyRange) == "| k |\n| -: |\n\n1")
    #expect(
      notebook.file.text(found.range) == region("sweep", "| k |\n| -: |\n\n1", measured: true))
    #expect(notebook.broken.isEmpty)
  }

  @Test("states follow from key and checksum")
  func states() throws {
    let text =
      cell("fresh") + region("fresh", "1") + "\n" + cell("stale") + region("stale", "2", key: keyB)
      + "\n" + cell("edited") + region("edited", "3").replacing("3\n\n", with: "4\n\n") + "\n"
      + cell("missing") + region("orphan", "5") + "\n\n"
      + region("gone", "6").replacing("\n6\n", with: "\n6 \n") + "\n"
    let notebook = try open(text)
    #expect(notebook.state(of: "fresh") == .fresh)
    #expect(notebook.state(of: "fresh", key: nil) == .stale)
    #expect(notebook.state(of: "stale") == .stale)
    #expect(notebook.state(of: "edited") == .edited)
    #expect(notebook.state(of: "missing") == .missing)
    let orphans = notebook.states(ids: notebook.ids, keys: []).orphans
    #expect(orphans.map { notebook.regions[$0.region].id } == ["orphan", "gone"])
    #expect(orphans.map(\.state) == [.orphanIntact, .orphanEdited])
    #expect(notebook.broken.isEmpty)
  }

  @Test(
    "a checksum survives other line endings, and no other change of space",
    arguments: [("\r\n", true), ("\r", true), (" \n", false), ("\n\n", false)])
  func normalisation(ending: String, isIntact: Bool) throws {
    let text = region("a", "x\ny\nz").replacing("y\n", with: "y\(ending)")
    #expect(try open(text).regions.map(\.isIntact) == [isIntact])
  }

  @Test(
    "a marker in a code block or inside another HTML block is text",
    arguments: [
      ("````markdown\n", "\n````\n"), ("~~~\n", "\n~~~\n"), ("<!--\n", "\n"), ("<pre>\n", "\n"),
      ("- ```\n  ", "\n"), ("> ", "\n"), ("    ", "\n"), ("- ", "\n"),
    ])
  func examples(before: String, after: String) throws {
    let notebook = try open(before + "<!-- poise:out a key=aaaaaaaaaaaa -->" + after)
    let isFirst = before == "- ```\n  "
    #expect(notebook.regions.isEmpty)
    #expect(notebook.broken.isEmpty, "\(before) \(isFirst)")
  }

  @Test("a whole region in a longer fence is an example and stays")
  func example() throws {
    let example = "````markdown\n" + cell("a") + "\n" + region("a", "old") + "\n````\n"
    let notebook = try open(example + cell("a"))
    #expect(notebook.cells.count == 1)
    let result = try notebook.splicing(
      [.write(cell: 0, key: keyB, isMeasured: false, body: "new")])
    #expect(result == example + cell("a") + "\n" + region("a", "new", key: keyB) + "\n")
  }

  @Test("output that looks like a conflict, a marker or a heading is fine in a fence")
  func lookalikes() throws {
    let body = """
      ```text
      <<<<<<< HEAD
      # heading
      =======
      <!-- poise:end a sum=0000000000 -->
      ```poise
      >>>>>>> branch
      ```
      """
    let notebook = try open(cell("a"))
    let result = try notebook.splicing([.write(cell: 0, key: keyA, isMeasured: false, body: body)])
    let again = try open(result)
    #expect(again.state(of: "a") == .fresh)
    #expect(again.broken.isEmpty)
    #expect(again.conflicts.isEmpty)
    #expect(again.cells.count == 1)
    #expect(again.regions.map(\.body) == [body])
  }

  @Test("only files of the cell, in the notebook's assets folder, are linked assets")
  func assets() throws {
    let body = """
      ![plot](my%20notes.assets/a-12.svg) ![again](my%20notes.assets/a-12.svg)
      <img src="./my notes.assets/a-34.svg">
      [other](other.assets/a-56.svg) [up](my%20notes.assets/../a-78.svg) my%20notes.assets/a-9.svg
      [not ours](my%20notes.assets/b-1.svg) [sub](my%20notes.assets/a-x/y.svg)
      """
    let notebook = try open(region("a", body), name: "some/folder/my notes.md")
    #expect(notebook.regions.map(\.assets) == [["a-12.svg", "a-34.svg"]])
  }
}

@Suite("Broken regions")
struct BrokenRegionTests {
  /// A text whose only region, of `a`, is intact, to be damaged.
  static let whole = "# T\n\n" + cell("a") + "\n" + region("a", "x\n\ny") + "\n\n# End\n"

  @Test("damage is reported with its lines, and the cell is not written to")
  func damage() throws {
    let out = "<!-- poise:out a key=aaaaaaaaaaaa -->"
    let end = region("a", "x\n\ny").split(separator: "\n").last.map(String.init) ?? ""
    let cases: [(String, String, BrokenRegion.Reason, ClosedRange<Int>)] = [
      (end + "\n", "", .unclosed, 7...7),
      (out + "\n", "", .endWithoutOut, 12...12),
      (end, end.replacing("end a", with: "end b"), .mismatched(end: "b"), 7...13),
      ("x\n", "x\n# H\n", .spansHeading(line: 10), 7...14),
      ("x\n", "x\nH\n===\n", .spansHeading(line: 9), 7...15),
      ("x\n", "x\n" + cell("b"), .spansCell(line: 10), 7...16),
      ("x\n", "<<<<<<< HEAD\nx\n", .conflictMarkers(line: 9), 7...14),
      ("x\n", "x\n=======\n", .conflictMarkers(line: 10), 7...14),
      ("x\n", "x\n>>>>>>> b\n", .conflictMarkers(line: 10), 7...14),
      (out, out + " ", .malformedMarker, 7...7),
      (out, " " + out, .malformedMarker, 7...7),
      (out, out.replacing(" key=aaaaaaaaaaaa", with: ""), .malformedMarker, 7...7),
      (out, out.replacing("key=a", with: "key=A"), .malformedMarker, 7...7),
      (out, out.replacing(" -->", with: " often -->"), .malformedMarker, 7...7),
      (end, end.replacing(" -->", with: "0 -->"), .unclosed, 7...7),
      ("# End\n", region("a", "x\n\ny"), .doubled(otherLine: 15), 7...13),
      ("# End\n", out, .doubled(otherLine: 15), 7...13),
      ("x\n", "x\n" + region("b", "1") + "\n", .spansMarker(line: 10), 7...18),
    ]
    for (old, new, reason, lines) in cases {
      let text = Self.whole.replacing(old, with: new)
      let notebook = try open(text)
      let first = try #require(notebook.broken.first, "\(new)")
      #expect(first.reason == reason, "\(new)")
      #expect(first.lines == lines, "\(new)")
      #expect(notebook.state(of: "a") == .broken, "\(new)")
      #expect(throws: NotebookError.self, "\(new)") {
        try notebook.splicing(
          [.write(cell: 0, key: keyB, isMeasured: false, body: "new")], acceptEdited: true)
      }
      #expect(!first.diagnostic.message.isEmpty)
      // Nothing that is broken is offered for removal.
      #expect(!notebook.regions.contains { $0.id == "a" }, "\(new)")
    }
  }

  @Test("a region between the markers of another one is broken, too")
  func nested() throws {
    let inner = region("b", "1")
    let text = region("a", "x\ny").replacing("x\n", with: "x\n\(inner)\n")
    let reasons = try open(text).broken.map(\.reason)
    #expect(reasons == [.spansMarker(line: 4), .nested(in: "a"), .endWithoutOut])
  }

  @Test("an unclosed region leaves the next ones alone")
  func recovery() throws {
    let text =
      cell("a") + "\n<!-- poise:out a key=aaaaaaaaaaaa -->\n\nx\n\n" + cell("b") + "\n"
      + region("b", "2") + "\n"
    let notebook = try open(text)
    #expect(notebook.state(of: "a") == .broken)
    #expect(notebook.state(of: "b") == .fresh)
  }

  @Test("a cell inside a region is no output, even under a checksum that holds")
  func forged() throws {
    let notebook = try open(cell("x") + region("a", cell("b") + "end") + "\n")
    #expect(notebook.regions.isEmpty)
    #expect(notebook.broken.map(\.reason) == [.spansCell(line: 6)])
  }

  @Test("comments about Poise that are no markers go unremarked")
  func prose() throws {
    #expect(try open("<!-- poise: nice -->\n\n<!-- poise:outside -->\n").broken.isEmpty)
  }
}
