import Bytes
import Corpora
import Execution

/// Lists of the engine as tables.
enum WorldTables {
  static func examples(_ examples: [NewFacts.Example]) -> Value {
    .table(
      columns: ["prompt", "completion", "person", "attribute", "date", "paraphrase", "exposure"],
      rows: examples.map {
        [
          .string($0.prompt), .string($0.completion), .string($0.person), .string($0.attribute),
          .string($0.date), .number(Double($0.paraphrase)), .number(Double($0.exposure)),
        ]
      })
  }

  /// Documents are records as `upsert` takes them; none where one is deleted.
  static func updates(_ updates: [NewFacts.Update]) -> Value {
    .table(
      columns: [
        "day", "date", "id", "document", "person", "attribute", "question", "answer", "previous",
      ],
      rows: updates.map { update in
        [
          .number(Double(update.day)), .string(update.date), .string(update.id),
          update.document.map(record) ?? .none, .string(update.person), .string(update.attribute),
          .string(update.question), update.answer.map { .string($0) } ?? .none,
          .string(update.previous),
        ]
      })
  }

  private static func record(_ document: Document) -> Value {
    .record(
      Record(
        [("id", .string(document.id)), ("text", .string(document.text))]
          + document.fields.all.map { ($0.name, .string($0.values.joined(separator: " "))) }))
  }

  static func lessons(_ lessons: Lessons) -> Value {
    let drawer = LessonDrawer(lessons)
    var stream = RandomStream(seed: lessons.seed, purpose: "lessons/shown")
    return .table(
      columns: ["kind", "text"],
      rows: Lessons.Kind.allCases.map { kind in
        [
          .string(kind.rawValue), .string(drawer.draw(kind, progress: 0, by: &stream).text),
        ]
      })
  }

  static func member(_ name: String, of world: World) -> Value? {
    switch name {
    case "count": return .number(Double(world.people.count))
    case "people":
      return .table(
        columns: ["name"] + world.attributes.map(\.name) + ["exposure", "decile"],
        rows: world.people.map { person in
          [.string(person.name)]
            + world.attributes.indices.map { attribute in
              world.value(attribute, of: person).map { .string($0) } ?? .none
            } + [.number(Double(person.exposure)), .number(Double(person.decile))]
        })
    case "companies":
      return .table(
        columns: ["name", "city"],
        rows: world.companies.map { [.string($0.name), .string($0.cityName)] })
    default: return nil
    }
  }

  static func member(_ name: String, of tables: FactTables) throws -> Value? {
    switch name {
    case "names": .list(try tables.names().map { .string($0) })
    case "schema": .string(try tables.schema())
    case "bytes": .number(Double(tables.bytes.count))
    default: nil
    }
  }

  /// What `describe` says of the kinds of this file.
  static func facts(of handle: ArtifactHandle) throws -> [(String, Value)] {
    switch handle.kind {
    case .world: return facts(of: try handle.object(as: World.self))
    case .lessons:
      let lessons = try handle.object(as: Lessons.self)
      return [
        ("passages at most", .number(Double(lessons.passages))),
        ("unanswerable", .number(lessons.unanswerable)),
      ] + facts(of: lessons.world)
    case .tables:
      let tables = try handle.object(as: FactTables.self)
      return try tables.names().map { name in
        let count = try tables.run("SELECT count(*) FROM \"\(name)\"").values.first
        return ("rows of \(name)", .number(count.flatMap(Double.init) ?? 0))
      } + [("bytes", .number(Double(tables.bytes.count)))]
    default: return []
    }
  }

  private static func facts(of world: World) -> [(String, Value)] {
    let meetings = world.people.map { Double($0.exposure) }
    return [
      ("people", .number(Double(world.people.count))),
      ("attributes", .number(Double(world.attributes.count))),
      ("companies", .number(Double(world.companies.count))),
      ("most meetings", .number(meetings.max() ?? 0)),
      ("meetings", .number(meetings.reduce(0, +))),
    ]
  }
}
