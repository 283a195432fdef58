/// One document, or one passage of a longer one.
public struct Document: Sendable, Hashable {
  /// What judgements and rankings name it by; unique in its corpus.
  public var id: String
  /// Its title, which may be empty.
  public var title: String
  /// Its text, without the title.
  public var text: String
  /// What else is known of it, for filters.
  public var fields: DocumentFields

  /// A document of its parts.
  public init(id: String, title: String = "", text: String, fields: DocumentFields = .none) {
    self.id = id
    self.title = title
    self.text = text
    self.fields = fields
  }
}

/// One question or search request.
public struct Query: Sendable, Hashable {
  /// What judgements and runs name it by; unique in its set.
  public var id: String
  /// What is asked.
  public var text: String
  /// Accepted answers; empty where none is known, or where the right answer is that there is
  /// none.
  public var answers: [String]
  /// Ids of the documents that the answers are in, or that the question was asked about.
  public var evidence: [String]

  /// What else is known of it: the kind of question, how often its subject was seen, a date.
  public var fields: DocumentFields

  /// A query of its parts.
  public init(
    id: String, text: String, answers: [String] = [], evidence: [String] = [],
    fields: DocumentFields = .none
  ) {
    self.id = id
    self.text = text
    self.answers = answers
    self.evidence = evidence
    self.fields = fields
  }
}
