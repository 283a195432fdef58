import Corpora
import Execution
import TestFolders
import Testing

@Suite struct QuestionsTests {
  private func read(_ text: String, csv: Bool) throws -> JudgedSet {
    try QuestionsReader().read(text: text, source: "Q", isCSV: csv, context: WorkContext())
  }

  private func failure(_ text: String, csv: Bool) -> String {
    do { return "\(try read(text, csv: csv).queries)" } catch { return "\(error)" }
  }

  static let expected = [
    Query(id: "a", text: "Who, \"exactly\"?", answers: ["Ann", "Anne"], evidence: ["d1", "d2"]),
    Query(id: "q2", text: "When?", answers: ["1999"]),
  ]

  @Test func readsJSONLines() throws {
    let set = try read(
      """
      {"id": "a", "question": "Who, \\"exactly\\"?", "answer": ["Ann", "Anne"], "evidence": ["d1", "d2"]}
      {"query": "When?", "answers": 1999, "other": {"deep": [[]]}}
      """, csv: false)
    #expect(set.queries == Self.expected)
    #expect(set.judgements == ["a": ["d1": 1, "d2": 1]])
    #expect(set.identity == "Q")
  }

  /// As PopQA is published: one list, answers as JSON in a string, popularity beside them.
  @Test func readsOneListWithItsFields() throws {
    let set = try read(
      """
      [
        {"id": 7, "question": "Whose?", "possible_answers": "[\\"Ann\\", \\"Anne\\"]",
         "s_pop": 142, "prop": "author", "paragraphs": [{"title": "x"}], "tags": ["a", "b"]},
        {"id": 8, "question": "Where?", "possible_answers": "Bonn", "s_pop": 3, "gone": null}
      ]
      """, csv: false)
    #expect(set.queries.map(\.id) == ["7", "8"])
    #expect(set.queries.map(\.answers) == [["Ann", "Anne"], ["Bonn"]])
    let fields = set.queries[0].fields
    #expect(fields.all.map(\.name) == ["s_pop", "prop", "tags"])
    #expect(fields.values(of: "s_pop") == ["142"] && fields.values(of: "tags") == ["a", "b"])
    #expect(set.queries[1].fields.all.map(\.name) == ["s_pop"])
    let csv = try read("question,answer,Kind\nWhy?,so,new\nHow?,thus,\n", csv: true)
    #expect(csv.queries.map { $0.fields.values(of: "kind") } == [["new"], []])
    #expect(
      failure("[{\"question\": \"a\"},\n\n {\"q\": 1}]", csv: false).hasPrefix("Q:3: a record"))
    #expect(
      failure("[{\"question\": \"a\"},\n {\"question\"}]", csv: false).hasPrefix("Q:2:"))
    #expect(
      failure("[{\"id\": 1, \"question\": \"a\"},\n {\"id\": 1, \"question\": \"b\"}]", csv: false)
        .contains("Q:2"))
    #expect(failure("[]", csv: false).contains("no questions"))
  }

  @Test func readsCSV() throws {
    let set = try read(
      "ID,Question,answers,relevant\r\na,\"Who, \"\"exactly\"\"?\",Ann | Anne,d1|d2\r\n,When?,1999,\r\n",
      csv: true)
    #expect(set.queries == Self.expected)
    let broken = try read("question\n\"two\nlines\"\n", csv: true)
    #expect(broken.queries.map(\.text) == ["two\nlines"])
  }

  @Test func readsAFile() throws {
    let folder = try TemporaryFolder([
      "q.csv": "question\nWhy?\n", "q.jsonl": "{\"text\": \"How?\"}",
    ])
    let reader = QuestionsReader()
    let csv = try reader.read(path: folder.path + "/q.csv", context: WorkContext())
    #expect(csv.name == "q")
    #expect(csv.queries == [Query(id: "q1", text: "Why?")])
    let lines = try reader.read(path: folder.path + "/q.jsonl", name: "n", context: WorkContext())
    #expect(lines.name == "n")
    #expect(lines.queries == [Query(id: "q1", text: "How?")])
  }

  @Test func saysWhatIsWrong() {
    #expect(
      failure("{\"q\": 1}", csv: false)
        == "Q:1: a record without \"question\" or \"query\" or \"text\"; it has \"q\"")
    #expect(
      failure("{\"question\": {}}", csv: false)
        == "Q:1: \"question\" should be a string, got an object")
    #expect(
      failure("{\"text\": \"x\", \"answers\": true}", csv: false)
        == "Q:1: \"answers\" should be a string or a list of strings, got a truth value")
    #expect(
      failure("{\"id\": \"a\", \"text\": \"x\"}\n{\"id\": \"a\", \"text\": \"y\"}", csv: false)
        == "Q:2: question \"a\" was already on line 1")
    #expect(failure("", csv: false) == "Q: no questions")
    #expect(failure("question\n", csv: true) == "Q: no questions")
    #expect(
      failure("a,b\n1,2\n", csv: true)
        == "Q:1: a record without \"question\" or \"query\" or \"text\"; it has \"a\", \"b\"")
    #expect(failure("question,id\nx\n", csv: true) == "Q:2: expected 2 columns, got 1")
    #expect(
      failure("question\n\n\"open\n", csv: true)
        == "Q:3: broken CSV: expected a closing '\"', got the end of the file")
    #expect(
      failure("question\n\"x\"y\n", csv: true)
        == "Q:2: broken CSV: expected ',' or the end of the line after '\"', got 'y'")
  }
}

@Suite struct TRECTests {
  @Test func runsSurviveTheirFile() throws {
    let run = Run(
      tag: "bm25",
      rankings: [
        .init(
          queryID: "q2",
          entries: [
            .init(documentID: "b", score: 2.5), .init(documentID: "a", score: 1 / 3),
            .init(documentID: "c", score: 0.25),
          ]), .init(queryID: "q1", entries: [.init(documentID: "z", score: -1e-9)]),
      ])
    let text = TRECFiles.text(of: run)
    #expect(text.hasPrefix("q2 Q0 b 1 2.5 bm25\nq2 Q0 a 2 0.3333333333333333 bm25\n"))
    #expect(try TRECFiles.readRun(text: text, source: "R", context: WorkContext()) == run)
  }

  /// trec_eval would turn ties round: it breaks them by descending id, and in float32.
  @Test func tiesAreWrittenApart() throws {
    let tied = ["a", "b", "c"].map { Run.Entry(documentID: $0, score: 1 / 3) }
    let close = Run.Entry(documentID: "d", score: 1 / 3 - 1e-12)
    let run = Run(tag: "t", rankings: [.init(queryID: "q", entries: tied + [close])])
    let lines = TRECFiles.text(of: run).split(separator: "\n")
    let scores = try lines.map { try #require(Float($0.split(separator: " ")[4])) }
    #expect(zip(scores, scores.dropFirst()).allSatisfy { $0 > $1 }, "\(scores)")
    #expect(scores.allSatisfy { abs($0 - 1 / 3) < 1e-6 })
  }

  @Test func runsAreOrderedByScoreThenID() throws {
    let run = try TRECFiles.readRun(
      text: "q Q0 b 1 1 t\n\nq Q0 a 2 1.0 t\nq\tQ0\tc\t9\t3e0\tt\n", source: "R",
      context: WorkContext())
    #expect(run.rankings[0].entries.map(\.documentID) == ["c", "a", "b"])
  }

  @Test func spacesBecomeUnderscores() {
    let run = Run(
      tag: "my run",
      rankings: [.init(queryID: "q", entries: [.init(documentID: "Ann Lee", score: 1)])])
    #expect(TRECFiles.text(of: run) == "q Q0 Ann_Lee 1 1.0 my_run\n")
  }

  @Test(arguments: [
    ("q Q0 a 1 1\n", "R:1: expected 6 columns (query Q0 document rank score tag), got 5"),
    ("q Q0 a 1 1 t\nq Q0 b x 1 t\n", "R:2: the rank should be an integer, got \"x\""),
    ("q Q0 a 1 nan t\n", "R:1: the score should be a number, got \"nan\""),
    ("q Q0 a 1 1 t\nq Q0 a 2 1 t\n", "R:2: the document \"a\" was already on line 1"),
  ])
  func saysWhatIsWrongInARun(_ text: String, _ message: String) {
    do {
      _ = try TRECFiles.readRun(text: text, source: "R", context: WorkContext())
      Issue.record("read")
    } catch {
      #expect("\(error)" == message)
    }
  }

  @Test func judgementsSurviveTheirFile() throws {
    let set = JudgedSet(
      name: "test", identity: "x", queries: [Query(id: "q", text: "?")],
      judgements: ["q": ["b": 2, "a": 0, "c": -1]])
    let text = TRECFiles.text(ofJudgements: set)
    #expect(text == "q 0 a 0\nq 0 b 2\nq 0 c -1\n")
    #expect(
      try TRECFiles.readJudgements(text: text, source: "J", context: WorkContext())
        == set.judgements)
  }
}
