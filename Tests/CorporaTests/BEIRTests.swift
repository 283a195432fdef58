import Corpora
import Execution
import TestFolders
import Testing

@Suite struct BEIRTests {
  static let corpus = """
    {"_id": "b", "title": "Second", "text": "two \\u00e9 \\ud83d\\ude00\\n"}

    {"_id": "a", "text": "one", "metadata": {"x": [1, 2.5e3, null, true]}}\r
    {"_id": 7, "title": null, "text": ""}
    """
  static let queries = """
    {"_id": "q1", "text": "first?"}
    {"_id": "q2", "text": "second?", "answers": ["x", "y"]}
    {"_id": "q3", "text": "nobody judged this"}
    """

  @Test func readsAllParts() throws {
    let folder = try TemporaryFolder([
      "corpus.jsonl": Self.corpus, "queries.jsonl": Self.queries,
      "qrels/train.tsv": "query-id\tcorpus-id\tscore\nq1\ta\t1\nq1\tb\t0\n",
      "qrels/test.tsv": "q2\tb\t2\nq2\tgone\t1\nlost\ta\t1\nq2\tb\t1\n",
      "qrels/dev.tsv": "q1 0 a 3\n", "README.md": "not read",
    ])
    let loaded = try folder.load()
    #expect(loaded.format == .beir)
    #expect(loaded.corpus.documents.map(\.id) == ["b", "a", "7"])
    #expect(loaded.corpus[0] == Document(id: "b", title: "Second", text: "two é 😀\n"))
    #expect(loaded.corpus.document(id: "a")?.text == "one")
    #expect(loaded.corpus.document(id: "z") == nil)
    #expect(loaded.corpus.index(ofID: "7") == 2)
    #expect(loaded.splits.map(\.name) == ["train", "dev", "test"])
    #expect(loaded.split("train")?.judgements == ["q1": ["a": 1, "b": 0]])
    #expect(loaded.split("dev")?.judgements == ["q1": ["a": 3]])
    // A missing document stays: it counts against recall. A missing query cannot be asked.
    #expect(loaded.split("test")?.judgements == ["q2": ["b": 2, "gone": 1]])
    #expect(loaded.split("test")?.queries.map(\.answers) == [["x", "y"]])
    #expect(
      loaded.notes.map(\.description) == [
        "test: 1 judged query not in the query file (lost); dropped",
        "test: 1 judgement of documents that the corpus does not have (gone); kept, as in trec_eval",
        "test: 1 document was judged more than once for a query (q2 b); the highest grade is kept",
        "1 query without judgements (q3); left out",
        "1 document without title and text (7)",
      ])
    #expect(
      loaded.summary == """
        BEIR: 3 documents; train: 1 query, 2 judgements; dev: 1 query, 1 judgement; \
        test: 1 query, 2 judgements
        """)
  }

  @Test func namesExactlyTheFilesThatItReads() throws {
    let folder = try TemporaryFolder([
      "corpus.jsonl": "x", "queries.jsonl": "x", "qrels/test.tsv": "x", "other.jsonl": "x",
    ])
    let found = try CollectionReader.detect(path: folder.path + "/")
    let names = found.files.map { $0.split(separator: "/").suffix(2).joined(separator: "/") }
    #expect(names.count == 3)
    #expect(names[0].hasSuffix("/corpus.jsonl"))
    #expect(names[1].hasSuffix("/queries.jsonl"))
    #expect(names[2] == "qrels/test.tsv")
    #expect(found.files.allSatisfy { $0.hasPrefix("/") })
  }

  @Test func queriesWithoutJudgementsMakeASetThatJudgesNothing() throws {
    let folder = try TemporaryFolder([
      "corpus.jsonl": Self.corpus, "queries.jsonl": Self.queries,
    ])
    let loaded = try folder.load()
    #expect(loaded.split("test")?.queries.count == 3)
    #expect(loaded.split("test")?.judgementCount == 0)
    #expect(loaded.notes.contains(.noJudgements))
  }

  @Test func readsAByteOrderMarkAndCarriageReturns() throws {
    let folder = try TemporaryFolder([
      "corpus.jsonl":
        "\u{FEFF}{\"_id\": \"a\", \"text\": \"x\"}\r\n{\"_id\": \"b\", \"text\": \"y\"}"
    ])
    #expect(try folder.load().corpus.documents.map(\.text) == ["x", "y"])
  }

  @Test(arguments: [
    (
      #"{"_id": "a", "text": "x"}"# + "\n" + #"{"_id": "a", "text": "y"}"#,
      #"DIR/corpus.jsonl:2: document "a" was already on line 1"#
    ),
    (
      #"{"_id": "a", "text": "x""#,
      "DIR/corpus.jsonl:1:25: broken JSON: expected ',' or '}', got the end"
    ),
    (
      "\n" + #"{"_id": "a", "more": tru}"#,
      "DIR/corpus.jsonl:2:22: broken JSON: expected 'true', got 't'"
    ),
    (#"["a"]"#, "DIR/corpus.jsonl:1:1: broken JSON: expected an object, got '['"),
    (
      #"{"_id": "a", "text": "x"} 1"#,
      "DIR/corpus.jsonl:1:27: broken JSON: expected nothing after the value, got '1'"
    ),
    (
      #"{"_id": "a", "txt": "x"}"#,
      #"DIR/corpus.jsonl:1: a record without "text" or "contents" or "body"; it has "_id", "txt""#
    ),
    (
      #"{}"#,
      #"DIR/corpus.jsonl:1: a record without "text" or "contents" or "body"; it has no fields"#
    ),
    (
      #"{"_id": "a", "text": ["x"]}"#,
      #"DIR/corpus.jsonl:1: "text" should be a string, got a list"#
    ),
    ("\n \n", "DIR/corpus.jsonl: no documents"),
  ])
  func saysWhatIsWrongInACorpus(_ text: String, _ message: String) throws {
    #expect(try TemporaryFolder(["corpus.jsonl": text]).failure() == message)
  }

  @Test(arguments: [
    (
      "q1\ta\n",
      """
      DIR/qrels/test.tsv:1: expected 3 columns (query, document, grade) or 4 (query, 0, \
      document, grade), got 2
      """
    ),
    (
      "query-id\tcorpus-id\tscore\nq1\ta\thigh\n",
      "DIR/qrels/test.tsv:2: the grade should be an integer, got \"high\""
    ),
    ("q1\ta\t1.5\n", "DIR/qrels/test.tsv:1: the grade should be an integer, got \"1.5\""),
  ])
  func saysWhatIsWrongInJudgements(_ text: String, _ message: String) throws {
    let folder = try TemporaryFolder([
      "corpus.jsonl": Self.corpus, "queries.jsonl": Self.queries, "qrels/test.tsv": text,
    ])
    #expect(folder.failure() == message)
  }

  @Test func refusesBytesThatAreNotUTF8() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      Array("{\"text\": \"ok\"}\n{\"text\": \"caf".utf8) + [0xE9] + Array("\"}".utf8),
      to: "corpus.jsonl")
    #expect(
      folder.failure() == "DIR/corpus.jsonl:2: not UTF-8: the byte 0xE9 does not belong here")
  }

  @Test func stopsWhenAsked() throws {
    let folder = try TemporaryFolder(["corpus.jsonl": Self.corpus])
    let found = try CollectionReader.detect(path: folder.path)
    let context = WorkContext()
    context.cancellation.cancel()
    #expect(throws: CancellationRequested.self) {
      try CollectionReader().read(found, context: context)
    }
  }
}
