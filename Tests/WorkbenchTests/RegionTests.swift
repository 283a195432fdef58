import Glibc
import TestFolders
import Testing
import Workbench

/// What a run does to the regions of a document and to the files that they name.
@Suite struct RegionTests {
  private func run(
    _ folder: TemporaryFolder, accepts: Bool = false, observer: (any SessionObserver)? = nil
  ) throws -> RunTally {
    var options = SessionOptions()
    options.accepts = accepts
    return try NotebookSession.open(folder, options: options, observer: observer).run(.stale)
  }

  private func prepared(_ text: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "nb.md")
    #expect(try run(folder).status == .success)
    return folder
  }

  @Test func anEditedRegionIsKeptUnlessAccepted() throws {
    let folder = try prepared(notebook("a = 1", "b = a + 1"))
    let written = try folder.text("nb.md")
    let edited = written.replacing("\na: 1\n", with: "\na: one, I say\n")
    try folder.write(edited, to: "nb.md")
    let tally = try run(folder)
    #expect(tally.status == .document)
    #expect(tally.protected == [0])
    #expect(try folder.text("nb.md") == edited)
    #expect(try run(folder, accepts: true).status == .success)
    #expect(try folder.text("nb.md") == written)
  }

  @Test func anIntactOrphanGoesAnEditedOneStays() throws {
    let folder = try prepared("# T\n\n" + notebook("a = 1", "b = 2") + "\nThe end.\n")
    let written = try folder.text("nb.md")
    let cut = written.replacing("```poise\nb = 2\n```\n", with: "No cell.\n")
    try folder.write(cut, to: "nb.md")
    #expect(try run(folder).status == .success)
    let after = try folder.text("nb.md")
    #expect(!after.contains("poise:out b"))
    #expect(after.contains("poise:out a"))
    #expect(after.hasSuffix("No cell.\n\nThe end.\n"), "\(after)")

    let edited = cut.replacing("\nb: 2\n", with: "\nb: my own words\n")
    try folder.write(edited, to: "nb.md")
    _ = try run(folder)
    #expect(try folder.text("nb.md") == edited)
    let report = try NotebookSession.open(folder).check()
    #expect(report.status == .document)
    #expect(report.findings.contains { $0.cell == "b" && $0.word == "orphan" })
  }

  @Test func aMergeConflictIsRefilled() throws {
    let folder = try prepared(notebook("a = 1", "b = 2"))
    let written = try folder.text("nb.md")
    let lines = written.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let open = try #require(lines.firstIndex { $0.hasPrefix("<!-- poise:out a") })
    let close = try #require(lines.firstIndex { $0.hasPrefix("<!-- poise:end a") })
    let ours = Array(lines[open...close])
    let theirs = ours.map { $0.replacing("a: 1", with: "a: 9") }
    let merged =
      lines[..<open] + ["<<<<<<< ours"] + ours + ["======="] + theirs + [">>>>>>> theirs"]
      + lines[(close + 1)...]
    try folder.write(merged.joined(separator: "\n"), to: "nb.md")
    #expect(try NotebookSession.open(folder).check().status == .document)
    let tally = try run(folder)
    #expect(tally.ran == [0])
    #expect(try folder.text("nb.md") == written)
  }

  @Test func conflictInsideTheBodyIsRefilled() throws {
    let folder = try prepared(notebook("a = 1"))
    let written = try folder.text("nb.md")
    try folder.write(
      written.replacing(
        "\na: 1\n", with: "\n<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n"),
      to: "nb.md")
    _ = try run(folder)
    #expect(try folder.text("nb.md") == written)
  }

  @Test func oldAssetsGoAndOnlyThose() throws {
    let plot = { (v: Int) in "plot([{x: 1, y: \(v)}], x: \"x\", y: \"y\")" }
    let folder = try prepared(notebook("{#p}\n" + plot(1), "{#q}\n" + plot(5)))
    let first = folder.names(in: "nb.assets")
    #expect(first.count == 2)
    try folder.write("mine", to: "nb.assets/p-000000000000.svg")
    try folder.write("mine", to: "nb.assets/photo.png")

    try folder.write(
      try folder.text("nb.md").replacing("y: 1}", with: "y: 2}"), to: "nb.md")
    #expect(try run(folder).status == .success)
    let second = folder.names(in: "nb.assets")
    #expect(second.count == 4)
    #expect(!second.contains(first[0]))
    #expect(second.contains(first[1]))
    #expect(second.contains("p-000000000000.svg") && second.contains("photo.png"))

    // Removing the cells removes their regions, and the files that those named.
    try folder.write(
      try folder.text("nb.md").replacing("```poise", with: "```text"), to: "nb.md")
    #expect(try run(folder).status == .success)
    #expect(folder.names(in: "nb.assets") == ["p-000000000000.svg", "photo.png"])
    #expect(!(try folder.text("nb.md").contains("poise:out")))
  }

  @Test func anAssetsFolderThatIsEmptyGoes() throws {
    let folder = try prepared(notebook("{#p}\nplot([{x: 1, y: 2}], x: \"x\", y: \"y\")"))
    try folder.write(notebook("{#p}\n1"), to: "nb.md")
    #expect(try run(folder).status == .success)
    #expect(folder.names(in: "nb.assets").count == 1, "no region named it in the new text")
    try folder.write(notebook("{#p}\nplot([{x: 1, y: 2}], x: \"x\", y: \"y\")"), to: "nb.md")
    _ = try run(folder)
    try folder.write(
      try folder.text("nb.md").replacing(
        "plot([{x: 1, y: 2}], x: \"x\", y: \"y\")", with: "1"), to: "nb.md")
    #expect(try run(folder).status == .success)
    #expect(!folder.exists("nb.assets"))
  }

  @Test func aNameWithSpacesIsEncodedInLinks() throws {
    let folder = try TemporaryFolder()
    let cell = "{#p}\nplot([{x: 1, y: 2}], x: \"x\", y: \"y\")"
    try folder.write(notebook(cell), to: "my (own) notes.md")
    #expect(try NotebookSession.open(folder, "my (own) notes.md").run(.stale).status == .success)
    let text = try folder.text("my (own) notes.md")
    #expect(text.contains("](my%20%28own%29%20notes.assets/p-"), "\(text)")
    #expect(folder.names(in: "my (own) notes.assets").count == 1)
    try folder.write(text.replacing("y: 2", with: "y: 3"), to: "my (own) notes.md")
    #expect(try NotebookSession.open(folder, "my (own) notes.md").run(.stale).status == .success)
    #expect(folder.names(in: "my (own) notes.assets").count == 1, "the old one is gone")
  }

  @Test func linksInPlaceOfAssetsAreNotFollowed() throws {
    let folder = try prepared(notebook("{#p}\nplot([{x: 1, y: 2}], x: \"x\", y: \"y\")"))
    let name = try #require(folder.names(in: "nb.assets").first)
    let picture = try folder.read("nb.assets/" + name)
    try folder.write("precious", to: "other.txt")
    unlink(folder("nb.assets/" + name))
    symlink(folder("other.txt"), folder("nb.assets/" + name))
    let session = try NotebookSession.open(folder)
    #expect(session.run(.all).status == .success)
    #expect(try folder.text("other.txt") == "precious")
    #expect(try folder.read("nb.assets/" + name) == picture)

    // The whole folder is a link to somewhere else.
    let elsewhere = try TemporaryFolder()
    try elsewhere.write("precious", to: name)
    unlink(folder("nb.assets/" + name))
    rmdir(folder("nb.assets"))
    symlink(elsewhere.path, folder("nb.assets"))
    try folder.write(try folder.text("nb.md").replacing("y: 2", with: "y: 3"), to: "nb.md")
    let recorder = Recorder()
    #expect(try run(folder, observer: recorder).couldNotSave)
    #expect(recorder.notes.contains { $0.contains("could not be saved") })
    #expect(elsewhere.names() == [name])
    #expect(try elsewhere.text(name) == "precious")
  }

  @Test func anEditOfOtherTextDuringTheRunIsKept() throws {
    let folder = try TemporaryFolder()
    try folder.write("# Title\n\n" + notebook("a = 1", "b = 2"), to: "nb.md")
    let recorder = Recorder { cell in
      guard cell == "a", let text = try? folder.text("nb.md") else { return }
      try? folder.write(
        text.replacing("# Title", with: "# Another title") + "\nAdded.\n", to: "nb.md")
    }
    #expect(try run(folder, observer: recorder).status == .success)
    let text = try folder.text("nb.md")
    #expect(text.hasPrefix("# Another title\n"))
    #expect(text.hasSuffix("\nAdded.\n"))
    #expect(text.contains("\na: 1\n") && text.contains("\nb: 2\n"))
    #expect(try run(folder).ran == [])
  }

  @Test func anEditOfTheCellDuringTheRunWins() throws {
    let folder = try TemporaryFolder()
    try folder.write(notebook("a = 1", "b = 2"), to: "nb.md")
    let recorder = Recorder { cell in
      guard cell == "a", let text = try? folder.text("nb.md") else { return }
      try? folder.write(text.replacing("a = 1", with: "a = 7"), to: "nb.md")
    }
    let tally = try run(folder, observer: recorder)
    #expect(tally.changedUnderneath)
    #expect(tally.status == .document)
    let text = try folder.text("nb.md")
    #expect(text.contains("a = 7") && !text.contains("a: 1"))
    #expect(text.contains("\nb: 2\n"), "what still belongs is written")
    #expect(recorder.notes.contains { $0.contains("edited during the run") })
  }

  @Test func aRegionEditedDuringTheRunIsKept() throws {
    let folder = try prepared(notebook("a = 1"))
    try folder.write(try folder.text("nb.md").replacing("a = 1", with: "a = 2"), to: "nb.md")
    let recorder = Recorder { _ in
      guard let text = try? folder.text("nb.md") else { return }
      try? folder.write(text.replacing("\na: 1\n", with: "\na: mine\n"), to: "nb.md")
    }
    let tally = try run(folder, observer: recorder)
    #expect(tally.changedUnderneath)
    #expect(try folder.text("nb.md").contains("\na: mine\n"))
  }

  @Test func theFileGoneDuringTheRunIsToldOf() throws {
    let folder = try TemporaryFolder()
    try folder.write(notebook("a = 1"), to: "nb.md")
    let recorder = Recorder { _ in unlink(folder("nb.md")) }
    let tally = try run(folder, observer: recorder)
    #expect(tally.couldNotSave)
    #expect(tally.status == .failed)
    #expect(!folder.exists("nb.md"), "it is not brought back behind the user's back")
  }

  @Test func copiesGoWhereTheyAreToldOrFail() throws {
    let folder = try TemporaryFolder()
    let text = notebook("param k = 1", "a = k + 1")
    try folder.write(text, to: "nb.md")
    func run(to target: String, given: Bool = true) throws -> RunTally {
      var options = SessionOptions()
      options.outputFile = target
      if given { options.overrides.set("k", to: "5") }
      return try NotebookSession.open(folder, options: options).run(.stale)
    }
    #expect(try run(to: folder("copy.md")).status == .success)
    #expect(try folder.text("copy.md").contains("\na: 6\n"))
    #expect(try folder.text("nb.md") == text)
    #expect(try run(to: folder("copy.md")).status == .success, "a copy is written over")

    mkdir(folder("folder.md"), 0o755)
    #expect(try run(to: folder("folder.md")).couldNotSave)
    #expect(try run(to: folder("missing/copy.md")).couldNotSave)
    #expect(folder.names(in: "folder.md") == [])

    symlink(folder("nb.md"), folder("alias.md"))
    for same in [folder("nb.md"), folder("./nb.md"), folder("alias.md")] {
      #expect(throws: SessionError.self) { try run(to: same) }
    }
    #expect(try folder.text("nb.md") == text)
    #expect(try run(to: folder("alias.md"), given: false).status == .success)
    #expect(try folder.text("nb.md").contains("\na: 2\n"))
    var status = stat()
    #expect(lstat(folder("alias.md"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
  }

  @Test func withoutACopyOverridesGoToTheTerminalOnly() throws {
    let folder = try TemporaryFolder()
    let text = notebook("param k = 1", "a = k + 1")
    try folder.write(text, to: "nb.md")
    var options = SessionOptions()
    options.overrides.set("k", to: "5")
    let recorder = Recorder()
    let session = try NotebookSession.open(folder, options: options, observer: recorder)
    #expect(session.run(.stale).status == .success)
    #expect(recorder.output("a") == "a: 6")
    #expect(try folder.text("nb.md") == text)
  }

  @Test func notUTF8IsRefusedUntouched() throws {
    let folder = try TemporaryFolder()
    let bytes = Array(notebook("a = 1").utf8) + [0xFF, 0xFE]
    try folder.write(bytes, to: "nb.md")
    #expect(throws: SessionError.self) { try NotebookSession.open(folder) }
    #expect(try folder.read("nb.md") == bytes)
  }

  @Test func checkTellsEveryState() throws {
    let folder = try prepared(
      notebook("a = 1", "b = a", "c = 3", "d = 4", "{#e}\nclaim 1 > 2 : \"no\""))
    let text = try folder.text("nb.md")
    #expect(try NotebookSession.open(folder).check().status == .success)
    #expect(try NotebookSession.open(folder).check(isStrict: true).status == .failed)
    try folder.write(
      text.replacing("a = 1", with: "a = 2").replacing("\nc: 3\n", with: "\nc: x\n")
        + "\n" + notebook("f = 5"),
      to: "nb.md")
    let report = try NotebookSession.open(folder).check()
    #expect(
      report.findings.map { "\($0.cell) \($0.word)" } == [
        "a stale", "b stale", "c edited", "d fresh", "e fresh", "f missing",
      ])
    #expect(report.status == .document)
  }
}
