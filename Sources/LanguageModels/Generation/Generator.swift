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
  /// - Throws: ``InferenceError`` for options outside what they may be, and for texts to stop at
  ///   where there is no tokenizer.
  public init(_ model: DecoderModel, options: GenerationOptions) throws {
    try options.sampling.validate()
    for (name, value, least) in [
      ("the number of tokens", options.maxTokens, 1),
      ("the least number of tokens", options.minTokens, 0), ("the batch", options.batch, 1),
    ] where value < least {
      throw InferenceError.option(name: name, got: "\(value)", allowed: "at least \(least)")
    }
    if model.tokenizer == nil, !options.stops.isEmpty { throw InferenceError.noTokenizer }
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
    return try run(
      prompts.map { prompt in
        let tokens = tokenizer.encode(prompt)
        // An empty prompt is the start of a text.
        return tokens.isEmpty ? model.startToken.map { [$0] } ?? [] : tokens
      }, context: context)
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
        length: min(limit, longest + min(options.maxTokens, limit))
      ).fitting(model.configuration, threads: context.threads),
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
  /// The text so far, in UTF-8.
  private var text: [UInt8] = []
  private let stops: [[UInt8]]
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
    stops = options.stops.filter { !$0.isEmpty }.map { Array($0.utf8) }
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
      for end in ends where masked.indices.contains(Int(end)) { masked[Int(end)] = -.infinity }
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
    let known = text.count
    if let new = decoder?.append(token) { text.append(contentsOf: new.utf8) }
    if let end = stop(from: known) {
      text.removeSubrange(end...)
      reason = .stop
    } else if tokens.count == options.maxTokens {
      reason = .length
    } else if prompt.count + tokens.count >= context {
      reason = .context
    }
  }

  /// Where the first stop begins; nil where there is none. Only what is new, and as much before it
  /// as a stop may reach back, is searched.
  private func stop(from known: Int) -> Int? {
    guard known < text.count else { return nil }
    var first: Int?
    for stop in stops where stop.count <= text.count {
      let start = max(0, known - stop.count + 1)
      let found = (start..<text.count - stop.count + 1).first {
        text[$0..<$0 + stop.count].elementsEqual(stop)
      }
      if let found { first = min(first ?? found, found) }
    }
    return first
  }

  func result(_ reason: Generated.Reason) -> Generated {
    var (text, decoder) = (text, decoder)
    if reason != .stop, let rest = decoder?.finish() { text.append(contentsOf: rest.utf8) }
    return Generated(
      tokens: tokens, text: String(decoding: text, as: UTF8.self), reason: reason,
      logProbabilities: logProbabilities,
      entropies: entropies, promptTokens: prompt.count, droppedTokens: dropped)
  }
}
