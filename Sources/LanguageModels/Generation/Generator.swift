public import Execution
import Tokenizers

/// Continues texts with a model.
public struct Generator: Sendable {
  /// What continues.
  public let model: DecoderModel
  /// How.
  public let options: GenerationOptions

  /// A generator of one model.
  ///
  /// - Throws: ``InferenceError`` for options outside what they may be.
  public init(_ model: DecoderModel, options: GenerationOptions) throws {
    try options.sampling.validate()
    guard options.maxTokens > 0, options.batch > 0, options.minTokens >= 0 else {
      throw InferenceError.option(
        name: "the number of tokens", got: "\(options.maxTokens)", allowed: "at least 1")
    }
    self.model = model
    self.options = options
  }

  /// Continues texts.
  ///
  /// - Returns: A continuation for each prompt, and the floating-point operations of all.
  /// - Throws: ``InferenceError``; cancellation.
  public func run(
    _ prompts: [String], context: WorkContext
  ) throws -> (results: [Generated], operations: Double) {
    guard let tokenizer = model.tokenizer else { throw InferenceError.noTokenizer }
    return try run(prompts.map { Self.tokens($0, tokenizer) }, context: context)
  }

  /// A prompt's tokens; an empty one is the start of a text.
  private static func tokens(_ prompt: String, _ tokenizer: Tokenizer) -> [Int32] {
    let tokens = tokenizer.encode(prompt)
    if !tokens.isEmpty { return tokens }
    return (tokenizer.beginOfText ?? tokenizer.endOfText).map { [$0] } ?? []
  }

  /// Continues sequences of tokens.
  ///
  /// - Returns: A continuation for each prompt, and the floating-point operations of all.
  /// - Throws: ``InferenceError``; cancellation.
  public func run(
    _ prompts: [[Int32]], context: WorkContext
  ) throws -> (results: [Generated], operations: Double) {
    let limit = model.configuration.context
    // Room for one new token at least.
    let read = prompts.map { Array($0.suffix(max(1, limit - 1))) }
    let longest = read.reduce(1) { max($0, $1.count) }
    let session = try DecoderSession(
      model,
      limits: DecoderSession.Limits(
        batch: min(options.batch, max(prompts.count, 1)),
        length: min(limit, longest + options.maxTokens)),
      context: context)
    var results = [Generated?](repeating: nil, count: prompts.count)
    var waiting = Array(prompts.indices.reversed())
    var running: [Running] = []
    var done = 0
    while !waiting.isEmpty || !running.isEmpty {
      try context.check()
      // New sequences take the room of finished ones.
      var starting: [Running] = []
      while running.count + starting.count < session.limits.batch, let index = waiting.popLast() {
        starting.append(
          Running(
            index: index, sequence: session.begin(), prompt: read[index], options: options,
            dropped: prompts[index].count - read[index].count, tokenizer: model.tokenizer))
      }
      if !starting.isEmpty {
        let logits = try session.extend(starting.map(\.sequence), by: starting.map(\.prompt))
        try advance(&starting, logits)
      }
      let continuing = running.filter { $0.reason == nil }
      var moved = continuing
      if !continuing.isEmpty {
        let logits = try session.step(continuing.map(\.last), of: continuing.map(\.sequence))
        try advance(&moved, logits)
      }
      running = []
      for sequence in moved + starting {
        guard let reason = sequence.reason else {
          running.append(sequence)
          continue
        }
        try session.drop(sequence.sequence)
        results[sequence.index] = sequence.result(reason)
        done += 1
        context.report(
          Progress(
            task: "generating", completed: done, total: prompts.count, unit: "texts"))
      }
    }
    return (results.compactMap(\.self), session.operations)
  }

  /// Chooses a token for each sequence, and says which have ended.
  private func advance(_ sequences: inout [Running], _ logits: Logits) throws {
    for place in sequences.indices {
      try sequences[place].choose(
        logits[place], options: options, ends: model.configuration.endTokens,
        context: model.configuration.context)
    }
  }
}

/// A sequence that is being continued.
private struct Running {
  let index: Int
  let sequence: DecoderSession.SequenceID
  let prompt: [Int32]
  let dropped: Int
  var reason: Generated.Reason?
  private var stream: RandomStream
  private var decoder: StreamingDecoder?
  private var text = ""
  private var tokens: [Int32] = []
  private var logProbabilities: [Double] = []
  private var entropies: [Double] = []

  init(
    index: Int, sequence: DecoderSession.SequenceID, prompt: [Int32], options: GenerationOptions,
    dropped: Int, tokenizer: Tokenizer?
  ) {
    self.index = index
    self.sequence = sequence
    self.prompt = prompt
    self.dropped = dropped
    stream = RandomStream(seed: options.seed, purpose: "generation/\(index)")
    decoder = tokenizer.map { StreamingDecoder($0) }
  }

  /// The token to read next.
  var last: Int32 { tokens.last ?? 0 }

  mutating func choose(
    _ logits: UnsafeBufferPointer<Float>, options: GenerationOptions, ends: [Int32], context: Int
  ) throws {
    let statistics = try TokenStatistics(logits, position: prompt.count + tokens.count)
    let token: Int32
    if tokens.count < options.minTokens, !ends.isEmpty {
      // The ends of a text are out of reach until there are enough tokens.
      var masked = Array(logits)
      for end in ends where Int(end) < masked.count { masked[Int(end)] = -.greatestFiniteMagnitude }
      token = masked.withUnsafeBufferPointer { options.sampling.choose($0, &stream) }
    } else {
      token = options.sampling.choose(logits, &stream)
    }
    if ends.contains(token) {
      reason = .end
      return
    }
    tokens.append(token)
    logProbabilities.append(statistics.logProbability(token, logits))
    entropies.append(statistics.entropy)
    let known = text.utf8.count
    text += decoder?.append(token) ?? ""
    if let cut = Self.stop(in: text, from: known, options.stops) {
      text = cut
      reason = .stop
    } else if tokens.count == options.maxTokens {
      reason = .length
    } else if prompt.count + tokens.count >= context {
      reason = .context
    }
  }

  /// The text before the first stop; nil where there is none. Only what is new, and as much before
  /// it as a stop may reach back, is searched.
  private static func stop(in text: String, from known: Int, _ stops: [String]) -> String? {
    let bytes = Array(text.utf8)
    var first: Int?
    for stop in stops where !stop.isEmpty {
      let wanted = Array(stop.utf8)
      guard bytes.count >= wanted.count else { continue }
      for start in max(0, known - wanted.count + 1)...(bytes.count - wanted.count)
      where bytes[start..<start + wanted.count].elementsEqual(wanted) {
        first = min(first ?? start, start)
        break
      }
    }
    return first.map { String(decoding: bytes[..<$0], as: UTF8.self) }
  }

  func result(_ reason: Generated.Reason) -> Generated {
    var (text, decoder) = (text, decoder)
    if reason != .stop { text += decoder?.finish() ?? "" }
    return Generated(
      tokens: tokens, text: text, reason: reason, logProbabilities: logProbabilities,
      entropies: entropies, promptTokens: prompt.count, droppedTokens: dropped)
  }
}
