import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// Ctrl-C and other signals during a run.
  @Suite struct InterruptionTests {
    /// Cells that take their time, in the evaluator and in the engine.
    static let slow: [String: String] = [
      "a grid": "slow = sum([sum([x * y % 7 for y in 1...2000]) for x in 1...1000])",
      "a fold": """
      slow = max([sum([now % 11 * y % 7 for y in 1...2000]) + x
        for x in 1...1000 from now = 1])
      """,
      "reading": "slow = [load(\"many.jsonl\", words: n).found for n in 101...160]",
      "indexing": """
      slow = [count(search(bm25(load("many.jsonl").corpus, k1: n / 100), "zinc", k: 3))
        for n in 1...60]
      """,
      "training": """
      slow = [pretrain(load("many.jsonl").corpus, layers: 1, width: 32, heads: 2, context: 32,
        tokenizer: "bytes", steps: 400, batch: 64, seed: 1).curve]
      """,
    ]

    static func folder(_ kind: String) throws -> TemporaryFolder {
      let folder = try TemporaryFolder([
        "notebook.md": """
        # Slow

        ```poise {#first}
        1 + 1
        ```

        ```poise
        \(slow[kind] ?? "")
        ```

        ```poise {#last}
        describe(slow)
        ```
        """
      ])
      if ["reading", "indexing", "training"].contains(kind) {
        try folder.write(SampleNotebook.documents(4_000), to: "many.jsonl")
      }
      return folder
    }

    /// A run whose first cell is done and saved, and whose second is at work.
    static func running(in folder: TemporaryFolder) throws -> RunningProgram {
      let program = try PoiseProgram.start(["run", "notebook.md", "--threads", "1"], in: folder)
      let isSaved = program.wait {
        (try? folder.text("notebook.md").contains("poise:end first")) == true
      }
      try #require(isSaved, "\(program.errorsSoFar)")
      usleep(60_000)
      return program
    }

    @Test(.timeLimit(.minutes(2)), arguments: slow.keys.sorted())
    func theFirstStopsTheCellAndKeepsTheRest(_ kind: String) throws {
      let folder = try Self.folder(kind)
      let program = try Self.running(in: folder)
      let saved = try folder.text("notebook.md")
      program.send(SIGINT)
      let outcome = program.wait()
      #expect(outcome.status == 130)
      #expect(outcome.signal == nil, "the program itself ends, with a word on what it kept")
      #expect(outcome.errors.contains("interrupted; what was finished is saved"))
      #expect(outcome.output.contains("[first]\n2\n"))
      #expect(try folder.text("notebook.md") == saved)
      try expectSoundStore(folder)

      // The next run takes up where this one stopped.
      let next = try PoiseProgram.run(["run", "notebook.md"], in: folder)
      #expect(next.status == 0, "\(next.errors)")
      #expect(!next.output.contains("[first]"))
      let undisturbed = try Self.folder(kind)
      _ = try PoiseProgram.run(["run", "notebook.md"], in: undisturbed)
      #expect(try folder.text("notebook.md") == undisturbed.text("notebook.md"))
    }

    @Test(.timeLimit(.minutes(1))) func theSecondLeavesAtOnce() throws {
      // A drawing program that never answers: the first Ctrl-C can't stop it.
      let folder = try TemporaryFolder([
        "bin/gnuplot": "#!/bin/sh\nexec sleep 50\n",
        "notebook.md": """
        ```poise {#first}
        1 + 1
        ```

        ```poise {#figure}
        plot([{x: 1, y: 2}, {x: 2, y: 3}], x: "x", y: "y")
        ```
        """,
      ])
      chmod(folder("bin/gnuplot"), 0o755)
      let program = try PoiseProgram.start(
        ["run", "notebook.md"], in: folder,
        environment: ["PATH": folder("bin") + ":/usr/bin:/bin"])
      let isSaved = program.wait {
        (try? folder.text("notebook.md").contains("poise:end first")) == true
      }
      try #require(isSaved)
      usleep(100_000)
      let saved = try folder.text("notebook.md")
      program.send(SIGINT)
      // Signals that are pending together count as one.
      usleep(100_000)
      program.send(SIGINT)
      let outcome = program.wait(timeLimit: 5)
      #expect(!outcome.timedOut)
      #expect(outcome.status == 130)
      #expect(outcome.errors.contains("left; everything that was finished is saved"))
      #expect(try folder.text("notebook.md") == saved)
    }

    @Test(.timeLimit(.minutes(1))) func manyInARowNeverHarm() throws {
      let folder = try Self.folder("a grid")
      let program = try Self.running(in: folder)
      let saved = try folder.text("notebook.md")
      for _ in 0..<20 { program.send(SIGINT) }
      #expect(program.wait().status == 130)
      #expect(try folder.text("notebook.md") == saved)
      try expectSoundStore(folder)
    }

    @Test(.timeLimit(.minutes(1)), arguments: [SIGTERM, SIGHUP])
    func otherSignalsLeaveAValidDocument(_ signal: Int32) throws {
      let folder = try Self.folder("a grid")
      let program = try Self.running(in: folder)
      let saved = try folder.text("notebook.md")
      program.send(signal)
      let outcome = program.wait()
      #expect(outcome.status == 128 + signal)
      #expect(try folder.text("notebook.md") == saved)
      try expectSoundStore(folder)
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).status == 0)
    }

    @Test(.timeLimit(.minutes(1))) func interruptingOneNotebookLeavesTheRestAlone() throws {
      let folder = try Self.folder("a grid")
      try folder.write("```poise {#other}\n2 + 2\n```\n", to: "other.md")
      let program = try PoiseProgram.start(
        ["run", "notebook.md", "other.md"], in: folder)
      let isSaved = program.wait {
        (try? folder.text("notebook.md").contains("poise:end first")) == true
      }
      try #require(isSaved)
      usleep(60_000)
      program.send(SIGINT)
      #expect(program.wait().status == 130)
      #expect(try folder.text("other.md") == "```poise {#other}\n2 + 2\n```\n")
    }
  }
}
