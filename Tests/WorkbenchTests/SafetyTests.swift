import Artifacts
import Glibc
import TestFolders
import Testing
import Workbench

@Suite struct SafetyTests {
  private static let corpus = "{\"_id\":\"secret\",\"text\":\"the secret\"}\n"

  /// A folder `w` beside things that a notebook in it must not see.
  private func arena() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(Self.corpus, to: "outside/secret.jsonl")
    try folder.write("# Inside\n\nvisible words\n", to: "w/docs/a.md")
    return folder
  }

  private func text(_ source: String, _ folder: TemporaryFolder) throws -> String {
    let text = try output(of: source, in: folder("w"))
    #expect(!text.contains(folder.path), "a machine's path is shown: \(text)")
    return text
  }

  @Test func readsStayInTheWorkspace() throws {
    let folder = try arena()
    symlink("../outside/secret.jsonl", folder("w/link.jsonl"))
    symlink("../outside", folder("w/linked"))
    symlink("/proc/self", folder("w/me"))
    symlink("loop", folder("w/loop"))
    mkfifo(folder("w/pipe.jsonl"), 0o644)
    for (path, words) in [
      ("../outside/secret.jsonl", "outside the workspace"),
      ("docs/../../outside/secret.jsonl", "outside the workspace"),
      ("link.jsonl", "outside the workspace"),
      ("linked/secret.jsonl", "outside the workspace"),
      ("linked", "outside the workspace"),
      (folder("outside/secret.jsonl"), "outside the workspace"),
      ("/etc/passwd", "outside the workspace"),
      ("../outside/nothing-here", "outside the workspace"),
      ("/proc/self/environ", "system file"), ("me/environ", "system file"),
      ("me/cwd/docs", "system file"), ("/dev/zero", "system file"), ("/sys", "system file"),
      ("loop", "too many symbolic links"), ("pipe.jsonl", "fifo"),
      ("missing.jsonl", "there is no file 'missing.jsonl'"), ("docs/a.md/b", "there is no file"),
    ] {
      let result = try output(of: "load(\"\(path)\")", in: folder("w"))
      #expect(result.contains("error"), "\(path): \(result)")
      #expect(result.contains(words), "\(path): \(result)")
      #expect(!result.contains("the secret"), "\(path)")
      if !path.hasPrefix("/tmp") { #expect(!result.contains(folder.path), "\(result)") }
    }
    // A path that would be known only when the notebook runs can't be part of its keys.
    let late = try text("load(join([\"..\", \"outside\", \"secret.jsonl\"], \"/\"))", folder)
    #expect(late.contains("before the run"))
  }

  /// A store above a notebook makes that folder its workspace, unless anybody may have put it there.
  @Test func aFolderOpenToAllIsNoWorkspace() throws {
    let folder = try arena()
    _ = try ArtifactStore.open(at: folder("artifacts"), create: true)
    let source = "load(\"../outside/secret.jsonl\").corpus.count"
    #expect(try text(source, folder) == "1")
    #expect(chmod(folder.path, 0o777) == 0)
    #expect(try text(source, folder).contains("outside the workspace"))
  }

  @Test func aFolderWithALinkLeadingOutIsReadWithoutIt() throws {
    let folder = try arena()
    try folder.write("# Out\n\nforbidden words\n", to: "outside/b.md")
    symlink("../../outside/b.md", folder("w/docs/b.md"))
    symlink("../../outside", folder("w/docs/more"))
    mkfifo(folder("w/docs/c.md"), 0o644)
    let result = try text("d = load(\"docs\")\nd.corpus.documents\nd.notes", folder)
    #expect(result.contains("visible words"))
    #expect(!result.contains("forbidden"))
    #expect(result.contains("leads out of the folder"))
  }

  @Test func whatTheUserGrantsIsRead() throws {
    let folder = try arena()
    try folder.write(notebook("d = load(\"../outside/secret.jsonl\")"), to: "w/nb.md")
    var options = SessionOptions()
    options.allowedReads = [folder("outside")]
    let session = try NotebookSession.open(folder, "w/nb.md", options: options)
    #expect(session.run(.stale).status == .success)
    #expect(try NotebookSession.open(folder, "w/nb.md").cells[0].state.word == "unverifiable")
  }

  @Test func errorsOfReadersShowPathsAsWritten() throws {
    let folder = try arena()
    try folder.write("{\"_id\":\"1\",\"text\":\"a\"}\n{oops}\n", to: "w/broken.jsonl")
    try folder.write([0xFF, 0xFE, 0x00], to: "w/binary.jsonl")
    mkdir(folder("w/empty"), 0o755)
    for path in ["broken.jsonl", "binary.jsonl", "empty", "./docs/../broken.jsonl"] {
      let result = try text("load(\"\(path)\")", folder)
      #expect(result.contains("error"), "\(result)")
    }
    #expect(try text("load(\"broken.jsonl\")", folder).contains("broken.jsonl:2"))
  }

  @Test func theTerminalIsNotSteered() throws {
    let hostile = "\\u{1b}[31mred\\u{1b}]0;title\\u{7}\\u{9b}2J\\u{8}"
    for source in [
      "\"\(hostile)\"", "[{a: \"\(hostile)\"}]", "[\"\(hostile)\"]", "{a: \"\(hostile)\"}",
      "claim 1 > 0 : \"\(hostile)\"", "{a: 1}[\"\(hostile)\"]", "a = \"\(hostile)\"",
      "mean([\"\(hostile)\"])", "load(\"\(hostile)\")",
      "judge(1, [{query: \"\(hostile)\"}])", "sort([{a: 1}], by: \"\(hostile)\")",
    ] {
      let result = try output(of: source, in: "/tmp")
      #expect(!result.isEmpty)
      #expect(
        !result.unicodeScalars.contains {
          ($0.value < 0x20 && $0 != "\n") || (0x7F..<0xA0).contains($0.value)
        }, "\(source): \(result.debugDescription)")
      let session = try NotebookSession.inMemory(notebook("{#it}\n" + source))
      for line in session.renderedDiagnostics(colour: false) {
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
      }
    }
  }

  @Test func controlCharactersOfTheSourceStayInTheFile() throws {
    let session = try NotebookSession.inMemory(
      notebook("{#it}\n\"\u{1B}[31m\" + nothing_here # \u{1B}[0m"))
    session.run(.all)
    #expect(session.renderedDiagnostics(colour: false).count > 0)
    for text in session.renderedDiagnostics(colour: false) + [session.shown["it"] ?? ""] {
      #expect(!text.contains("\u{1B}"))
    }
  }

  @Test func growthIsBounded() throws {
    let big = "b = [now + now for i in 1...20 from now = \"0123456789\"][-1]\n"
    for (source, words) in [
      ("[now + now for i in 1...60 from now = \"x\"]", "16 MiB"),
      ("[\"{now}{now}\" for i in 1...60 from now = \"x\"]", "16 MiB"),
      ("[now + now for i in 1...60 from now = [1]]", "1,000,000 items"),
      ("[[now, now] for i in 1...60 from now = 1]", "parts"),
      ("[{a: now, b: now} for i in 1...60 from now = 1]", "parts"),
      ("[\"{[now, now]}\" for i in 1...60 from now = 1]", "16 MiB"),
      ("[[now] for i in 1...100000 from now = 1]", "nest lists"),
      ("[join([now, now], \"\") for i in 1...60 from now = \"x\"]", "16 MiB"),
      (big + "join([b, b], b)", "16 MiB"),
      (big + "count(split(b, \"0\"))", "items"),
      (big + "[b + \"{i}\" for i in 1...1000]", "MiB of text"),
      (big + "\"{[b, b, b]}\"", "16 MiB"),
    ] {
      let result = try output(of: source)
      #expect(
        result.contains("error") && result.contains(words), "\(source): \(result.prefix(300))")
    }
  }

  @Test func aNotebookWithoutAWorkspaceReadsNothing() throws {
    #expect(try output(of: "load(\"etc/hostname\")", in: "/").contains("outside the workspace"))
  }
}
