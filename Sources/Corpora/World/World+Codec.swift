import Bytes

extension World {
  private static let magic: StaticString = "poiseWLD"
  private static let version: UInt32 = 1

  /// The stored form: options, people, companies. Equal worlds have equal bytes.
  public func encoded() -> [UInt8] {
    var writer = BinaryWriter(magic: Self.magic, version: Self.version)
    write(to: &writer)
    return writer.bytes
  }

  func write(to writer: inout BinaryWriter) {
    writer.put(UInt32(options.people))
    writer.put(UInt32(options.attributes))
    writer.put(options.exposure)
    writer.put(UInt32(options.paraphrases))
    writer.put(options.seed)
    for person in people {
      writer.put(person.first)
      writer.put(person.last)
      for value in person.values { writer.put(Int32(value ?? -1)) }
      writer.put(UInt32(person.exposure))
      writer.put(UInt8(person.decile))
    }
    writer.put(UInt64(companies.count))
    for company in companies {
      writer.put(company.name)
      writer.put(UInt32(company.city))
    }
  }

  /// Reads a stored world.
  ///
  /// - Throws: ``BinaryCodingError`` for anything ``encoded()`` does not write.
  public init(decoding bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { bytes throws -> World in
      var reader = try BinaryReader(
        bytes, magic: Self.magic, version: Self.version, format: "world")
      let world = try World(from: &reader)
      try reader.end()
      return world
    }
  }

  init(from reader: inout BinaryReader) throws {
    func invalid(_ what: String) -> BinaryCodingError {
      .invalid(format: reader.format, what: what)
    }
    let options = Options(
      people: Int(try reader.number(UInt32.self)), attributes: Int(try reader.number(UInt32.self)),
      exposure: try reader.double(), paraphrases: Int(try reader.number(UInt32.self)),
      seed: try reader.number(UInt64.self))
    do { try options.validate() } catch { throw invalid("\(error)") }
    let attributes = Attribute.first(options.attributes)
    var people: [Person] = []
    for _ in 0..<options.people {
      let (first, last) = (try reader.string(), try reader.string())
      let values = try attributes.map { attribute -> Int? in
        let value = Int(try reader.number(Int32.self))
        guard value < attribute.values.count else { throw invalid("a value is out of range") }
        return value < 0 ? nil : value
      }
      let exposure = Int(try reader.number(UInt32.self))
      let decile = Int(try reader.number(UInt8.self))
      guard 1...10_000_000 ~= exposure, 1...10 ~= decile else {
        throw invalid("an exposure is out of range")
      }
      people.append(
        Person(first: first, last: last, values: values, exposure: exposure, decile: decile))
    }
    let companies = try (0..<(try reader.count(each: 12))).map { _ in
      let name = try reader.string()
      let city = Int(try reader.number(UInt32.self))
      guard city < Attribute.birthplace.values.count else { throw invalid("a seat is unknown") }
      return Company(name: name, city: city)
    }
    guard companies.count == Attribute.employer.values.count else {
      throw invalid("employers are missing")
    }
    self.init(options: options, people: people, companies: companies)
  }
}

extension Lessons {
  private static let magic: StaticString = "poiseLSN"
  /// Goes up whenever other lessons are drawn for the same numbers, since what is stored is how
  /// they are drawn and not the lessons.
  private static let version: UInt32 = 2

  /// The stored form: the world, and how lessons are drawn. Equal lessons have equal bytes.
  public func encoded() -> [UInt8] {
    var writer = BinaryWriter(magic: Self.magic, version: Self.version)
    writer.put(UInt32(passages))
    writer.put(unanswerable)
    writer.put(seed)
    world.write(to: &writer)
    return writer.bytes
  }

  /// Reads stored lessons.
  ///
  /// - Throws: ``BinaryCodingError`` for anything ``encoded()`` does not write.
  public init(decoding bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { bytes throws -> Lessons in
      var reader = try BinaryReader(
        bytes, magic: Self.magic, version: Self.version, format: "course of lessons")
      let passages = Int(try reader.number(UInt32.self))
      let unanswerable = try reader.double()
      let seed = try reader.number(UInt64.self)
      guard 1...Lessons.mostPassages ~= passages, 0...1 ~= unanswerable else {
        throw BinaryCodingError.invalid(format: reader.format, what: "a number is out of range")
      }
      let world = try World(from: &reader)
      try reader.end()
      return Lessons(world, passages: passages, unanswerable: unanswerable, seed: seed)
    }
  }
}
