import Glibc
import TestFolders
import Testing

extension ProgramTests {
  /// `notebooks/retrieval-side-by-side.md` and `notebooks/tune-a-retriever.md`, on collections and
  /// with an encoder that are small enough for seconds.
  @Suite struct RetrievalNotebookTests {
    private static let topics = [
      "zinc", "iron", "immunity", "retrieval", "weights", "memory", "balance", "river", "granite",
      "harbour", "kernel", "lattice", "meadow", "orbit", "pigment", "quarry", "signal", "timber",
    ]

    /// A BEIR folder. Half of the queries are the text of the document that they look for, the
    /// others that of another one: whatever the encoder, it is right about some and wrong about
    /// others.
    private static func write(_ name: String, _ count: Int, to folder: TemporaryFolder) throws {
      let texts = (0..<count).map { index in
        "\(topics[index % 18]) \(index): "
          + (0..<12).map { topics[(index * 7 + $0 * ($0 + index) + count) % 18] }
          .joined(separator: " ")
      }
      try folder.write(
        texts.enumerated().map { #"{"_id":"d\#($0)","text":"\#($1)"}"# + "\n" }.joined(),
        to: "\(name)/corpus.jsonl")
      try folder.write(
        (0..<24).map { #"{"_id":"q\#($0)","text":"\#(texts[$0 % count])"}"# + "\n" }.joined(),
        to: "\(name)/queries.jsonl")
      for (split, queries) in [("train", 12..<24), ("test", 0..<12)] {
        try folder.write(
          "query-id\tcorpus-id\tscore\n"
            + queries.map { "q\($0)\td\(($0 + $0 % 2) % count)\t1\n" }.joined(),
          to: "\(name)/qrels/\(split).tsv")
      }
    }

    /// Three collections, and an encoder that was tuned and saved here.
    private static func material() throws -> TemporaryFolder {
      let folder = try TemporaryFolder()
      for (name, count) in [("home", 36), ("away", 30), ("far", 24)] {
        try write(name, count, to: folder)
      }
      let source = CommittedNotebookTests.root + "/Tests/Fixtures/encoders/mean/"
      for file in TemporaryFolder.files(below: source) {
        try folder.write(try TemporaryFolder.bytes(at: source + file), to: "base/\(file)")
      }
      try folder.write(
        """
        ```poise
        home = load("home")
        ```

        ```poise
        small = tune_encoder(encoder("base"), on: home.train, corpus: home.corpus, batch: 4)
        ```

        """, to: "small.md")
      let run = try PoiseProgram.run(["run", "small.md"], in: folder)
      try #require(run.status == 0, "\(run.errors)")
      let saved = try PoiseProgram.run(
        ["save", "small.md", "small", "model", "--as", "hf"], in: folder)
      try #require(saved.status == 0, "\(saved.errors)")
      return folder
    }

    private static let names: [String: [String]] = [
      "retrieval-side-by-side": [],
      "tune-a-retriever": ["-p", "other=away", "-p", "third=far"],
    ]

    /// A document without what was measured on this machine.
    private static func withoutMeasured(_ text: String) -> String {
      var isMeasured = false
      return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
        if line.hasPrefix("<!-- poise:out "), line.hasSuffix(" measured -->") { isMeasured = true }
        defer { if line.hasPrefix("<!-- poise:end ") { isMeasured = false } }
        return !isMeasured
      }.joined(separator: "\n")
    }

    @Test(.timeLimit(.minutes(3)), arguments: names.keys.sorted())
    func aReducedRunIsReplayed(_ name: String) throws {
      let folder = try Self.material()
      let notebook = CommittedNotebookTests.root + "/notebooks/\(name).md"
      let parameters =
        ["-p", "data=home", "-p", "model=model"] + (try #require(Self.names[name]))
      let texts = try [1, 3].map { threads in
        try folder.write([], to: "run-\(threads)/made")
        let copy = "run-\(threads)/\(name).md"
        let outcome = try PoiseProgram.run(
          [
            "run", notebook, "-o", copy, "--store", folder("store-\(threads)"), "--threads",
            "\(threads)",
          ]
            + parameters, in: folder)
        try #require(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        return try folder.text(copy)
      }
      #expect(Self.withoutMeasured(texts[0]) == Self.withoutMeasured(texts[1]))
      let cells = texts[0].split(separator: "\n").filter { $0.hasPrefix("```poise") }.count
      let outputs = texts[0].split(separator: "\n").filter { $0.hasPrefix("<!-- poise:out ") }.count
      #expect(cells == outputs && cells >= 11)
      #expect(!texts[0].contains("error:"))
      #expect(!texts[0].contains(folder.path), "where the data lies has no place in a document")

      let replay = try PoiseProgram.run(
        ["check", "--replay", "run-1/\(name).md", "--store", folder("store-1"), "--threads", "2"]
          + parameters, in: folder)
      #expect(replay.status == 0, "\(replay.output)\(replay.errors)")
      let lines = replay.output.split(separator: "\n")
      #expect(lines.count >= cells, "\(replay.output)")
      for line in lines {
        #expect(line.hasSuffix(": same") || line.hasSuffix(": measured"), "\(line)")
      }
    }
  }
}
