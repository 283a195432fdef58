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
    public let message: String
    public let span: SourceSpan

    public init(_ message: String, at span: SourceSpan) {
      self.message = message
      self.span = span
    }
  }

  public var severity: Severity
  /// One sentence, lower case, without a full stop.
  public var message: String
  /// Where, in bytes of the file; nil where no place can be named.
  public var span: SourceSpan?
  /// What to do about it, such as `did you mean 'mean'?`.
  public var help: String?
  public var related: [Related]

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
