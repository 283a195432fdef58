import Bytes
import CKernels
public import Corpora
public import Execution
public import LanguageModels
import Synchronization
import Tensors
import Tokenizers

/// A decoder's last hidden states as an encoder of texts.
///
/// Texts are computed one by one, so a text's vector depends on nothing else. Each begins with the
/// model's start token where it has one.
public struct DecoderEncoder: TokenEncoder {
  /// How the tokens' vectors become one.
  public enum Pooling: String, Hashable, Sendable, CaseIterable {
    /// The mean of all tokens, the start token included.
    case mean
    /// The vector of the last token, which alone has seen the whole text.
    case lastToken = "last"
  }

  /// What encodes.
  public let model: DecoderModel
  /// A short name.
  public let name: String
  /// How the tokens' vectors become one.
  public let pooling: Pooling
  /// The longest text in tokens, the start token included.
  public let maximumLength: Int
  private let tokenizer: Tokenizer
  private let graph: DecoderGraph
  private let tapes = Tapes()

  /// Tapes that no text uses now.
  private final class Tapes: Sendable {
    private struct Held: @unchecked Sendable {
      // Sendable because one piece of work has it at a time.
      let tape: Tape
    }

    private let free = Mutex<[Held]>([])

    func take() throws -> Tape {
      try free.withLock { $0.popLast()?.tape } ?? Tape(recordsGradients: false)
    }

    func give(_ tape: Tape) {
      nonisolated(unsafe) let tape = tape
      free.withLock { if $0.count < 8 { $0.append(Held(tape: tape)) } }
    }
  }

  /// An encoder from a decoder.
  ///
  /// - Parameters:
  ///   - model: The decoder, with a tokenizer.
  ///   - name: What tables and tags call it.
  ///   - pooling: How the tokens' vectors become one.
  ///   - maximumLength: The longest text in tokens; the model's context, at most 512, where nil.
  /// - Throws: ``DecoderEncoderError``.
  public init(
    _ model: DecoderModel, name: String, pooling: Pooling = .mean, maximumLength: Int? = nil
  ) throws {
    guard let tokenizer = model.tokenizer else { throw DecoderEncoderError.noTokenizer }
    let context = model.configuration.context
    let length = maximumLength ?? min(context, 512)
    let least = model.startToken == nil ? 1 : 2
    guard least <= length, length <= context else {
      throw DecoderEncoderError.maximumLength(got: length, least: least, context: context)
    }
    self.model = model
    self.name = name
    self.pooling = pooling
    self.maximumLength = length
    self.tokenizer = tokenizer
    graph = DecoderGraph(
      model.layout, positions: length + (model.adapter?.layout.prefixLength ?? 0))
  }

  /// The model's width.
  public var dimension: Int { model.configuration.width }

  /// One vector of length 1 for each text; zeros for an empty text where the model has no start
  /// token. O(tokens · weights).
  ///
  /// - Throws: `TensorError`, `BLASError`, `CancellationRequested`.
  public func encode(_ texts: [String], as role: TextRole, context: WorkContext) throws
    -> EncodedTexts
  {
    let tokenized = try tokenize(texts, context)
    let vectors = FloatBuffer(count: texts.count * dimension)
    let width = dimension
    try run(tokenized, context) { text, states, rows in
      let target = vectors.base + text * width
      switch pooling {
      case .lastToken: target.update(from: states + (rows - 1) * width, count: width)
      case .mean:
        for row in 0..<rows { ck_axpy(Int64(width), 1, states + row * width, target) }
      }
      var inverse: Float = 0
      ck_normalize(1, Int64(width), 1e-12, target, target, &inverse)
    }
    return EncodedTexts(
      vectors: vectors, dimension: dimension, count: texts.count, tokenCount: tokenized.tokenCount,
      truncatedCount: tokenized.truncatedCount, emptyCount: tokenized.emptyCount)
  }

  /// The last hidden states of each text's own tokens, each of length 1.
  ///
  /// - Throws: `TensorError`, `BLASError`, `CancellationRequested`.
  public func encodeTokens(_ texts: [String], as role: TextRole, context: WorkContext) throws
    -> EncodedTokens
  {
    let tokenized = try tokenize(texts, context)
    let before = model.startToken == nil ? 0 : 1
    var starts = [0]
    var ids: [Int32] = []
    for text in tokenized.tokens {
      ids += text[before...]
      starts.append(ids.count)
    }
    let width = dimension
    let vectors = FloatBuffer(count: ids.count * width)
    let inverses = FloatBuffer(count: ids.count)
    let targets = starts
    try run(tokenized, context) { text, states, rows in
      guard rows > before else { return }
      ck_normalize(
        Int64(rows - before), Int64(width), 1e-12, states + before * width,
        vectors.base + targets[text] * width, inverses.base + targets[text])
    }
    return EncodedTokens(
      vectors: vectors, dimension: width, starts: starts, tokenIDs: ids,
      truncatedCount: tokenized.truncatedCount)
  }

  private func tokenize(_ texts: [String], _ context: WorkContext) throws -> TokenizedTexts {
    try TokenizedTexts(
      texts, tokenizer, around: (model.startToken.map { [$0] } ?? [], []), limit: maximumLength,
      context: context)
  }

  private func run(
    _ texts: TokenizedTexts, _ context: WorkContext,
    _ receive: @Sendable (Int, UnsafePointer<Float>, Int) -> Void
  ) throws {
    _ = try parallelMap(texts.tokens.count, context: context) { text in
      let tokens = texts.tokens[text]
      guard !tokens.isEmpty, let weights = model.floats.baseAddress else { return }
      let tape = try tapes.take()
      tape.reset()
      let parameters = graph.declare(on: tape, weights: weights)
      let adapter = model.adapter.flatMap { adapter in
        adapter.floats.baseAddress.map {
          graph.declare(adapter.layout, on: tape, weights: $0)
        }
      }
      try tokens.withUnsafeBufferPointer { tokens in
        let states = tape.values(
          of: try graph.hidden(
            tape, parameters, tokens: tokens, starts: [0], adapter: adapter))
        if let base = states.baseAddress { receive(text, base, tokens.count) }
      }
      tapes.give(tape)
      context.report(
        Progress(task: "encoding", completed: text + 1, total: texts.tokens.count, unit: "texts"))
    }
  }
}

/// Why a decoder is no encoder.
public enum DecoderEncoderError: Error, Hashable, Sendable {
  /// The model came without a tokenizer.
  case noTokenizer
  /// The longest text has no room for a token, or more tokens than the model reads.
  case maximumLength(got: Int, least: Int, context: Int)
}

extension DecoderEncoderError: CustomStringConvertible {
  /// The message, in words.
  public var description: String {
    switch self {
    case .noTokenizer: "the model has no tokenizer, so it encodes no texts"
    case .maximumLength(let got, let least, let context):
      """
      the longest text is \(got) tokens; it has to be between \(least) and the model's context, \
      \(context)
      """
    }
  }
}
