import Corpora
import Execution
import Tokenizers

/// Texts as a model reads them: tokens between the special ones, and no more than it has room for.
struct TokenizedTexts: Sendable {
  /// The tokens of each text, special ones included.
  var tokens: [[Int32]] = []
  /// How many texts were longer.
  var truncatedCount = 0
  /// How many texts have no token of their own.
  var emptyCount = 0
  /// All tokens.
  var tokenCount = 0

  /// Texts that one call of the parallel loop takes.
  private static let block = 64

  /// - Parameters:
  ///   - texts: Any texts.
  ///   - tokenizer: What cuts them.
  ///   - around: The tokens before and after each text.
  ///   - limit: The most tokens of a text, those around it included; more than there are around it.
  ///   - context: Threads, and when to stop.
  /// - Throws: `CancellationRequested`.
  init(
    _ texts: [String], _ tokenizer: Tokenizer, around: (before: [Int32], after: [Int32]),
    limit: Int, context: WorkContext
  ) throws {
    let room = limit - around.before.count - around.after.count
    let parts = try parallelMap((texts.count + Self.block - 1) / Self.block, context: context) {
      part in
      var result = TokenizedTexts()
      for index in part * Self.block..<min(texts.count, (part + 1) * Self.block) {
        try context.check()
        var own = tokenizer.encode(texts[index], addingSpecialTokens: false)
        if own.isEmpty { result.emptyCount += 1 }
        if own.count > room {
          result.truncatedCount += 1
          own.removeLast(own.count - room)
        }
        result.tokens.append(around.before + own + around.after)
        result.tokenCount += around.before.count + own.count + around.after.count
      }
      return result
    }
    for part in parts {
      tokens += part.tokens
      truncatedCount += part.truncatedCount
      emptyCount += part.emptyCount
      tokenCount += part.tokenCount
    }
  }

  private init() {}

  /// Runs of texts with about so many tokens each: what one piece of work takes.
  func chunks(of rows: Int) -> [Range<Int>] {
    var chunks: [Range<Int>] = []
    var start = 0
    var count = 0
    for (index, text) in tokens.enumerated() {
      if count > 0, count + text.count > rows {
        chunks.append(start..<index)
        start = index
        count = 0
      }
      count += text.count
    }
    if start < tokens.count { chunks.append(start..<tokens.count) }
    return chunks
  }
}
