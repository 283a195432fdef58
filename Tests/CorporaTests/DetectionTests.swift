import Corpora
import Execution
import FoundationEssentials
import TestFolders
import Testing

@Suite struct DetectionTests {
  @Test func saysWhatItLookedForAndFound() throws {
    #expect(
      try TemporaryFolder(["a.bin": "", "b.csv": ""]).failure() == """
        DIR: no known collection here; looked for BEIR (corpus.jsonl), SMART (*.all), SQuAD \
        (*.json), documents (*.jsonl), and text or Markdown (*.md, *.txt); found a.bin, b.csv
        """)
    #expect(
      try TemporaryFolder(["a.bin": ""]).failure("a.bin") == """
        DIR/a.bin: no known collection here; looked for BEIR (corpus.jsonl), SMART (*.all), \
        SQuAD (*.json), documents (*.jsonl), and text or Markdown (*.md, *.txt); found a.bin
        """)
    #expect(
      try TemporaryFolder(["queries.jsonl": "", "items.txt": ""]).failure()
        == "DIR: BEIR without corpus.jsonl; found items.txt, queries.jsonl")
    #expect(
      try TemporaryFolder(["x.all": "", "x.qry": ""]).failure()
        == "DIR: SMART without judgements (*qrel* or *.rel); found x.all, x.qry")
    #expect(
      try TemporaryFolder(["de.json": "", "en.json": ""]).failure()
        == "DIR: several SQuAD files, name one of them: de.json, en.json")
    #expect(
      try TemporaryFolder(["a.jsonl": "", "b.jsonl": ""]).failure()
        == "DIR: several JSON Lines files, name one of them: a.jsonl, b.jsonl")
    #expect(
      try TemporaryFolder().failure("nothing")
        == "DIR/nothing: cannot be read: No such file or directory")
  }

  @Test func skipsHiddenEntriesAndLinksThatLeadOut() throws {
    let outside = try TemporaryFolder(["secret.md": "secret words"])
    let folder = try TemporaryFolder([
      "b/two.md": "two", "a.txt": "one", ".hidden.md": "no", ".git/x.md": "no", "c.png": "no",
    ])
    let links = FileManager.default
    try links.createSymbolicLink(
      atPath: folder.path + "/out.md", withDestinationPath: outside.path + "/secret.md")
    try links.createSymbolicLink(
      atPath: folder.path + "/loop", withDestinationPath: folder.path)
    try links.createSymbolicLink(
      atPath: folder.path + "/inside.md", withDestinationPath: folder.path + "/b/two.md")
    let loaded = try folder.load()
    #expect(loaded.corpus.documents.map(\.id) == ["a.txt", "b/two.md", "inside.md"])
    #expect(
      loaded.notes.map(\.description) == [
        "loop: link not followed: it leads to a folder",
        "out.md: link not followed: it leads out of the folder",
      ])
  }

  @Test func readsDocumentsFromJSONLines() throws {
    let folder = try TemporaryFolder([
      "docs.jsonl": """
      {"docid": "x", "contents": "one"}

      {"body": "two", "title": "T"}
      """
    ])
    let expected = [
      Document(id: "x", text: "one"), Document(id: "line-3", title: "T", text: "two"),
    ]
    #expect(try Array(folder.load().corpus.documents) == expected)
    #expect(try Array(folder.load("docs.jsonl").corpus.documents) == expected)
    #expect(try folder.load("docs.jsonl").corpus.name == "docs")
    #expect(try folder.load().summary == "JSON Lines: 2 documents")
  }
}
