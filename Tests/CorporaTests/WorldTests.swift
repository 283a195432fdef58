import Bytes
import Corpora
import Execution
import Testing

@Suite struct WorldTests {
  @Test func aSeedDecidesEverything() throws {
    let options = World.Options(people: 60, seed: 3)
    #expect(try World(options).encoded() == World(options).encoded())
    let others = try World(World.Options(people: 60, seed: 4))
    #expect(try Set(World(options).people.map(\.name)) != Set(others.people.map(\.name)))
    #expect(try World(options).background() == World(options).background())
    #expect(try World(options).questions() == World(options).questions())
  }

  @Test func namesAreUniqueAndOfTheBasesPart() throws {
    let world = try World(World.Options(people: World.Options.largest))
    let names = world.people.map(\.name)
    #expect(Set(names).count == World.Options.largest)
    // Nobody who is new can have a name of the world, whatever the seeds.
    let news = try NewFacts(world, NewFacts.Options(people: 900, distractors: 100, seed: 9))
    #expect(Set(news.people.map(\.name)).count == 1000)
    #expect(Set(names).isDisjoint(with: news.people.map(\.name)))
  }

  @Test func valuesBelongToOneAttribute() {
    let values = Attribute.all.flatMap(\.values)
    #expect(Set(values).count == values.count)
    let nouns = Attribute.all.flatMap(\.nouns)
    #expect(Set(nouns).count == nouns.count)
    #expect(values.allSatisfy { !$0.contains(" ") })
    for attribute in Attribute.all {
      #expect(attribute.nouns.count == 4)
      #expect(Set(attribute.leads).count == Attribute.leadCount)
    }
  }

  @Test func exposureFollowsZipf() throws {
    let world = try World(World.Options(people: 100, exposure: 1))
    #expect(world.people.first?.exposure == 100)
    #expect(world.people[9].exposure == 10)
    #expect(world.people.last?.exposure == 1)
    #expect(world.people.first?.decile == 10)
    #expect(world.people.last?.decile == 1)
    for decile in 1...10 { #expect(world.people.count { $0.decile == decile } == 10) }
    let even = try World(World.Options(people: 100, exposure: 0))
    #expect(even.people.allSatisfy { $0.exposure == 1 })
    let square = try World(World.Options(people: 10, exposure: 2))
    #expect(
      square.people.map(\.exposure) == (1...10).map { Int((100.0 / Double($0 * $0)).rounded()) })
  }

  @Test func theBackgroundAsksAsOftenAsPeopleAreMet() throws {
    let world = try World(World.Options(people: 30, paraphrases: 2))
    let background = try world.background()
    for person in world.people {
      let own = background.documents.filter { $0.fields.values(of: "person") == [person.name] }
      #expect(own.count == 1 + person.exposure)
      for document in own {
        #expect(document.text.contains(" \(person.name) is "))
        #expect(!document.text.contains("Stated"))
      }
    }
  }

  @Test func questionsSayWhoseTheyAre() throws {
    let world = try World(World.Options(people: 20, attributes: 3))
    let set = world.questions()
    #expect(set.queries.count == 60)
    for query in set.queries {
      let name = try #require(query.fields.values(of: "person").first)
      let person = try #require(world.people.first { $0.name == name })
      let attribute = try #require(
        world.attributes.firstIndex { query.fields.values(of: "attribute") == [$0.name] })
      #expect(query.answers == [world.value(attribute, of: person)])
      #expect(query.fields.values(of: "exposure") == ["\(person.exposure)"])
      #expect(query.fields.values(of: "decile") == ["\(person.decile)"])
      #expect(query.text.hasSuffix("\(name) is"))
    }
  }

  @Test func optionsOutOfRangeAreExplained() {
    #expect(throws: WorldError.option(name: "people", got: "1", allowed: "from 2 to 2000")) {
      try World(World.Options(people: 1))
    }
    #expect(throws: WorldError.self) { try World(World.Options(attributes: 11)) }
    #expect(throws: WorldError.self) { try World(World.Options(exposure: .nan)) }
    let world = try? World(World.Options(people: 10))
    #expect(throws: WorldError.self) {
      if let world { _ = try NewFacts(world, NewFacts.Options(people: 990, distractors: 11)) }
    }
  }

  @Test func storedWorldsComeBack() throws {
    let world = try World(World.Options(people: 12, attributes: 3, seed: 5))
    #expect(try World(decoding: world.encoded()) == world)
    let lessons = Lessons(world, passages: 5, unanswerable: 0.25, seed: 8)
    #expect(try Lessons(decoding: lessons.encoded()) == lessons)
  }

  @Test func hostileBytesAreRefused() throws {
    let world = try World(World.Options(people: 6, attributes: 3, seed: 5))
    var stream = RandomStream(seed: 1, purpose: "mutations")
    for bytes in [world.encoded(), Lessons(world).encoded()] {
      for _ in 0..<2000 {
        var mutated = bytes
        switch stream.below(3) {
        case 0: mutated.removeLast(1 + stream.below(mutated.count - 1))
        case 1: mutated.append(UInt8(stream.below(256)))
        default:
          for _ in 0...stream.below(4) {
            mutated[stream.below(mutated.count)] = UInt8(stream.below(256))
          }
        }
        _ = try? World(decoding: mutated)
        _ = try? Lessons(decoding: mutated)
      }
    }
  }
}
