import Execution

/// Questions that tell how well a model reads, and what it knows of its world by heart.
public struct ReadingExam: Sendable {
  /// One question.
  public struct Item: Sendable, Hashable {
    /// What the model reads.
    public var prompt: String
    /// The question in it.
    public var question: String
    /// The right answer; nil where it is to refuse.
    public var answer: String?
    /// For questions about people of the world the tenth that they are in by exposure; 0 for others.
    public var decile: Int
  }

  /// The questions.
  public let items: [Item]

  /// Open-book questions about people whom no base model has met, every context with new ones. A
  /// page says all that there is to know of a person.
  ///
  /// - Parameters:
  ///   - world: Whose attributes people have.
  ///   - passages: Pages of a context.
  ///   - answerable: How many questions the context answers.
  ///   - unanswerable: How many it does not: half are about somebody who is not in the context, half
  ///     about something that a page does not say.
  ///   - namesakes: Whether everybody shares their first or last name with the one who is asked for,
  ///     as those do whom a search by words finds.
  ///   - seed: What they are drawn by.
  public init(
    _ world: World, passages: Int, answerable: Int, unanswerable: Int, namesakes: Bool = false,
    seed: UInt64
  ) {
    var stream = RandomStream(seed: seed, purpose: "exam/open book/\(passages)")
    items = (0..<max(0, answerable) + max(0, unanswerable)).map { number in
      Self.openBook(
        world, passages: max(1, passages), isAnswerable: number < answerable,
        misses: number % 2 == 0, namesakes: namesakes, &stream)
    }
  }

  private static func openBook(
    _ world: World, passages: Int, isAnswerable: Bool, misses: Bool, namesakes: Bool,
    _ stream: inout RandomStream
  ) -> Item {
    let attributes = world.attributes
    let asked = stream.below(attributes.count)
    let whom = stream.below(passages)
    var answer = ""
    // The names of the context, and of one who is not in it.
    var names = Wording.unmet(passages + 1, alike: namesakes, &stream)
    if namesakes { names.swapAt(0, whom) }
    let pages = (0..<passages).map { place in
      var order = Array(attributes.indices)
      for index in order.indices.dropLast() {
        order.swapAt(index, index + stream.below(order.count - index))
      }
      return Wording.page(
        order.compactMap { attribute in
          let value = attributes[attribute].values[stream.below(attributes[attribute].values.count)]
          let lead = attributes[attribute].lead(stream.below(Attribute.leadCount))
          if place == whom, attribute == asked {
            if !isAnswerable, misses { return nil }
            answer = value
          }
          return Wording.fact(lead, of: names[place], value)
        })
    }
    let name = isAnswerable || misses ? names[whom] : names[passages]
    let question = Wording.question(
      attributes[asked].lead(stream.below(Attribute.leadCount)), of: name)
    return Item(
      prompt: PromptTemplate.standard.prompt(question: question, passages: pages),
      question: question, answer: isAnswerable ? answer : nil, decile: 0)
  }

  /// Closed-book questions about people of the world, equally many of each tenth by exposure.
  ///
  /// - Parameters:
  ///   - world: Whose people are asked about.
  ///   - count: How many questions there are.
  ///   - seed: What they are drawn by.
  public init(closedBook world: World, count: Int, seed: UInt64) {
    var stream = RandomStream(seed: seed, purpose: "exam/closed book")
    items = (0..<max(0, count)).compactMap { number in
      let people = world.people.filter { $0.decile == 1 + number % 10 }
      guard !people.isEmpty else { return nil }
      let person = people[stream.below(people.count)]
      let attribute = stream.below(world.attributes.count)
      let lead = world.attributes[attribute].lead(stream.below(Attribute.leadCount))
      let question = Wording.question(lead, of: person.name)
      return Item(
        prompt: PromptTemplate.standard.prompt(question: question), question: question,
        answer: world.value(attribute, of: person), decile: person.decile)
    }
  }
}
