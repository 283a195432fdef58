import TestFolders
import Testing
import Workbench

/// The cells of `docs/retrieval.md`: those that are marked as cells run, and all of them are sound.
@Suite struct DocumentationTests {
  private static func text() throws -> String {
    String(
      decoding: try TemporaryFolder.bytes(at: testFile("../../docs/retrieval.md")), as: UTF8.self)
  }

  @Test func cellsRun() throws {
    let recorder = Recorder()
    let session = try NotebookSession.inMemory(Self.text(), observer: recorder)
    let tally = session.run(.all)
    #expect(session.renderedDiagnostics(colour: false) == [])
    #expect(tally.failed.isEmpty && tally.blocked.isEmpty && tally.waiting.isEmpty)
    #expect(tally.ran.count == session.cells.count && session.cells.count >= 8)
    // What the text around them says of it.
    let filtered = recorder.output("filter")
    #expect(filtered.contains("n4") && !filtered.contains("n2"))
    let live = recorder.output("live")
    #expect(live.contains("n5") && !live.contains("n4"))
    for fact in ["documents", "terms", "bytes"] {
      #expect(recorder.output("measuring").contains(fact), "\(fact)")
    }
    for column in ["median_ms", "p95_ms", "bm25(", "fuse("] {
      #expect(recorder.output("cost").contains(column), "\(column)")
    }
  }

  /// Those that want a model or a collection are checked with the others' names in sight.
  @Test func whatIsOnlyShownIsSound() throws {
    var isInside = false
    var shown = 0
    let lines = try Self.text().split(separator: "\n", omittingEmptySubsequences: false).map {
      line -> Substring in
      guard line.hasPrefix("```") else { return line }
      isInside.toggle()
      guard isInside, line == "```" else { return line }
      shown += 1
      return "```poise"
    }
    #expect(shown >= 3)
    let session = try NotebookSession.inMemory(lines.joined(separator: "\n"))
    for cell in session.notebook.cells {
      #expect(cell.errors.isEmpty, "\(cell.id): \(cell.errors)")
    }
    #expect(session.cells.count >= 11)
  }
}
