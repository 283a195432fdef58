import Execution

/// Questions about new facts, in kinds that ask for different skills.
struct QuestionDrawer {
  let book: FactBook

  init(_ book: FactBook) { self.book = book }

  /// The kinds, and their shares in percent.
  static let shares: [(kind: QuestionKind, percent: Int)] = [
    (.known, 15), (.new, 20), (.paraphrased, 15), (.implicit, 8), (.twoHop, 10), (.join, 6),
    (.count, 6), (.unanswerable, 12), (.outOfTemplate, 8),
  ]

  struct Drawn {
    var kind: QuestionKind
    var text: String
    var answers: [String] = []
    var evidence: [String] = []
    var attribute = ""
    var person = ""
    var exposure = 0
    var decile = 0
    var date = ""
    /// What tells the split where several questions belong together.
    var group: Int?
  }

  func sets() -> (train: JudgedSet, dev: JudgedSet, test: JudgedSet) {
    var sets = ["train", "dev", "test"].map {
      JudgedSet(name: $0, identity: "", queries: [], judgements: [:])
    }
    var number = 0
    for (kind, percent) in Self.shares {
      var stream = RandomStream(
        seed: book.options.seed, purpose: "new facts/questions/\(kind.rawValue)")
      let wanted = (book.options.questions * percent + 50) / 100
      var texts: Set<String> = []
      // Small worlds may not have as many different questions.
      for _ in 0..<wanted * 30 where texts.count < wanted {
        guard let drawn = draw(kind, &stream), texts.insert(drawn.text).inserted else { continue }
        // Three tenths to learn from, two to set thresholds by, half to test.
        let tenth = (drawn.group ?? texts.count) % 10
        let set = tenth < 3 ? 0 : tenth < 5 ? 1 : 2
        number += 1
        let query = query(drawn, number: number, split: sets[set].name)
        sets[set].queries.append(query)
        if !query.evidence.isEmpty {
          sets[set].judgements[query.id] = Dictionary(
            query.evidence.map { ($0, 1) }
          ) { first, _ in first }
        }
      }
    }
    return (sets[0], sets[1], sets[2])
  }

  private func query(_ drawn: Drawn, number: Int, split: String) -> Query {
    var fields = [(name: "kind", values: [drawn.kind.rawValue])]
    if !drawn.attribute.isEmpty { fields.append(("attribute", [drawn.attribute])) }
    if !drawn.person.isEmpty { fields.append(("person", [drawn.person])) }
    fields.append(("exposure", ["\(drawn.exposure)"]))
    if drawn.decile > 0 { fields.append(("decile", ["\(drawn.decile)"])) }
    fields.append(("date", [drawn.date.isEmpty ? CivilDate.iso(day: 24) : drawn.date]))
    fields.append(("split", [split]))
    return Query(
      id: "q\(number)", text: drawn.text, answers: drawn.answers, evidence: drawn.evidence,
      fields: DocumentFields(fields))
  }

  private func draw(_ kind: QuestionKind, _ stream: inout RandomStream) -> Drawn? {
    switch kind {
    case .known: known(&stream)
    case .new: direct(kind, stream.below(book.options.paraphrases), &stream)
    case .paraphrased:
      direct(
        kind, Attribute.heldOutLeads.lowerBound + stream.below(Attribute.heldOutLeads.count),
        &stream)
    case .outOfTemplate: direct(kind, nil, &stream)
    case .implicit: implicit(&stream)
    case .twoHop: twoHop(&stream)
    case .join: join(&stream)
    case .count: count(&stream)
    case .unanswerable: unanswerable(&stream)
    }
  }

  private func known(_ stream: inout RandomStream) -> Drawn? {
    let world = book.world
    let rank = stream.below(world.people.count)
    let person = world.people[rank]
    let attribute = stream.below(book.attributes.count)
    guard let value = world.value(attribute, of: person) else { return nil }
    let lead = book.attributes[attribute].lead(stream.below(Attribute.leadCount))
    return Drawn(
      kind: .known, text: Wording.question(lead, of: person.name), answers: [value],
      attribute: book.attributes[attribute].name, person: person.name, exposure: person.exposure,
      decile: person.decile, date: CivilDate.iso(day: -365), group: rank)
  }

  /// A question about one person that the person's page answers.
  private func about(_ person: Int, _ kind: QuestionKind, _ attribute: Int, _ text: String)
    -> Drawn?
  {
    guard let value = book.value(attribute, of: person) else { return nil }
    let who = book.people[person]
    return Drawn(
      kind: kind, text: text, answers: [value], evidence: [book.pageID(person)],
      attribute: book.attributes[attribute].name, person: who.name, exposure: who.exposure,
      decile: who.decile, date: book.date(of: person), group: person)
  }

  private func direct(
    _ kind: QuestionKind, _ lead: Int?, _ stream: inout RandomStream
  ) -> Drawn? {
    let person = stream.below(book.asked.count)
    let attribute = stream.below(book.attributes.count)
    let name = book.people[person].name
    let asked = book.attributes[attribute]
    return about(
      person, kind, attribute,
      lead.map { Wording.question(asked.lead($0), of: name) }
        ?? Wording.outOfTemplate(asked, of: name))
  }

  /// Names the person by two other facts.
  private func implicit(_ stream: inout RandomStream) -> Drawn? {
    let person = stream.below(book.asked.count)
    guard book.attributes.count > 2 else { return nil }
    var order = Array(book.attributes.indices)
    for index in 0..<3 { order.swapAt(index, index + stream.below(order.count - index)) }
    guard let first = book.people[person].values[order[1]],
      let second = book.people[person].values[order[2]]
    else { return nil }
    let alike = book.people.count {
      $0.values[order[1]] == first && $0.values[order[2]] == second
    }
    guard alike == 1 else { return nil }
    let described = Wording.described(
      (book.attributes[order[1]], first), (book.attributes[order[2]], second))
    let lead = book.attributes[order[0]].lead(stream.below(Attribute.leadCount))
    return about(person, .implicit, order[0], Wording.question(lead, of: described))
  }

  private func unanswerable(_ stream: inout RandomStream) -> Drawn? {
    let attribute = stream.below(book.attributes.count)
    let lead = book.attributes[attribute].lead(stream.below(Attribute.leadCount))
    var drawn = Drawn(
      kind: .unanswerable, text: "", attribute: book.attributes[attribute].name,
      date: CivilDate.iso(day: 24))
    if stream.below(2) == 0 {
      let person = stream.below(book.asked.count)
      guard book.value(attribute, of: person) == nil else { return nil }
      drawn.person = book.people[person].name
      drawn.group = person
    } else {
      let name = Wording.unmet(&stream)
      guard !book.people.contains(where: { $0.name == name }) else { return nil }
      drawn.person = name
    }
    drawn.text = Wording.question(lead, of: drawn.person)
    return drawn
  }
}

/// What kinds of questions about new facts there are; the raw value is what their field `kind` says.
public enum QuestionKind: String, Sendable, Hashable, CaseIterable {
  /// About people of the base model's world.
  case known
  /// About new people, in words of the training examples.
  case new
  /// In words that no training example has.
  case paraphrased
  /// The person is described instead of named.
  case implicit
  /// Where the person's employer has its seat.
  case twoHop = "two-hop"
  /// Who of the people with a value works in a city.
  case join
  /// How many people have a value, or work in a city.
  case count
  /// What no document says.
  case unanswerable
  /// In a form that neither training nor the base model's lessons have.
  case outOfTemplate = "out_of_template"
}
