import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// Runs that can't write all that they want to.
  @Suite struct FullDiskTests {
    /// Limits in blocks of 512 bytes, from one that stops every file to one that only stops the
    /// largest.
    @Test(.timeLimit(.minutes(2)), arguments: [0, 2, 8, 40, 200])
    func aLimitOnFileSizes(_ blocks: Int) throws {
      let folder = try SampleNotebook.folder()
      // Pipes, since the limit would hold for files that take the output, too.
      let outcome = try PoiseProgram.shell(
        "{ sh -c 'ulimit -f \(blocks); \"$POISE\" run notebook.md; echo \"status $?\" >&2' | cat; } "
          + "2>&1 | cat >&2", in: folder)
      #expect(outcome.errors.contains("status 1\n"), "\(outcome.errors)")
      #expect(outcome.errors.contains("File too large"), "\(outcome.errors)")
      #expect(outcome.errors.contains("ulimit -f"), "\(outcome.errors)")
      try Self.expectIntact(folder)
    }

    static let canMount: Bool = {
      guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
      guard mount("poise-test", folder.path, "tmpfs", 0, "size=64k") == 0 else { return false }
      return umount2(folder.path, 0) == 0
    }()

    @Test(
      .enabled(if: canMount, "only root may mount a small file system"), .timeLimit(.minutes(2)),
      arguments: [24, 64, 160])
    func aFullFileSystem(_ kilobytes: Int) throws {
      let outer = try SampleNotebook.folder()
      mkdir(outer("small"), 0o755)
      try #require(mount("poise-test", outer("small"), "tmpfs", 0, "size=\(kilobytes)k") == 0)
      defer { umount2(outer("small"), Int32(MNT_DETACH)) }
      try outer.write(SampleNotebook.text, to: "small/notebook.md")
      try outer.write(SampleNotebook.documents(20), to: "small/docs.jsonl")
      let outcome = try PoiseProgram.run(["run", "small/notebook.md"], in: outer)
      #expect(outcome.status == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("No space left on device"), "\(outcome.errors)")
      #expect(outcome.errors.contains("free some space"), "\(outcome.errors)")
      #expect(outcome.signal == nil)

      // What is there is whole; with room again the run completes.
      let text = try outer.text("small/notebook.md")
      #expect(Self.withoutRegions(text) == SampleNotebook.text)
      #expect(!text.contains("No space left"))
      try #require(mount("poise-test", outer("small"), "tmpfs", UInt(MS_REMOUNT), "size=8m") == 0)
      let next = try PoiseProgram.run(["run", "small/notebook.md"], in: outer)
      #expect(next.status == 0, "\(next.errors)")
      let roomy = try SampleNotebook.folder(documents: 20)
      _ = try PoiseProgram.run(["run", "notebook.md"], in: roomy)
      #expect(try outer.text("small/notebook.md") == roomy.text("notebook.md"))
      try expectSoundStore(outer, "small/artifacts")
    }

    /// A good output survives a run that can't store the new one.
    @Test(.timeLimit(.minutes(1))) func aFailureOfStorageReplacesNoOutput() throws {
      let folder = try SampleNotebook.folder()
      #expect(try PoiseProgram.run(["run", "notebook.md"], in: folder).status == 0)
      let edited = try folder.text("notebook.md")
        .replacing("lexical = bm25(docs.corpus)", with: "lexical = bm25(docs.corpus, k1: 1.2)")
      try folder.write(edited, to: "notebook.md")
      let outcome = try PoiseProgram.shell(
        "ulimit -f 30; exec \"$POISE\" run notebook.md", in: folder)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("File too large"))
      #expect(try folder.text("notebook.md") == edited)
    }

    /// Nothing but valid output regions was added; a run without the limit completes.
    static func expectIntact(
      _ folder: TemporaryFolder, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let text = try folder.text("notebook.md")
      #expect(withoutRegions(text) == SampleNotebook.text, sourceLocation: sourceLocation)
      #expect(!text.contains("File too large"), sourceLocation: sourceLocation)
      #expect(!text.contains(folder.path), sourceLocation: sourceLocation)
      let next = try PoiseProgram.run(["run", "notebook.md"], in: folder)
      #expect(next.status == 0, "\(next.errors)", sourceLocation: sourceLocation)
      let undisturbed = try SampleNotebook.folder()
      _ = try PoiseProgram.run(["run", "notebook.md"], in: undisturbed)
      #expect(
        try folder.read("notebook.md") == undisturbed.read("notebook.md"),
        sourceLocation: sourceLocation)
      try expectSoundStore(folder, sourceLocation: sourceLocation)
    }

    /// The text as it was before any output was written.
    static func withoutRegions(_ text: String) -> String {
      var lines: [Substring] = []
      var isInside = false
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("<!-- poise:out ") {
          isInside = true
          // The empty line before a region came with it.
          if lines.last == "" { lines.removeLast() }
        }
        if !isInside { lines.append(line) }
        if line.hasPrefix("<!-- poise:end ") { isInside = false }
      }
      return lines.joined(separator: "\n")
    }
  }
}
