import Execution

extension World {
  /// What a base model that knows this world has read: a page for everybody, and closed questions
  /// with their answers, as often as the person is met, in the wordings of ``Options/paraphrases``.
  public func background() throws -> Corpus {
    let template = PromptTemplate.standard
    var builder = CorpusBuilder()
    for (index, person) in people.enumerated() {
      var stream = RandomStream(seed: options.seed, purpose: "world/page/\(index)")
      let facts = attributes.indices.compactMap { attribute in
        value(attribute, of: person).map {
          Wording.fact(
            attributes[attribute].lead(stream.below(options.paraphrases)), of: person.name, $0)
        }
      }
      let slug = FactBook.slug(person.name)
      builder.append(
        Document(
          id: "page/\(slug)", text: Wording.page(facts), fields: fields(person, kind: "page")))
      for meeting in 0..<person.exposure {
        let attribute = stream.below(attributes.count)
        guard let value = value(attribute, of: person) else { continue }
        let question = Wording.question(
          attributes[attribute].lead(stream.below(options.paraphrases)), of: person.name)
        builder.append(
          Document(
            id: "question/\(slug)/\(meeting + 1)",
            text: template.prompt(question: question) + template.completion(value),
            fields: fields(person, kind: "question")))
      }
    }
    return try builder.finish(name: "background")
  }

  private func fields(_ person: Person, kind: String) -> DocumentFields {
    DocumentFields([
      ("person", [person.name]), ("kind", [kind]), ("exposure", ["\(person.exposure)"]),
      ("decile", ["\(person.decile)"]),
    ])
  }

  /// A question for every fact, in one of the wordings. They have answers and no evidence: what a
  /// base model knows stands in no index.
  public func questions() -> JudgedSet {
    var stream = RandomStream(seed: options.seed, purpose: "world/questions")
    var queries: [Query] = []
    for person in people {
      for attribute in attributes.indices {
        guard let value = value(attribute, of: person) else { continue }
        let lead = attributes[attribute].lead(stream.below(options.paraphrases))
        queries.append(
          Query(
            id: "w\(queries.count + 1)", text: Wording.question(lead, of: person.name),
            answers: [value],
            fields: DocumentFields([
              ("kind", [QuestionKind.known.rawValue]),
              ("attribute", [attributes[attribute].name]), ("person", [person.name]),
              ("exposure", ["\(person.exposure)"]), ("decile", ["\(person.decile)"]),
              ("date", [CivilDate.iso(day: -365)]), ("split", ["test"]),
            ])))
      }
    }
    return JudgedSet(name: "questions", identity: "", queries: queries, judgements: [:])
  }
}
