import Diagnostics
import Execution
import NotebookFormat
import Testing

/// Damages notebooks in thousands of ways and holds every splice against the oracle.
@Suite("Mutations")
struct MutationTests {
  static let documents = 24_000

  static let seeds: [String] = [
    "# One\n\nText with `code`.\n\n" + cell("a", "a = 1\na") + "\n" + region("a", "1")
      + "\n\nMore.\n\n" + cell("b") + "\n" + region("b", "| k |\n| -: |\n| 1 |", key: keyB)
      + "\n\n## End\n",
    "\u{FEFF}" + cell("a") + cell("b") + "\n" + region("gone", "x\n\ny") + "\n\ttab\ttext\n"
      + "  ~~~~poise {#c}\n  x\n  ~~~~\n\n" + region("c", "```text\n#out\n<<<<<<< x\n```")
      + "\n\n> ```poise {#quoted}\n> 1\n> ```\n\n- item\n\n  ```poise {#listed}\n  1\n  ```",
    "````markdown\n" + cell("a") + "\n" + region("a", "example") + "\n````\n\n" + cell("a")
      + "\n" + region("a", "real", measured: true) + "\n\n<div>\n\n" + cell("b") + "\n</div>\n\n"
      + "<!-- note\n\n" + cell("hidden") + "-->\n\n" + cell("c") + "\n"
      + region("c", "<details>\n\n```text\nlong\n```\n\n</details>") + "\nlast line",
    "Title\n=====\n\n" + cell("a") + "\n"
      + merge(
        region("a", "1\n2").split(separator: "\n", omittingEmptySubsequences: false).map(
          String.init),
        region("a", "1\n3", key: keyB).split(separator: "\n", omittingEmptySubsequences: false)
          .map(String.init), gap: 3
      ).joined(separator: "\n") + "\n\nprose\n\n" + cell("b") + "\n" + region("b", "2") + "\n"
      + region("old", "3") + "\n",
  ]

  @Test("no byte outside a verified region changes")
  func mutations() throws {
    var random = RandomStream(seed: 1, purpose: "notebook mutations")
    var tally = Tally()
    for round in 0..<Self.documents {
      var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
      for _ in 0...random.below(3) { bytes = Mutation.apply(to: bytes, &random) }
      let notebook: NotebookDocument
      do {
        notebook = try NotebookDocument(name: "n.md", bytes: bytes)
      } catch {
        guard case .notUTF8(let offset, _) = error else {
          Issue.record("\(error)")
          continue
        }
        tally.refused += 1
        #expect(String(validating: bytes, as: UTF8.self) == nil)
        #expect(String(validating: bytes[..<offset], as: UTF8.self) != nil)
        continue
      }
      #expect(String(validating: bytes, as: UTF8.self) != nil)
      try check(notebook, &random, &tally)
    }
    // The mutations must leave enough to do, or the rest shows nothing.
    #expect(tally.written > Self.documents / 2, "\(tally)")
    #expect(tally.inserted > Self.documents / 20, "\(tally)")
    #expect(tally.removed > Self.documents / 20, "\(tally)")
    #expect(tally.resolved > Self.documents / 20, "\(tally)")
    #expect(tally.broken > Self.documents / 20, "\(tally)")
    #expect(tally.refused > Self.documents / 50, "\(tally)")
    #expect(tally.unsafe < Self.documents / 50, "\(tally)")
  }

  struct Tally {
    var written = 0
    var inserted = 0
    var removed = 0
    var resolved = 0
    var broken = 0
    var refused = 0
    var unsafe = 0
  }

  /// Edits all that the states allow, each edit by itself and all at once.
  private func check(
    _ notebook: NotebookDocument, _ random: inout RandomStream, _ tally: inout Tally
  ) throws {
    // Cells without an id, and all but the first of those that share one, are left alone.
    var seen: Set<String> = []
    let ids = notebook.ids.enumerated().map { index, id in
      !id.isEmpty && seen.insert(id).inserted ? id : "anonymous-\(index)"
    }
    let states = notebook.states(ids: ids, keys: ids.map { _ in keyA })
    var edits: [RegionEdit] = []
    var bodies: [String: String] = [:]
    for (index, state) in states.cells.enumerated() {
      if state == .broken { tally.broken += 1 }
      guard state != .broken, state != .edited, notebook.cells[index].isClosed else { continue }
      let body = "§\(random.below(1000))\n\n```text\n# x\n```"
      bodies[ids[index]] = body
      let edit = RegionEdit.write(cell: index, key: keyB, isMeasured: false, body: body)
      if state == .conflicted {
        try checkConflict(notebook, edit, ids: ids, id: ids[index])
        tally.resolved += 1
      } else {
        edits.append(edit)
        if state == .missing { tally.inserted += 1 } else { tally.written += 1 }
      }
    }
    var removed: Set<String> = []
    for orphan in states.orphans where orphan.state == .orphanIntact {
      edits.append(.remove(region: orphan.region))
      removed.insert(notebook.regions[orphan.region].id)
      tally.removed += 1
    }
    if !checkEdits(notebook, edits, ids: ids, bodies: bodies, removed: removed) {
      tally.unsafe += 1
      for edit in edits {
        _ = checkEdits(notebook, [edit], ids: ids, bodies: bodies, removed: removed)
      }
    }
  }

  /// Whether the edits were made; what was made is held against the oracle.
  private func checkEdits(
    _ notebook: NotebookDocument, _ edits: [RegionEdit], ids: [String], bodies: [String: String],
    removed: Set<String>
  ) -> Bool {
    let bytes = notebook.file.bytes
    var touched: Set<String> = []
    for edit in edits {
      switch edit {
      case .write(let cell, _, _, _): touched.insert(ids[cell])
      case .remove(let region): touched.insert(notebook.regions[region].id)
      }
    }
    // Where the module saw no region nothing may be taken away.
    let seen = touched.intersection(notebook.regions.map(\.id))
    let result: [UInt8]
    do {
      result = try notebook.splicing(edits, ids: ids)
    } catch {
      // Only for what it would do to the text around.
      if case NotebookError.wouldChangeDocument = error { return false }
      Issue.record("\(error)\n\(notebook.file.text(0..<bytes.count))")
      return false
    }
    let before = Oracle.strip(bytes, ids: seen)
    let after = Oracle.strip(result) { region in
      seen.contains(region.id)
        || touched.contains(region.id) && region.body.elementsEqual((bodies[region.id] ?? "").utf8)
    }
    let note = "\(String(decoding: bytes, as: UTF8.self))\n--->\n"
    if removed.isDisjoint(with: touched) {
      #expect(before.rest == after.rest, "\(note)\(String(decoding: result, as: UTF8.self))")
    } else {
      // Whether a removal takes the empty line with it depends on what is around.
      let (old, new) = (Oracle.lines(before.rest), Oracle.lines(after.rest))
      let isSame = old.filter { !$0.text.isEmpty } == new.filter { !$0.text.isEmpty }
      let kept = new.count - old.count
      #expect(
        isSame && kept >= 0 && kept <= removed.count,
        "\(note)\(String(decoding: result, as: UTF8.self))")
    }
    for id in touched.subtracting(removed) {
      let found = after.regions.filter {
        $0.id == id && $0.body.elementsEqual((bodies[id] ?? "").utf8)
      }
      #expect(found.count == 1, "\(note)")
      #expect(
        found.first?.out.elementsEqual("<!-- poise:out \(id) key=\(keyB.prefix(12)) -->".utf8)
          == true)
    }
    // The same again changes nothing, and what was written is fresh.
    do {
      let again = try NotebookDocument(name: "n.md", bytes: result)
      let states = again.states(ids: ids, keys: ids.map { _ in keyB })
      for case .write(let cell, _, _, _) in edits {
        #expect(states.cells[cell] == .fresh, "\(note)")
      }
      let writes = edits.filter { if case .write = $0 { true } else { false } }
      #expect(try again.splicing(writes, ids: ids) == result)
    } catch {
      Issue.record("\(error)\n\(note)")
    }
    return true
  }

  /// A resolved conflict may take what lies between the first and last line that git or the tool
  /// wrote for the id, and nothing else.
  private func checkConflict(
    _ notebook: NotebookDocument, _ edit: RegionEdit, ids: [String], id: String
  ) throws {
    let bytes = notebook.file.bytes
    guard let result = try? notebook.splicing([edit], ids: ids) else { return }
    let start = zip(bytes, result).prefix { $0 == $1 }.count
    let rest = min(bytes.count, result.count) - start
    let tail = zip(bytes.reversed(), result.reversed()).prefix(rest).prefix { $0 == $1 }.count
    let all = Oracle.lines(bytes)
    var offset = 0
    var window: [Int] = []
    for (index, line) in all.enumerated() {
      let end = offset + line.text.count
      if end > start, offset < bytes.count - tail { window.append(index) }
      offset = end + line.ending.count
    }
    func text(_ index: Int) -> String { String(decoding: all[index].text, as: UTF8.self) }
    let isOurs = { (line: String) in
      line.hasPrefix("<!-- poise:out \(id) ") || line.hasPrefix("<!-- poise:end \(id) ")
        || ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].contains { line.hasPrefix($0) }
    }
    // Outwards from the window's ends the next line that is no body line must be the tool's or
    // git's, so that the window lies inside the region.
    let note =
      "\(String(decoding: bytes, as: UTF8.self))\n--->\n\(String(decoding: result, as: UTF8.self))"
    let first = try #require(window.first)
    let last = try #require(window.last)
    let opening = (0...first).last { isOurs(text($0)) }
    let closing = (last..<all.count).first { isOurs(text($0)) }
    #expect(opening != nil && closing != nil, "\(note)")
    for index in (opening ?? 0)...(closing ?? all.count - 1) {
      #expect(!text(index).hasPrefix("# ") && !text(index).contains("poise {"), "\(note)")
    }
    #expect(Oracle.strip(result, ids: [id]).regions.contains { $0.id == id })
  }
}
