import Corpora
import TestFolders
import Testing

@Suite struct SMARTTests {
  static let documents = """
    .I 1
    .T
    flow past
    a plate .
    .A
    somebody,a.
    .B
    a journal.
    .W
    flow past
    a plate .
      it flows .
    .I 2
    .T
    empty
    .W
    .I 3
    .W
    no title, and .T inside a line
    .X
    1 2 3
    """

  @Test func readsCranfield() throws {
    let folder = try TemporaryFolder([
      "x.all.1400": Self.documents,
      "x.qry": ".I 001\n.W\nwhat flows\nand how .\n.I 004\n.W\nsecond\n",
      "xqrel": "1 1 1 \n1 2 4\n1 3 -1\n2 3 2 \n", "xqrel.readme": "prose",
    ])
    let loaded = try folder.load()
    #expect(
      Array(loaded.corpus.documents) == [
        Document(id: "1", title: "flow past a plate .", text: "flow past a plate . it flows ."),
        Document(id: "2", title: "empty", text: ""),
        Document(id: "3", text: "no title, and .T inside a line"),
      ])
    let test = try #require(loaded.split("test"))
    // The judgements' query 2 is the second in the file, whatever its mark.
    #expect(
      test.queries == [
        Query(id: "1", text: "what flows and how ."), Query(id: "2", text: "second"),
      ])
    #expect(test.judgements == ["1": ["1": 4, "2": 1, "3": 0], "2": ["3": 3]])
    #expect(
      loaded.notes.map(\.description) == [
        """
        judgements number queries by their place in the query file; the first to differ is \
        query 2, marked 4
        """,
        "grades 1 (best) to 4 are read as gains 4 to 1, and -1 as 0",
      ])
  }

  @Test func readsCISI() throws {
    let folder = try TemporaryFolder([
      "CISI.ALL": Self.documents,
      "CISI.QRY": ".I 1\n.T\nTitle\n.A\nx\n.W\nWords\n.B\ny\n.I 2\n.W\nTwo\n",
      "CISI.REL": "     1     2\t0\t0.000000\n     2     3\t0\t0.000000\n",
    ])
    let loaded = try folder.load()
    #expect(loaded.split("test")?.queries.map(\.text) == ["Title Words", "Two"])
    #expect(loaded.split("test")?.judgements == ["1": ["2": 1], "2": ["3": 1]])
    #expect(loaded.notes.isEmpty)
  }

  @Test func readsTRECJudgements() throws {
    let folder = try TemporaryFolder([
      "a.all": Self.documents, "a.qry": ".I 1\n.W\nq\n", "a.qrels": "1 0 2 3\n1 0 1 0\n",
    ])
    #expect(try folder.load().split("test")?.judgements == ["1": ["2": 3, "1": 0]])
  }

  @Test(arguments: [
    (
      "words\n", "1 1 1\n",
      "DIR/x.all:1: broken SMART record: expected \".I NUMBER\", got \"words\""
    ),
    (".I\n", "1 1 1\n", "DIR/x.all:1: broken SMART record: expected \".I NUMBER\", got \".I\""),
    (".I 1\n.W\na\n.I 01\n", "1 1 1\n", "DIR/x.all:4: document \"1\" was already on line 1"),
    ("\n", "1 1 1\n", "DIR/x.all: no records (\".I NUMBER\" lines) in it"),
    (".I 1\n.W\na\n", "1 1 9\n", "DIR/xqrel:1: the grade should be -1 or 0 to 5, got \"9\""),
    (".I 1\n.W\na\n", "1 1 1\n1 1\n", "DIR/xqrel:2: expected 3 columns, got 2"),
    (".I 1\n.W\na\n", "1 x 1\n", "DIR/xqrel:1: the document should be an integer, got \"x\""),
  ])
  func saysWhatIsWrong(_ documents: String, _ judgements: String, _ message: String) throws {
    let folder = try TemporaryFolder([
      "x.all": documents, "x.qry": ".I 1\n.W\nq\n", "xqrel": judgements,
    ])
    #expect(folder.failure() == message)
  }
}
