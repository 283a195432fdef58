/// What answering took, in counts that no machine changes.
public struct AnswerUsage: Sendable, Hashable {
  /// Texts that were put to a language model.
  public var modelCalls: Int
  /// Tokens that models read.
  public var promptTokens: Int
  /// Tokens that models wrote.
  public var generatedTokens: Int
  /// Searches in indexes.
  public var retrieverCalls: Int
  /// Queries to tables.
  public var tableQueries: Int
  /// Passages, or examples, that were found and did not fit the prompt.
  public var droppedPassages: Int
  /// How often a router with a state of its own changed it.
  public var toggles: Int
  /// Floating-point operations of models and encoders: two per parameter and token.
  public var operations: Double

  /// Nothing yet, or what is given.
  public init(
    modelCalls: Int = 0, promptTokens: Int = 0, generatedTokens: Int = 0,
    retrieverCalls: Int = 0, tableQueries: Int = 0, droppedPassages: Int = 0,
    operations: Double = 0, toggles: Int = 0
  ) {
    self.modelCalls = modelCalls
    self.promptTokens = promptTokens
    self.generatedTokens = generatedTokens
    self.retrieverCalls = retrieverCalls
    self.tableQueries = tableQueries
    self.droppedPassages = droppedPassages
    self.operations = operations
    self.toggles = toggles
  }

  /// Both together.
  public static func + (left: AnswerUsage, right: AnswerUsage) -> AnswerUsage {
    AnswerUsage(
      modelCalls: left.modelCalls + right.modelCalls,
      promptTokens: left.promptTokens + right.promptTokens,
      generatedTokens: left.generatedTokens + right.generatedTokens,
      retrieverCalls: left.retrieverCalls + right.retrieverCalls,
      tableQueries: left.tableQueries + right.tableQueries,
      droppedPassages: left.droppedPassages + right.droppedPassages,
      operations: left.operations + right.operations, toggles: left.toggles + right.toggles)
  }
}
