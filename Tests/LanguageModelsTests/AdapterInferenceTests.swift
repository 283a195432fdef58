import Bytes
import Execution
import LanguageModels
import TestModels
import Testing

/// Adapters of every kind at inference.
@Suite struct AdapterInferenceTests {
  /// Kinds that go with every one of ``Shapes/all``.
  static let adapters: [AdapterShape] = [
    .lowRank(LowRankShape(rank: 3, alpha: 5, layers: 0..<1, parts: DecoderPart.allCases)),
    .lowRank(
      LowRankShape(
        [
          .init(layer: 0, part: .key, rank: 1, alpha: 2),
          .init(layer: 0, part: .query, rank: 17, alpha: 1),
          .init(layer: 0, part: .up, rank: 2, alpha: -3),
        ], isRankStabilized: true)),
    .bottleneck(width: 7), .prefix(length: 1), .prefix(length: 32), .prefix(length: 43),
  ]

  /// Logits after every token, read in pieces of the given sizes.
  private func logits(
    _ model: DecoderModel, _ tokens: [Int32], pieces: [Int], threads: Int = 1, length: Int = 200
  ) throws -> [[Float]] {
    let session = try DecoderSession(
      model, limits: .init(length: length), context: WorkContext(threads: threads))
    let sequence = session.begin()
    #expect(try session.length(of: sequence) == 0)
    var result: [[Float]] = []
    var rest = tokens[...]
    var next = 0
    while !rest.isEmpty {
      let piece = Array(rest.prefix(pieces[min(next, pieces.count - 1)]))
      rest = rest.dropFirst(piece.count)
      next += 1
      try session.extend([sequence], by: [piece], wanting: .all) { _, _, row in
        result.append(Array(row))
      }
    }
    #expect(try session.length(of: sequence) == tokens.count)
    return result
  }

  private func distance<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(
    _ a: [[A]], _ b: [[B]]
  ) -> Double {
    #expect(a.count == b.count)
    return zip(a, b).flatMap { zip($0, $1).map { abs(Double($0) - Double($1)) } }.max() ?? 0
  }

  @Test(arguments: Shapes.all, adapters)
  func agreesWithTheReference(_ shape: DecoderConfiguration, _ adapter: AdapterShape) throws {
    let base = try randomModel(shape)
    let model = try base.attaching(randomAdapter(adapter, for: base.configuration))
    #expect(model.weights === base.weights)
    let tokens = randomTokens(70, vocabulary: shape.vocabularySize)
    let got = try logits(model, tokens, pieces: [70])
    let expected = try ReferenceDecoder(model).logits(tokens)
    let size = expected.reduce(1.0) { max($0, $1.reduce(0) { max($0, abs($1)) }) }
    #expect(distance(got, expected) < 1e-4 * size)
    #expect(distance(try logits(base, tokens, pieces: [70]), got) > 1e-2)
    // And the bits are those of any pieces and threads.
    #expect(try logits(model, tokens, pieces: [1]) == got)
    #expect(try logits(model, tokens, pieces: [5, 31, 2], threads: 3) == got)
  }

  @Test(arguments: Shapes.all) func mergedIsSeparate(_ shape: DecoderConfiguration) throws {
    let base = try randomModel(shape)
    for adapter in Self.adapters {
      let model = try base.attaching(randomAdapter(adapter, for: base.configuration))
      guard case .lowRank = adapter else {
        let error = #expect(throws: AdapterError.self) { try model.merged() }
        #expect(error == .unmergeable(kind: try #require(model.adapter?.article)))
        continue
      }
      let merged = try model.merged()
      #expect(merged.adapter == nil && merged.weights !== base.weights)
      let tokens = randomTokens(40, vocabulary: shape.vocabularySize)
      let separate = try logits(model, tokens, pieces: [40])
      let size = separate.reduce(1.0) { max($0, $1.reduce(0) { max($0, Double(abs($1))) }) }
      #expect(distance(separate, try logits(merged, tokens, pieces: [40])) < 1e-4 * size)
    }
    #expect(try base.merged().weights === base.weights)
  }

  @Test func raggedBatchesDropsAndForksBehindAPrefix() throws {
    let base = try randomModel(Shapes.grouped)
    let model = try base.attaching(randomAdapter(.prefix(length: 43), for: base.configuration))
    #expect(model.configuration.context == 256 - 43)
    let prompts = [1, 21, 22, 60].enumerated().map {
      randomTokens($1, vocabulary: 100, seed: UInt64($0))
    }
    let session = try DecoderSession(
      model, limits: .init(batch: 6, length: 100), context: WorkContext(threads: 2))
    let free = session.freePositions
    for round in 0..<3 {
      var (live, _) = try session.prefill(prompts)
      var texts = prompts
      live.append(try session.fork(live[1]))
      texts.append(texts[1])
      // One that forks before it has read anything.
      let empty = session.begin()
      live.append(try session.fork(empty))
      texts.append([])
      try session.drop(empty)
      for step in 0..<30 {
        let tokens = live.indices.map { Int32(($0 * 7 + step * 3 + round) % 100) }
        let logits = try session.step(tokens, of: live)
        for place in live.indices {
          texts[place].append(tokens[place])
          if step % 13 == 5 {
            #expect(
              try Array(logits[place]) == self.logits(model, texts[place], pieces: [7]).last)
          }
        }
      }
      for sequence in live { try session.drop(sequence) }
      #expect(session.freePositions == free, "what sequences took is given back")
    }
  }

  @Test func scoresAndContinuationsSeeAdapters() throws {
    let base = try randomModel(Shapes.plain)
    let prompt = randomTokens(9, vocabulary: 61)
    let options = GenerationOptions(maxTokens: 12)
    let plain = try Generator(base, options: options).run([prompt], context: WorkContext())
    for shape in Self.adapters {
      let model = try base.attaching(randomAdapter(shape, for: base.configuration))
      let run = try Generator(model, options: options).run(
        [prompt, prompt], context: WorkContext(threads: 2))
      let tokens = try #require(run.results.first?.tokens)
      #expect(run.results.last?.tokens == tokens)
      // Greedy continuations are the likeliest tokens of the reference.
      var text = prompt
      for token in tokens {
        let row = try #require(try ReferenceDecoder(model).logits(text).last)
        let best = try #require(row.indices.max { row[$0] < row[$1] })
        #expect(Int(token) == best || row[best] - row[Int(token)] < 1e-3)
        text.append(token)
      }
      #expect(run.operations > 0)
      if case .lowRank = shape { continue }
      #expect(plain.results.first?.logProbabilities != run.results.first?.logProbabilities)
    }
  }

  @Test func severalAdaptersShareOneBase() throws {
    let base = try randomModel(Shapes.biased)
    let models = try Self.adapters.enumerated().map { index, shape in
      try base.attaching(randomAdapter(shape, for: base.configuration, seed: UInt64(index)))
    }
    #expect(models.allSatisfy { $0.weights === base.weights })
    let tokens = randomTokens(20, vocabulary: 67)
    let alone = try models.map { try logits($0, tokens, pieces: [20]) }
    // Used in turns, none disturbs another.
    #expect(try models.map { try logits($0, tokens, pieces: [3]) } == alone)
    #expect(Set(alone).count == models.count)
    #expect(throws: AdapterError.occupied(by: "a prefix")) {
      try models[3].attaching(randomAdapter(Self.adapters[0], for: base.configuration))
    }
    #expect(models[4].base.configuration == base.configuration)
    let other = try randomModel(Shapes.plain)
    #expect(throws: AdapterError.self) {
      try other.attaching(randomAdapter(Self.adapters[0], for: base.configuration))
    }
  }

  @Test func aSessionsLimitsCountAPrefix() throws {
    let base = try randomModel(Shapes.plain)
    let model = try base.attaching(randomAdapter(.prefix(length: 50), for: base.configuration))
    #expect(throws: InferenceError.tooLong(got: 207, limit: 206)) {
      try DecoderSession(model, limits: .init(length: 207), context: WorkContext())
    }
    let tokens = randomTokens(206, vocabulary: 61)
    #expect(try logits(model, tokens, pieces: [206], length: 206).count == 206)
    let layout = try #require(model.adapter?.layout)
    let limits = DecoderSession.Limits(batch: 4, length: 30)
    #expect(
      DecoderSession.bytes(base.configuration, limits, threads: 1, adapter: layout)
        > DecoderSession.bytes(base.configuration, limits, threads: 1))
  }
}
