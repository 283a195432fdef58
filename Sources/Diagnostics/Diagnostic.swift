/// What a part of Poise says to its user about a place in a text: what is wrong, where, and what
/// would be right.
public struct Diagnostic: Error, Hashable, Sendable {
  /// How much a diagnostic stops.
  public enum Severity: String, Sendable {
    /// The cell or document can't be used.
    case error
    /// Something is likely not meant.
    case warning
    /// Worth knowing; stops nothing.
    case note
  }

  /// A second place that belongs to the message, such as the first of two bindings.
  public struct Related: Hashable, Sendable {
    /// What this place has to do with it: one sentence, lower case, without a full stop.
    public let message: String
    /// Where, in bytes of the file.
    public let span: SourceSpan

    /// A second place with what it has to do with the first.
    public init(_ message: String, at span: SourceSpan) {
      self.message = message
      self.span = span
    }
  }

  /// How much it stops.
  public var severity: Severity
  /// One sentence, lower case, without a full stop.
  public var message: String
  /// Where, in bytes of the file; nil where no place can be named.
  public var span: SourceSpan?
  /// What to do about it, such as `did you mean 'mean'?`.
  public var help: String?
  /// Other places that belong to the message, each shown with its line.
  public var related: [Related]

  /// A diagnostic from its parts; an error unless another severity is given.
  public init(
    _ severity: Severity = .error, _ message: String, at span: SourceSpan? = nil,
    help: String? = nil, related: [Related] = []
  ) {
    self.severity = severity
    self.message = message
    self.span = span
    self.help = help
    self.related = related
  }
}
