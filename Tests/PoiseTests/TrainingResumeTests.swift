import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// A training that is stopped or killed goes on from its last state, to the same bits.
  @Suite struct TrainingResumeTests {
    static func folder() throws -> TemporaryFolder {
      let folder = try TemporaryFolder([
        "notebook.md": """
        # Training

        ```poise {#train}
        model = pretrain(load("many.jsonl").corpus, layers: 2, width: 64, heads: 4, context: 64,
          tokenizer: "bytes", steps: 600, batch: 16, early_stopping: 100)
        model.curve
        ```
        """
      ])
      try folder.write(SampleNotebook.documents(2_000), to: "many.jsonl")
      return folder
    }

    /// Every object of the store by its digest: the trained weights are one of them.
    static func objects(_ folder: TemporaryFolder) -> Set<String> {
      Set(
        folder.names(in: "artifacts/objects").flatMap { first in
          folder.names(in: "artifacts/objects/" + first).map { first + $0 }
        })
    }

    /// Whether a state of an unfinished training is there.
    static func hasState(_ folder: TemporaryFolder) -> Bool {
      folder.names(in: "artifacts/partial").contains { key in
        folder.names(in: "artifacts/partial/" + key).contains { $0.hasPrefix("state-") }
      }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [SIGKILL, SIGINT])
    func goesOnToTheSameBits(_ signal: Int32) throws {
      let undisturbed = try Self.folder()
      let whole = try PoiseProgram.run(["run", "notebook.md"], in: undisturbed)
      try #require(whole.status == 0, "\(whole.errors)")

      let folder = try Self.folder()
      let program = try PoiseProgram.start(["run", "notebook.md"], in: folder)
      // A kill leaves what was kept before; an interrupt keeps a state itself.
      let began = program.wait {
        signal == SIGKILL ? Self.hasState(folder) : !folder.names(in: "artifacts/partial").isEmpty
      }
      if signal == SIGINT { usleep(250_000) }
      try #require(began, "\(program.errorsSoFar)")
      program.send(signal)
      let outcome = program.wait()
      #expect(signal == SIGKILL ? outcome.signal == SIGKILL : outcome.status == 130)
      #expect(Self.hasState(folder))
      #expect(Self.objects(folder) != Self.objects(undisturbed))

      let next = try PoiseProgram.run(["run", "notebook.md", "--threads", "1"], in: folder)
      #expect(next.status == 0, "\(next.errors)")
      #expect(try folder.text("notebook.md") == undisturbed.text("notebook.md"))
      #expect(Self.objects(folder) == Self.objects(undisturbed))
      #expect(!Self.hasState(folder), "a state is of no use once the result is there")
      try expectSoundStore(folder)
    }
  }
}
