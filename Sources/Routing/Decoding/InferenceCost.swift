public import LanguageModels

/// What it takes to read and write with a decoder, by its shape alone: what a session counts.
public struct InferenceCost: Sendable, Hashable {
  private let perToken: Double
  private let perPosition: Double
  private let perLogits: Double

  /// The cost of one model.
  public init(_ c: DecoderConfiguration) {
    let width = Double(c.width)
    let layer =
      width * Double(c.projectionWidth) + width * Double(c.queryWidth)
      + 3 * width * Double(c.feedForwardWidth)
    perToken = 2 * layer * Double(c.layers)
    perPosition = 4 * Double(c.queryWidth) * Double(c.layers)
    perLogits = 2 * width * Double(c.vocabularySize)
  }

  /// Floating-point operations of reading a prompt and writing after it, a multiplication and an
  /// addition counted as two: two per parameter and token, attention, and the output layer for
  /// each token that is written.
  ///
  /// - Parameters:
  ///   - promptTokens: Tokens that are read first.
  ///   - generatedTokens: Tokens that are written; the last is not read again.
  /// - Returns: What a session counts for the same work, to the last operation.
  public func operations(promptTokens: Int, generatedTokens: Int) -> Double {
    let read = Double(promptTokens + max(0, generatedTokens - 1))
    return perToken * read + perPosition * read * (read + 1) / 2
      + perLogits * Double(generatedTokens)
  }
}
