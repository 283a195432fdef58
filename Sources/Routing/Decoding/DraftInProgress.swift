import Execution
import Glibc
import LanguageModels
import Tokenizers

/// An answer that is being written.
struct DraftInProgress {
  let index: Int
  let sequence: DecoderSession.SequenceID
  private let promptTokens: Int
  private(set) var tokens: [Int32] = []
  private var stream: RandomStream
  private var decoder: StreamingDecoder
  /// The text so far, in UTF-8.
  private var text: [UInt8] = []
  private var logProbabilities: [Double] = []
  private var entropies: [Double] = []
  private var margins: [Double] = []
  private var isDone = false
  private var hasEnded = false

  init(
    index: Int, sequence: DecoderSession.SequenceID, promptTokens: Int, tokenizer: Tokenizer,
    stream: RandomStream
  ) {
    self.index = index
    self.sequence = sequence
    self.promptTokens = promptTokens
    self.stream = stream
    decoder = StreamingDecoder(tokenizer)
  }

  /// Chooses the next token. O(V).
  mutating func choose(
    _ logits: UnsafeBufferPointer<Float>, _ reader: ReadingModel, _ sampling: Sampling
  ) throws -> Int32 {
    let token = sampling.choose(logits, &stream)
    let certainty = try TokenCertainty(
      of: token, in: logits, temperature: reader.temperature,
      position: promptTokens + tokens.count)
    tokens.append(token)
    logProbabilities.append(certainty.logProbability)
    entropies.append(certainty.entropy)
    margins.append(certainty.margin)
    if reader.ends.contains(token) {
      (isDone, hasEnded) = (true, true)
      return token
    }
    text.append(contentsOf: decoder.append(token).utf8)
    if text.contains(0x0A) {
      (isDone, hasEnded) = (true, true)
    } else if tokens.count >= reader.maxTokens
      || promptTokens + tokens.count >= reader.model.configuration.context
    {
      isDone = true
    }
    return token
  }

  /// What was written; nil while it goes on.
  var draft: AnswerDraft? {
    guard isDone else { return nil }
    let line = text.prefix { $0 != 0x0A }
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    let start = line.drop(while: isSpace)
    let end = start.lastIndex { !isSpace($0) }.map { start[...$0] } ?? []
    return AnswerDraft(
      text: String(decoding: end, as: UTF8.self), tokens: tokens,
      logProbabilities: logProbabilities, entropies: entropies, margins: margins,
      promptTokens: promptTokens, hasEnded: hasEnded)
  }
}

/// How sure a model was of a token.
struct TokenCertainty {
  /// log p, in nats.
  let logProbability: Double
  /// Of the distribution that the token is from, in nats.
  let entropy: Double
  /// p less that of the likeliest other token.
  let margin: Double

  /// At a temperature that logits are divided by first. O(V), sums in double.
  init(
    of token: Int32, in logits: UnsafeBufferPointer<Float>, temperature: Double, position: Int
  ) throws {
    var other = -Float.infinity
    for index in logits.indices where index != Int(token) { other = max(other, logits[index]) }
    let own = Double(logits[Int(token)])
    let partition: Double
    if temperature == 1 {
      let statistics = try TokenStatistics(logits, position: position)
      (partition, entropy) = (statistics.logPartition, statistics.entropy)
    } else {
      let scaled = logits.map { Float(Double($0) / temperature) }
      let statistics = try scaled.withUnsafeBufferPointer {
        try TokenStatistics($0, position: position)
      }
      (partition, entropy) = (statistics.logPartition, statistics.entropy)
    }
    logProbability = own / temperature - partition
    margin = exp(logProbability) - exp(Double(other) / temperature - partition)
  }
}
