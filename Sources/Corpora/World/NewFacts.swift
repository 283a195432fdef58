import Execution

/// Facts that no base model has met: about people whose names are new pairs of known words, so that
/// what a model says of them it must have read or been taught.
public struct NewFacts: Sendable {
  /// What facts are made from; equal options and worlds give equal facts.
  public struct Options: Sendable, Hashable {
    /// How many new people there are; those of distractors come on top. At most ``largest`` both.
    public var people: Int
    /// How many changes and deletions follow.
    public var updates: Int
    /// In how many ways the training examples say each fact; 1 to 10.
    public var paraphrases: Int
    /// The exponent of Zipf's law by which training examples repeat: 0 for once a paraphrase.
    public var exposure: Double
    /// How many questions are asked, about; all kinds together.
    public var questions: Int
    /// The share of facts that an older page contradicts.
    public var contradictions: Double
    /// The probability that a character of a document is misread.
    public var ocr: Double
    /// How many people nobody asks about have pages, too.
    public var distractors: Int
    /// What everything is drawn by.
    public var seed: UInt64

    /// Options from their parts.
    public init(
      people: Int = 100, updates: Int = 30, paraphrases: Int = 3, exposure: Double = 0,
      questions: Int = 600, contradictions: Double = 0, ocr: Double = 0, distractors: Int = 0,
      seed: UInt64 = 0
    ) {
      self.people = people
      self.updates = updates
      self.paraphrases = paraphrases
      self.exposure = exposure
      self.questions = questions
      self.contradictions = contradictions
      self.ocr = ocr
      self.distractors = distractors
      self.seed = seed
    }

    /// The most people and distractors together: there are not more pairs of names.
    public static let largest = 1000

    /// Checks every option.
    ///
    /// - Throws: ``WorldError`` for the first that is out of range.
    public func validate() throws(WorldError) {
      try WorldError.check("people", people, 2...Self.largest)
      try WorldError.check("distractors", distractors, 0...Self.largest - people)
      try WorldError.check("updates", updates, 0...10_000)
      try WorldError.check("paraphrases", paraphrases, 1...Attribute.heldOutLeads.lowerBound)
      try WorldError.check("exposure", exposure, 0...2)
      try WorldError.check("questions", questions, 20...20_000)
      try WorldError.check("contradictions", contradictions, 0...1)
      try WorldError.check("ocr", ocr, 0...0.5)
    }
  }

  /// A training example: a question and its answer, dated.
  public struct Example: Sendable, Hashable {
    /// What is read.
    public var prompt: String
    /// What is learned.
    public var completion: String
    /// Whom it is about.
    public var person: String
    /// What of them.
    public var attribute: String
    /// When it became known, ISO.
    public var date: String
    /// Which wording it has, from 0.
    public var paraphrase: Int
    /// How often the person is met.
    public var exposure: Int
  }

  /// A change of the documents, and the question that tells whether it arrived.
  public struct Update: Sendable, Hashable {
    /// Days from the first; 1 to ``NewFacts/days``.
    public var day: Int
    /// The day's date, ISO.
    public var date: String
    /// The document's id.
    public var id: String
    /// The new document; nil where it is taken away.
    public var document: Document?
    /// Whom it is about.
    public var person: String
    /// What of them.
    public var attribute: String
    /// What is asked.
    public var question: String
    /// The answer from that day on; nil where there is none any more.
    public var answer: String?
    /// The answer until then.
    public var previous: String
  }

  /// The days over which updates are spread.
  public static let days = 30
  /// The number of dates on which facts become known.
  public static let batches = 5

  /// What they were made from.
  public let options: Options
  /// The attributes of the world.
  public let attributes: [Attribute]
  /// The new people, most often met first, and after them those whom nobody asks about.
  public let people: [World.Person]
  /// For each of the people when their page was written, in days from 2025-01-01.
  public let dates: [Int]
  /// Every employer with its seat, other than in the world.
  public let companies: [World.Company]
  /// Training examples, by date.
  public let facts: [Example]
  /// A page a person and a row a company.
  public let documents: Corpus
  /// Questions with answers and evidence, in three splits.
  public let train, dev, test: JudgedSet
  /// Changes by day.
  public let updates: [Update]
  /// The same facts as tables.
  public let tables: FactTables
  /// Edits over characters in the documents' texts; 0 without noise.
  public let characterErrorRate: Double

  /// Makes new facts beside a world.
  ///
  /// - Throws: ``WorldError`` for options out of range; `FactTablesError` where SQLite fails.
  /// - Complexity: O(people × attributes × paraphrases + questions × people).
  public init(_ world: World, _ options: Options) throws {
    try options.validate()
    self.options = options
    attributes = world.attributes
    people = Self.people(world, options)
    dates = people.indices.map { index in
      index < options.people ? index * Self.batches / options.people * 6 : 0
    }
    companies = World.companies(seed: options.seed, purpose: "new facts/companies")
    let book = FactBook(
      options: options, world: world, people: people, dates: dates, companies: companies)
    facts = book.examples()
    var noise = TextNoise(rate: options.ocr, seed: options.seed)
    documents = try Corpus(
      name: "new facts",
      documents: book.documents().map { document in
        var document = document
        if options.ocr > 0 { document.text = noise.misread(document.text) }
        return document
      })
    characterErrorRate = noise.characterErrorRate
    let sets = QuestionDrawer(book).sets()
    (train, dev, test) = (sets.train, sets.dev, sets.test)
    updates = book.updates()
    tables = try FactTables(people: people, attributes: attributes, companies: companies) { index in
      CivilDate.iso(day: book.dates[index])
    }
  }

  private static func people(_ world: World, _ options: Options) -> [World.Person] {
    var names = RandomStream(seed: options.seed, purpose: "new facts/names")
    var pairs = NamePool.pairs(reserved: true)
    let count = options.people + options.distractors
    for index in 0..<count { pairs.swapAt(index, index + names.below(pairs.count - index)) }
    var values = RandomStream(seed: options.seed, purpose: "new facts/values")
    var gaps = RandomStream(seed: options.seed, purpose: "new facts/gaps")
    let exposures = Exposures(count: options.people, exponent: options.exposure)
    return (0..<count).map { index in
      var drawn: [Int?] = world.attributes.map { values.below($0.values.count) }
      // Of every fourth something is not known, so that there is something to refuse.
      let gap = gaps.below(4 * drawn.count)
      if drawn.indices.contains(gap) { drawn[gap] = nil }
      return World.Person(
        first: NamePool.first[pairs[index].first], last: NamePool.last[pairs[index].last],
        values: drawn, exposure: index < options.people ? exposures.counts[index] : 0,
        decile: index < options.people ? exposures.decile(ofRank: index) : 1)
    }
  }
}
