import Diagnostics
import Execution
import NotebookFormat
import Testing

/// Joins two versions as `git merge` does where both sides changed: equal lines stay, runs of
/// others become conflicts, and conflicts with at most `gap` lines between them become one.
func merge(_ ours: [String], _ theirs: [String], gap: Int, ancestor: [String]? = nil) -> [String] {
  var common = [[Int]](
    repeating: [Int](repeating: 0, count: theirs.count + 1), count: ours.count + 1)
  for i in ours.indices.reversed() {
    for j in theirs.indices.reversed() {
      common[i][j] =
        ours[i] == theirs[j]
        ? common[i + 1][j + 1] + 1 : max(common[i + 1][j], common[i][j + 1])
    }
  }
  // Runs of (ours, theirs), alternately equal and different.
  var runs: [(isEqual: Bool, ours: [String], theirs: [String])] = []
  func add(_ isEqual: Bool, _ a: [String], _ b: [String]) {
    if runs.last?.isEqual != isEqual { runs.append((isEqual, [], [])) }
    runs[runs.count - 1].ours += a
    runs[runs.count - 1].theirs += b
  }
  var i = 0
  var j = 0
  while i < ours.count || j < theirs.count {
    if i < ours.count, j < theirs.count, ours[i] == theirs[j] {
      add(true, [ours[i]], [theirs[j]])
      (i, j) = (i + 1, j + 1)
    } else if j == theirs.count || i < ours.count && common[i + 1][j] >= common[i][j + 1] {
      add(false, [ours[i]], [])
      i += 1
    } else {
      add(false, [], [theirs[j]])
      j += 1
    }
  }
  var joined: [(isEqual: Bool, ours: [String], theirs: [String])] = []
  for (index, run) in runs.enumerated() {
    let isInner = index > 0 && index + 1 < runs.count
    let isEqual = run.isEqual && !(isInner && run.ours.count <= gap)
    if joined.last?.isEqual == isEqual {
      joined[joined.count - 1].ours += run.ours
      joined[joined.count - 1].theirs += run.theirs
    } else {
      joined.append((isEqual, run.ours, run.theirs))
    }
  }
  var result: [String] = []
  for run in joined {
    guard !run.isEqual else {
      result += run.ours
      continue
    }
    result.append("<<<<<<< HEAD")
    result += run.ours
    if let ancestor {
      result.append("||||||| 1234567")
      result += ancestor
    }
    result.append("=======")
    result += run.theirs
    result.append(">>>>>>> branch")
  }
  return result
}

@Suite("Merge conflicts")
struct ConflictTests {
  let before = "# Title\n\nprose\n\n" + cell("a")
  let after = "\nprose\n\n" + cell("b") + "\n" + region("b", "2") + "\n"

  func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  func resolve(_ text: String) throws -> String {
    try open(text).splicing([.write(cell: 0, key: keyA, isMeasured: false, body: "fresh")])
  }

  @Test("two versions of one region are dropped and written anew", arguments: [0, 3, 100])
  func resolves(gap: Int) throws {
    let versions = [
      region("a", "| k | r |\n| -: | -: |\n| 1 | 2 |\n| 3 | 4 |"),
      region("a", "| k | r |\n| -: | -: |\n| 1 | 9 |\n| 3 | 4 |\n| 5 | 6 |", key: keyB),
      region("a", "| k | r |\n| -: | -: |\n| 1 | 2 |\n| 3 | 4 |", key: keyB),
      region("a", "```text\nx\n```", measured: true), region("a", "```text\ny\n\nz\n```\n\nmore"),
      region("a", ""), region("a", "<details>\n\nx\n\n</details>"),
    ]
    for ours in versions {
      for theirs in versions where ours != theirs {
        for ancestor in [nil, [], lines(region("a", "base"))] as [[String]?] {
          let merged = merge(lines(ours), lines(theirs), gap: gap, ancestor: ancestor)
          let text = before + "\n" + merged.joined(separator: "\n") + "\n" + after
          let notebook = try open(text)
          #expect(notebook.conflicts.map(\.id) == ["a"], "\(text)")
          #expect(notebook.conflicts.map(\.sidesAreIntact) == [true])
          #expect(notebook.broken.isEmpty)
          #expect(notebook.state(of: "a") == .conflicted)
          #expect(notebook.state(of: "b") == .fresh)
          #expect(notebook.states(ids: notebook.ids, keys: []).orphans.isEmpty)
          #expect(try resolve(text) == before + "\n" + region("a", "fresh") + "\n" + after)
          let crlf = text.replacing("\n", with: "\r\n")
          #expect(
            try resolve(crlf)
              == (before + "\n" + region("a", "fresh") + "\n" + after).replacing(
                "\n", with: "\r\n"))
        }
      }
    }
  }

  @Test("a region that one side removed or both sides added is written anew")
  func addition() throws {
    let new = "\n" + region("a", "1") + "\n"
    let other = "\n" + region("a", "2\n3", key: keyB) + "\n"
    let expected = before + "\n" + region("a", "fresh") + "\n" + after
    for (ours, theirs) in [(new, ""), ("", new), (new, other)] {
      let text =
        before + "<<<<<<< HEAD\n" + ours + "=======\n" + theirs + ">>>>>>> branch\n" + after
      #expect(try resolve(text) == expected)
      // Git may slide an added block by the empty line it shares with what follows.
      let slid =
        before + "\n<<<<<<< HEAD\n" + ours.dropFirst() + (ours.isEmpty ? "" : "\n") + "=======\n"
        + theirs.dropFirst() + (theirs.isEmpty ? "" : "\n") + ">>>>>>> branch\n"
        + after.dropFirst()
      #expect(try resolve(slid) == expected)
    }
  }

  @Test("a conflict that holds anything else is broken and left alone")
  func unresolved() throws {
    let ours = lines(region("a", "1"))
    let theirs = lines(region("a", "2", key: keyB))
    func conflict(_ a: [String], _ b: [String], base: [String]? = nil) -> String {
      merge(a, b, gap: 100, ancestor: base).joined(separator: "\n") + "\n"
    }
    let prose = ["", "more prose"]
    let texts = [
      before + conflict(ours + prose, theirs + ["", "other prose"]) + after,
      before + conflict(ours + prose, theirs) + after,
      before + conflict(["intro"] + ours, theirs) + after,
      before + conflict(ours, theirs + lines(region("c", "3"))) + after,
      before + conflict(ours, lines(region("c", "2"))) + after,
      before + conflict(ours, theirs, base: lines(cell("x"))) + after,
      before + conflict(ours, theirs, base: ["# heading"]) + after,
      before + conflict(ours, []) + "\n" + conflict(ours, []) + after,
      before + conflict(ours + [""] + theirs, []) + after,
      before + conflict(ours, theirs) + region("a", "3") + "\n" + after,
      "# T\n\n```poise {#a}\n" + conflict(["x"], ["y"]) + "```\n\n" + region("a", "1") + "\n",
      conflict(
        lines("```poise {#a}\nx\n```\n\n") + ours, lines("```poise {#a}\ny\n```\n\n") + theirs),
      conflict(["one"], ["two"]) + before + region("a", "1") + "\n",
      before + "<<<<<<< HEAD\n" + region("a", "1") + "\n" + after,
    ]
    for text in texts {
      let notebook = try open(text)
      #expect(notebook.conflicts.isEmpty, "\(text)")
      // Writing to what is whole leaves the conflict as it is.
      for index in notebook.cells.indices {
        let id = notebook.ids[index]
        let edit = RegionEdit.write(cell: index, key: keyA, isMeasured: false, body: "fresh")
        guard let result = try? notebook.splicing([edit]) else { continue }
        #expect(
          Oracle.strip(Array(result.utf8), ids: [id]).rest
            == Oracle.strip(Array(text.utf8), ids: [id]).rest, "\(text)")
      }
      guard text != texts.last else { continue }
      #expect(!notebook.broken.isEmpty, "\(text)")
      let orphans = notebook.states(ids: notebook.cells.map { _ in "" }, keys: []).orphans
      #expect(orphans.allSatisfy { $0.state == .broken }, "\(text)")
    }
  }

  @Test("a conflict in a fenced example or in intact output is text")
  func examples() throws {
    let conflict = "<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n"
    let text =
      "````\n" + conflict + "````\n\n" + cell("a") + "\n"
      + region("a", "```text\n" + conflict + "```") + "\n"
    let notebook = try open(text)
    #expect(notebook.broken.isEmpty)
    #expect(notebook.conflicts.isEmpty)
    #expect(notebook.state(of: "a") == .fresh)
  }

  @Test("a side that was edited is told")
  func editedSide() throws {
    let ours = region("a", "1\n2").replacing("\n1\n", with: "\nmine\n")
    let merged = merge(lines(ours), lines(region("a", "3")), gap: 0)
    let notebook = try open(before + merged.joined(separator: "\n") + "\n" + after)
    #expect(notebook.conflicts.map(\.sidesAreIntact) == [false])
  }

  @Test("markers in conflict around a body that git merged by itself are one region")
  func mergedBody() throws {
    let body = (0..<20).map { "| \($0) | 1 |" }
    var (ours, theirs) = (body, body)
    ours[2] = "| 2 | 9 |"
    theirs[17] = "| 17 | 9 |"
    let ourLines = lines(region("a", ours.joined(separator: "\n")))
    let theirLines = lines(region("a", theirs.joined(separator: "\n"), key: keyB))
    func conflict(_ line: (([String]) -> String?)) -> [String] {
      merge([line(ourLines) ?? ""], [line(theirLines) ?? ""], gap: 0)
    }
    var merged = ours
    merged[17] = theirs[17]
    let text =
      before + "\n"
      + (conflict(\.first) + [""] + merged + [""] + conflict(\.last)).joined(separator: "\n") + "\n"
      + after
    let notebook = try open(text)
    #expect(notebook.conflicts.map(\.sidesAreIntact) == [false])
    #expect(try resolve(text) == before + "\n" + region("a", "fresh") + "\n" + after)
  }

  @Test("several conflicted regions, and one in prose, are told apart")
  func several() throws {
    let a = merge(lines(region("a", "1")), lines(region("a", "2")), gap: 3)
    let b = merge(lines(region("b", "1", key: keyB)), lines(region("b", "```\n2\n```")), gap: 3)
    let prose = merge(["p"], ["q"], gap: 3).joined(separator: "\n") + "\n\n"
    let text =
      cell("a") + a.joined(separator: "\n") + "\n\n" + prose + cell("b")
      + b.joined(separator: "\n") + "\n"
    let notebook = try open(text)
    #expect(notebook.conflicts.map(\.id) == ["a", "b"])
    #expect(notebook.broken.map(\.ids) == [[]])
    let edits = [0, 1].map {
      RegionEdit.write(cell: $0, key: keyA, isMeasured: false, body: "fresh")
    }
    #expect(
      try notebook.splicing(edits)
        == cell("a") + region("a", "fresh") + "\n\n" + prose + cell("b") + region("b", "fresh")
        + "\n")
    // One of them alone as well.
    let half = try open(try notebook.splicing([edits[1]]))
    #expect(half.conflicts.map(\.id) == ["a"])
  }
}
