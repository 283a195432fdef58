import Glibc
import NotebookFormat
import TestFolders
import Testing

extension ProgramTests {
  /// The commands other than `run`: what they print, write and end with.
  @Suite struct CommandTests {
    /// A folder with a tiny judged collection and a notebook that measures on it.
    private static func measured() throws -> TemporaryFolder {
      try TemporaryFolder([
        "tiny/corpus.jsonl": """
        {"_id": "d1", "title": "Zinc", "text": "Zinc is a metal that plants need."}
        {"_id": "d2", "title": "Oxygen", "text": "Oxygen is a gas; plants give it off."}
        {"_id": "d3", "title": "Tea", "text": "Tea is brewed from the leaves of a plant."}
        {"_id": "d4", "title": "Granite", "text": "Granite is a rock with grains."}

        """,
        "tiny/queries.jsonl": """
        {"_id": "q1", "text": "which metal do plants need"}
        {"_id": "q2", "text": "a gas from plants"}
        {"_id": "q3", "text": "leaves for tea"}

        """,
        "tiny/qrels/test.tsv":
          "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td3\t1\nq2\td2\t1\nq3\td3\t1\nq3\td4\t1\n",
        "a.md": """
        ```poise
        tiny = load("tiny")
        ```

        ```poise {#scores}
        report = evaluate(bm25(tiny.corpus), on: tiny.test, metrics: ["ndcg@10", "map", "mrr"])
        report.queries
        claim report["mrr"] > 2 : "more than can be"
        ```

        """,
      ])
    }

    @Test func checkTellsStaleFromFreshAndRefusesRefutedClaimsWhereStrict() throws {
      let folder = try Self.measured()
      #expect(try PoiseProgram.run(["check", "a.md"], in: folder).status == 4)
      try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(try PoiseProgram.run(["check", "a.md"], in: folder).status == 0)
      #expect(try PoiseProgram.run(["check", "--strict", "a.md"], in: folder).status == 1)
      let json = try PoiseProgram.run(["check", "--json", "a.md"], in: folder)
      #expect(
        json.output == """
          {"cells":[{"cell":"tiny","state":"fresh"},{"cell":"scores","state":"fresh"}],\
          "notebook":"a.md","status":0}

          """)
    }

    @Test func aReplayNoticesOutputsThatTheCellsDoNotGive() throws {
      let folder = try Self.measured()
      try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(try PoiseProgram.run(["check", "--replay", "a.md"], in: folder).status == 0)
      // A forger who also knows the checksum: only recomputing tells.
      let forged = try forge(folder.text("a.md"), "**claim refuted**", "**claim held**")
      try folder.replace("a.md", with: forged)
      #expect(try PoiseProgram.run(["check", "a.md"], in: folder).status == 0)
      let outcome = try PoiseProgram.run(["check", "--replay", "a.md"], in: folder)
      #expect(outcome.status == 1, "\(outcome.output)")
      #expect(outcome.output.contains("scores: drifted"))
      #expect(outcome.output.contains("claim held → refuted"))
    }

    @Test func planAndExplainNameWhatChanged() throws {
      let folder = try Self.measured()
      try PoiseProgram.run(["run", "a.md"], in: folder)
      let text = try folder.text("a.md")
      try folder.replace(
        "a.md", with: text.replacing("bm25(tiny.corpus)", with: "bm25(tiny.corpus, b: 0.4)"))
      let plan = try PoiseProgram.run(["plan", "a.md"], in: folder)
      #expect(plan.output.contains("tiny: fresh"))
      #expect(plan.output.contains("scores: stale, would run"))
      #expect(plan.output.contains("stored  load(\"tiny\")  (took "))
      #expect(plan.output.contains("to run  bm25("))
      let explained = try PoiseProgram.run(["explain", "a.md", "scores"], in: folder)
      #expect(explained.output.contains("changed: syntax"))
      #expect(!explained.output.contains("changed: cell tiny"))
      let wrong = try PoiseProgram.run(["explain", "a.md", "score"], in: folder)
      #expect(wrong.status == 2)
      #expect(wrong.errors.contains("did you mean 'scores'?"))
    }

    @Test func formattingIsIdempotentAndKeepsOutputsFresh() throws {
      let folder = try TemporaryFolder([
        "a.md": "```poise\nx=1+2   # three\n```\n\n```poise\nmean( [1,2] )\n```\n"
      ])
      #expect(try PoiseProgram.run(["fmt", "--check", "a.md"], in: folder).status == 4)
      #expect(try PoiseProgram.run(["fmt", "--ids", "a.md"], in: folder).status == 0)
      let formatted = try folder.text("a.md")
      #expect(formatted.contains("x = 1 + 2  # three\n"))
      #expect(formatted.contains("```poise {#mean}\nmean([1, 2])\n"))
      try PoiseProgram.run(["run", "a.md"], in: folder)
      let run = try folder.text("a.md")
      try folder.replace("a.md", with: run.replacing("x = 1 + 2", with: "x   =  1+2"))
      #expect(try PoiseProgram.run(["check", "a.md"], in: folder).status == 0)
      #expect(try PoiseProgram.run(["fmt", "a.md"], in: folder).status == 0)
      #expect(try folder.text("a.md") == run)
      #expect(try PoiseProgram.run(["fmt", "--check", "a.md"], in: folder).status == 0)
    }

    @Test func helpCoversEveryVerbAndCommand() throws {
      let folder = try TemporaryFolder()
      let overview = try PoiseProgram.run(["doc"], in: folder).output
      let verbs = overview.split(separator: "\n").filter { $0.hasPrefix("  ") }.compactMap {
        $0.split(separator: " ").first.map(String.init)
      }
      #expect(verbs.count >= 25)
      for verb in verbs {
        let text = try PoiseProgram.run(["doc", verb], in: folder).output
        #expect(text.hasPrefix("\(verb)("), "\(text)")
        #expect(text.contains("example: "))
      }
      let help = try PoiseProgram.run(["help"], in: folder).output
      for command in ["run", "check", "plan", "explain", "fmt", "doc", "artifacts", "new", "save"] {
        #expect(help.contains("\n  \(command) "))
        let text = try PoiseProgram.run([command, "--help"], in: folder)
        #expect(text.status == 0)
        #expect(text.output.hasPrefix("usage: poise \(command)"))
      }
      let wrong = try PoiseProgram.run(["doc", "serch"], in: folder)
      #expect(wrong.status == 2)
      #expect(wrong.errors.contains("did you mean 'search'?"))
      let unknown = try PoiseProgram.run(["chek"], in: folder)
      #expect(unknown.status == 2)
      #expect(unknown.errors.contains("did you mean 'check'?"))
    }

    @Test func theStoreIsListedShownVerifiedPinnedAndCollected() throws {
      let folder = try Self.measured()
      #expect(try PoiseProgram.run(["artifacts", "list"], in: folder).status == 2)
      try PoiseProgram.run(["run", "a.md"], in: folder)
      let list = try PoiseProgram.run(["artifacts", "list"], in: folder).output
      let row = try #require(list.split(separator: "\n").first { $0.contains("  bm25(") })
      let key = try #require(row.split(separator: " ").first.map(String.init))
      let shown = try PoiseProgram.run(["artifacts", "show", key], in: folder).output
      #expect(shown.contains("verb      bm25, version 2"))
      #expect(shown.contains("load(\"tiny\")"))
      let verified = try PoiseProgram.run(["artifacts", "verify"], in: folder)
      #expect(verified.status == 0)
      #expect(verified.output.hasSuffix("sound\n"))
      #expect(try PoiseProgram.run(["artifacts", "pin", key], in: folder).status == 0)
      let collected = try PoiseProgram.run(["artifacts", "gc", "--keep", "1B"], in: folder)
      #expect(collected.status == 0, "\(collected.errors)")
      let left = try PoiseProgram.run(["artifacts", "list"], in: folder).output
      #expect(left.contains("bm25("))
      #expect(!left.contains("evaluate("))
      #expect(try PoiseProgram.run(["artifacts", "gc", "--keep", "much"], in: folder).status == 2)
      #expect(try PoiseProgram.run(["check", "a.md"], in: folder).status == 0)
    }

    @Test func aNewNotebookRunsAndIsNeverReplaced() throws {
      let folder = try TemporaryFolder([
        "docs/notes.md": "# Notes\n\nSome words on this project.\n"
      ])
      #expect(try PoiseProgram.run(["new", "first.md"], in: folder).status == 0)
      #expect(try PoiseProgram.run(["run", "first.md"], in: folder).status == 0)
      #expect(try PoiseProgram.run(["new", "first.md"], in: folder).status == 2)
    }

    /// A copy has an assets folder of its own, so fresh cells are rendered for it, too.
    @Test func aCopyIsWhole() throws {
      let folder = try TemporaryFolder([
        "a.md": """
        ```poise {#p}
        plot(table({x: [1, 2], y: [3, 4]}), x: "x", y: "y")
        ```

        """
      ])
      try PoiseProgram.run(["run", "a.md"], in: folder)
      let outcome = try PoiseProgram.run(["run", "a.md", "-o", "copy.md"], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let plot = try #require(folder.names(in: "a.assets").first)
      #expect(folder.names(in: "copy.assets") == [plot])
      #expect(try folder.text("copy.md").contains("](copy.assets/\(plot))"))
      #expect(try folder.text("a.md").contains("](a.assets/\(plot))"))
    }

    /// While a cell can't be read, its id may be hidden: its output is not taken for an orphan.
    @Test func anOutputSurvivesAMistakeInItsCell() throws {
      let folder = try TemporaryFolder([
        "a.md": "```poise\nx = 1 + 1\n```\n\n```poise {#y}\n7\n```\n"
      ])
      try PoiseProgram.run(["run", "a.md"], in: folder)
      let saved = try folder.text("a.md")
      try folder.replace(
        "a.md",
        with: saved.replacing("x = 1 + 1", with: "x 1 +").replacing("{#y}\n7", with: "{#y}\n8"))
      let outcome = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(outcome.status == 1)
      let broken = try folder.text("a.md")
      #expect(broken.contains("<!-- poise:out x "), "\(broken)")
      #expect(broken.contains("\n8\n\n<!-- poise:end y"))
    }

    /// What a notebook shows would else change what it reads, again and again.
    @Test func aNotebookDoesNotReadItself() throws {
      let folder = try TemporaryFolder([
        "a.md": "# A\n\n```poise\nall = load(\".\")\n```\n", "b.md": "# B\n\nText.\n",
      ])
      let outcome = try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("'.' holds this notebook itself"), "\(outcome.errors)")
    }

    /// A plot that can't be drawn fails its cell, and is drawn once it can be.
    @Test func aPlotWithoutGnuplotIsNoOutput() throws {
      let folder = try TemporaryFolder([
        "a.md": """
        ```poise {#p}
        plot(table({x: [1, 2], y: [3, 4]}), x: "x", y: "y")
        ```

        """
      ])
      let without = try PoiseProgram.run(
        ["run", "a.md"], in: folder, environment: ["PATH": folder.path])
      #expect(without.status == 1)
      #expect(without.errors.contains("gnuplot"))
      #expect(try PoiseProgram.run(["run", "a.md"], in: folder).status == 0)
      #expect(try folder.text("a.md").contains("](a.assets/p-"))
    }

    @Test func savingNamesTheFormatsThatThereAre() throws {
      let folder = try Self.measured()
      try PoiseProgram.run(["run", "a.md"], in: folder)
      #expect(
        try PoiseProgram.run(["help", "save"], in: folder).output.contains(
          "trec: run and qrel files"))
      let unknown = try PoiseProgram.run(
        ["save", "a.md", "report", "out", "--as", "hf5"], in: folder)
      #expect(unknown.status == 2)
      #expect(unknown.errors.contains("'--as' expects "))
      #expect(unknown.errors.contains("trec"))
      #expect(unknown.errors.contains("got 'hf5'"))
      let saved = try PoiseProgram.run(
        ["save", "a.md", "report", "out", "--as", "trec"], in: folder)
      #expect(saved.output == "out/report.run\n")
      let wrong = try PoiseProgram.run(
        ["save", "a.md", "tiny.corpus", "out", "--as", "trec"], in: folder)
      #expect(wrong.status == 2)
      #expect(wrong.errors.contains("'tiny.corpus' is a corpus; 'trec' writes a report"))
    }

    @Test func aPlanTellsMemory() throws {
      let folder = try Self.measured()
      let plan = try PoiseProgram.run(["plan", "a.md"], in: folder)
      #expect(plan.output.contains("load(\"tiny\")  (about 67.1 MB)"), "\(plan.output)")
      #expect(plan.output.contains("memory unknown until load(\"tiny\") is there"))
      let json = try PoiseProgram.run(["plan", "a.md", "--json"], in: folder)
      #expect(json.output.contains("\"memoryBytes\":671"))
      #expect(json.output.contains("\"waitsFor\":\"load(\\\"tiny\\\")\""), "\(json.output)")
    }

    /// What `save --as trec` writes, trec_eval's own code reads, and comes to the same figures.
    @Test(
      .enabled(if: peer != nil, "needs a Python with pytrec_eval: name it in $POISE_PEER_PYTHON"))
    func trecFilesGiveTheSameFiguresElsewhere() throws {
      let folder = try Self.measured()
      try PoiseProgram.run(["run", "a.md"], in: folder)
      for name in ["report", "tiny"] {
        let saved = try PoiseProgram.run(["save", "a.md", name, "out", "--as", "trec"], in: folder)
        #expect(saved.status == 0, "\(saved.errors)")
      }
      try folder.write(
        """
        import pytrec_eval
        qrels = pytrec_eval.parse_qrel(open("out/tiny.test.qrels"))
        run = pytrec_eval.parse_run(open("out/report.run"))
        found = pytrec_eval.RelevanceEvaluator(
            qrels, {"ndcg_cut.10", "map", "recip_rank"}).evaluate(run)
        for query in sorted(found):
            values = [found[query][m] for m in ("ndcg_cut_10", "map", "recip_rank")]
            print(query, *("%.4g" % value for value in values))

        """, to: "peer.py")
      let python = try #require(Self.peer)
      let outcome = try PoiseProgram.shell("\(python) peer.py", in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let ours = try folder.text("a.md").split(separator: "\n").filter { $0.hasPrefix("| q") }
        .filter { !$0.hasPrefix("| query") }
        .map { line in
          let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }
          return ([cells[0]] + cells[2...4]).map {
            String($0).replacing(" ", with: "")
          }.joined(separator: " ")
        }
      #expect(ours.count == 3)
      #expect(outcome.output.split(separator: "\n").map(String.init) == ours)
    }

    private static let peer = getenv("POISE_PEER_PYTHON").map { String(cString: $0) }

    /// The document with a text replaced within a region and the region's checksum made to match,
    /// as somebody could who knows the format.
    private func forge(_ document: String, _ old: String, _ new: String) throws -> String {
      var lines = document.replacing(old, with: new).split(
        separator: "\n", omittingEmptySubsequences: false
      ).map(String.init)
      let changed = try #require(lines.firstIndex { $0.hasPrefix(new) })
      let open = try #require(lines[..<changed].lastIndex { $0.hasPrefix("<!-- poise:out") })
      let close = try #require(lines[changed...].firstIndex { $0.hasPrefix("<!-- poise:end") })
      let body = lines[open + 2..<close - 1].joined(separator: "\n")
      let head = lines[close].prefix { $0 != "=" }
      lines[close] = "\(head)=\(bodyChecksum(body.utf8)) -->"
      return lines.joined(separator: "\n")
    }
  }
}
