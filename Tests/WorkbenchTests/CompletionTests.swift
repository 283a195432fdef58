import Glibc
import TestFolders
import Testing
import Workbench

@Suite struct CompletionTests {
  private static let notebook = """
    ```poise
    s = load("data")
    param depth = 3
    ```

    ```poise
    lex = bm25(s.corpus)
    options = {alpha: 1, beta: 2}
    twice(n) = n * 2
    ```
    """ + "\n"

  private func complete(_ line: String, pending: String = "") throws -> (String, [String]) {
    let session = try PromptFolderSession(Self.notebook)
    let completion = session.value.completion(pending: pending, line: line)
    let start = line.utf8.index(line.utf8.startIndex, offsetBy: completion.start)
    return (String(line[..<start]), completion.candidates)
  }

  @Test(arguments: [
    ("bm", "", ["bm25("]),
    ("x = tw", "x = ", ["twice("]),
    ("cross", "", ["crossings("]),
    ("prices(trai", "prices(", ["training_use: "]),
    ("breakeven(r, by", "breakeven(r, ", ["by: "]),
    ("bm25(s.corpus, k", "bm25(s.corpus, ", ["k1: "]),
    (
      "bm25(s.corpus, k1: 1, ", "bm25(s.corpus, k1: 1, ",
      ["b: ", "fields: ", "stem: ", "stopwords: ", "title_weight: "]
    ),
    ("lex.c", "lex.", ["count"]),
    ("s.", "s.", ["corpus", "found"]),
    ("s.corpus.d", "s.corpus.", ["documents"]),
    ("options.", "options.", ["alpha", "beta"]),
    ("load(\"x\").corpus.co", "load(\"x\").corpus.", ["count"]),
    ("search(lex, \"q\")[0].sc", "search(lex, \"q\")[0].", ["score"]),
    (":se", "", [":set "]),
    (":set de", ":set ", ["depth "]),
    (":show le", ":show ", ["lex"]),
    (":run from le", ":run from ", ["lex"]),
    ("?disag", "?", ["disagreements"]),
    ("x = 3.", "x = 3.", []),
    ("# bm", "# bm", []),
    ("[1...de", "[1...", ["delete(", "depth", "describe("]),
  ])
  func candidates(_ line: String, _ kept: String, _ expected: [String]) throws {
    let (before, candidates) = try complete(line)
    #expect(candidates == expected)
    if !expected.isEmpty { #expect(before == kept) }
  }

  @Test func metricsAndChoicesStandInStrings() throws {
    let (kept, metrics) = try complete(
      "evaluate(lex, on: s.test, metrics: [\"recall@10\", \"ndcg@1")
    #expect(metrics == ["ndcg@1", "ndcg@10", "ndcg@100"])
    #expect(kept.hasSuffix("\"recall@10\", \""))
    #expect(try complete("plot(t, kind: \"sc").1 == ["scatter"])
    #expect(try complete("breakeven(r, by: \"upd").1 == ["updates_per_day"])
    #expect(try complete("compare(a, on: q, metrics: [\"hall").1 == ["hallucination"])
    #expect(try complete("bm25(s.corpus, stem: \"engl").1 == ["english"])
  }

  @Test func linesAboveCount() throws {
    let (kept, candidates) = try complete("  k", pending: "bm25(s.corpus,")
    #expect(candidates == ["k1: "])
    #expect(kept == "  ")
  }

  @Test func pathsStandInStrings() throws {
    let folder = try PromptFolder()
    let session = try folder.session(Self.notebook)
    mkdir("\(folder.path)/data", 0o700)
    try folder.write("", to: "data/ä b.jsonl")
    try folder.write("", to: "data/.hidden")
    #expect(session.completion(pending: "", line: "load(\"da").candidates == ["data/"])
    let inside = session.completion(pending: "", line: "load(\"data/")
    #expect(inside.candidates == ["data/ä b.jsonl"])
    #expect(inside.start == 6)
  }
}

@Suite struct HistoryTests {
  @Test func entriesComeBack() throws {
    let folder = try PromptFolder()
    let history = HistoryFile(path: "\(folder.path)/history")
    let entries = ["1 + 1", "x = [\n  \"a\\n\\\\b\",\n]", "日本 \\", ":set k 3"]
    for entry in entries { history.append(entry) }
    #expect(history.load() == entries)
    var status = stat()
    #expect(stat("\(folder.path)/history", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
  }

  @Test func itStaysBounded() throws {
    let folder = try PromptFolder()
    let path = "\(folder.path)/history"
    try folder.write((1...9_000).map { "line \($0)\n" }.joined(), to: "history")
    let history = HistoryFile(path: path)
    #expect(history.load().count == HistoryFile.limit)
    #expect(history.load().last == "line 9000")
    #expect(try folder.read("history").split(separator: "\n").count == HistoryFile.limit)
  }

  @Test func whatIsNoFileIsNoHistory() throws {
    let folder = try PromptFolder()
    let history = HistoryFile(path: folder.path)
    history.append("x")
    #expect(history.load() == [])
  }
}
