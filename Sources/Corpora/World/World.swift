import Execution

/// A synthetic world whose every fact is known exactly: people with attributes, and the companies
/// that employ them.
///
/// It is what a base model is brought up on. People are met as often as Zipf's law has it, so that
/// some are known well and most are not.
public struct World: Sendable, Hashable {
  /// What a world is made from; equal options give equal worlds.
  public struct Options: Sendable, Hashable {
    /// How many people it has; at most ``largest``.
    public var people: Int
    /// How many attributes each has, the first of ``Attribute/all``.
    public var attributes: Int
    /// The exponent s of Zipf's law: the person of rank r is met people^s / r^s times, rounded, so
    /// the rarest once. 0 meets everybody equally often.
    public var exposure: Double
    /// In how many ways a fact is said in the background; 1 to 10.
    public var paraphrases: Int
    /// What names, values and ranks are drawn by.
    public var seed: UInt64

    /// Options from their parts.
    public init(
      people: Int = 400, attributes: Int = 6, exposure: Double = 1, paraphrases: Int = 3,
      seed: UInt64 = 0
    ) {
      self.people = people
      self.attributes = attributes
      self.exposure = exposure
      self.paraphrases = paraphrases
      self.seed = seed
    }

    /// The most people that a world can have: there are not more pairs of names.
    public static let largest = 2000
  }

  /// Somebody.
  public struct Person: Sendable, Hashable {
    /// The first name.
    public var first: String
    /// The last name.
    public var last: String
    /// For each attribute the number of the value; nil where it is not known of this person.
    public var values: [Int?]
    /// How often the person is met: 1 for the rarest.
    public var exposure: Int
    /// 1 for the tenth of the people that is met least, to 10.
    public var decile: Int

    /// First and last name.
    public var name: String { "\(first) \(last)" }
  }

  /// A firm.
  public struct Company: Sendable, Hashable {
    /// Its name, a value of ``Attribute/employer``.
    public var name: String
    /// The number of its seat among the values of ``Attribute/birthplace``.
    public var city: Int

    /// The seat's name.
    public var cityName: String { Attribute.birthplace.values[city] }
  }

  /// What it was made from.
  public let options: Options
  /// What each person has one of.
  public let attributes: [Attribute]
  /// Everybody, most often met first.
  public let people: [Person]
  /// Every employer.
  public let companies: [Company]

  init(options: Options, people: [Person], companies: [Company]) {
    self.options = options
    attributes = Attribute.first(options.attributes)
    self.people = people
    self.companies = companies
  }

  /// Makes a world.
  ///
  /// - Throws: ``WorldError`` for options out of range.
  /// - Complexity: Linear in people × attributes.
  public init(_ options: Options) throws(WorldError) {
    try options.validate()
    var names = RandomStream(seed: options.seed, purpose: "world/names")
    var pairs = NamePool.pairs(reserved: false)
    for index in 0..<options.people {
      pairs.swapAt(index, index + names.below(pairs.count - index))
    }
    let attributes = Attribute.first(options.attributes)
    var values = RandomStream(seed: options.seed, purpose: "world/values")
    let exposures = Exposures(count: options.people, exponent: options.exposure)
    let people = (0..<options.people).map { index in
      Person(
        first: NamePool.first[pairs[index].first], last: NamePool.last[pairs[index].last],
        values: attributes.map { values.below($0.values.count) },
        exposure: exposures.counts[index], decile: exposures.decile(ofRank: index))
    }
    self.init(
      options: options, people: people,
      companies: Self.companies(seed: options.seed, purpose: "world/companies"))
  }

  static func companies(seed: UInt64, purpose: String) -> [Company] {
    var stream = RandomStream(seed: seed, purpose: purpose)
    return Attribute.employer.values.map {
      Company(name: $0, city: stream.below(Attribute.birthplace.values.count))
    }
  }

  /// The value of a person's attribute; nil where it is not known.
  public func value(_ attribute: Int, of person: Person) -> String? {
    guard attributes.indices.contains(attribute), person.values.indices.contains(attribute)
    else { return nil }
    return person.values[attribute].map { attributes[attribute].values[$0] }
  }
}

/// How often each of a number of people is met.
struct Exposures {
  let counts: [Int]

  /// Exposures by Zipf's law with an exponent, 0 for once each.
  init(count: Int, exponent: Double) {
    // Products instead of pow keep the numbers the same on every machine: s is in steps of ¼.
    let quarters = Int((exponent * 4).rounded())
    counts = (1...max(1, count)).map { rank in
      let ratio = (Double(count) / Double(rank)).squareRoot().squareRoot()
      var times = 1.0
      for _ in 0..<quarters { times *= ratio }
      return max(1, Int(min(times.rounded(), 1e6)))
    }
  }

  /// 10 for the tenth of the ranks that is met most.
  func decile(ofRank rank: Int) -> Int { 10 - min(9, rank * 10 / max(1, counts.count)) }
}

/// What a world can't be made from.
public enum WorldError: Error, Hashable, Sendable {
  /// An option outside what it may be.
  case option(name: String, got: String, allowed: String)
}

extension WorldError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .option(let name, let got, let allowed): "\(name) is \(allowed), got \(got)"
    }
  }
}

extension World.Options {
  /// Checks every option.
  ///
  /// - Throws: ``WorldError`` for the first that is out of range.
  public func validate() throws(WorldError) {
    try WorldError.check("people", people, 2...Self.largest)
    try WorldError.check("attributes", attributes, 2...Attribute.all.count)
    try WorldError.check("paraphrases", paraphrases, 1...Attribute.heldOutLeads.lowerBound)
    try WorldError.check("exposure", exposure, 0...2)
  }
}

extension WorldError {
  static func check<T: Comparable>(
    _ name: String, _ got: T, _ allowed: ClosedRange<T>
  ) throws(WorldError) {
    guard allowed.contains(got) else {
      throw .option(
        name: name, got: "\(got)",
        allowed: "from \(allowed.lowerBound) to \(allowed.upperBound)")
    }
  }
}
