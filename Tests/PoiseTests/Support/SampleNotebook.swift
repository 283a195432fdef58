import Artifacts
import TestFolders
import Testing

/// A small notebook that uses all that a run can touch: files, an index, a table that goes into a
/// file of the assets folder, a plot, claims.
enum SampleNotebook {
  static let topics = [
    "zinc", "iron", "immunity", "retrieval", "weights", "memory", "balance", "river", "granite",
    "harbour", "kernel", "lattice", "meadow", "orbit", "pigment", "quarry", "signal", "timber",
  ]

  /// A folder of short texts; every topic is the subject of several.
  static func documents(_ count: Int) -> String {
    (0..<count).map { index in
      let subject = topics[index % topics.count]
      let words = (0..<40).map { topics[(index &* 7 &+ $0 &* ($0 &+ index)) % topics.count] }
      return #"{"_id": "d\#(index)", "title": "\#(subject) \#(index)", "text": "On \#(subject): "#
        + words.joined(separator: " ") + #" and \#(subject) again."}"# + "\n"
    }.joined()
  }

  static let cells = [
    "docs", "lexical", "plain", "find", "judged", "sweep", "figure", "long", "held",
  ]

  static let text = """
    # Sample

    Words before the first cell, \u{1F600} and a tab:\there.

    ```poise
    docs = load("docs.jsonl")
    ```

    ```poise
    lexical = bm25(docs.corpus)
    ```

    ```poise
    plain = bm25(docs.corpus, stem: none, stopwords: none)
    ```

    ```poise {#find}
    search(lexical, "zinc and immunity", k: 5)
    ```

    ```poise
    judged = judge(docs.corpus, [
      {query: "zinc", relevant: ["d0", "d18"]},
      {query: "iron and granite", relevant: ["d1", "d8"]},
      {query: "river harbour", relevant: ["d7"]},
    ])
    ```

    ## In between

    ```poise
    sweep = [{k: k, found: evaluate(lexical, on: judged, metrics: ["recall@{k}"])["recall@{k}"]}
      for k in [1, 5, 10, 50]]
    sweep
    ```

    ```poise {#figure}
    plot(sweep, x: "k", y: "found", kind: "bar")
    ```

    ```poise {#long}
    [{n: n, square: n * n, cube: n * n * n} for n in 1...4000]
    ```

    ```poise {#held}
    claim count(sweep) == 4 : "the sweep has four rows"
    ```

    The last line has no ending.
    """

  static func folder(documents count: Int = 300) throws -> TemporaryFolder {
    try TemporaryFolder(["docs.jsonl": documents(count), "notebook.md": text])
  }

  /// The saved document after each of its cells in turn: the only states that a run, however it
  /// ends, may leave behind. The first is the notebook without outputs.
  static func states(documents count: Int = 300) throws -> [[UInt8]] {
    let folder = try folder(documents: count)
    var states = [try folder.read("notebook.md")]
    for cell in cells {
      let outcome = try PoiseProgram.run(["run", "notebook.md", "--until", cell], in: folder)
      try #require(outcome.status == 0, "\(cell): \(outcome.errors)")
      states.append(try folder.read("notebook.md"))
    }
    try #require(Set(states).count == cells.count + 1)
    return states
  }
}

/// Opens the store of a folder as another process would and checks every byte in it.
func expectSoundStore(
  _ folder: TemporaryFolder, _ name: String = "artifacts",
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let log = IssueLog()
  let store = try ArtifactStore.open(at: folder(name), create: false) { log.add($0) }
  let report = try store.verify()
  #expect(report.isSound, "\(report)", sourceLocation: sourceLocation)
  #expect(log.issues.isEmpty, "\(log.issues)", sourceLocation: sourceLocation)
}
