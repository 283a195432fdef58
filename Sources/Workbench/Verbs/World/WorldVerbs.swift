import Corpora
import Language

extension VerbLibrary {
  /// Synthetic worlds, what is new in them, and lessons about them.
  static var worldVerbs: [Verb] { [synthesize, newFacts, lessons, examine, rows] }

  private static let synthesize = Verb(
    VerbSignature(
      "synthesize", topic: "worlds", .compute,
      summary: "Makes a synthetic world of people whose every fact is known exactly.",
      example: "world = synthesize(people: 400, attributes: 6, seed: 7)",
      parameters: [
        .init("people", .number, default: "400", "How many people it has; 2 to 2,000."),
        .init(
          "attributes", .number, default: "6",
          "What each has one of, in this order: "
            + Attribute.all.map(\.name).joined(separator: ", ") + "."),
        .init(
          "exposure", .number, default: "1",
          "Zipf's exponent: how unequally often people are met; 0 for equally, 2 at most, in "
            + "steps of 0.25."),
        .init(
          "paraphrases", .number, default: "3",
          "In how many ways the background says a fact; 1 to 10."),
        .init("seed", .number, default: "0", "What names and values are drawn by."),
      ],
      result: { _ in
        .record(
          [
            .init("background", .artifact("corpus")), .init("questions", .artifact("questions")),
            .init("world", .artifact("world")), .init("found", .string),
          ], isOpen: false)
      })
  ) { arguments, context in
    let world = try World(
      World.Options(
        people: try arguments.integer("people", in: 2...World.Options.largest),
        attributes: try arguments.integer("attributes", in: 2...Attribute.all.count),
        exposure: try exponent(arguments),
        paraphrases: try arguments.integer(
          "paraphrases", in: 1...Attribute.heldOutLeads.lowerBound),
        seed: UInt64(try arguments.integer("seed", in: 0...Int(1) << 53))))
    let questions = world.questions()
    let found =
      "a world of \(counted(world.people.count, "person", "people")) with "
      + "\(grouped(questions.queries.count)) facts"
    var record = Record(headline: found)
    record["background"] = try context.artifact(.corpus, try world.background())
    record["questions"] = try context.artifact(.questions, questions)
    record["world"] = try context.artifact(.world, world)
    record["found"] = .string(found)
    return .record(record)
  }

  private static let newFacts = Verb(
    VerbSignature(
      "new_facts", topic: "worlds", .compute,
      summary: "Facts that no base model has met: examples, pages, questions, updates, tables.",
      example: "fresh = new_facts(world, people: 100, updates: 30, seed: 1)",
      parameters: [
        .init(
          "world", worldType, positional: true,
          "What synthesize gave: the questions of kind known are about its people."),
        .init("people", .number, default: "100", "How many new people there are."),
        .init("updates", .number, default: "30", "How many changes and deletions follow."),
        .init(
          "paraphrases", .number, default: "3",
          "In how many ways the training examples say each fact; 1 to 10."),
        .init(
          "exposure", .number, default: "0",
          "Zipf's exponent by which training examples repeat; 0 for once a paraphrase."),
        .init("questions", .number, default: "600", "How many questions are asked, about."),
        .init(
          "contradictions", .number, default: "0",
          "The share of facts that an older page contradicts."),
        .init(
          "ocr", .number, default: "0",
          "The probability that a character of a document is misread; up to 0.5."),
        .init(
          "distractors", .number, default: "0",
          "How many people nobody asks about have pages, too."),
        .init("seed", .number, default: "0", "What everything is drawn by."),
      ],
      result: { _ in
        .record(
          [
            .init("facts", .table), .init("documents", .artifact("corpus")),
            .init(
              "questions",
              .record(
                ["train", "dev", "test"].map { .init($0, .artifact("questions")) }, isOpen: false)),
            .init("updates", .table), .init("tables", .artifact("tables")),
            .init("character_error_rate", .number), .init("found", .string),
          ], isOpen: false)
      })
  ) { arguments, context in
    let facts = try NewFacts(
      try world(arguments).object(as: World.self),
      NewFacts.Options(
        people: try arguments.integer("people", in: 2...NewFacts.Options.largest),
        updates: try arguments.integer("updates", in: 0...10_000),
        paraphrases: try arguments.integer(
          "paraphrases", in: 1...Attribute.heldOutLeads.lowerBound),
        exposure: try exponent(arguments),
        questions: try arguments.integer("questions", in: 20...20_000),
        contradictions: try share(arguments, "contradictions", atMost: 1),
        ocr: try share(arguments, "ocr", atMost: 0.5),
        distractors: try arguments.integer("distractors", in: 0...NewFacts.Options.largest),
        seed: UInt64(try arguments.integer("seed", in: 0...Int(1) << 53))))
    guard facts.facts.count <= ValueBudget.itemLimit else {
      throw VerbError(
        "there would be \(grouped(facts.facts.count)) training examples, more than "
          + grouped(ValueBudget.itemLimit), parameter: "exposure",
        help: "ask for fewer people or paraphrases, or a smaller exposure")
    }
    var questions = Record()
    for set in [facts.train, facts.dev, facts.test] {
      questions[set.name] = try context.artifact(.questions, set)
    }
    let found =
      "new facts about \(counted(facts.options.people, "person", "people")): "
      + "\(counted(facts.documents.count, "document")), "
      + "\(counted(facts.facts.count, "training example")), "
      + "\(counted(facts.updates.count, "update"))"
    var record = Record(headline: found)
    record["facts"] = WorldTables.examples(facts.facts)
    record["documents"] = try context.artifact(.corpus, facts.documents)
    record["questions"] = .record(questions)
    record["updates"] = WorldTables.updates(facts.updates)
    record["tables"] = try context.artifact(.tables, facts.tables)
    record["character_error_rate"] = .number(facts.characterErrorRate)
    record["found"] = .string(found)
    return .record(record)
  }

  private static let lessons = Verb(
    VerbSignature(
      "lessons", topic: "worlds", .compute, version: 2,
      summary: "What teaches a base model to read and to know a world's people; for pretrain.",
      example: "base = pretrain(lessons(world), context: 640, rope_base: 1e6, steps: 1500)",
      parameters: [
        .init("world", worldType, positional: true, "What synthesize gave."),
        .init("passages", .number, default: "8", "The most passages of a context; 1 to 64."),
        .init(
          "unanswerable", .number, default: "0.15",
          "The share of open-book questions that the context does not answer."),
        .init("seed", .number, default: "0", "What lessons are drawn by."),
      ],
      result: { _ in .artifact("lessons") })
  ) { arguments, context in
    try context.artifact(
      .lessons,
      Lessons(
        try world(arguments).object(as: World.self),
        passages: try arguments.integer("passages", in: 1...Lessons.mostPassages),
        unanswerable: try share(arguments, "unanswerable", atMost: 1),
        seed: UInt64(try arguments.integer("seed", in: 0...Int(1) << 53))))
  }

  private static let rows = Verb(
    VerbSignature(
      "rows", topic: "worlds", .compute,
      summary: "The rows that a SELECT finds in tables; nothing else can be run there.",
      example:
        "rows(fresh.tables, \"SELECT city, count(*) AS firms FROM companies GROUP BY city\")",
      parameters: [
        .init("tables", .artifact("tables"), positional: true, "Such as those of new_facts."),
        .init("sql", .string, positional: true, "One SELECT of SQLite."),
      ],
      result: { _ in .table })
  ) { arguments, context in
    let tables = try arguments.handle("tables", .tables).object(as: FactTables.self)
    do {
      let answer = try tables.run(try arguments.string("sql"))
      return .table(
        columns: answer.columns,
        rows: answer.rows.map { row in row.map { $0.map { .string($0) } ?? .none } })
    } catch let error as FactTablesError {
      throw VerbError(error.message, parameter: "sql")
    }
  }

  /// What `synthesize` gives, as a parameter.
  static let worldType = StaticType.record(
    [.init("world", .artifact("world"))], isOpen: true)

  static func world(_ arguments: Arguments) throws -> ArtifactHandle {
    guard arguments.isKnown("world"), case .record(let record) = arguments["world"],
      case .artifact(let handle)? = record["world"], handle.kind == .world
    else {
      // The plan's own error where it has to be computed first.
      return try arguments.handle("world", .world)
    }
    return handle
  }

  private static func exponent(_ arguments: Arguments) throws -> Double {
    let value = try arguments.number("exposure")
    guard (0...2).contains(value), (value * 4).rounded() == value * 4 else {
      throw VerbError(
        "expected a number from 0 to 2 in steps of 0.25, got \(formatNumber(value))",
        parameter: "exposure")
    }
    return value
  }

  private static func share(
    _ arguments: Arguments, _ name: String, atMost limit: Double
  ) throws -> Double {
    let value = try arguments.number(name)
    guard (0...limit).contains(value) else {
      throw VerbError(
        "expected a number from 0 to \(formatNumber(limit)), got \(formatNumber(value))",
        parameter: name)
    }
    return value
  }
}
