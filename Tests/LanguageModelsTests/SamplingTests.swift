import Execution
import LanguageModels
import Testing

@Suite struct SamplingTests {
  private func choose(
    _ sampling: Sampling, _ logits: [Float], _ stream: inout RandomStream
  ) -> Int32 {
    logits.withUnsafeBufferPointer { sampling.choose($0, &stream) }
  }

  /// How often each token is drawn.
  private func frequencies(_ sampling: Sampling, _ logits: [Float], draws: Int) -> [Double] {
    var stream = RandomStream(seed: 3, purpose: "tests/sampling")
    var counts = [Double](repeating: 0, count: logits.count)
    for _ in 0..<draws { counts[Int(choose(sampling, logits, &stream))] += 1 }
    return counts.map { $0 / Double(draws) }
  }

  private let logits: [Float] = [1, 3, -2, 3, 0.5, 2]

  @Test func greedyTakesTheFirstOfTheLargest() {
    var stream = RandomStream(seed: 0, purpose: "tests")
    #expect(choose(.greedy, logits, &stream) == 1)
    #expect(choose(.greedy, [-1, -1, -1], &stream) == 0)
  }

  @Test(arguments: [0.5, 1, 2]) func frequenciesAreThoseOfTheSoftmax(_ temperature: Double) {
    let got = frequencies(Sampling(temperature: temperature), logits, draws: 40_000)
    let weights = logits.map { exponential(Double($0) / temperature) }
    let total = weights.reduce(0, +)
    for (share, weight) in zip(got, weights) {
      let p = weight / total
      // Five standard deviations.
      #expect(abs(share - p) < 5 * (p * (1 - p) / 40_000).squareRoot() + 1e-9)
    }
  }

  @Test func topKKeepsTheLikeliest() {
    #expect(frequencies(Sampling(topK: 1), logits, draws: 100)[1] == 1)
    // Two tokens share the largest logit; with k 2 it is those, with k 1 the lower id.
    let two = frequencies(Sampling(topK: 2), logits, draws: 10_000)
    #expect(two[1] + two[3] == 1 && abs(two[1] - 0.5) < 0.03)
    let all = frequencies(Sampling(topK: 99), logits, draws: 1_000)
    #expect(all[0] > 0)
  }

  @Test func topPKeepsTheNucleus() {
    // Probabilities .5, .25, .125, .0625, .0625.
    let logits: [Float] = [5, 4, 3, 2, 2].map { Float($0) * 0.6931472 }
    func kept(_ p: Double) -> Set<Int> {
      let got = frequencies(Sampling(topP: p), logits, draws: 4_000)
      return Set(got.indices.filter { got[$0] > 0 })
    }
    #expect(kept(0.01) == [0])
    #expect(kept(0.49) == [0])
    #expect(kept(0.6) == [0, 1])
    // The token that crosses the border is kept, as in transformers.
    #expect(kept(0.8) == [0, 1, 2])
    #expect(kept(1) == [0, 1, 2, 3, 4])
    let two = frequencies(Sampling(topP: 0.7), logits, draws: 20_000)
    #expect(abs(two[0] - 2.0 / 3) < 0.02)
  }

  @Test func optionsOutsideTheirRangeAreRefused() throws {
    let model = try randomModel(Shapes.plain)
    for sampling in [
      Sampling(temperature: -1), Sampling(temperature: .nan), Sampling(topK: 0),
      Sampling(topP: 0), Sampling(topP: 1.5),
    ] {
      #expect(throws: InferenceError.self) {
        try Generator(model, options: GenerationOptions(maxTokens: 3, sampling: sampling))
      }
    }
    #expect(throws: InferenceError.self) {
      try Generator(model, options: GenerationOptions(maxTokens: 0))
    }
  }

  private func exponential(_ x: Double) -> Double {
    // e^x by its series; the tests import no mathematics.
    (1...60).reversed().reduce(1.0) { 1 + $0 * x / Double($1) }
  }
}
