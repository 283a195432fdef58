public import Execution

/// Draws lessons one after the other from a stream.
public struct LessonDrawer: Sendable {
  let lessons: Lessons
  let taken: Set<String>
  /// Running sums of how often the world's people are met.
  let meetings: [Int]
  let words: [String]
  let template = PromptTemplate.standard

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
    guard stream.uniform() < lessons.pairs else {
      let count = 8 + stream.below(33)
      let drawn = (0..<count).map { _ in " " + word(&stream) }.joined()
      lesson.read(template.contextHeading + drawn)
      lesson.learn(drawn)
      return
    }
    // Each key stands for a word, as a name does for a value; keys of two words share words.
    let pool = (0..<4 + stream.below(6)).map { _ in word(&stream) }
    var keys: [String] = []
    for _ in 0..<3 + stream.below(10) {
      let key = "\(pool[stream.below(pool.count)]) \(pool[stream.below(pool.count)])"
      if !keys.contains(key) { keys.append(key) }
    }
    let values = keys.map { _ in word(&stream) }
    lesson.read(
      template.contextHeading + zip(keys, values).map { " \($0)\(Wording.link) \($1)." }.joined())
    for _ in 0..<2 * keys.count {
      let place = stream.below(keys.count)
      lesson.read(" \(keys[place])\(Wording.link)")
      lesson.learn(" \(values[place])")
      lesson.read(".")
    }
  }

  private func word(_ stream: inout RandomStream) -> String { words[stream.below(words.count)] }

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
