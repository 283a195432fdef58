import Bytes
import CKernels
public import Corpora
public import Execution
import Synchronization
import Tokenizers

/// A BERT-type encoder at work: texts to vectors, without padding, on any number of threads.
///
/// ```swift
/// let model = try EncoderFolder.load("all-MiniLM-L6-v2", context: context)
/// let encoder = BertEncoder(model, name: "minilm")
/// let vectors = try encoder.encode(["Where is the ferry?"], as: .query, context: context)
/// ```
///
/// Texts are computed some hundred tokens at a time by kernels that treat every row by itself, so
/// a text has the same vector, bit for bit, in any company, on any number of threads, and on any
/// CPU.
public struct BertEncoder: TokenEncoder {
  /// What encodes.
  public let model: EncoderModel
  /// A short name.
  public let name: String
  private let packed: PackedEncoder
  private let spaces = EncoderSpaces()

  /// Tokens of one piece of work: enough that the weights are worth fetching, few enough that the
  /// rows stay in the second and third cache.
  private static let rows = 512

  /// An encoder from a model. O(weights): the matrices are laid out for their products.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - name: What tables and tags call it.
  public init(_ model: EncoderModel, name: String) {
    self.model = model
    self.name = name
    packed = PackedEncoder(model)
  }

  /// The model's width.
  public var dimension: Int { model.configuration.width }

  /// The longest text in tokens, special ones included.
  public var maximumLength: Int { model.maximumLength }

  /// Floating-point operations that a token costs in the products with weights, a multiplication
  /// and an addition counted as two: what a share of the peak is told by.
  public var operationsPerToken: Double { packed.operationsPerRow }

  /// One vector of length 1 for each text; queries and documents are treated alike.
  ///
  /// An empty text is its special tokens, as in sentence-transformers. O(tokens · weights).
  ///
  /// - Throws: `CancellationRequested`.
  public func encode(_ texts: [String], as role: TextRole, context: WorkContext) throws
    -> EncodedTexts
  {
    let tokenized = try tokenize(texts, context)
    let vectors = FloatBuffer(count: texts.count * dimension)
    try run(tokenized, context) { chunk, starts, space in
      for (place, text) in chunk.enumerated() {
        pool(starts[place]..<starts[place + 1], space, into: vectors.base + text * dimension)
      }
    }
    return EncodedTexts(
      vectors: vectors, dimension: dimension, count: texts.count, tokenCount: tokenized.tokenCount,
      truncatedCount: tokenized.truncatedCount, emptyCount: tokenized.emptyCount)
  }

  /// The last hidden states of each text's own tokens, each of length 1.
  ///
  /// - Throws: `CancellationRequested`.
  public func encodeTokens(_ texts: [String], as role: TextRole, context: WorkContext) throws
    -> EncodedTokens
  {
    let tokenized = try tokenize(texts, context)
    let around = model.tokenizer.addedAround
    let (before, after) = (around.before.count, around.after.count)
    var starts = [0]
    var ids: [Int32] = []
    for text in tokenized.tokens {
      ids += text[before..<text.count - after]
      starts.append(ids.count)
    }
    let vectors = FloatBuffer(count: ids.count * dimension)
    let targets = starts
    try run(tokenized, context) { chunk, rows, space in
      for (place, text) in chunk.enumerated() {
        let count = targets[text + 1] - targets[text]
        guard count > 0 else { continue }
        ck_normalize(
          Int64(count), Int64(dimension), Self.leastLength,
          space.stream + (rows[place] + before) * dimension,
          vectors.base + targets[text] * dimension, space.means)
      }
    }
    return EncodedTokens(
      vectors: vectors, dimension: dimension, starts: starts, tokenIDs: ids,
      truncatedCount: tokenized.truncatedCount)
  }

  /// As in `torch.nn.functional.normalize`.
  private static let leastLength: Float = 1e-12

  private func tokenize(_ texts: [String], _ context: WorkContext) throws -> TokenizedTexts {
    try TokenizedTexts(
      model.lowercasesTexts ? texts.map { $0.lowercased() } : texts, model.tokenizer,
      around: model.tokenizer.addedAround, limit: maximumLength, context: context)
  }

  /// Computes the last hidden states chunk by chunk; `receive` is handed the texts of a chunk, the
  /// rows of each, and the space whose `stream` has them. Called on any thread.
  private func run(
    _ texts: TokenizedTexts, _ context: WorkContext,
    _ receive: @Sendable (Range<Int>, [Int], EncoderSpace) -> Void
  ) throws {
    // Every text has the same bits however they are grouped, so the size may look at the threads.
    let share = texts.tokenCount / (4 * context.threads) + 1
    let chunks = texts.chunks(of: min(Self.rows, max(64, share)))
    let done = Atomic<Int>(0)
    _ = try parallelMap(chunks.count, context: context) { index in
      let chunk = chunks[index]
      var tokens: [Int32] = []
      var starts = [0]
      var longest = 0
      for text in texts.tokens[chunk] {
        tokens += text
        starts.append(tokens.count)
        longest = max(longest, text.count)
      }
      let space = spaces.take()
      defer { spaces.give(space) }
      space.reserve(model.configuration, rows: tokens.count, length: longest)
      try packed.run(tokens, starts: starts, space) { try context.check() }
      receive(chunk, starts, space)
      let finished = done.wrappingAdd(chunk.count, ordering: .relaxed).newValue
      context.report(
        Progress(
          task: "encoding", completed: finished, total: texts.tokens.count, unit: "texts"))
    }
  }

  private func pool(
    _ rows: Range<Int>, _ space: EncoderSpace, into target: UnsafeMutablePointer<Float>
  ) {
    let first = space.stream + rows.lowerBound * dimension
    target.update(from: first, count: dimension)
    if model.pooling == .mean {
      for row in 1..<max(1, rows.count) {
        ck_axpy(Int64(dimension), 1, first + row * dimension, target)
      }
      ck_scale(Int64(dimension), 1 / Float(max(1, rows.count)), target, target)
    }
    ck_normalize(1, Int64(dimension), Self.leastLength, target, target, space.means)
  }
}

/// Spaces that no piece of work uses now.
final class EncoderSpaces: Sendable {
  private let free = Mutex<[EncoderSpace]>([])

  func take() -> EncoderSpace { free.withLock { $0.popLast() } ?? EncoderSpace() }

  func give(_ space: EncoderSpace) {
    free.withLock { if $0.count < 8 { $0.append(space) } }
  }
}
