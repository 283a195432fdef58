import Execution

extension QuestionDrawer {
  private var employer: Int? {
    book.attributes.firstIndex { $0.name == Attribute.employer.name }
  }

  /// The company that somebody works for.
  private func company(of person: World.Person) -> World.Company? {
    employer.flatMap { person.values[$0] }.map { book.companies[$0] }
  }

  func twoHop(_ stream: inout RandomStream) -> Drawn? {
    let person = stream.below(book.asked.count)
    let who = book.people[person]
    guard let company = company(of: who) else { return nil }
    return Drawn(
      kind: .twoHop, text: Wording.seatOfEmployer(of: who.name), answers: [company.cityName],
      evidence: [book.pageID(person), book.rowID(company)],
      attribute: Attribute.employer.name, person: who.name, exposure: who.exposure,
      decile: who.decile, date: book.date(of: person), group: person)
  }

  /// Who has a value and works in a city; drawn so that there is one.
  func join(_ stream: inout RandomStream) -> Drawn? {
    let person = stream.below(book.asked.count)
    let who = book.people[person]
    let attribute = stream.below(book.attributes.count)
    guard attribute != employer, let value = who.values[attribute],
      let company = company(of: who)
    else { return nil }
    let alike = book.people.count {
      $0.values[attribute] == value && self.company(of: $0)?.city == company.city
    }
    guard alike == 1 else { return nil }
    return Drawn(
      kind: .join,
      text: Wording.person(with: (book.attributes[attribute], value), in: company.cityName),
      answers: [who.name], evidence: [book.pageID(person), book.rowID(company)],
      attribute: book.attributes[attribute].name, exposure: who.exposure, decile: who.decile,
      date: book.date(of: person))
  }

  /// How many have a value, or, every other time, work in a city. There is at least one.
  func count(_ stream: inout RandomStream) -> Drawn? {
    let who = book.people[stream.below(book.asked.count)]
    if stream.below(2) == 0 {
      guard let company = company(of: who) else { return nil }
      let counted = book.people.indices.filter {
        self.company(of: book.people[$0])?.city == company.city
      }
      // All companies of the city are evidence, those without a counted employee, too: that there
      // is none has to be read as well.
      let rows = book.companies.filter { $0.city == company.city }.map { book.rowID($0) }
      return counting(
        counted, Wording.count(inCity: company.cityName), Attribute.employer, rows: rows)
    }
    let attribute = stream.below(book.attributes.count)
    guard let value = who.values[attribute] else { return nil }
    return counting(
      book.people.indices.filter { book.people[$0].values[attribute] == value },
      Wording.count(with: (book.attributes[attribute], value)), book.attributes[attribute],
      rows: [])
  }

  private func counting(
    _ people: [Int], _ text: String, _ attribute: Attribute, rows: [String]
  ) -> Drawn {
    Drawn(
      kind: .count, text: text, answers: ["\(people.count)"],
      evidence: people.map { book.pageID($0) } + rows, attribute: attribute.name,
      date: people.map { book.date(of: $0) }.max() ?? "")
  }
}

extension Wording {
  typealias Trait = (attribute: Attribute, value: Int)

  private static func words(_ trait: Trait) -> String {
    "\(trait.attribute.name) \(trait.attribute.values[trait.value])"
  }

  static func outOfTemplate(_ attribute: Attribute, of name: String) -> String {
    "\(aboutHead)\(name)\(aboutMiddle)\(attribute.name)\(link)"
  }
  static func described(_ first: Trait, _ second: Trait) -> String {
    "\(describedHead)\(words(first)) and \(words(second))"
  }
  static func seatOfEmployer(of name: String) -> String {
    "\(seatLead)\(employerMiddle)\(name)\(link)"
  }
  static func person(with trait: Trait, in city: String) -> String {
    "\(personHead)\(words(trait)) and\(employerIn)\(city)\(link)"
  }
  static func count(with trait: Trait) -> String { "\(countHead)\(words(trait))\(link)" }
  static func count(inCity city: String) -> String {
    "\(countHead)\(employerIn.dropFirst())\(city)\(link)"
  }

  static let aboutHead = "About "
  static let aboutMiddle = " the "
  static let describedHead = "the person with "
  static let employerMiddle = " the employer of "
  static let personHead = "The person with "
  static let employerIn = " employer in "
  static let countHead = "The number of people with "
}
