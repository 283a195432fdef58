import Diagnostics
import Language
import Testing

/// A few verbs of the shapes that the workbench has.
let sampleVerbs: [VerbSignature] = [
  VerbSignature(
    "load", topic: "data", .compute, version: 3, summary: "Reads a data set.",
    example: "load(\"data\")",
    parameters: [
      .init("path", .path, positional: true, "where it is"),
      .init("limit", .number, default: "none", "how many"),
    ]
  ) { _ in .artifact("dataset") },
  VerbSignature(
    "read_all", topic: "data", .compute, summary: "Reads files.", example: "read_all([\"a\"])",
    parameters: [.init("paths", .union([.path, .list(.path)]), positional: true, "where they are")]
  ) { _ in .artifact("corpus") },
  VerbSignature(
    "bm25", topic: "retrieval", .compute, version: 2, summary: "An index.", example: "bm25(c)",
    parameters: [
      .init("corpus", .artifact("corpus"), positional: true, "documents"),
      .init("k1", .number, default: "0.9", "saturation"),
      .init("b", .number, default: "0.4", "length"),
      .init("stemmer", .string, default: "\"none\"", choices: ["none", "english"], "stems"),
    ]
  ) { _ in .artifact("index") },
  VerbSignature(
    "evaluate", topic: "evaluation", .compute, summary: "Scores.", example: "evaluate(i, on: q)",
    parameters: [
      .init("index", .artifact("index"), positional: true, "what is scored"),
      .init("on", .artifact("questions"), "the questions"),
      .init("k", .number, default: "10", "depth"),
      .init(
        "metrics", .list(.metric), default: "[\"mrr\"]", metrics: ["mrr", "ndcg@k", "recall@k"],
        "what is measured"),
      .init("reward", .function, default: "none", "a function"),
    ]
  ) { _ in .artifact("report") },
  VerbSignature(
    "over", topic: "evaluation", .compute, summary: "Seeds.", example: "over([1], f)",
    parameters: [
      .init("seeds", .list(.number), positional: true, "seeds"),
      .init("trial", .function, positional: true, "what to run"),
    ]
  ) { _ in .any },
  VerbSignature(
    "ledger", topic: "evaluation", .compute, summary: "Costs.", example: "ledger(x)",
    parameters: [.init("of", .any, positional: true, "what")], isMeasured: true
  ) { _ in .table },
  VerbSignature(
    "mean", topic: "tables", .compute, summary: "The mean.", example: "mean([1])",
    parameters: [.init("values", .list(.number), positional: true, "numbers")]
  ) { _ in .number },
  VerbSignature(
    "lora", topic: "training", .describe, summary: "Low rank.", example: "lora(rank: 8)",
    parameters: [.init("rank", .number, default: "8", "rank")]
  ) { _ in .option("lora") },
  VerbSignature(
    "exact", topic: "evaluation", .compute, summary: "Exact.", example: "exact(a, b)",
    parameters: [
      .init("answer", .string, positional: true, "a"),
      .init("gold", .string, positional: true, "b"),
    ]
  ) { _ in .number },
]

let sampleMembers = ArtifactMembers([
  "dataset": .init(members: [
    .init("corpus", .artifact("corpus")), .init("test", .artifact("questions")),
  ]),
  "report": .init(members: [.init("accuracy", .number)], isIndexedByString: true),
])

/// A notebook whose cells are separated by lines of dashes; 👉 marks where a diagnostic must point.
struct MarkedNotebook {
  let file: SourceFile
  let places: [Int]
  let cells: [CellSource]

  init(_ marked: String) {
    let cell = MarkedCell(marked)
    file = cell.file
    places = cell.places
    var cells: [CellSource] = []
    var start = 0
    for line in 0...file.lineStarts.count {
      let isEnd = line == file.lineStarts.count
      if !isEnd, file.text(file.lineRange(line)) != "---" { continue }
      let end = isEnd ? file.bytes.count : file.lineStarts[line]
      let parsed = parseCell(file, start..<max(start, end))
      #expect(parsed.diagnostics.isEmpty, "\(parsed.diagnostics)")
      cells.append(CellSource(id: "c\(cells.count)", statements: parsed.statements))
      start = isEnd ? end : file.lineRange(line).upperBound + 1
    }
    self.cells = cells
  }

  func check(
    _ overrides: [String: Constant] = [:], redefinitionAllowed: Bool = false
  ) -> CheckedNotebook {
    Checker(
      verbs: sampleVerbs, artifacts: sampleMembers, overrides: overrides,
      redefinitionAllowed: redefinitionAllowed
    ).check(cells)
  }
}

/// Expects exactly these findings, with the help after ` | `, at the marked places.
func expectFindings(
  _ marked: String, _ expected: [String], overrides: [String: Constant] = [:],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let notebook = MarkedNotebook(marked)
  let diagnostics = notebook.check(overrides).diagnostics
  let said = diagnostics.map { $0.message + ($0.help.map { " | \($0)" } ?? "") }
  #expect(said == expected, sourceLocation: sourceLocation)
  #expect(
    diagnostics.compactMap { $0.span?.lower } == notebook.places, sourceLocation: sourceLocation)
}
