/// What a verb takes and gives, with its documentation. `poise doc`, completion and the checker
/// all read this.
public struct VerbSignature: Sendable {
  /// Whether a verb's result is stored, or is a plain value hashed into what consumes it.
  public enum Purity: String, Sendable { case compute, describe }

  /// One thing that a verb takes.
  public struct Parameter: Sendable {
    /// The label of the argument, and the name in the documentation.
    public let name: String
    /// What values fit.
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

    /// A parameter from its parts; its summary comes last, as the sentence that explains it.
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

  /// The verb's name, by which notebooks call it.
  public let name: String
  /// One line.
  public let summary: String
  /// A runnable line of Poise.
  public let example: String
  /// Whether results are stored.
  public let purity: Purity
  /// Bumped whenever the verb's results change; part of every key.
  public let version: Int
  /// What it takes: the positional parameters first, in the order of the arguments.
  public let parameters: [Parameter]
  /// The static type of the result from the static types of the arguments by parameter name.
  public let result: @Sendable ([String: StaticType]) -> StaticType
  /// Whether the result holds measurements (times, memory), which differ from run to run.
  public let isMeasured: Bool
  /// What is wrong with arguments whose values are known before the run; nil for nothing.
  public private(set) var constraint: (@Sendable (KnownArguments) -> Misfit?)?
  /// A topic for the generated help: `data`, `retrieval`, `evaluation`, `tables`, `plots`, ….
  public let topic: String

  /// A signature from its parts; `result` gets the static types of the arguments by name.
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

  /// The numbers and strings among a call's arguments whose values are known before the run.
  public struct KnownArguments: Sendable, Hashable {
    /// The parameters that were given something, known or not; the others have their defaults.
    public var given: Set<String> = []
    /// Numbers by parameter.
    public var numbers: [String: Double] = [:]
    /// Strings by parameter.
    public var strings: [String: String] = [:]
  }

  /// An argument that does not do.
  public struct Misfit: Sendable, Hashable {
    /// The parameter at fault.
    public let parameter: String
    /// What is wrong, in one sentence.
    public let message: String

    /// A misfit of its parts.
    public init(_ parameter: String, _ message: String) {
      self.parameter = parameter
      self.message = message
    }
  }

  /// The same signature with a rule that arguments are held to as far as they are known before
  /// anything runs; the verb holds them all to it when it runs.
  public func constrained(
    by constraint: @escaping @Sendable (KnownArguments) -> Misfit?
  ) -> VerbSignature {
    var copy = self
    copy.constraint = constraint
    return copy
  }
}
