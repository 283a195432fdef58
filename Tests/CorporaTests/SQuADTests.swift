import Corpora
import TestFolders
import Testing

@Suite struct SQuADTests {
  static let text = """
    {"version": "v2.0", "data": [
      {"title": "New_Town", "paragraphs": [
        {"qas": [
          {"id": "1", "question": "Where?", "is_impossible": false,
           "answers": [{"text": "here", "answer_start": 3}, {"text": "here"}, {"text": "there"}]},
          {"id": "2", "question": "Why?", "is_impossible": true, "answers": [],
           "plausible_answers": [{"text": "no", "answer_start": 0}]}],
         "context": "It is here."},
        {"context": "Second.", "qas": []}]},
      {"paragraphs": [{"context": "Untitled.", "qas": [{"id": 3, "question": "What?"}]}]}]}
    """

  @Test func readsPassagesAndQuestions() throws {
    let loaded = try TemporaryFolder(["x.json": Self.text]).load()
    #expect(loaded.format == .squad)
    #expect(
      Array(loaded.corpus.documents) == [
        Document(id: "New_Town#1", title: "New Town", text: "It is here."),
        Document(id: "New_Town#2", title: "New Town", text: "Second."),
        Document(id: "passage#1", text: "Untitled."),
      ])
    let test = try #require(loaded.split("test"))
    #expect(
      test.queries == [
        Query(id: "1", text: "Where?", answers: ["here", "there"], evidence: ["New_Town#1"]),
        Query(id: "2", text: "Why?", answers: [], evidence: ["New_Town#1"]),
        Query(id: "3", text: "What?", answers: [], evidence: ["passage#1"]),
      ])
    // A passage without the answer is not relevant.
    #expect(test.judgements == ["1": ["New_Town#1": 1], "3": ["passage#1": 1]])
    #expect(loaded.notes == [.impossibleQuestions(count: 1)])
  }

  /// MuSiQue's layout: every question brings its own paragraphs.
  @Test func readsQuestionsWithParagraphs() throws {
    let text = """
      [{"id": "a", "question": "Where?", "answer": "here", "s_pop": 12, "paragraphs": [
         {"idx": 0, "title": "Town", "paragraph_text": "It is here.", "is_supporting": true},
         {"idx": 1, "title": "Town", "paragraph_text": "Other.", "is_supporting": false}]},
       {"id": 2, "question": "Why?", "possible_answers": "[\\"so\\", \\"thus\\"]", "paragraphs": [
         {"title": "Town", "text": "It is here.", "is_supporting": false},
         {"text": "Untitled."}]},
       {"id": "c", "question": "When?", "answer": "then", "answer_aliases": ["then", "at that time"],
        "answerable": true, "paragraphs": []},
       {"id": "d", "question": "Who?", "answer": "nobody", "answerable": false, "paragraphs": [
         {"text": "Untitled.", "is_supporting": true}]}]
      """
    let loaded = try TemporaryFolder(["x.json": text]).load()
    #expect(loaded.format == .paragraphs)
    #expect(
      loaded.summary
        == "questions with paragraphs: 3 passages; test: 4 queries, 1 judgement")
    #expect(
      Array(loaded.corpus.documents) == [
        Document(id: "Town#1", title: "Town", text: "It is here."),
        Document(id: "Town#2", title: "Town", text: "Other."),
        Document(id: "passage#1", text: "Untitled."),
      ])
    let test = try #require(loaded.split("test"))
    #expect(
      test.queries.map(\.answers) == [["here"], ["so", "thus"], ["then", "at that time"], []])
    #expect(test.queries.map(\.evidence) == [["Town#1"], [], [], []])
    #expect(loaded.notes == [.impossibleQuestions(count: 1)])
    #expect(test.queries[0].fields.values(of: "s_pop") == ["12"])
    #expect(test.queries[0].fields.values(of: "paragraphs").isEmpty)
    #expect(test.judgements == ["a": ["Town#1": 1]])
  }

  @Test func splitsAreNamedByTheirFiles() throws {
    let other = Self.text.replacing("\"id\": \"1\"", with: "\"id\": \"9\"")
    let folder = try TemporaryFolder(["train-v2.json": Self.text, "dev-v2.json": other])
    let loaded = try folder.load()
    #expect(loaded.splits.map(\.name) == ["train", "dev"])
    // Titles repeat over files; ids stay unique.
    #expect(loaded.corpus.count == 6)
    #expect(loaded.corpus.documents.map(\.id).contains("New_Town#4"))
  }

  @Test(arguments: [
    ("[]", "DIR/x.json: no questions"),
    (
      "7",
      "DIR/x.json:1:1: broken JSON: expected a SQuAD object with \"data\", or a list of questions, got '7'"
    ),
    (
      "[{\"question\": \"a\"}]",
      "DIR/x.json:1: a record without \"paragraphs\"; it has \"question\""
    ),
    (
      "[{\"question\": \"a\", \"paragraphs\": [\n{\"title\": \"t\"}]}]",
      "DIR/x.json:1: a record without \"text\" or \"paragraph_text\"; it has \"title\""
    ),
    ("{\"rows\": 1}", "DIR/x.json:1: a record without \"data\"; it has \"rows\""),
    ("{\"data\": []}", "DIR/x.json: no paragraphs"),
    (
      "{\"data\": [\n{\"paragraphs\": [{\"qas\": []}]}]}",
      "DIR/x.json:2: a record without \"context\"; it has no fields"
    ),
    (
      "{\"data\": [{\"paragraphs\": [{\"context\": \"c\", \"qas\": [\n{\"id\": \"1\"}]}]}]}",
      "DIR/x.json:2: a record without \"question\"; it has no fields"
    ),
    (
      """
      {"data": [{"paragraphs": [{"context": "c", "qas": [
      {"id": "1", "question": "a"},
      {"id": "1", "question": "b"}]}]}]}
      """, "DIR/x.json:3: question \"1\" was already on line 2"
    ),
    ("{\"data\":\n [}", "DIR/x.json:2:3: broken JSON: expected an object, got '}'"),
  ])
  func saysWhatIsWrong(_ text: String, _ message: String) throws {
    #expect(try TemporaryFolder(["x.json": text]).failure() == message)
  }
}
