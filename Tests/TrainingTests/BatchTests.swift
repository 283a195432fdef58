import Execution
import Testing
import Training

@Suite struct BatchTests {
  @Test func promptsAreReadAndCompletionsLearned() {
    let example = TrainingExample(prompt: [1, 2, 3], completion: [4, 5], context: 10)
    #expect(example.tokens == [1, 2, 3, 4])
    #expect(example.labels == [-1, -1, 4, 5])
    let text = TrainingExample(prompt: [], completion: [4, 5, 6], context: 10)
    #expect(text.tokens == [4, 5])
    #expect(text.labels == [5, 6])
  }

  @Test func whatIsTooLongIsCut() {
    let example = TrainingExample(prompt: [1, 2, 3, 4], completion: [5, 6], context: 3)
    #expect(example.tokens == [3, 4, 5])
    #expect(example.labels == [-1, 5, 6])
    let answer = TrainingExample(prompt: [1, 2], completion: [3, 4, 5, 6], context: 3)
    #expect(answer.tokens == [2, 3, 4])
    #expect(answer.labels == [3, 4, 5])
    let pieces = TrainingExample.pieces(of: Array(0..<8), context: 3)
    #expect(pieces.map(\.tokens) == [[0, 1, 2], [3, 4, 5], [6]])
    #expect(pieces.map(\.labels) == [[1, 2, 3], [4, 5, 6], [7]])
  }

  @Test func everyExampleComesOnceAnEpoch() throws {
    let examples = (0..<23).map {
      TrainingExample(prompt: [Int32($0)], completion: [Int32($0)], context: 4)
    }
    let source = try ExampleBatches(examples, batchSize: 5, heldOut: 0.2, seed: 9)
    let held = source.validation.flatMap(\.tokens)
    #expect(held.count == 5)
    #expect(source.stepsPerEpoch == 4)
    let epochs = (0..<3).map { epoch in
      (1...4).flatMap { source.batch(at: epoch * 4 + $0).tokens }
    }
    for epoch in epochs { #expect(Set(epoch + held) == Set(0..<23) && epoch.count == 18) }
    #expect(epochs[0] != epochs[1])
    // The held-out part does not depend on the size of a batch.
    let other = try ExampleBatches(examples, batchSize: 2, heldOut: 0.2, seed: 9)
    #expect(other.validation.flatMap(\.tokens) == held)
    #expect(throws: TrainingError.noExamples) {
      try ExampleBatches([], batchSize: 2, heldOut: 0, seed: 0)
    }
  }

  @Test func windowsStayOutOfTheHeldOutPart() throws {
    let source = try TokenWindows(
      tokens: Array(0..<1000), context: 16, sequences: 50, heldOut: 0.2, seed: 1)
    for step in 1...40 {
      let batch = source.batch(at: step)
      #expect(batch.tokens.count == 50 * 16)
      for (token, label) in zip(batch.tokens, batch.labels) { #expect(label == token + 1) }
      #expect(batch.labels.allSatisfy { $0 < 800 })
    }
    let held = source.validation.flatMap(\.tokens)
    #expect(held.allSatisfy { $0 >= 800 })
    #expect(Set(held).count == held.count)
    #expect(source.batch(at: 3) == source.batch(at: 3))
    #expect(source.batch(at: 3) != source.batch(at: 4))
  }

  @Test(arguments: 0..<40)
  func windowsOfAnySize(_ count: Int) throws {
    let tokens = (0..<Int32(count)).map { $0 }
    guard count >= 2 else {
      #expect(throws: TrainingError.self) {
        try TokenWindows(tokens: tokens, context: 8, sequences: 2, heldOut: 0.1, seed: 0)
      }
      return
    }
    let source = try TokenWindows(
      tokens: tokens, context: 8, sequences: 2, heldOut: 0.1, seed: 0)
    for step in 1...5 {
      for (token, label) in zip(source.batch(at: step).tokens, source.batch(at: step).labels) {
        #expect(label == token + 1)
      }
    }
  }

  @Test func theScheduleWarmsUpAndCools() {
    let schedule = LearningRateSchedule(peak: 1, warmup: 4, steps: 24, floor: 0.1)
    #expect((1...4).map { schedule.rate(at: $0) } == [0.2, 0.4, 0.6, 0.8])
    #expect(abs(schedule.rate(at: 14) - 0.55) < 1e-12)
    #expect(abs(schedule.rate(at: 24) - 0.1) < 1e-12)
    for step in 5..<24 { #expect(schedule.rate(at: step) > schedule.rate(at: step + 1)) }
  }

  @Test func aShortDecayKeepsTheHighestRateUntilItBegins() {
    let schedule = LearningRateSchedule(peak: 1, warmup: 4, steps: 24, floor: 0.1, decay: 0.5)
    #expect((5...14).allSatisfy { schedule.rate(at: $0) == 1 })
    #expect(abs(schedule.rate(at: 19) - 0.55) < 1e-12)
    #expect(abs(schedule.rate(at: 24) - 0.1) < 1e-12)
    for step in 14..<24 { #expect(schedule.rate(at: step) > schedule.rate(at: step + 1)) }
  }

  @Test func namesOfFrozenParts() {
    #expect(FrozenPart("embeddings") == .embeddings)
    #expect(FrozenPart("layers < 3") == .layers(below: 3))
    for name in ["layers", "layers < 0", "layers < x", "layers > 3", "embedding", ""] {
      #expect(FrozenPart(name) == nil)
    }
  }
}
