/// What a verb takes and gives, with its documentation. `poise doc`, completion and the checker
/// all read this.
public struct VerbSignature: Sendable {
  /// Whether a verb's result is stored, or is a plain value hashed into what consumes it.
  public enum Purity: String, Sendable { case compute, describe }

  /// One argument of a verb.
  public struct Parameter: Sendable {
    /// The label; positional parameters may be written with it too.
    public let name: String
    /// What may be given.
    public let type: StaticType
    /// Positional parameters come first and are written without a label.
    public let isPositional: Bool
    /// The default as source text, such as `0.9`; nil for a required parameter. `none` means that
    /// the parameter may be left out.
    public let defaultText: String?
    /// One line of documentation.
    public let summary: String
    /// For ``StaticType/metric`` parameters: patterns such as `ndcg@k`, where `k` is a positive
    /// integer.
    public let metrics: [String]
    /// For string parameters that choose among words: the words.
    public let choices: [String]

    /// A parameter; the defaults describe a required, labelled one.
    public init(
      _ name: String, _ type: StaticType, positional: Bool = false,
      default defaultText: String? = nil,
      metrics: [String] = [], choices: [String] = [], _ summary: String
    ) {
      self.name = name
      self.type = type
      self.isPositional = positional
      self.defaultText = defaultText
      self.metrics = metrics
      self.choices = choices
      self.summary = summary
    }
  }

  /// The name that notebooks call.
  public let name: String
  /// One line.
  public let summary: String
  /// A runnable line of Poise.
  public let example: String
  /// Whether the result is stored.
  public let purity: Purity
  /// Bumped whenever the verb's results change; part of every key.
  public let version: Int
  /// The positional parameters, then the labelled ones.
  public let parameters: [Parameter]
  /// The static type of the result from the static types of the arguments by parameter name.
  public let result: @Sendable ([String: StaticType]) -> StaticType
  /// Whether the result holds measurements (times, memory), which differ from run to run.
  public let isMeasured: Bool
  /// A topic for the generated help: `data`, `retrieval`, `evaluation`, `tables`, `plots`, ….
  public let topic: String

  /// A signature; its version is 1 until its results change.
  public init(
    _ name: String, topic: String, _ purity: Purity, version: Int = 1, summary: String,
    example: String, parameters: [Parameter], isMeasured: Bool = false,
    result: @escaping @Sendable ([String: StaticType]) -> StaticType
  ) {
    self.name = name
    self.topic = topic
    self.purity = purity
    self.version = version
    self.summary = summary
    self.example = example
    self.parameters = parameters
    self.isMeasured = isMeasured
    self.result = result
  }
}
