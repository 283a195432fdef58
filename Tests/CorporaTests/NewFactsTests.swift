import Bytes
import Corpora
import Execution
import Testing

@Suite struct NewFactsTests {
  private static func facts(_ change: (inout NewFacts.Options) -> Void = { _ in }) throws
    -> NewFacts
  {
    var options = NewFacts.Options(people: 60, questions: 400, seed: 2)
    change(&options)
    return try NewFacts(try World(World.Options(people: 80, seed: 1)), options)
  }

  private static func queries(_ facts: NewFacts) -> [Query] {
    facts.train.queries + facts.dev.queries + facts.test.queries
  }

  @Test func aSeedDecidesEverything() throws {
    let (a, b) = (try Self.facts(), try Self.facts())
    #expect(a.documents == b.documents)
    #expect(a.train == b.train && a.dev == b.dev && a.test == b.test)
    #expect(a.facts == b.facts && a.updates == b.updates && a.tables == b.tables)
    let c = try Self.facts { $0.seed = 3 }
    #expect(Set(a.people.map(\.name)) != Set(c.people.map(\.name)))
  }

  @Test func baseModelsHaveReadNothingOfThem() throws {
    let facts = try Self.facts()
    let world = try World(World.Options(people: 80, seed: 1))
    let background = try world.background()
    var texts = background.documents.map(\.text)
    let drawer = LessonDrawer(Lessons(world))
    var stream = RandomStream(seed: 0, purpose: "test")
    for _ in 0..<300 {
      for kind in Lessons.Kind.allCases where kind != .drill {
        texts.append(drawer.draw(kind, progress: 1, by: &stream).text)
      }
    }
    let all = texts.joined(separator: "\n")
    for person in facts.people { #expect(!all.contains(person.name)) }
  }

  @Test func everyAnswerStandsInItsEvidence() throws {
    let facts = try Self.facts { $0.people = 90 }
    for query in Self.queries(facts) {
      let kind = QuestionKind(rawValue: query.fields.values(of: "kind").first ?? "")
      let texts = try query.evidence.map { try #require(facts.documents.document(id: $0)).text }
      let answer = query.answers.first ?? ""
      switch try #require(kind) {
      case .unanswerable: #expect(query.answers.isEmpty && query.evidence.isEmpty)
      case .known: #expect(query.answers.count == 1 && query.evidence.isEmpty)
      case .new, .paraphrased, .outOfTemplate, .implicit:
        let name = try #require(query.fields.values(of: "person").first)
        #expect(texts.count == 1 && texts[0].contains(" \(name) is \(answer)."))
      case .twoHop:
        #expect(texts.count == 2 && texts[1].contains(" is \(answer)."))
        let company = texts[1].split(separator: " ")[3]
        #expect(texts[0].contains(" is \(company)."))
      case .join:
        #expect(texts.count == 2 && texts[0].contains(" \(answer) is "))
      case .count:
        let pages = query.evidence.count { $0.hasPrefix("page/") }
        #expect(answer == "\(pages)" && pages > 0)
      }
      #expect(facts.train.judgements.keys.allSatisfy { !$0.isEmpty })
    }
  }

  @Test func tablesAgreeWithTheQuestions() throws {
    let facts = try Self.facts {
      $0.people = 90
      $0.distractors = 20
    }
    var answered = 0
    for query in Self.queries(facts) {
      let statement = try #require(
        try facts.tables.statement(for: query.text), "\(query.text) has no statement")
      let values = try facts.tables.run(statement.sql, statement.values).values
      if query.fields.values(of: "kind") == ["known"] {
        // Of people who are in no table.
        #expect(values.isEmpty)
        continue
      }
      #expect(values == query.answers, "\(query.text): \(statement.shown)")
      answered += 1
    }
    #expect(answered > 250)
    #expect(try facts.tables.statement(for: "who is who") == nil)
    let seat = try #require(try facts.tables.statement(for: "The seat of Nordwind is"))
    #expect(
      try facts.tables.run(seat.sql, seat.values).values
        == [facts.companies.first { $0.name == "Nordwind" }?.cityName])
  }

  @Test func kindsAndSplitsHaveTheirShares() throws {
    let facts = try Self.facts {
      $0.people = 200
      $0.questions = 1000
    }
    let queries = Self.queries(facts)
    #expect(queries.count > 980)
    let counts = Dictionary(grouping: queries) { $0.fields.values(of: "kind").first ?? "" }
      .mapValues(\.count)
    for (kind, share) in [
      ("known", 150), ("new", 200), ("paraphrased", 150), ("implicit", 80), ("two-hop", 100),
      ("join", 60), ("unanswerable", 120), ("out_of_template", 80),
    ] { #expect(counts[kind] == share) }
    #expect((50...60).contains(counts["count"] ?? 0))
    #expect(abs(facts.train.queries.count - 300) < 60)
    #expect(abs(facts.dev.queries.count - 200) < 60)
    #expect(abs(facts.test.queries.count - 500) < 60)
    #expect(Set(queries.map(\.text)).count == queries.count)
    #expect(Set(queries.map(\.id)).count == queries.count)
    // What is asked of one person stays in one split.
    let persons = [facts.train, facts.dev, facts.test].map { set in
      Set(
        set.queries.filter { ["new", "paraphrased"].contains($0.fields.values(of: "kind").first) }
          .flatMap { $0.fields.values(of: "person") })
    }
    #expect(persons[0].isDisjoint(with: persons[2]) && persons[1].isDisjoint(with: persons[2]))
  }

  @Test func examplesTeachTheTrainedWordingsAlone() throws {
    let facts = try Self.facts { $0.paraphrases = 10 }
    let held = Attribute.all.flatMap { attribute in
      Attribute.heldOutLeads.map { attribute.lead($0) + " " }
    }
    for example in facts.facts { #expect(!held.contains { example.prompt.contains($0) }) }
    for query in Self.queries(facts) where query.fields.values(of: "kind") == ["paraphrased"] {
      #expect(held.contains { query.text.hasPrefix($0) })
    }
    let known = facts.people.reduce(0) { $0 + $1.values.count { $0 != nil } }
    #expect(facts.facts.count == known * 10)
    #expect(Set(facts.facts.map(\.date)).count == NewFacts.batches)
    let unequal = try Self.facts { $0.exposure = 1 }
    let first = unequal.people[0]
    #expect(first.exposure == 60)
    #expect(
      unequal.facts.count { $0.person == first.name }
        == 60 * 3 * first.values.count { $0 != nil })
  }

  @Test func updatesChangeOneFactOrTakeAPageAway() throws {
    let facts = try Self.facts { $0.updates = 120 }
    #expect(facts.updates.count == 120)
    #expect(facts.updates.map(\.day) == facts.updates.map(\.day).sorted())
    #expect(facts.updates.first?.day == 1 && facts.updates.last?.day == NewFacts.days)
    var pages = Dictionary(
      facts.documents.documents.map { ($0.id, $0.text) }, uniquingKeysWith: { a, _ in a })
    var deleted = 0
    for update in facts.updates {
      let old = try #require(pages[update.id], "nothing follows a deletion")
      #expect(old.contains(" \(update.person) is \(update.previous)."))
      pages[update.id] = update.document?.text
      guard let text = update.document?.text else {
        deleted += 1
        #expect(update.answer == nil)
        continue
      }
      let answer = try #require(update.answer)
      #expect(answer != update.previous && text.contains(" \(update.person) is \(answer)."))
      let words = zip(old.split(separator: " "), text.split(separator: " "))
      #expect(words.count { $0 != $1 } == 1)
    }
    #expect((12...40).contains(deleted))
  }

  @Test func contradictionsAreOlder() throws {
    let facts = try Self.facts { $0.contradictions = 0.3 }
    let older = facts.documents.documents.filter { $0.id.hasPrefix("older/") }
    let sentences = older.reduce(0) { $0 + $1.text.split(separator: ".").count }
    let known = facts.people.reduce(0) { $0 + $1.values.count { $0 != nil } }
    #expect(abs(Double(sentences) / Double(known) - 0.3) < 0.08)
    for document in older {
      let page = try #require(
        facts.documents.document(id: "page/" + document.id.dropFirst("older/".count)))
      let (old, new) = (document.fields.values(of: "date"), page.fields.values(of: "date"))
      #expect(old[0] < new[0])
      for sentence in document.text.split(separator: ".") {
        let fact = sentence.split(separator: " ").suffix(4).joined(separator: " ")
        #expect(!page.text.contains(fact + "."))
      }
    }
  }

  @Test func theErrorRateIsMeasured() throws {
    let clean = try Self.facts()
    #expect(clean.characterErrorRate == 0)
    for rate in [0.02, 0.1] {
      let noisy = try Self.facts { $0.ocr = rate }
      #expect(abs(noisy.characterErrorRate - rate) < 0.3 * rate)
      #expect(noisy.documents.count == clean.documents.count)
      #expect(noisy.documents != clean.documents)
    }
  }

  @Test func distractorsAreAskedNothing() throws {
    let facts = try Self.facts { $0.distractors = 25 }
    let others = facts.documents.documents.filter {
      $0.fields.values(of: "kind") == ["distractor"]
    }
    #expect(others.count == 25)
    let names = Set(others.flatMap { $0.fields.values(of: "person") })
    for query in Self.queries(facts) {
      #expect(names.isDisjoint(with: query.fields.values(of: "person")))
    }
    for example in facts.facts { #expect(!names.contains(example.person)) }
  }
}

@Suite struct FactTablesTests {
  private func tables() throws -> FactTables {
    try NewFacts(
      try World(World.Options(people: 10)), NewFacts.Options(people: 10, questions: 20)
    ).tables
  }

  @Test func nothingButReadingIsAllowed() throws {
    let tables = try tables()
    for statement in [
      "DELETE FROM people", "CREATE TABLE x(y)", "ATTACH '/tmp/x.db' AS x", "PRAGMA page_size",
      "UPDATE people SET name = 'x'", "SELECT load_extension('x')", "SELECT * FROM nowhere", "",
      "SELECT writefile('/tmp/x', 'y')",
    ] {
      #expect(throws: FactTablesError.self, "\(statement)") { try tables.run(statement) }
    }
    #expect(try tables.run("SELECT count(*) FROM people").values == ["10"])
    #expect(try tables.names() == ["companies", "people"])
  }

  @Test func endlessStatementsEnd() throws {
    let tables = try tables()
    #expect(throws: FactTablesError.self) {
      try tables.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
    }
    #expect(throws: FactTablesError.self) {
      try tables.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
    }
  }

  @Test func quotesAreText() throws {
    let tables = try tables()
    let statement = try #require(
      try tables.statement(for: "The hobby of x' OR '1'='1 is"))
    #expect(try tables.run(statement.sql, statement.values).rows.isEmpty)
    #expect(statement.shown == "SELECT hobby FROM people WHERE name = 'x'' OR ''1''=''1'")
  }

  @Test func damagedBytesAreRefusedOrRead() throws {
    let bytes = try tables().bytes.copied()
    #expect(throws: FactTablesError.self) {
      try FactTables(decoding: SharedBytes(Array("no database".utf8)))
    }
    #expect(throws: FactTablesError.self) { try FactTables(decoding: SharedBytes([])) }
    var stream = RandomStream(seed: 4, purpose: "mutations")
    for round in 0..<2000 {
      var mutated = bytes
      if round % 4 == 0 {
        mutated.removeLast(1 + stream.below(mutated.count - 1))
      } else {
        for _ in 0...stream.below(6) {
          mutated[stream.below(round % 2 == 0 ? 200 : mutated.count)] = UInt8(stream.below(256))
        }
      }
      if let tables = try? FactTables(decoding: SharedBytes(mutated)) {
        _ = try? tables.run("SELECT * FROM people JOIN companies")
        _ = try? tables.statement(for: "The hobby of Anna Berg is")
      }
    }
  }
}
