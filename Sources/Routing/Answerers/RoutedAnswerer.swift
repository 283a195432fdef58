public import Corpora
public import Evaluation
public import Execution
public import Retrieval

/// Answers from the passages that an index finds, or from memory where a router says so.
public struct RoutedAnswerer: Answerer {
  /// What answers.
  public let reader: ReadingModel
  /// What finds passages.
  public let retriever: any Retriever
  /// Passages that are looked for.
  public let k: Int
  /// What decides whether they are.
  public let router: Router
  /// Floating-point operations of one search, by the query's text: what an encoder reads.
  let searchOperations: @Sendable (String) throws -> Double

  /// An answerer of its parts.
  ///
  /// - Parameters:
  ///   - reader: What answers.
  ///   - retriever: What finds passages.
  ///   - k: Passages that are looked for.
  ///   - router: What decides whether they are.
  ///   - searchOperations: Floating-point operations of one search; none by default.
  /// - Throws: ``RoutingError`` for an index without documents and settings out of range.
  public init(
    _ reader: ReadingModel, retriever: any Retriever, k: Int, router: Router,
    searchOperations: @escaping @Sendable (String) throws -> Double = { _ in 0 }
  ) throws(RoutingError) {
    guard k >= 1 else {
      throw .setting(name: "k", got: Double(k), allowed: "at least 1")
    }
    guard retriever.documentCount > 0 else { throw .emptyIndex }
    try router.validate()
    self.reader = reader
    self.retriever = retriever
    self.k = k
    self.router = router
    self.searchOperations = searchOperations
  }

  /// As the router has it. A router that first asks the model from memory pays for two calls
  /// where it then looks it up.
  public func answers(to questions: [Query], context: WorkContext) throws -> [GivenAnswer] {
    var notes = TraceNotes()
    return try run(questions, &notes, context)
  }

  /// Prompts, drafts and what was found.
  public func trace(_ question: Query, context: WorkContext) throws -> AnswerTrace {
    var notes = TraceNotes()
    // The notes are read after they were taken.
    let answer = try run([question], &notes, context)[0]
    return notes.trace(of: answer)
  }

  private func run(
    _ questions: [Query], _ notes: inout TraceNotes, _ context: WorkContext
  ) throws -> [GivenAnswer] {
    guard !questions.isEmpty else { return [] }
    try router.check(questions)
    if router != .never { try checkRoom(questions, context) }
    switch router {
    case .never:
      return answers(questions, try reader.ask(questions, &notes, context))
    case .always:
      return answers(questions, try lookUp(questions, &notes, context))
    case .popularity(let below, let field):
      let rare = try questions.indices.filter {
        try Router.popularity(of: questions[$0], field: field).map { $0 < below } ?? true
      }
      return try merging(
        questions, lookingUp: rare, after: nil, &notes, context)
    case .uncertainty(let above, let signal, let samples, let seed):
      let drafts = try reader.ask(questions, &notes, context)
      let uncertain = try reader.uncertainty(
        of: questions, drafts: drafts, signal: signal, samples: samples, seed: seed,
        context: context)
      var paid = drafts
      for place in paid.indices { paid[place].usage = paid[place].usage + uncertain[place].usage }
      return try merging(
        questions, lookingUp: questions.indices.filter { uncertain[$0].value > above },
        after: paid, &notes, context)
    case .oracle:
      let closed = try reader.ask(questions, &notes, context)
      let open = try lookUp(questions, &notes, context)
      return questions.indices.map { index in
        let question = questions[index]
        let usage = closed[index].usage + open[index].usage
        let memory = answer(question, closed[index], usage)
        let looked = answer(question, open[index], usage)
        return Router.rightness(of: looked, to: question)
          > Router.rightness(of: memory, to: question) ? looked : memory
      }
    case .thermostat(let above, let below, let memory):
      let closed = try reader.ask(questions, &notes, context)
      let open = try lookUp(questions, &notes, context)
      var thermostat = Thermostat(above: above, below: below, memory: memory)
      return questions.indices.map { index in
        regulated(questions[index], closed[index], open[index], &thermostat)
      }
    }
  }

  /// One answer of a thermostat: what is paid for is what it would have asked for.
  private func regulated(
    _ question: Query, _ closed: AskedDraft, _ open: AskedDraft, _ thermostat: inout Thermostat
  ) -> GivenAnswer {
    if thermostat.isOn {
      var usage = open.usage
      usage.toggles = thermostat.observe(open.draft.entropies) ? 1 : 0
      return answer(question, open, usage)
    }
    guard let read = thermostat.drafted(closed.draft.entropies) else {
      return answer(question, closed, closed.usage)
    }
    var usage = reader.usage(of: closed.draft, generated: read) + open.usage
    usage.toggles = 1
    return answer(question, open, usage)
  }

  // MARK: - Asking

  private func answers(_ questions: [Query], _ drafts: [AskedDraft]) -> [GivenAnswer] {
    zip(questions, drafts).map { answer($0, $1, $1.usage) }
  }

  private func answer(_ question: Query, _ asked: AskedDraft, _ usage: AnswerUsage) -> GivenAnswer {
    reader.answer(to: question, asked.draft, evidence: asked.evidence, usage: usage)
  }

  /// Looks some questions up and answers the others from memory, with drafts that are there.
  private func merging(
    _ questions: [Query], lookingUp places: [Int], after drafts: [AskedDraft]?,
    _ notes: inout TraceNotes, _ context: WorkContext
  ) throws -> [GivenAnswer] {
    let others = Array(Set(questions.indices).subtracting(places)).sorted()
    var asked = [AskedDraft?](repeating: nil, count: questions.count)
    if let drafts {
      for place in others { asked[place] = drafts[place] }
    } else {
      let closed = try reader.ask(others.map { questions[$0] }, &notes, context)
      for (place, draft) in zip(others, closed) { asked[place] = draft }
    }
    let open = try lookUp(places.map { questions[$0] }, &notes, context)
    for (place, draft) in zip(places, open) {
      var draft = draft
      if let drafts { draft.usage = draft.usage + drafts[place].usage }
      asked[place] = draft
    }
    return answers(questions, asked.compactMap(\.self))
  }

  private func lookUp(
    _ questions: [Query], _ notes: inout TraceNotes, _ context: WorkContext
  ) throws -> [AskedDraft] {
    guard !questions.isEmpty else { return [] }
    let found = try retriever.searchAll(
      questions.map(\.text), k: k, filter: nil, context: context)
    let passages = try passages(of: found, context)
    var asked = try reader.ask(questions, passages: passages, &notes, context)
    for place in asked.indices {
      asked[place].usage.retrieverCalls = 1
      asked[place].usage.operations += try searchOperations(questions[place].text)
      let kept = Set(asked[place].evidence)
      notes.found += zip(found[place], passages[place]).map { hit, passage in
        AnswerTrace.Found(
          id: passage.id, score: hit.score, text: passage.text,
          isInPrompt: kept.contains(passage.id))
      }
    }
    return asked
  }

  /// The passages of hits, with their tokens counted once a document.
  private func passages(of found: [[Hit]], _ context: WorkContext) throws -> [[Passage]] {
    let assembler = reader.assembler
    var known: [String: Passage] = [:]
    return try found.map { hits in
      try context.check()
      return hits.map { hit in
        if let passage = known[hit.documentID] { return passage }
        let text = retriever.documents.document(id: hit.documentID)?.encodedText ?? ""
        let passage = assembler.passage(id: hit.documentID, text: text)
        known[hit.documentID] = passage
        return passage
      }
    }
  }

  /// Whether passages have room at all, by those of the first questions: before any call.
  private func checkRoom(_ questions: [Query], _ context: WorkContext) throws {
    let first = Array(questions.prefix(8))
    let found = try retriever.searchAll(first.map(\.text), k: k, filter: nil, context: context)
    try reader.checkRoom(for: try passages(of: found, context), beside: first)
  }
}
