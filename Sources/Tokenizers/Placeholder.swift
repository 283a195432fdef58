/// Replaced by the real one.
public struct Tokenizer: Sendable, Hashable {
  public var vocabularySize: Int { 0 }
}
