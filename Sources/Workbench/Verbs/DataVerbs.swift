import Artifacts
import Corpora
import Language

extension VerbLibrary {
  /// Reading collections, questions, runs and judgements from files.
  static var dataVerbs: [Verb] { [load, questions, readRun, readJudgements, judge] }

  private static let load = Verb(
    VerbSignature(
      "load", topic: "data", .compute, version: 2,
      summary: "Reads a collection: BEIR, SQuAD, MuSiQue, SMART, JSONL, or texts and Markdown.",
      example: "scifact = load(\"data/scifact\")",
      parameters: [
        .init("path", .path, positional: true, "A folder or file; the format is told from it."),
        .init(
          "words", .number, default: "120",
          "Target size in words of the passages that a folder of texts is split into."),
      ],
      result: { _ in
        .record(
          [.init("corpus", .artifact("corpus")), .init("found", .string)], isOpen: true)
      }),
    files: { try CollectionReader.detect(path: $0).files },
    // The files' bytes, their strings while they are split and judged, and the encoded corpus.
    estimate: { _, inputs in
      let bytes = inputs.values.flatMap(\.stamps).reduce(64 << 20) { sum, stamp in
        let (size, overflow) = stamp.size.multipliedReportingOverflow(by: 4)
        return overflow ? .max : sum.addingReportingOverflow(size).overflow ? .max : sum + size
      }
      return PlannedWork(memoryBytes: bytes)
    }
  ) { arguments, context in
    let input = try context.input("path")
    let words = try arguments.integer("words", in: 10...10_000)
    var detected = try CollectionReader.detect(path: input.path)
    // What the folder is called is not part of the key, so it can't be part of the result.
    detected.name = "collection"
    let loaded = try CollectionReader(passageWords: words).read(detected, context: context.work)
    var record = Record(headline: loaded.summary)
    record["corpus"] = try context.artifact(.corpus, loaded.corpus)
    for set in loaded.splits { record[set.name] = try context.artifact(.questions, set) }
    record["found"] = .string(loaded.summary)
    record["notes"] = .list(loaded.notes.map { .string("\($0)") })
    return .record(record)
  }

  private static let questions = Verb(
    VerbSignature(
      "questions", topic: "data", .compute, version: 3,
      summary: "Reads questions with answers and optional evidence from JSONL, JSON or CSV.",
      example: "pilot = questions(\"pilot.csv\")",
      parameters: [
        .init(
          "path", .path, positional: true,
          "A .jsonl, .json or .csv file with the fields question, answer and, optionally, evidence; "
            + "other fields, such as a subject's popularity, stay with the questions.")
      ],
      result: { _ in .artifact("questions") })
  ) { arguments, context in
    let input = try context.input("path")
    return try context.artifact(
      .questions, try QuestionsReader().read(path: input.path, context: context.work))
  }

  private static let readRun = Verb(
    VerbSignature(
      "run", topic: "data", .compute,
      summary: "Reads a TREC run file: what another system found.",
      example: "theirs = run(\"theirs.trec\")",
      parameters: [
        .init("path", .path, positional: true, "Lines of: query Q0 document rank score tag.")
      ],
      result: { _ in .artifact("run") })
  ) { arguments, context in
    try context.artifact(
      .run,
      try TRECFiles.readRun(path: try context.input("path").path, context: context.work))
  }

  private static let readJudgements = Verb(
    VerbSignature(
      "qrels", topic: "data", .compute, version: 2,
      summary: "Reads a TREC qrel file as judgements for the queries of a data set.",
      example: "judged = qrels(\"test.qrel\", scifact.test)",
      parameters: [
        .init("path", .path, positional: true, "Lines of: query 0 document grade."),
        .init(
          "queries", .artifact("questions"), positional: true,
          "The data set whose query texts the judgements belong to."),
      ],
      result: { _ in .artifact("questions") })
  ) { arguments, context in
    let queries = try arguments.handle("queries", .questions).object(as: JudgedSet.self)
    let grades = try TRECFiles.readJudgements(
      path: try context.input("path").path, context: context.work)
    return try context.artifact(
      .questions,
      JudgedSet(
        name: "judged", identity: "",
        queries: queries.queries.filter { grades[$0.id] != nil }, judgements: grades))
  }

  private static let judge = Verb(
    VerbSignature(
      "judge", topic: "data", .compute, version: 2,
      summary: "Makes a data set from judgements written by hand, checked against a corpus.",
      example: "judge(docs.corpus, [{query: \"how are keys made\", relevant: [\"a.md#keys\"]}])",
      parameters: [
        .init("corpus", .artifact("corpus"), positional: true, "Where the documents are."),
        .init(
          "judgements", .table, positional: true,
          "Records of query and relevant (ids, or a record a document with its grade), or of "
            + "query, document and grade."),
      ],
      result: { _ in .artifact("questions") })
  ) { arguments, context in
    let corpus = try arguments.handle("corpus", .corpus).object(as: Corpus.self)
    let set = try HandJudgements.set(
      from: try arguments.table("judgements"), parameter: "judgements", corpus: corpus)
    return try context.artifact(.questions, set)
  }
}
