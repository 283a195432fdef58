import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// `notebooks/rag-or-fine-tuning.md`: as it is, and with somebody's own material.
  @Suite struct WeighingNotebookTests {
    private static let notebook =
      CommittedNotebookTests.root + "/notebooks/rag-or-fine-tuning.md"

    private static func run(
      _ name: String, _ arguments: [String], in scratch: TemporaryFolder
    ) throws -> String {
      try scratch.write([], to: "\(name)/made")
      let outcome = try PoiseProgram.run(
        [
          "run", notebook, "-o", scratch("\(name)/copy.md"), "--store", scratch("store-\(name)"),
        ] + arguments, in: scratch)
      try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
      return try scratch.text("\(name)/copy.md")
    }

    /// Regions of cells that are not measured on this machine.
    private static func decided(_ text: String) -> [Substring] {
      text.split(separator: "\n").filter {
        $0.hasPrefix("**claim") || $0.hasPrefix("**prediction")
      }
    }

    /// Everything is computed anew, on one thread and on three, and says what is committed.
    @Test(.timeLimit(.minutes(5))) func itSaysAgainWhatIsCommitted() throws {
      let scratch = try TemporaryFolder()
      let texts = try ["1", "3"].map {
        try Self.run("run-\($0)", ["--threads", $0], in: scratch)
      }
      let committed = try String(
        decoding: TemporaryFolder.bytes(at: Self.notebook), as: UTF8.self)
      #expect(Self.decided(committed).count > 6)
      #expect(Self.decided(texts[0]) == Self.decided(texts[1]))
      // Digits may depend on the machine's kernels, verdicts hardly.
      func verdicts(_ text: String) -> [Substring] {
        Self.decided(text).map { $0.split(separator: "(").first ?? $0 }
      }
      #expect(verdicts(texts[0]) == verdicts(committed))
    }

    /// Documents, questions and a model of one's own: three pages about rivers and a checkpoint of
    /// random numbers.
    @Test(.timeLimit(.minutes(3))) func ownMaterialGoesThrough() throws {
      let scratch = try TemporaryFolder()
      let rivers = ["Ouse": "north", "Tern": "south", "Wye": "west"]
      for (river, side) in rivers {
        try scratch.write("The \(river) flows \(side).", to: "pages/\(river).txt")
      }
      try scratch.write(
        rivers.keys.sorted().map {
          #"{"question":"Where does the \#($0) flow?","answers":["\#(rivers[$0] ?? "")"]}"# + "\n"
        }.joined(), to: "asked.jsonl")
      try scratch.write(
        """
        ```poise
        model = pretrain(load("pages").corpus, tokenizer: "bytes", layers: 1, width: 16, heads: 2,
          context: 256, steps: 1, batch: 1, held_out: 0)
        ```

        """, to: "small.md")
      let made = try PoiseProgram.run(["run", "small.md"], in: scratch)
      try #require(made.status == 0, "\(made.errors)")
      let saved = try PoiseProgram.run(
        ["save", "small.md", "model", "model", "--as", "hf-bf16"], in: scratch)
      try #require(saved.status == 0, "\(saved.errors)")
      let text = try Self.run(
        "own",
        ["-p", "documents=pages", "-p", "questions=asked.jsonl", "-p", "model=model"],
        in: scratch)
      #expect(text.contains("a corpus of 3 documents"))
      #expect(text.contains("a data set of 3 queries"))
      #expect(text.contains("| all | "))
      #expect(text.contains("fetching beats nothing"))
      #expect(text.contains("would prompting do"))
    }
  }
}
