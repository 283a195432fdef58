public import Execution

/// What a base model is brought up on, drawn anew at every step: it never sees a context twice, so
/// that it has to learn to read.
///
/// There are five kinds. *Drills* are random words said twice: what makes heads appear that find
/// something again (Olsson et al. 2022). *Restatements* say the facts of a context again in another
/// order. *Open-book questions* are about people who never recur, some not answered in the context.
/// *Closed-book questions* and *pages* are about the world's own people, as often as these are met.
/// Early contexts are short.
public struct Lessons: Sendable, Hashable {
  /// The kinds of lessons.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case drill, restatement
    case openBook = "open book"
    case closedBook = "closed book"
    case page
  }

  /// One sequence: stretches of text, and whether each is to be learned or only read.
  public struct Lesson: Sendable, Hashable {
    /// A stretch; all but the first begin with a space or line break.
    public struct Part: Sendable, Hashable {
      /// The text.
      public var text: String
      /// Whether it is learned.
      public var isLearned: Bool
      /// Whether the text ends after it, which is learned, too.
      public var ends: Bool
    }

    /// What it is.
    public let kind: Kind
    /// Its stretches in order.
    public var parts: [Part] = []

    mutating func read(_ text: String) {
      parts.append(Part(text: text, isLearned: false, ends: false))
    }
    mutating func learn(_ text: String, ends: Bool = false) {
      parts.append(Part(text: text, isLearned: true, ends: ends))
    }

    /// All of its text.
    public var text: String { parts.map(\.text).joined() }
  }

  /// The shares of the kinds, in tokens.
  public struct Mixture: Sendable, Hashable {
    /// In the order of ``Lessons/Kind/allCases``; they need not add up to 1.
    public var shares: [Double]

    /// Shares by kind.
    public init(
      drill: Double, restatement: Double, openBook: Double, closedBook: Double, page: Double
    ) {
      shares = [drill, restatement, openBook, closedBook, page]
    }

    /// Until contexts can be read.
    public static let early = Mixture(
      drill: 0.3, restatement: 0.15, openBook: 0.45, closedBook: 0.08, page: 0.02)
    /// After that.
    public static let late = Mixture(
      drill: 0.08, restatement: 0.07, openBook: 0.6, closedBook: 0.2, page: 0.05)
  }

  /// The most passages that a context of lessons may have.
  public static let mostPassages = 64

  /// Whose people the closed-book questions and pages are about.
  public let world: World
  /// The most passages of a context.
  public let passages: Int
  /// The share of open-book questions that the context does not answer.
  public let unanswerable: Double
  /// What lessons are drawn by.
  public let seed: UInt64

  /// Lessons of a world.
  public init(
    _ world: World, passages: Int = 8, unanswerable: Double = 0.15, seed: UInt64 = 0
  ) {
    self.world = world
    self.passages = max(1, passages)
    self.unanswerable = unanswerable
    self.seed = seed
  }
}

/// Draws lessons one after the other from a stream.
public struct LessonDrawer: Sendable {
  private let lessons: Lessons
  private let taken: Set<String>
  /// Running sums of how often the world's people are met.
  private let meetings: [Int]
  private let words: [String]
  private let template = PromptTemplate.standard

  /// A drawer of lessons.
  public init(_ lessons: Lessons) {
    self.lessons = lessons
    taken = Set(lessons.world.people.map(\.name))
    var sum = 0
    meetings = lessons.world.people.map {
      sum += $0.exposure
      return sum
    }
    let attributes = lessons.world.attributes
    words =
      attributes.flatMap { $0.values + $0.nouns } + NamePool.first + NamePool.last
  }

  /// A lesson.
  ///
  /// - Parameters:
  ///   - kind: Which.
  ///   - progress: How far training is, from 0 to 1; contexts grow with it.
  ///   - stream: What it is drawn by.
  /// - Returns: The lesson.
  public func draw(
    _ kind: Lessons.Kind, progress: Double, by stream: inout RandomStream
  ) -> Lessons.Lesson {
    var lesson = Lessons.Lesson(kind: kind)
    switch kind {
    case .drill: drill(&lesson, &stream)
    case .restatement: restatement(&lesson, progress, &stream)
    case .openBook: openBook(&lesson, progress, &stream)
    case .closedBook: closedBook(&lesson, &stream)
    case .page: page(&lesson, &stream)
    }
    return lesson
  }

  private func drill(_ lesson: inout Lessons.Lesson, _ stream: inout RandomStream) {
    let count = 8 + stream.below(33)
    let drawn = (0..<count).map { _ in " " + words[stream.below(words.count)] }.joined()
    lesson.read(drawn)
    lesson.learn(drawn)
  }

  private func closedBook(_ lesson: inout Lessons.Lesson, _ stream: inout RandomStream) {
    let world = lessons.world
    let person = metPerson(&stream)
    let attribute = stream.below(world.attributes.count)
    let lead = world.attributes[attribute].lead(stream.below(Attribute.leadCount))
    lesson.read(template.prompt(question: Wording.question(lead, of: person.name)))
    lesson.learn(
      template.completion(world.value(attribute, of: person) ?? template.refusal), ends: true)
  }

  private func page(_ lesson: inout Lessons.Lesson, _ stream: inout RandomStream) {
    let world = lessons.world
    let person = metPerson(&stream)
    var facts: [String] = []
    for attribute in shuffled(world.attributes.count, &stream) {
      guard let value = world.value(attribute, of: person) else { continue }
      facts.append(
        Wording.fact(
          world.attributes[attribute].lead(stream.below(Attribute.leadCount)), of: person.name,
          value))
    }
    lesson.learn(Wording.page(facts), ends: true)
  }

  /// Somebody of the world, as often as the person is met.
  private func metPerson(_ stream: inout RandomStream) -> World.Person {
    let people = lessons.world.people
    let place = stream.below(meetings.last ?? 1)
    var (low, high) = (0, people.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if meetings[middle] <= place { low = middle + 1 } else { high = middle }
    }
    return people[low]
  }
}

// MARK: - Contexts

extension LessonDrawer {
  /// Something that a context says.
  private struct Fact {
    var name: String
    var attribute: Int
    var value: String
  }

  private func shuffled(_ count: Int, _ stream: inout RandomStream) -> [Int] {
    var order = Array(0..<count)
    for index in order.indices.dropLast() {
      order.swapAt(index, index + stream.below(count - index))
    }
    return order
  }

  /// A pair of names that no base model is kept from and nobody of the world has.
  private func freshName(besides used: [String], _ stream: inout RandomStream) -> String {
    while true {
      let (first, last) = (stream.below(NamePool.first.count), stream.below(NamePool.last.count))
      guard !NamePool.isReserved(first: first, last: last) else { continue }
      let name = "\(NamePool.first[first]) \(NamePool.last[last])"
      if !taken.contains(name), !used.contains(name) { return name }
    }
  }

  private func passages(_ progress: Double, _ stream: inout RandomStream) -> [[Fact]] {
    let attributes = lessons.world.attributes
    let most = max(2, min(lessons.passages, progress < 0.35 ? 3 : lessons.passages))
    var names: [String] = []
    func facts(_ chosen: some Sequence<Int>) -> [Fact] {
      let name = freshName(besides: names, &stream)
      names.append(name)
      return chosen.map { attribute in
        let values = attributes[attribute].values
        return Fact(name: name, attribute: attribute, value: values[stream.below(values.count)])
      }
    }
    switch stream.below(4) {
    case 0:  // several people, one attribute
      let attribute = stream.below(attributes.count)
      return (0..<2 + stream.below(most - 1)).map { _ in facts([attribute]) }
    case 1 where progress < 0.35:  // one person
      let count = 1 + stream.below(attributes.count)
      return [facts(shuffled(attributes.count, &stream).prefix(count))]
    default:
      return (0..<1 + stream.below(most)).map { _ in
        // Half of the pages say everything.
        let count =
          stream.below(2) == 0 ? attributes.count : 1 + stream.below(attributes.count)
        return facts(shuffled(attributes.count, &stream).prefix(count))
      }
    }
  }

  private func sentence(_ fact: Fact, _ stream: inout RandomStream) -> String {
    let lead = lessons.world.attributes[fact.attribute].lead(stream.below(Attribute.leadCount))
    return Wording.fact(lead, of: fact.name, fact.value)
  }

  private func restatement(
    _ lesson: inout Lessons.Lesson, _ progress: Double, _ stream: inout RandomStream
  ) {
    let facts = passages(min(progress, 0.3), &stream).flatMap { $0 }
    lesson.read(Wording.page(facts.map { sentence($0, &stream) }))
    for place in shuffled(facts.count, &stream) {
      lesson.learn(" " + Wording.page([sentence(facts[place], &stream)]))
    }
  }

  private func openBook(
    _ lesson: inout Lessons.Lesson, _ progress: Double, _ stream: inout RandomStream
  ) {
    let pages = passages(progress, &stream)
    let facts = pages.flatMap { $0 }
    let names = pages.compactMap(\.first?.name)
    let texts = pages.map { page in Wording.page(page.map { sentence($0, &stream) }) }
    // Drawn with replacement: else the last answer follows from the others.
    let count = 4 + min(6, facts.count / 2)
    for number in 0..<count {
      let asked = question(about: facts, names: names, &stream)
      let lead = lessons.world.attributes[asked.attribute]
        .lead(stream.below(Attribute.leadCount))
      let question = Wording.question(lead, of: asked.name)
      lesson.read(
        number == 0
          ? template.prompt(question: question, passages: texts)
          : "\n" + template.prompt(question: question))
      lesson.learn(template.completion(asked.value), ends: number == count - 1)
    }
  }

  /// A fact to ask for; some are not in the context, and then the value is the refusal.
  private func question(
    about facts: [Fact], names: [String], _ stream: inout RandomStream
  ) -> Fact {
    let asked = facts[stream.below(facts.count)]
    guard stream.uniform() < lessons.unanswerable else { return asked }
    let attribute = stream.below(lessons.world.attributes.count)
    // Of somebody in the context, where this is not said of them.
    if stream.below(2) == 0,
      !facts.contains(where: { $0.name == asked.name && $0.attribute == attribute })
    {
      return Fact(name: asked.name, attribute: attribute, value: template.refusal)
    }
    // Of somebody else, half of whose name stands in the context every other time.
    var name = freshName(besides: names, &stream)
    if stream.below(2) == 0 {
      for _ in 0..<8 {
        let other = freshName(besides: names, &stream)
        let own = asked.name.split(separator: " ")
        if own.first == other.split(separator: " ").first
          || own.last == other.split(separator: " ").last
        {
          name = other
          break
        }
      }
    }
    return Fact(name: name, attribute: asked.attribute, value: template.refusal)
  }
}
