import Bytes
import Corpora
import Execution
import Tensors
import Testing
import TextEncoders
import Tokenizers

@Suite struct EncoderGraphTests {
  /// The vectors of texts on a tape.
  private static func vectors(
    _ encoder: BertEncoder, _ texts: [String], weights: UnsafePointer<Float>
  ) throws -> [[Float]] {
    let tape = try Tape(recordsGradients: false)
    var tokens: [Int32] = []
    var starts: [Int] = []
    for text in texts {
      starts.append(tokens.count)
      tokens += encoder.tokens(of: text, as: .document, limit: encoder.maximumLength)
    }
    let result = try tokens.withUnsafeBufferPointer {
      try encoder.graph.vectors(
        tape, weights: weights, gradients: nil, tokens: $0, starts: starts)
    }
    let values = Array(tape.values(of: result))
    return (0..<texts.count).map {
      Array(values[$0 * encoder.dimension..<($0 + 1) * encoder.dimension])
    }
  }

  private static func weights(_ encoder: BertEncoder) -> FloatBuffer {
    let weights = FloatBuffer(count: encoder.graph.parameterCount)
    encoder.fillWeights(UnsafeMutableBufferPointer(start: weights.base, count: weights.count))
    return weights
  }

  /// Training and inference compute the same.
  @Test(arguments: Fixtures.names) func asInferenceComputesIt(_ name: String) throws {
    let encoder = try Fixtures.encoder(name)
    let texts = try Fixtures.texts().filter {
      !encoder.tokens(of: $0, as: .document, limit: encoder.maximumLength).isEmpty
    }
    try #require(texts.count > 5)
    let weights = Self.weights(encoder)
    let expected = try encoder.encode(texts, as: .document, context: WorkContext())
    let got = try Self.vectors(encoder, texts, weights: weights.base)
    for text in texts.indices {
      for (a, b) in zip(got[text], expected[text]) { #expect(abs(a - b) < 1e-5) }
    }
  }

  @Test func gradientsAreDifferences() throws {
    let encoder = try Fixtures.encoder("mean")
    let graph = encoder.graph
    let weights = Self.weights(encoder)
    let texts = Array(
      try Fixtures.texts().filter {
        (4...12).contains(encoder.tokens(of: $0, as: .document, limit: 64).count)
      }.prefix(3))
    try #require(texts.count == 3)
    var tokens: [Int32] = []
    var starts: [Int] = []
    for text in texts {
      starts.append(tokens.count)
      tokens += encoder.tokens(of: text, as: .document, limit: 64)
    }
    var stream = RandomStream(seed: 4, purpose: "tests/graph")
    let outgoing = (0..<texts.count * graph.dimension).map { _ in Float(stream.uniform() - 0.5) }
    let gradient = FloatBuffer(count: weights.count)
    let tape = try Tape(recordsGradients: true)
    let result = try tokens.withUnsafeBufferPointer {
      try graph.vectors(
        tape, weights: weights.base, gradients: gradient.base, tokens: $0, starts: starts)
    }
    try outgoing.withUnsafeBufferPointer { try tape.seed(result, gradient: $0) }
    try tape.backward()
    func sum() throws -> Double {
      let rows = try Self.vectors(encoder, texts, weights: weights.base)
      return zip(rows.joined(), outgoing).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    // Some places of every tensor, those with the largest gradients.
    for part in graph.parts {
      let places = part.range.sorted { abs(gradient.base[$0]) > abs(gradient.base[$1]) }
      for place in places.prefix(2) {
        let value = weights.base[place]
        let step = max(2e-3, abs(value) * 4e-3)
        weights.base[place] = value + step
        let above = try sum()
        weights.base[place] = value - step
        let below = try sum()
        weights.base[place] = value
        let slope = (above - below) / Double(2 * step)
        #expect(
          abs(slope - Double(gradient.base[place])) < 2e-2 * max(0.02, abs(slope)), "\(part.name)")
      }
    }
  }

  @Test func frozenPartsGetNoGradient() throws {
    let encoder = try Fixtures.encoder("cls")
    let graph = encoder.graph
    let weights = Self.weights(encoder)
    let gradient = FloatBuffer(count: weights.count)
    let still = Set(
      graph.parts.filter { $0.name.hasPrefix("embeddings.") }.map(\.range.lowerBound))
    let tape = try Tape(recordsGradients: true)
    let tokens = encoder.tokens(of: "where the ferry leaves", as: .query, limit: 16)
    let result = try tokens.withUnsafeBufferPointer {
      try graph.vectors(
        tape, weights: weights.base, gradients: gradient.base, trains: { !still.contains($0) },
        tokens: $0, starts: [0])
    }
    let ones = (0..<graph.dimension).map { Float($0) }
    try ones.withUnsafeBufferPointer { try tape.seed(result, gradient: $0) }
    try tape.backward()
    for part in graph.parts {
      let isStill = part.range.allSatisfy { gradient.base[$0] == 0 }
      #expect(!part.name.hasPrefix("embeddings.") || isStill)
      if part.name.hasSuffix("output.dense.weight") { #expect(!isStill) }
    }
  }

  @Test func layoutsAreCoveredByParts() throws {
    let graph = try Fixtures.encoder("mean").graph
    var end = 0
    for part in graph.parts {
      #expect(part.range.lowerBound == end)
      end = part.range.upperBound
    }
    #expect(end == graph.parameterCount)
    #expect(graph.operations(lengths: [8, 8]) == 2 * graph.operations(lengths: [8]))
  }

  @Test func tokensAreWhatInferenceReads() throws {
    let encoder = try Fixtures.encoder("mean")
    #expect(encoder.tokens(of: "", as: .query, limit: 64).isEmpty)
    let long = [String](repeating: "the ferry", count: 500).joined(separator: " ")
    #expect(encoder.tokens(of: long, as: .query, limit: 9).count == 9)
    let all = encoder.tokens(of: long, as: .query, limit: 1 << 20)
    #expect(all.count == encoder.maximumLength)
    #expect(all.first == encoder.model.tokenizer.addedAround.before.first)
    #expect(all.last == encoder.model.tokenizer.addedAround.after.last)
  }
}
