import Execution

extension LessonDrawer {
  /// Something that a context says.
  private struct Fact {
    var name: String
    var attribute: Int
    var value: String
  }

  func shuffled(_ count: Int, _ stream: inout RandomStream) -> [Int] {
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
      if let name = freeName(first, last), !used.contains(name) { return name }
    }
  }

  /// Another such pair that shares the first or the last name with one, as those do whom a search
  /// finds beside the one who was asked for.
  private func namesake(
    of name: String, besides used: [String], _ stream: inout RandomStream
  ) -> String {
    let (first, last) = Self.parts(name)
    let places = (NamePool.first.firstIndex(of: first), NamePool.last.firstIndex(of: last))
    guard case (let first?, let last?) = places else { return freshName(besides: used, &stream) }
    let sharesFirst = stream.below(2) == 0
    // About two thirds of all pairs are free; where none turned up, anybody will do.
    for _ in 0..<64 {
      let other =
        sharesFirst
        ? freeName(first, stream.below(NamePool.last.count))
        : freeName(stream.below(NamePool.first.count), last)
      if let other, !used.contains(other) { return other }
    }
    return freshName(besides: used, &stream)
  }

  /// The name of a pair, unless it is kept from base models or somebody of the world has it.
  private func freeName(_ first: Int, _ last: Int) -> String? {
    guard !NamePool.isReserved(first: first, last: last) else { return nil }
    let name = "\(NamePool.first[first]) \(NamePool.last[last])"
    return taken.contains(name) ? nil : name
  }

  /// The facts of pages, in their order or, early on, in any.
  private func told(
    _ pages: [[Fact]], _ progress: Double, _ stream: inout RandomStream
  ) -> [Fact] {
    let facts = pages.flatMap { $0 }
    guard progress < lessons.turn, stream.uniform() < lessons.mixed else { return facts }
    return shuffled(facts.count, &stream).map { facts[$0] }
  }

  private func passages(_ progress: Double, _ stream: inout RandomStream) -> [[Fact]] {
    let attributes = lessons.world.attributes
    let most = max(2, min(lessons.passages, progress < lessons.growth ? 3 : lessons.passages))
    var names: [String] = []
    func facts(_ chosen: some Sequence<Int>) -> [Fact] {
      let name =
        !names.isEmpty && progress >= lessons.turn && stream.uniform() < lessons.namesakes
        ? namesake(of: names[stream.below(names.count)], besides: names, &stream)
        : freshName(besides: names, &stream)
      names.append(name)
      return chosen.map { attribute in
        let values = attributes[attribute].values
        return Fact(name: name, attribute: attribute, value: values[stream.below(values.count)])
      }
    }
    switch stream.below(progress < lessons.single ? 8 : 5) {
    case 0, 5, 6:  // several people, one attribute
      let attribute = stream.below(attributes.count)
      return (0..<2 + stream.below(max(3, most) - 1)).map { _ in facts([attribute]) }
    case 1 where progress < lessons.single:  // one person
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

  func restatement(
    _ lesson: inout Lessons.Lesson, _ progress: Double, _ stream: inout RandomStream
  ) {
    let facts = told(passages(0, &stream), progress, &stream)
    recite(facts, into: &lesson, &stream)
    for place in shuffled(facts.count, &stream) {
      let fact = facts[place]
      let (first, last) = Self.parts(fact.name)
      lesson.read(" " + lead(fact.attribute, &stream))
      lesson.learn(" \(first) \(last)\(Wording.link) \(fact.value)")
      lesson.read(".")
    }
  }

  private func lead(_ attribute: Int, _ stream: inout RandomStream) -> String {
    lessons.world.attributes[attribute].lead(stream.below(Attribute.leadCount))
  }

  private static func parts(_ name: String) -> (first: String, last: String) {
    let words = name.split(separator: " ")
    return (words.first.map(String.init) ?? "", words.last.map(String.init) ?? "")
  }

  /// Facts as pages of a context, in which a name that was said before is to be found again.
  private func recite(
    _ facts: [Fact], into lesson: inout Lessons.Lesson, _ stream: inout RandomStream
  ) {
    var said: Set<String> = []
    var previous: String?
    for fact in facts {
      let (first, last) = Self.parts(fact.name)
      let start =
        previous == nil
        ? template.contextHeading : previous == fact.name ? " " : template.passageEnd
      lesson.read(start + lead(fact.attribute, &stream) + " " + first)
      if said.insert(fact.name).inserted {
        lesson.read(" " + last)
      } else {
        lesson.learn(" " + last)
      }
      lesson.read("\(Wording.link) \(fact.value).")
      previous = fact.name
    }
    lesson.read(template.passageEnd)
  }

  func openBook(
    _ lesson: inout Lessons.Lesson, _ progress: Double, _ stream: inout RandomStream
  ) {
    let pages = passages(progress, &stream)
    let facts = told(pages, progress, &stream)
    let names = pages.compactMap(\.first?.name)
    recite(facts, into: &lesson, &stream)
    // Drawn with replacement: else the last answer follows from the others.
    let count = min(20, 6 + facts.count)
    for number in 0..<count {
      let asked = question(about: facts, names: names, progress, &stream)
      let (first, last) = Self.parts(asked.name)
      lesson.read(
        (number == 0 ? "" : "\n") + template.questionHeading + lead(asked.attribute, &stream) + " "
          + first)
      if asked.value == template.refusal {
        lesson.read(" " + last)
      } else {
        lesson.learn(" " + last)
      }
      lesson.read(Wording.link + template.answerHeading)
      lesson.learn(template.completion(asked.value), ends: number == count - 1)
    }
  }

  /// A fact to ask for; some are not in the context, and then the value is the refusal.
  private func question(
    about facts: [Fact], names: [String], _ progress: Double, _ stream: inout RandomStream
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
    // Of somebody else; once people are told apart, half of the name stands in the context every
    // other time.
    let name =
      progress >= lessons.turn && stream.below(2) == 0
      ? namesake(of: asked.name, besides: names, &stream) : freshName(besides: names, &stream)
    return Fact(name: name, attribute: asked.attribute, value: template.refusal)
  }
}
