import Bytes
import Execution
import LanguageModels
import TestModels
import Testing
import Training

/// Runs that train beside a frozen base.
@Suite struct AdapterTrainingTests {
  static let methods: [FineTuningMethod] = [
    .lora(rank: 2, alpha: 4, layers: nil, on: DecoderPart.allCases),
    .lora(rank: 3, alpha: 6, layers: [1], on: [.query, .value]), .adapters(width: 6),
    .prefix(length: 4),
  ]

  private var examples: [TrainingExample] {
    (0..<24).map { index in
      TrainingExample(
        prompt: [Int32(index % 5), Int32(index % 7)],
        completion: Toy.text(9, seed: UInt64(index)), context: 16)
    }
  }

  /// Large random weights: what is frozen has to leave something to move.
  private func base() throws -> DecoderModel { try randomModel(Toy.configuration) }

  private func tuning(
    _ method: FineTuningMethod, epochs: Int = 4, rate: Double = 2e-2
  ) -> FineTuning {
    FineTuning(method: method, epochs: epochs, batchSize: 5, heldOut: 0.2, seed: 3) { steps, _ in
      Toy.plan(steps: steps, rate: rate, patience: 50)
    }
  }

  @Test(arguments: methods) func theLossFallsAndTheBaseStays(_ method: FineTuningMethod) throws {
    let base = try base()
    let before = base.weights.copied()
    let result = try tuning(method, epochs: 30).run(
      base, on: examples, context: WorkContext(threads: 2))
    let points = result.summary.curve.points
    #expect(try #require(points.last?.loss) < 0.95 * #require(points.first?.loss))
    #expect(base.weights.copied() == before)
    #expect(result.model.weights === base.weights, "the weights are shared, not copied")
    let layout = try #require(try method.layout(for: base.configuration))
    #expect(result.summary.trainedParameters == layout.count)
    #expect(result.model.adapter?.layout == layout)
  }

  @Test(arguments: methods, [2, 3, 5])
  func theBitsDoNotDependOnThreads(_ method: FineTuningMethod, _ threads: Int) throws {
    let base = try base()
    let one = try tuning(method).run(base, on: examples, context: WorkContext(threads: 1))
    let many = try tuning(method).run(base, on: examples, context: WorkContext(threads: threads))
    #expect(one.model.adapter?.weights == many.model.adapter?.weights)
    #expect(one.summary == many.summary)
  }

  @Test(arguments: methods) func anInterruptedRunResumesToTheSameBits(
    _ method: FineTuningMethod
  ) throws {
    let base = try base()
    let whole = try tuning(method).run(base, on: examples, context: WorkContext())
    for steps in [1, 5, 9] {
      let checkpoints = MemoryCheckpoints()
      let cancellation = Cancellation()
      let context = WorkContext(cancellation: cancellation, threads: 2) { progress in
        if progress.completed == steps { cancellation.cancel() }
      }
      #expect(throws: CancellationRequested.self) {
        try tuning(method).run(base, on: examples, checkpoints: checkpoints, context: context)
      }
      #expect(checkpoints.count == 1)
      let resumed = try tuning(method).run(
        base, on: examples, checkpoints: checkpoints, context: WorkContext())
      #expect(resumed.model.adapter?.weights == whole.model.adapter?.weights)
      #expect(resumed.summary == whole.summary)
    }
  }

  @Test func aPrefixTakesItsPositionsFromTheContext() throws {
    let base = try base()
    let long = [TrainingExample(prompt: [], completion: Toy.text(20), context: 20)]
    #expect(throws: TrainingError.tooLong(got: 19, context: 16)) {
      try tuning(.prefix(length: 4)).run(base, on: long, context: WorkContext())
    }
    #expect(throws: AdapterError.outOfRange(name: "the prefix's length", got: 20, allowed: 1...19))
    {
      try tuning(.prefix(length: 20)).run(base, on: long, context: WorkContext())
    }
  }

  @Test func whatDoesNotGoWithTheModelIsRefused() throws {
    let base = try base()
    func run(_ method: FineTuningMethod) throws {
      _ = try tuning(method).run(base, on: examples, context: WorkContext())
    }
    #expect(throws: AdapterError.outOfRange(name: "a layer", got: 2, allowed: 0...1)) {
      try run(.lora(rank: 2, alpha: 4, layers: [0, 2], on: [.query]))
    }
    #expect(throws: AdapterError.outOfRange(name: "the rank of 'k'", got: 9, allowed: 1...8)) {
      try run(.lora(rank: 9, alpha: 4, layers: nil, on: [.key]))
    }
    #expect(throws: AdapterError.empty) { try run(.lora(rank: 2, alpha: 4, layers: nil, on: [])) }
    #expect(throws: AdapterError.alpha(got: 0)) {
      try run(.lora(rank: 2, alpha: 0, layers: nil, on: [.query]))
    }
    #expect(throws: AdapterError.repeated(layer: 0, part: .query)) {
      try run(.lora(rank: 2, alpha: 1, layers: nil, on: [.query, .query]))
    }
    let tuned = try tuning(.adapters(width: 2), epochs: 1).run(
      base, on: examples, context: WorkContext())
    #expect(throws: AdapterError.occupied(by: "bottleneck adapters")) {
      try tuning(.prefix(length: 2)).run(tuned.model, on: examples, context: WorkContext())
    }
  }
}
