import Execution
import LanguageModels
import TestModels
import Testing

@Suite struct InferenceTests {
  /// The largest difference between logits and the reference's.
  private func largestDifference(_ fast: [[Float]], _ reference: [[Double]]) -> Double {
    #expect(fast.count == reference.count)
    return zip(fast, reference).flatMap { zip($0, $1).map { abs(Double($0) - $1) } }.max() ?? 0
  }

  /// Logits after every token, read in pieces of the given sizes.
  private func logits(
    _ model: DecoderModel, _ tokens: [Int32], pieces: [Int], threads: Int = 1
  ) throws -> [[Float]] {
    let session = try DecoderSession(
      model, limits: .init(length: 256), context: WorkContext(threads: threads))
    let sequence = session.begin()
    var result: [[Float]] = []
    var rest = tokens[...]
    var next = 0
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieces[min(next, pieces.count - 1)]))
      rest = rest.dropFirst(piece.count)
      next += 1
      try session.extend([sequence], by: [piece], wanting: .all) { place, token, row in
        #expect(place == 0 && token < piece.count)
        result.append(Array(row))
      }
    }
    #expect(try session.length(of: sequence) == tokens.count)
    return result
  }

  @Test(arguments: Shapes.all) func agreesWithReference(_ shape: DecoderConfiguration) throws {
    let model = try randomModel(shape)
    let tokens = randomTokens(75, vocabulary: shape.vocabularySize)
    let reference = try ReferenceDecoder(model).logits(tokens)
    #expect(largestDifference(try logits(model, tokens, pieces: [75]), reference) < 1e-4)
  }

  @Test(arguments: Shapes.all) func bitsDoNotDependOnPiecesOrThreads(
    _ shape: DecoderConfiguration
  ) throws {
    let model = try randomModel(shape)
    let tokens = randomTokens(150, vocabulary: shape.vocabularySize)
    let whole = try logits(model, tokens, pieces: [150])
    #expect(try logits(model, tokens, pieces: [1]) == whole)
    #expect(try logits(model, tokens, pieces: [31, 2, 64, 17]) == whole)
    #expect(try logits(model, tokens, pieces: [7], threads: 2) == whole)
    #expect(try logits(model, tokens, pieces: [150], threads: 3) == whole)
  }

  @Test func raggedBatchesDropsAndForks() throws {
    let shape = Shapes.grouped
    let model = try randomModel(shape)
    let lengths = [1, 40, 64, 3, 33, 90]
    let prompts = lengths.enumerated().map {
      randomTokens($1, vocabulary: shape.vocabularySize, seed: UInt64($0))
    }
    let session = try DecoderSession(
      model, limits: .init(batch: 8, length: 200), context: WorkContext(threads: 2))
    let (sequences, _) = try session.prefill(prompts)
    var texts = Dictionary(uniqueKeysWithValues: zip(sequences, prompts))
    var live = sequences
    var stream = RandomStream(seed: 5, purpose: "test")
    for round in 0..<30 {
      let tokens = live.map { _ in Int32(stream.below(shape.vocabularySize)) }
      let logits = try session.step(tokens, of: live)
      for (sequence, token) in zip(live, tokens) { texts[sequence]?.append(token) }
      if round % 10 == 3 {
        for (row, sequence) in live.enumerated() {
          let alone = try self.logits(model, texts[sequence] ?? [], pieces: [256])
          #expect(Array(logits[row]) == alone.last)
        }
      }
      if round == 5 {
        for gone in [live.remove(at: 1), live.remove(at: 2)] {
          try session.drop(gone)
          #expect(throws: InferenceError.unknownSequence) { try session.length(of: gone) }
          #expect(throws: InferenceError.unknownSequence) { try session.drop(gone) }
        }
      }
      if round == 11 || round == 14 {
        let copy = try session.fork(live[0])
        texts[copy] = texts[live[0]]
        live.append(copy)
      }
      live.shuffle(using: &stream)
    }
    let free = session.freePositions
    for sequence in live { try session.drop(sequence) }
    #expect(session.freePositions == 8 * 224)
    #expect(free < session.freePositions)
  }

  @Test func sequencesOfAnotherSessionAreRefused() throws {
    let model = try randomModel(Shapes.plain)
    let sessions = try (0..<2).map { _ in
      try DecoderSession(model, limits: .init(length: 8), context: WorkContext())
    }
    let (first, second) = (sessions[0].begin(), sessions[1].begin())
    #expect(throws: InferenceError.unknownSequence) { try sessions[1].step([1], of: [first]) }
    #expect(throws: InferenceError.unknownSequence) { try sessions[0].drop(second) }
  }

  @Test func prefixesAreSharedNotCopied() throws {
    let model = try randomModel(Shapes.plain)
    let session = try DecoderSession(
      model, limits: .init(batch: 4, length: 128, positions: 192), context: WorkContext())
    let (sequences, _) = try session.prefill([randomTokens(100, vocabulary: 61)])
    #expect(session.freePositions == 192 - 128)
    let forks = try (0..<2).map { _ in try session.fork(sequences[0]) }
    #expect(session.freePositions == 0)
    #expect(throws: InferenceError.cacheFull(positions: 192)) { try session.fork(sequences[0]) }
    try session.drop(sequences[0])
    #expect(session.freePositions == 32)
    for sequence in forks { try session.drop(sequence) }
    #expect(session.freePositions == 192)
  }

  @Test func refusals() throws {
    let model = try randomModel(Shapes.plain)
    let context = WorkContext()
    #expect(throws: InferenceError.tooLong(got: 257, limit: 256)) {
      try DecoderSession(model, limits: .init(length: 257), context: context)
    }
    #expect(throws: InferenceError.self) {
      try DecoderSession(model, limits: .init(batch: .max, length: 256), context: context)
    }
    #expect {
      try DecoderSession(
        model, limits: .init(batch: 100_000, length: 256, bytes: 1 << 20), context: context)
    } throws: {
      guard case InferenceError.memory(let bytes, 1 << 20) = $0 else { return false }
      return bytes > 100_000 * 256 * 2 * 2 * 32 * 4
    }
    let session = try DecoderSession(model, limits: .init(batch: 2, length: 8), context: context)
    let a = session.begin()
    #expect(throws: InferenceError.tokenOutOfRange(got: 61, vocabulary: 61)) {
      try session.extend([a], by: [[61]])
    }
    #expect(throws: InferenceError.tokenOutOfRange(got: -1, vocabulary: 61)) {
      try session.extend([a], by: [[-1]])
    }
    #expect(throws: InferenceError.tooLong(got: 9, limit: 8)) {
      try session.extend([a], by: [[Int32](repeating: 0, count: 9)])
    }
    #expect(throws: InferenceError.tooFewTokens(got: 0, needed: 1)) {
      try session.extend([a], by: [[]])
    }
    #expect(throws: InferenceError.unknownSequence) { try session.step([1, 2], of: [a, a]) }
    #expect(throws: InferenceError.tooManySequences(got: 3, limit: 2)) {
      try session.prefill([[1], [2], [3]])
    }
    #expect(try session.length(of: a) == 0)
  }

  @Test func cancellationStops() throws {
    let model = try randomModel(Shapes.plain)
    let cancellation = Cancellation()
    let session = try DecoderSession(
      model, limits: .init(length: 8), context: WorkContext(cancellation: cancellation))
    let (sequences, _) = try session.prefill([[1, 2, 3]])
    cancellation.cancel()
    #expect(throws: CancellationRequested.self) { try session.step([1], of: sequences) }
    #expect(try session.length(of: sequences[0]) == 3)
    cancellation.reset()
    _ = try session.step([1], of: sequences)
    #expect(try session.length(of: sequences[0]) == 4)
  }

  @Test func countsOperations() throws {
    let shape = Shapes.grouped
    let model = try randomModel(shape)
    let session = try DecoderSession(model, limits: .init(length: 8), context: WorkContext())
    _ = try session.prefill([[1, 2, 3]])
    let matrices = shape.layers * (160 * 48 + 48 * 96 + 3 * 80 * 48)
    let attention = shape.layers * 4 * 96 * (1 + 2 + 3)
    #expect(session.operations == Double(2 * 3 * matrices + attention + 2 * 100 * 48))
  }

  @Test func rotaryFrequenciesAreStretched() {
    var shape = Shapes.plain
    for (got, expected) in zip(shape.rotaryFrequencies, [1, 0.1, 0.01, 0.001]) {
      #expect(abs(got - expected) < 1e-15)
    }
    shape.ropeScaling = RopeScaling(
      factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 64)
    let stretched = shape.rotaryFrequencies
    // Turns within 64 positions: 10.2, 1.02, 0.1, 0.01: kept, blended, divided, divided.
    #expect(stretched[0] == 1)
    let kept = (64 * 0.1 / (2 * Double.pi) - 1) / 3
    #expect(abs(stretched[1] - ((1 - kept) * 0.1 / 8 + kept * 0.1)) < 1e-15)
    #expect(abs(stretched[2] - 0.01 / 8) < 1e-15)
    #expect(abs(stretched[3] - 0.001 / 8) < 1e-15)
  }
}
