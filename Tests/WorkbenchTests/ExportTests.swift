import Corpora
import Execution
import TestFolders
import Testing
import Workbench

/// Values written out for other programs.
@Suite struct ExportTests {
  /// A format of several files with fixed names, as those of model folders are.
  static let pages = ExportFormat(
    "pages", summary: "a page a corpus", kinds: [.corpus], namesAfterValue: false
  ) { handle, _ in
    let corpus = try handle.object(as: Corpus.self)
    return [
      ExportedFile(name: "config.json", kind: .json, text: "{\"count\": \(corpus.count)}\n"),
      ExportedFile(name: "text.txt", kind: .text) { sink in
        for document in corpus.documents { try sink.write(Array((document.text + "\n").utf8)) }
      },
    ]
  }

  private func session() throws -> (TemporaryFolder, NotebookSession) {
    let folder = try tinyCollection()
    try folder.write(
      notebook(
        "tiny = load(\"tiny\")", "index = bm25(tiny.corpus)",
        "report = evaluate(index, on: tiny.test, metrics: [\"mrr\"])",
        "both = {a: tiny.corpus, b: tiny.corpus, n: 3}"), to: "nb.md")
    return (folder, try NotebookSession.open(folder))
  }

  private func save(
    _ session: NotebookSession, _ name: String, _ folder: String, _ format: ExportFormat = pages
  ) throws -> [String] {
    try session.save(
      name, to: folder, as: format, formats: ExportFormat.all + [Self.pages])
  }

  private func problem(_ body: () throws -> [String]) -> String {
    do {
      return "wrote \(try body())"
    } catch {
      return "\(error)"
    }
  }

  @Test func filesAreNamedByTheFormatOrTheValue() throws {
    let (folder, session) = try session()
    #expect(
      try save(session, "tiny.corpus", folder("out"))
        == [folder("out/config.json"), folder("out/text.txt")])
    #expect(try folder.text("out/config.json") == "{\"count\": 3}\n")
    let trec = try #require(ExportFormat.all.first { $0.name == "trec" })
    #expect(try save(session, "report", folder("out"), trec) == [folder("out/report.run")])
    #expect(try save(session, "tiny", folder("out"), trec) == [folder("out/tiny.test.qrels")])
    // Again, over what it wrote itself.
    #expect(try save(session, "report", folder("out"), trec).count == 1)
    #expect(try save(session, "tiny.corpus", folder("out")).count == 2)
  }

  @Test func whatHasNoSuchFormatSaysWhichItHas() throws {
    let (folder, session) = try session()
    let trec = try #require(ExportFormat.all.first { $0.name == "trec" })
    #expect(
      problem { try save(session, "index", folder("out"), trec) }
        == "'index' is an index; 'trec' writes a report, a run or a data set, and there is no "
        + "format for this")
    #expect(
      problem { try save(session, "report", folder("out")) }
        == "'report' is a report; 'pages' writes a corpus; this can be had as 'trec'")
    #expect(
      problem { try save(session, "both", folder("out")) }
        == "'pages' writes one value to a folder, and 'both' holds 2; name one of them: both.a, "
        + "both.b")
    #expect(problem { try save(session, "tinny", folder("out")) }.contains("'tiny'"))
    #expect(problem { try save(session, "tiny.corpsu", folder("out")) }.contains("'corpus'"))
    #expect(!folder.exists("out"), "nothing was written")
  }

  @Test func somebodyElsesFileIsNotWrittenOver() throws {
    let (folder, session) = try session()
    try folder.write("my notes\n", to: "out/config.json")
    let message = problem { try save(session, "tiny.corpus", folder("out")) }
    #expect(message.contains("config.json' is there and is not JSON"))
    #expect(try folder.text("out/config.json") == "my notes\n")
    #expect(folder.names(in: "out") == ["config.json"])
    let trec = try #require(ExportFormat.all.first { $0.name == "trec" })
    try folder.write("a letter to you\n", to: "out/report.run")
    #expect(problem { try save(session, "report", folder("out"), trec) }.contains("6 words"))
  }

  @Test func aFailureLeavesTheOldFiles() throws {
    struct Failure: Error {}
    let (folder, session) = try session()
    _ = try save(session, "tiny.corpus", folder("out"))
    let before = try folder.text("out/config.json")
    let failing = ExportFormat(
      "pages", summary: "", kinds: [.corpus], namesAfterValue: false
    ) { _, _ in
      [
        ExportedFile(name: "config.json", kind: .json, text: "{}"),
        ExportedFile(name: "text.txt", kind: .text) { _ in throw Failure() },
      ]
    }
    #expect(problem { try save(session, "tiny.corpus", folder("out"), failing) } == "Failure()")
    #expect(try folder.text("out/config.json") == before)
    #expect(folder.names(in: "out") == ["config.json", "text.txt"])
  }

  @Test func kindsOfFilesAreToldByTheirBeginnings() {
    let header = Array("{\"a\":{}}".utf8)
    let tensors = [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header
    #expect(FileKind.safetensors.fits(tensors))
    #expect(!FileKind.safetensors.fits(header) && !FileKind.safetensors.fits([1, 2]))
    #expect(!FileKind.safetensors.fits([0, 0, 0, 0, 0, 0, 0, 1] + header))
    #expect(FileKind.json.fits(Array("\n [1]".utf8)) && !FileKind.json.fits(tensors))
    #expect(FileKind.lines(words: 2).fits(Array("a b\nc".utf8)))
    #expect(!FileKind.lines(words: 2).fits(Array("a b c\n".utf8)))
    for kind in [FileKind.json, .safetensors, .lines(words: 3), .text] { #expect(kind.fits([])) }
  }
}
