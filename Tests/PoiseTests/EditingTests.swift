import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// The notebook is edited while it runs.
  @Suite struct EditingTests {
    static let text = """
      # Edited

      ```poise {#first}
      1 + 1
      ```

      ```poise
      slow = sum([sum([x * y % 7 for y in 1...2000]) for x in 1...700])
      ```

      ```poise {#last}
      2 + 2
      ```

      Closing words.

      """

    enum Manner: CaseIterable { case inPlace, replaced }

    /// Runs the notebook, and changes it while its slow cell is at work.
    static func run(
      _ manner: Manner, _ old: String, _ new: String
    ) throws -> (Outcome, TemporaryFolder) {
      let folder = try TemporaryFolder(["a.md": text])
      let program = try PoiseProgram.start(["run", "a.md"], in: folder)
      let isSaved = program.wait {
        (try? folder.text("a.md").contains("poise:end first")) == true
      }
      try #require(isSaved)
      let edited = try folder.text("a.md").replacing(old, with: new)
      try #require(edited.contains(new) && !edited.contains("poise:end slow"))
      switch manner {
      case .inPlace: try folder.write(edited, to: "a.md")
      case .replaced: try folder.replace("a.md", with: edited)
      }
      return (program.wait(), folder)
    }

    @Test(.timeLimit(.minutes(1)), arguments: Manner.allCases)
    func wordsAreKeptAndOutputsSpliced(_ manner: Manner) throws {
      let (outcome, folder) = try Self.run(manner, "Closing words.", "Other closing words.")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let undisturbed = try TemporaryFolder([
        "a.md": Self.text.replacing("Closing words.", with: "Other closing words.")
      ])
      _ = try PoiseProgram.run(["run", "a.md"], in: undisturbed)
      #expect(try folder.text("a.md") == undisturbed.text("a.md"))
    }

    @Test(.timeLimit(.minutes(1)), arguments: Manner.allCases)
    func aChangedCellGetsNoOutput(_ manner: Manner) throws {
      let (outcome, folder) = try Self.run(manner, "2 + 2", "2 + 3")
      #expect(outcome.status == 3, "\(outcome.errors)")
      #expect(outcome.errors.contains("the file was edited during the run; not written: last"))
      let text = try folder.text("a.md")
      #expect(text.contains("poise:end slow"))
      #expect(!text.contains("poise:out last"))
      // The next run does what is left.
      let next = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(next.status == 0)
      #expect(next.output == "[last]\n5\n\n")
    }

    @Test(.timeLimit(.minutes(1))) func theRunningCellItselfMayChange() throws {
      let (outcome, folder) = try Self.run(.replaced, "1...700]", "1...3]")
      #expect(outcome.status == 3, "\(outcome.errors)")
      let text = try folder.text("a.md")
      #expect(!text.contains("poise:out slow") && text.contains("poise:end last"))
    }

    @Test(.timeLimit(.minutes(1))) func aCellMayMove() throws {
      let cell = "```poise {#last}\n2 + 2\n```\n\n"
      let (outcome, folder) = try Self.run(.replaced, "# Edited\n\n", "# Edited\n\n" + "New.\n\n")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try folder.text("a.md").contains(cell + "<!-- poise:out last"))
    }

    @Test(.timeLimit(.minutes(1))) func anEditThatBreaksTheFileLosesNothing() throws {
      let (outcome, folder) = try Self.run(
        .inPlace, "<!-- poise:end first", "<<<<<<< ours\n<!-- poise:end first")
      #expect(outcome.status == 3 || outcome.status == 1, "\(outcome.errors)")
      #expect(try folder.text("a.md").contains("<<<<<<< ours\n<!-- poise:end first"))
    }

    @Test(.timeLimit(.minutes(1))) func theFileMayVanish() throws {
      let folder = try TemporaryFolder(["a.md": Self.text])
      let program = try PoiseProgram.start(["run", "a.md"], in: folder)
      _ = program.wait { (try? folder.text("a.md").contains("poise:end first")) == true }
      folder.remove("a.md")
      let outcome = program.wait()
      #expect(outcome.status == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("could not be saved"))
      #expect(!folder.exists("a.md"))
    }
  }
}
