import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// `notebooks/train-a-language-model.md`, at a size that takes seconds.
  @Suite struct LanguageModelNotebookTests {
    static let notebook = CommittedNotebookTests.root + "/notebooks/train-a-language-model.md"

    private static func run(_ threads: Int, in scratch: TemporaryFolder) throws -> String {
      let name = "run-\(threads)/copy.md"
      try scratch.write([], to: "run-\(threads)/made")
      let outcome = try PoiseProgram.run(
        [
          "run", notebook, "-p", "unit=2", "-o", scratch(name), "--store",
          scratch("store-\(threads)"), "--threads", "\(threads)",
        ], in: scratch)
      try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
      return try scratch.text(name)
    }

    @Test(.timeLimit(.minutes(3))) func aReducedRunGoesThrough() throws {
      let scratch = try TemporaryFolder()
      let text = try Self.run(2, in: scratch)
      for cell in ["text", "model", "curve", "samples", "scaling", "claims", "cost"] {
        #expect(text.contains("<!-- poise:out \(cell) "), "\(cell)")
      }
      // Eight steps of 16 × 128 tokens.
      #expect(text.contains("| tokens seen | 16384 |"))
      #expect(text.contains("four times the width lowers perplexity"))
      #expect(text.contains("3 seeds"))
      let plots = scratch.names(in: "run-2/copy.assets").filter { $0.hasSuffix(".svg") }
      #expect(plots.count == 2, "\(plots)")
    }

    @Test(.timeLimit(.minutes(3))) func whatIsTrainedDoesNotDependOnThreads() throws {
      let scratch = try TemporaryFolder()
      let regions = try [1, 3].map { threads in
        try Self.trained(try Self.run(threads, in: scratch))
      }
      #expect(regions[0] == regions[1])
    }

    /// What follows from training, without the costs, which are measured.
    private static func trained(_ text: String) throws -> Substring {
      let start = try #require(text.firstRange(of: "<!-- poise:out model "))
      let end = try #require(text.firstRange(of: "<!-- poise:end claims"))
      return text[start.lowerBound..<end.upperBound]
    }
  }
}
