import Artifacts
import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// What `poise run` ends with, prints and writes.
  @Suite struct RunCommandTests {
    static func cell(_ id: String, _ text: String) -> String {
      "```poise {#\(id)}\n\(text)\n```\n\n"
    }

    @Test func doneIsZero() throws {
      let folder = try TemporaryFolder(["a.md": Self.cell("sum", "1 + 2")])
      let outcome = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(outcome.status == 0)
      #expect(outcome.output == "[sum]\n3\n\n")
      #expect(outcome.errors == "a.md: ran 1 cell\n")
      #expect(try folder.text("a.md").contains("\n3\n\n<!-- poise:end sum"))
    }

    @Test func aRefutedClaimIsAResult() throws {
      let folder = try TemporaryFolder(["a.md": Self.cell("no", "claim 1 > 2 : \"never\"")])
      #expect(try PoiseProgram.run(["run", "a.md"], in: folder).status == 0)
    }

    @Test func aFailedCellIsOneAndBlocksItsDescendantsOnly() throws {
      let folder = try TemporaryFolder([
        "broken.jsonl": "{\"question\": \"a\", \"answer\": \"b\"}\n{\"question\": \n",
        "a.md": Self.cell("first", "1 + 1")
          + Self.cell("asked", "asked = questions(\"broken.jsonl\")\nasked")
          + Self.cell("then", "describe(asked)") + Self.cell("last", "2 + 2"),
      ])
      let outcome = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("failed: asked; blocked: then"))
      #expect(outcome.errors.contains("a.md:6"), "the place, on standard error: \(outcome.errors)")
      let text = try folder.text("a.md")
      #expect(text.contains("not run: cell 'asked' has failed"))
      #expect(text.contains("\n4\n\n<!-- poise:end last"))
      #expect(!text.contains(folder.path), "no path of this machine in a document")
      // It is tried again, and fails again with the same bytes.
      let stamp = try folder.stamp("a.md")
      #expect(try PoiseProgram.run(["run", "a.md"], in: folder).status == 1)
      #expect(try folder.stamp("a.md") == stamp)
    }

    @Test func staticErrorsAreOneAndOnStandardError() throws {
      let folder = try TemporaryFolder([
        "a.md": Self.cell("one", "x = 1 +") + Self.cell("two", "unknwon(3)")
          + Self.cell("three", "5")
      ])
      let outcome = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("a.md:2:"))
      #expect(outcome.errors.contains("a.md:6:1"))
      #expect(outcome.output.contains("[three]\n5\n"))
    }

    @Test(arguments: [
      ["run"], ["run", "a.md", "--nonsense"], ["run", "a.md", "-p", "novalue"], ["rnu", "a.md"],
      ["run", "a.md", "--cell", "absent"], ["run", "absent.md"], ["run", "a.md", "--threads", "x"],
      ["run", "."],
    ])
    func usageIsTwoAndWritesNothing(_ words: [String]) throws {
      let folder = try TemporaryFolder(["a.md": Self.cell("sum", "1 + 2")])
      let outcome = try PoiseProgram.run(words, in: folder)
      #expect(outcome.status == 2, "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("poise: "))
      #expect(try folder.text("a.md") == Self.cell("sum", "1 + 2"))
    }

    @Test func aNearMissGetsASuggestion() throws {
      let folder = try TemporaryFolder(["a.md": Self.cell("sum", "1 + 2")])
      for words in [
        ["rnu", "a.md"], ["run", "a.md", "--until", "smu"], ["run", "a.md", "--acept"],
      ] {
        #expect(try PoiseProgram.run(words, in: folder).errors.contains("did you mean"))
      }
    }

    @Test func editedIsThreeUntilAccepted() throws {
      let folder = try TemporaryFolder([
        "a.md": Self.cell("sum", "1 + 2") + Self.cell("next", "3 + 4")
      ])
      #expect(try PoiseProgram.run(["run", "a.md"], in: folder).status == 0)
      let whole = try folder.text("a.md")
      let edited = whole.replacing("\n3\n", with: "\n33\n")
      try folder.write(edited, to: "a.md")
      let outcome = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("left alone"))
      #expect(try folder.text("a.md") == edited)
      #expect(try PoiseProgram.run(["run", "a.md", "--accept"], in: folder).status == 0)
      #expect(try folder.text("a.md") == whole)
    }

    @Test func brokenIsThreeAndUntouched() throws {
      let folder = try TemporaryFolder([
        "a.md": Self.cell("sum", "1 + 2")
          + "<!-- poise:out sum key=0123456789ab -->\n\nhalf a region\n\n" + Self.cell("b", "4")
      ])
      let before = try folder.text("a.md")
      let outcome = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("a.md:5"))
      #expect(try folder.text("a.md").hasPrefix(before.prefix(90)))
      #expect(try folder.text("a.md").contains("half a region"))
    }

    @Test func notUTF8IsThreeAndUntouched() throws {
      let folder = try TemporaryFolder()
      let bytes = Array(Self.cell("sum", "1 + 2").utf8) + [0xFF, 0xFE, 0x0A]
      try folder.write(bytes, to: "a.md")
      let outcome = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("UTF-8"))
      #expect(try folder.read("a.md") == bytes)
    }

    @Test func severalNotebooksGiveTheFirstStatusThatApplies() throws {
      let folder = try TemporaryFolder([
        "good.md": Self.cell("a", "1"), "bad.md": Self.cell("a", "unknown(1)"),
        "broken.md": "<!-- poise:out a key=0123456789ab -->\n\n" + Self.cell("a", "1"),
      ])
      func status(_ names: String...) throws -> Int32 {
        try PoiseProgram.run(["run"] + names, in: folder).status
      }
      #expect(try status("good.md", "bad.md") == 1)
      #expect(try status("bad.md", "good.md") == 1)
      #expect(try status("bad.md", "broken.md", "good.md") == 3)
      #expect(try folder.text("good.md").contains("poise:end a"))
    }

    @Test func cellAndUntilChoose() throws {
      let text = Self.cell("a", "1") + Self.cell("b", "2") + Self.cell("c", "3")
      let folder = try TemporaryFolder(["a.md": text])
      #expect(
        try PoiseProgram.run(["run", "a.md", "--cell", "b"], in: folder).output == "[b]\n2\n\n")
      #expect(
        try PoiseProgram.run(["run", "a.md", "--until", "b"], in: folder).output == "[a]\n1\n\n")
      #expect(!(try folder.text("a.md").contains("poise:end c")))
      // A cell that is asked for runs, fresh or not.
      #expect(
        try PoiseProgram.run(["run", "a.md", "--cell", "b"], in: folder).output == "[b]\n2\n\n")
      #expect(try PoiseProgram.run(["run", "a.md"], in: folder).output == "[c]\n3\n\n")
    }

    @Test func dryRunRunsNothing() throws {
      let folder = try SampleNotebook.folder()
      let stamp = try folder.stamp("notebook.md")
      let outcome = try PoiseProgram.run(["run", "notebook.md", "--dry-run"], in: folder)
      #expect(outcome.status == 0)
      for cell in SampleNotebook.cells { #expect(outcome.output.contains("\(cell): missing")) }
      #expect(outcome.output.contains("load(\"docs.jsonl\")"))
      #expect(folder.files(below: "artifacts/objects").isEmpty)
      #expect(folder.files(below: "artifacts/actions").isEmpty)
      #expect(try folder.stamp("notebook.md") == stamp)
      #expect(!folder.exists("notebook.assets"))
    }

    @Test func noCacheRunsAllAndFindsNoDifference() throws {
      let folder = try SampleNotebook.folder()
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).status == 0)
      let stamp = try folder.stamp("notebook.md")
      let files = folder.files(below: "artifacts/actions")
      let outcome = try PoiseProgram.run(["run", "notebook.md", "--no-cache"], in: folder)
      #expect(outcome.status == 0)
      for cell in SampleNotebook.cells { #expect(outcome.output.contains("[\(cell)]\n")) }
      #expect(!outcome.errors.contains("different"))
      #expect(folder.files(below: "artifacts/actions") == files)
      #expect(try folder.stamp("notebook.md") == stamp)
    }

    @Test func noCacheTellsWhereTheStoredResultDiffers() throws {
      let folder = try SampleNotebook.folder()
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).status == 0)
      let store = try ArtifactStore.open(at: folder("artifacts"))
      let row = try #require(try store.list().first { $0.verb == "search" })
      var action = try #require(store.action(row.key))
      let other = try store.put(Array("another result".utf8))
      action.output = other
      action.objects = [other]
      try store.record(action)
      let outcome = try PoiseProgram.run(["run", "notebook.md", "--no-cache"], in: folder)
      #expect(outcome.status == 0)
      let told = outcome.errors.split(separator: "\n").filter { $0.contains("different") }
      #expect(told.count == 1 && told[0].contains("search("), "\(outcome.errors)")
      #expect(try store.action(row.key)?.output != other)
    }

    @Test func aFreshNotebookIsNotWritten() throws {
      let folder = try SampleNotebook.folder()
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).status == 0)
      chmod(folder("notebook.md"), 0o444)
      let stamp = try folder.stamp("notebook.md")
      let assets = try folder.names(in: "notebook.assets").map {
        try folder.stamp("notebook.assets/" + $0)
      }
      let outcome = try PoiseProgram.run(["run", "notebook.md"], in: folder)
      #expect(outcome.status == 0)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors == "notebook.md: nothing to run; 9 fresh\n")
      #expect(try folder.stamp("notebook.md") == stamp)
      #expect(
        try folder.names(in: "notebook.assets").map { try folder.stamp("notebook.assets/" + $0) }
          == assets)
      // Nor does it need the store, in this place or another.
      folder.remove("artifacts")
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).output.isEmpty)
      #expect(try folder.stamp("notebook.md") == stamp)
    }

    @Test func aRunOfTheSameTextGivesTheSameBytes() throws {
      let folder = try SampleNotebook.folder()
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).status == 0)
      let first = try folder.read("notebook.md")
      let other = try SampleNotebook.folder()
      try other.write("{}", to: "unrelated.json")
      #expect(
        try PoiseProgram.run(["run", "notebook.md", "--threads", "7"], in: other).status == 0)
      #expect(try other.read("notebook.md") == first)
    }
  }
}
