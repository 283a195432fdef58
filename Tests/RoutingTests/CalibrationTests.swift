import Corpora
import Evaluation
import Execution
import Glibc
import LanguageModels
import Retrieval
import Routing
import Testing
import Tokenizers

@Suite struct CalibrationTests {
  /// Logits of which tokens are drawn at a temperature.
  private func samples(
    _ count: Int, temperature: Double, vocabulary: Int = 20, seed: UInt64 = 1
  ) -> LogitSamples {
    var stream = RandomStream(seed: seed, purpose: "test/logits")
    var samples = LogitSamples(vocabulary: vocabulary)
    for index in 0..<count {
      let logits = (0..<vocabulary).map { _ in Float(stream.uniform() * 6) }
      let weights = logits.map { exp(Double($0) / temperature) }
      var rest = stream.uniform() * weights.reduce(0, +)
      let token = weights.firstIndex { weight in
        rest -= weight
        return rest < 0
      }
      _ = logits.withUnsafeBufferPointer {
        samples.append($0, token: Int32(token ?? vocabulary - 1), answer: index)
      }
    }
    return samples
  }

  @Test(arguments: [0.5, 1, 2.5])
  func theTemperatureIsFoundAgain(_ temperature: Double) throws {
    let fit = TemperatureFit(
      samples(4000, temperature: temperature), context: WorkContext(threads: 2))
    let found = try fit.likeliestTokens()
    #expect(abs(log(found / temperature)) < 0.06, "\(found)")
    #expect(
      try TemperatureFit(samples(4000, temperature: temperature), context: WorkContext())
        .likeliestTokens() == found)
  }

  /// Answers of one token that are right as often as the model at that temperature says.
  @Test(arguments: [0.6, 1, 2])
  func outcomesGiveTheTemperature(_ temperature: Double) throws {
    var stream = RandomStream(seed: 4, purpose: "test/outcomes")
    var samples = LogitSamples(vocabulary: 12)
    var isRight: [Bool] = []
    for index in 0..<6000 {
      let logits = (0..<12).map { _ in Float(stream.uniform() * 5) }
      let best = logits.firstIndex(of: logits.max() ?? 0) ?? 0
      let weights = logits.map { exp(Double($0) / temperature) }
      isRight.append(stream.uniform() < weights[best] / weights.reduce(0, +))
      _ = logits.withUnsafeBufferPointer {
        samples.append($0, token: Int32(best), answer: index)
      }
    }
    let fit = TemperatureFit(samples, context: WorkContext(threads: 2))
    let found = try fit.likeliestOutcomes(isRight)
    #expect(abs(log(found / temperature)) < 0.08, "\(found)")
    let sums = try fit.answerLogProbabilities(at: found, count: isRight.count)
    let calibration = Calibration(
      temperature: found,
      answers: zip(isRight, sums).map { ($0, 0.99, exp($1 ?? 0)) })
    #expect(try calibration.error(after: true) < 0.03)
    #expect(try calibration.error(after: false) > 0.2)
    let bins = calibration.bins(after: true)
    #expect(bins.reduce(0) { $0 + $1.count } == isRight.count)
    #expect(bins.allSatisfy { $0.confidence >= $0.low && $0.confidence <= $0.low + 0.1 })
  }

  @Test func samplesBeyondTheLimitAreLeftOut() {
    var samples = LogitSamples(vocabulary: 4, limit: 10)
    let row: [Float] = [1, 2, 3, 4]
    let kept = (0..<4).map { index in
      row.withUnsafeBufferPointer { samples.append($0, token: 0, answer: index) }
    }
    #expect(kept == [true, true, false, false])
    #expect(samples.isFull)
    #expect(samples.count == 2)
  }

  @Test func aModelIsCalibrated() throws {
    // It always says tea, and is right every other time.
    let model = try TinyModels.saying("tea")
    let reader = try ReadingModel(model)
    let questions = (0..<40).map { index in
      Query(id: "\(index)", text: "what \(index)", answers: [index % 4 < 2 ? "tea" : "zinc"])
    }
    for target in Calibration.Target.allCases {
      let calibration = try Calibration.fit(
        reader, on: questions, target: target, context: WorkContext(threads: 2))
      #expect(calibration.answers.map(\.isRight) == questions.map { $0.answers == ["tea"] })
      let sure = try ReadingModel(model, temperature: calibration.temperature)
      let answers = try ClosedBook(sure).answers(to: questions, context: WorkContext())
      #expect(answers.allSatisfy { $0.text == "tea" })
      if target == .answers {
        // Half are right, so that is how sure it should be.
        #expect(abs((answers[0].confidence ?? 0) - 0.5) < 0.02)
        let before = try calibration.error(after: false)
        #expect(try calibration.error(after: true) <= before)
      }
    }
  }

  @Test func coverageAndRisk() {
    let curve = CoverageRisk([
      (confidence: 0.9, isRight: true), (0.5, false), (0.8, true), (0.5, true), (0.1, false),
    ])
    #expect(curve.points.map(\.threshold) == [0.9, 0.8, 0.5, 0.1])
    #expect(curve.points.map(\.coverage) == [0.2, 0.4, 0.8, 1])
    #expect(curve.points.map(\.risk) == [0, 0, 0.25, 0.4])
    #expect(abs(curve.area - (0.25 * 0.4 + 0.4 * 0.2)) < 1e-12)
    #expect(CoverageRisk([]).points.isEmpty)
  }
}
