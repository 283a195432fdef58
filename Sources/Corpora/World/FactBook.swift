import Execution

/// What is known of new people, and how it is written down.
struct FactBook {
  let options: NewFacts.Options
  let world: World
  let people: [World.Person]
  let dates: [Int]
  let companies: [World.Company]

  var attributes: [Attribute] { world.attributes }
  /// Those who are asked about.
  var asked: Range<Int> { 0..<options.people }

  /// The value of an attribute; nil where it is not known.
  func value(_ attribute: Int, of person: Int) -> String? {
    people[person].values[attribute].map { attributes[attribute].values[$0] }
  }

  func date(of person: Int) -> String { CivilDate.iso(day: dates[person]) }

  static func slug(_ name: String) -> String {
    String(name.lowercased().map { $0 == " " ? "-" : $0 })
  }
  func pageID(_ person: Int) -> String { "page/" + Self.slug(people[person].name) }
  func rowID(_ company: World.Company) -> String { "company/" + Self.slug(company.name) }

  // MARK: Documents

  /// The page of a person, who may have other values by now. Wordings follow from the person, so
  /// that an update changes nothing but what changed.
  func page(of person: Int, values: [Int?]) -> String {
    var stream = RandomStream(seed: options.seed, purpose: "new facts/page/\(person)")
    var order = Array(attributes.indices)
    for index in order.indices.dropLast() {
      order.swapAt(index, index + stream.below(order.count - index))
    }
    return Wording.page(
      order.compactMap { attribute in
        let lead = attributes[attribute].lead(stream.below(Attribute.leadCount))
        return values[attribute].map {
          Wording.fact(lead, of: people[person].name, attributes[attribute].values[$0])
        }
      })
  }

  func pageDocument(of person: Int, values: [Int?], date: String, kind: String) -> Document {
    Document(
      id: pageID(person), text: page(of: person, values: values),
      fields: DocumentFields([
        ("person", [people[person].name]), ("date", [date]), ("kind", [kind]),
      ]))
  }

  /// Pages in the order of the people, pages that contradict them, and rows of companies.
  func documents() -> [Document] {
    var documents = people.indices.map { person in
      pageDocument(
        of: person, values: people[person].values, date: date(of: person),
        kind: asked.contains(person) ? "page" : "distractor")
    }
    documents += asked.compactMap(contradiction)
    documents += companies.map { company in
      Document(
        id: rowID(company),
        text: Wording.page([Wording.fact(Wording.seatLead, of: company.name, company.cityName)]),
        fields: DocumentFields([("date", [CivilDate.iso(day: 0)]), ("kind", ["row"])]))
    }
    return documents
  }

  /// An older page with other values for some of a person's facts; nil where none was drawn.
  private func contradiction(_ person: Int) -> Document? {
    guard options.contradictions > 0 else { return nil }
    var stream = RandomStream(seed: options.seed, purpose: "new facts/contradictions/\(person)")
    let facts = attributes.indices.compactMap { attribute -> String? in
      guard let value = people[person].values[attribute],
        stream.uniform() < options.contradictions
      else { return nil }
      let other = self.other(value, attribute, &stream)
      return Wording.fact(
        attributes[attribute].lead(stream.below(Attribute.leadCount)), of: people[person].name,
        attributes[attribute].values[other])
    }
    guard !facts.isEmpty else { return nil }
    return Document(
      id: "older/" + Self.slug(people[person].name), text: Wording.page(facts),
      fields: DocumentFields([
        ("person", [people[person].name]), ("date", [CivilDate.iso(day: dates[person] - 365)]),
        ("kind", ["contradiction"]),
      ]))
  }

  /// Another value of an attribute.
  private func other(_ value: Int, _ attribute: Int, _ stream: inout RandomStream) -> Int {
    let count = attributes[attribute].values.count
    return (value + 1 + stream.below(count - 1)) % count
  }

  // MARK: Training examples

  /// Examples by date; a person's are repeated as often as the person is met.
  func examples() -> [NewFacts.Example] {
    let template = PromptTemplate.standard
    var examples: [NewFacts.Example] = []
    for person in asked {
      for attribute in attributes.indices {
        guard let value = value(attribute, of: person) else { continue }
        for paraphrase in 0..<options.paraphrases {
          let question = Wording.question(
            attributes[attribute].lead(paraphrase), of: people[person].name)
          let example = NewFacts.Example(
            prompt: template.prompt(question: question), completion: template.completion(value),
            person: people[person].name, attribute: attributes[attribute].name,
            date: date(of: person), paraphrase: paraphrase, exposure: people[person].exposure)
          examples += repeatElement(example, count: people[person].exposure)
        }
      }
    }
    return examples
  }

  // MARK: Updates

  /// Changes, and for every fifth the page's end; nothing follows that.
  func updates() -> [NewFacts.Update] {
    var stream = RandomStream(seed: options.seed, purpose: "new facts/updates")
    var values = people.map(\.values)
    var left = Array(asked)
    var updates: [NewFacts.Update] = []
    for number in 0..<options.updates where !left.isEmpty {
      let place = stream.below(left.count)
      let person = left[place]
      let known = attributes.indices.filter { values[person][$0] != nil }
      let attribute = known[stream.below(known.count)]
      guard let old = values[person][attribute] else { continue }
      let isDeletion = stream.below(5) == 0
      let day = 1 + number * NewFacts.days / options.updates
      let date = CivilDate.iso(day: 31 + day)
      let new = other(old, attribute, &stream)
      if isDeletion {
        left.remove(at: place)
      } else {
        values[person][attribute] = new
      }
      let lead = attributes[attribute].lead(stream.below(Attribute.leadCount))
      updates.append(
        NewFacts.Update(
          day: day, date: date, id: pageID(person),
          document: isDeletion
            ? nil
            : pageDocument(of: person, values: values[person], date: date, kind: "page"),
          person: people[person].name, attribute: attributes[attribute].name,
          question: Wording.question(lead, of: people[person].name),
          answer: isDeletion ? nil : attributes[attribute].values[new],
          previous: attributes[attribute].values[old]))
    }
    return updates
  }
}
