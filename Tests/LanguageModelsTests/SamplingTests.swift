import Execution
import Glibc
import LanguageModels
import TestModels
import Testing

@Suite struct SamplingTests {
  private func choose(
    _ sampling: Sampling, _ logits: [Float], _ stream: inout RandomStream
  ) -> Int32 {
    logits.withUnsafeBufferPointer { sampling.choose($0, &stream) }
  }

  /// How often each token is chosen.
  private func counts(
    _ sampling: Sampling, _ logits: [Float], draws: Int = 20_000, seed: UInt64 = 1
  ) -> [Int] {
    var stream = RandomStream(seed: seed, purpose: "test/sampling")
    var counts = [Int](repeating: 0, count: logits.count)
    for _ in 0..<draws { counts[Int(choose(sampling, logits, &stream))] += 1 }
    return counts
  }

  /// The probabilities as `transformers` has them, with all tokens in order and in double.
  private func probabilities(_ sampling: Sampling, _ logits: [Float]) -> [Double] {
    let scaled = logits.map { Double($0) / sampling.temperature }
    var order = logits.indices.sorted { (scaled[$1], $0) < (scaled[$0], $1) }
    order = Array(order.prefix(sampling.topK ?? order.count))
    let top = scaled[order[0]]
    func weight(_ token: Int) -> Double { exp(scaled[token] - top) }
    if let share = sampling.topP {
      let total = order.reduce(0) { $0 + weight($1) }
      var before = 0.0
      order = order.filter { token in
        defer { before += weight(token) / total }
        return before < share
      }
    }
    let total = order.reduce(0) { $0 + weight($1) }
    var result = [Double](repeating: 0, count: logits.count)
    for token in order { result[token] = weight(token) / total }
    return result
  }

  /// Tokens of no probability never come; the others as χ² with so many degrees allows.
  private func agree(_ counts: [Int], _ probabilities: [Double]) -> Bool {
    let draws = Double(counts.reduce(0, +))
    var (statistic, degrees) = (0.0, -1.0)
    for (count, probability) in zip(counts, probabilities) {
      if probability == 0 {
        if count > 0 { return false }
        continue
      }
      let expected = probability * draws
      statistic += (Double(count) - expected) * (Double(count) - expected) / expected
      degrees += 1
    }
    // The mean, and five standard deviations.
    return statistic <= degrees + 5 * (2 * max(degrees, 1)).squareRoot()
  }

  private static let logits: [Float] = [0.5, 2, -1, 2.5, 0, 1.5, -3, 1, 0.75, -0.5]

  @Test func greedyIsTheLargestAndOfEqualOnesTheFirst() {
    var stream = RandomStream(seed: 1, purpose: "test")
    let untouched = stream.next()
    stream = RandomStream(seed: 1, purpose: "test")
    #expect(choose(.greedy, [1, 3, 2], &stream) == 1)
    #expect(choose(.greedy, [1, 3, 2, 3, 3], &stream) == 1)
    #expect(choose(.greedy, [-5, -5], &stream) == 0)
    #expect(choose(.greedy, [-.infinity, -7, -.infinity], &stream) == 1)
    #expect(stream.next() == untouched)
  }

  @Test(
    arguments: [
      Sampling(), Sampling(temperature: 0.5), Sampling(temperature: 3), Sampling(topK: 4),
      Sampling(topK: 100), Sampling(topP: 0.7), Sampling(topP: 0.95), Sampling(topP: 1),
      Sampling(temperature: 2, topK: 6, topP: 0.8), Sampling(temperature: 0.7, topK: 3, topP: 0.99),
    ])
  func frequenciesAreTheProbabilities(_ sampling: Sampling) {
    let counts = counts(sampling, Self.logits)
    #expect(agree(counts, probabilities(sampling, Self.logits)), "\(counts)")
    // The bound can tell.
    let other = Sampling(temperature: sampling.temperature * 1.3, topK: 2)
    #expect(!agree(counts, probabilities(other, Self.logits)))
  }

  @Test func oneTokenIsLeft() {
    for sampling in [
      Sampling(topK: 1), Sampling(topP: 1e-9), Sampling(temperature: 1000, topK: 1, topP: 0.5),
      Sampling(temperature: 1e-300), Sampling(temperature: 1e-3),
    ] {
      #expect(counts(sampling, Self.logits, draws: 100)[3] == 100, "\(sampling)")
    }
    // Equal ones: the first of them.
    #expect(counts(Sampling(topK: 1), [1, 4, 4, 4], draws: 50) == [0, 50, 0, 0])
    #expect(counts(Sampling(topP: 0.1), [1, 4, 4, 4], draws: 50) == [0, 50, 0, 0])
  }

  @Test func theNucleusHoldsTheTokenThatReachesIt() {
    // 0.5, 0.25, 0.125, 0.125 but for rounding.
    let logits: [Float] = [0, 1.3862944, 0, 0.6931472]
    func kept(_ share: Double) -> [Bool] {
      counts(Sampling(topP: share), logits, draws: 500).map { $0 > 0 }
    }
    #expect(kept(0.49) == [false, true, false, false])
    #expect(kept(0.51) == [false, true, false, true])
    #expect(kept(0.74) == [false, true, false, true])
    #expect(kept(0.76) == [true, true, false, true])
    #expect(kept(0.88) == [true, true, true, true])
  }

  /// The selection of few among many is that of an order of all.
  @Test(arguments: [
    Sampling(topK: 1), Sampling(topK: 7), Sampling(topK: 700), Sampling(topK: 2999),
    Sampling(temperature: 0.1, topP: 0.5), Sampling(temperature: 20, topP: 0.9),
    Sampling(temperature: 0.8, topK: 400, topP: 0.3), Sampling(topP: 0.999_999),
  ])
  func manyTokens(_ sampling: Sampling) {
    var stream = RandomStream(seed: 4, purpose: "test/logits")
    let random = (0..<3000).map { _ in Float(stream.uniform() * 12) }
    // Many equal ones.
    let steps = random.map { $0.rounded() }
    for logits in [random, random.sorted(), random.sorted(by: >), steps] {
      let allowed = probabilities(sampling, logits)
      let found = counts(sampling, logits, draws: 300)
      for (token, count) in found.enumerated() where count > 0 {
        #expect(allowed[token] > 0, "\(token)")
      }
      // Sums over a tenth of the tokens, which frequencies of few draws can be held against.
      let groups = (0..<10).map { g in stride(from: g, to: 3000, by: 10) }
      #expect(
        agree(
          groups.map { $0.reduce(0) { $0 + found[$1] } },
          groups.map { $0.reduce(0) { $0 + allowed[$1] } }))
    }
  }

  @Test func theImpossibleIsNeverChosen() {
    let logits: [Float] = [-.infinity, 1, -.infinity, 1.5, -.infinity]
    for sampling in [Sampling(), Sampling(topK: 4), Sampling(topP: 0.999), Sampling(topK: 9)] {
      let counts = counts(sampling, logits, draws: 2000)
      #expect(counts[0] + counts[2] + counts[4] == 0)
      #expect(counts[1] > 0 && counts[3] > 0)
    }
  }

  @Test(arguments: [
    Sampling(temperature: -1), Sampling(temperature: .nan), Sampling(temperature: .infinity),
    Sampling(topK: 0), Sampling(topK: -3), Sampling(topP: 0), Sampling(topP: 1.01),
    Sampling(topP: .nan), Sampling(topP: -0.5),
  ])
  func invalidOptionsAreRefused(_ sampling: Sampling) throws {
    let model = try randomModel(Shapes.plain)
    #expect {
      try Generator(model, options: GenerationOptions(maxTokens: 4, sampling: sampling))
    } throws: {
      guard case InferenceError.option = $0 else { return false }
      return true
    }
  }
}
