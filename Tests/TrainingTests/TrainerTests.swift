import Bytes
import Execution
import LanguageModels
import Synchronization
import Tensors
import Testing
import Training

/// Small worlds to train in.
enum Toy {
  static let configuration = DecoderConfiguration(
    vocabularySize: 50, width: 24, layers: 2, heads: 3, keyValueHeads: 1, feedForwardWidth: 40,
    context: 20)

  /// A text in which each token mostly follows from the one before.
  static func text(_ count: Int, seed: UInt64 = 1) -> [Int32] {
    var stream = RandomStream(seed: seed, purpose: "tests/text")
    var tokens: [Int32] = [0]
    while tokens.count < count {
      let next = stream.below(10) == 0 ? stream.below(50) : (Int(tokens[tokens.count - 1]) * 7 + 3)
      tokens.append(Int32(next % 50))
    }
    return tokens
  }

  static func plan(steps: Int, rate: Double = 5e-3, patience: Int? = nil) -> TrainingPlan {
    TrainingPlan(
      steps: steps, schedule: LearningRateSchedule(peak: rate, warmup: 3, steps: steps),
      evaluateEvery: 5, patience: patience)
  }

  static func pretraining(
    steps: Int, rate: Double = 5e-3, patience: Int? = nil, seed: UInt64 = 0, sequences: Int = 40
  ) -> Pretraining {
    Pretraining(
      configuration: configuration, sequences: sequences, heldOut: 0.1,
      plan: plan(steps: steps, rate: rate, patience: patience), seed: seed)
  }
}

/// States in memory; the newest first.
final class MemoryCheckpoints: CheckpointStore {
  private let states = Mutex<[[UInt8]]>([])

  var count: Int { states.withLock { $0.count } }
  func latest() throws -> SharedBytes? { states.withLock { $0.first }.map { SharedBytes($0) } }

  func save(_ write: (ByteSink) throws -> Void) throws {
    var bytes: [UInt8] = []
    try withoutActuallyEscaping(write) { write in
      let collected = Mutex<[UInt8]>([])
      try write(ByteSink { piece in collected.withLock { $0.append(contentsOf: piece) } })
      bytes = collected.withLock { $0 }
    }
    let state = bytes
    states.withLock { $0.insert(state, at: 0) }
  }

  func damage(_ change: ([UInt8]) -> [UInt8]) {
    states.withLock { if !$0.isEmpty { $0[0] = change($0[0]) } }
  }
}

@Suite struct TrainerTests {
  @Test func theLossFalls() throws {
    let result = try Toy.pretraining(steps: 150, rate: 1e-2).run(
      Toy.text(4000), context: WorkContext(threads: 2))
    let points = result.summary.curve.points
    #expect(points.map(\.step) == [1] + Array(stride(from: 5, through: 150, by: 5)))
    let first = try #require(points.first?.validationLoss)
    let last = try #require(points.last?.validationLoss)
    // An untrained model knows nothing: the logarithm of 50 is 3.91.
    #expect(abs(first - 3.91) < 0.3)
    #expect(last < 1.5)
    #expect(result.summary.tokens == 150 * 40 * 20)
    #expect(result.summary.labelledTokens == result.summary.tokens)
    #expect(result.summary.operations > 0)
  }

  @Test(arguments: [2, 3, 5])
  func theBitsDoNotDependOnThreads(_ threads: Int) throws {
    let text = Toy.text(3000)
    let one = try Toy.pretraining(steps: 7).run(text, context: WorkContext(threads: 1))
    let many = try Toy.pretraining(steps: 7).run(text, context: WorkContext(threads: threads))
    #expect(one.weights == many.weights)
    #expect(one.summary == many.summary)
  }

  @Test func anotherSeedGivesOtherWeights() throws {
    let text = Toy.text(3000)
    let a = try Toy.pretraining(steps: 2).run(text, context: WorkContext())
    let b = try Toy.pretraining(steps: 2, seed: 1).run(text, context: WorkContext())
    #expect(a.weights != b.weights)
  }

  @Test(arguments: [1, 4, 5, 6, 11])
  func anInterruptedRunResumesToTheSameBits(_ steps: Int) throws {
    let text = Toy.text(3000)
    let whole = try Toy.pretraining(steps: 12, patience: 50).run(text, context: WorkContext())
    let checkpoints = MemoryCheckpoints()
    let cancellation = Cancellation()
    let context = WorkContext(cancellation: cancellation, threads: 2) { progress in
      if progress.completed == steps { cancellation.cancel() }
    }
    #expect(throws: CancellationRequested.self) {
      try Toy.pretraining(steps: 12, patience: 50).run(
        text, checkpoints: checkpoints, context: context)
    }
    #expect(checkpoints.count == 1)
    let resumed = try Toy.pretraining(steps: 12, patience: 50).run(
      text, checkpoints: checkpoints, context: WorkContext())
    #expect(resumed.weights == whole.weights)
    #expect(resumed.summary == whole.summary)
  }

  @Test func aCheckpointOfEveryStepResumesToTheSameBits() throws {
    let text = Toy.text(2000)
    let layout = DecoderLayout(Toy.configuration)
    var trainer = Trainer(DecoderObjective(DecoderGraph(layout)), plan: Toy.plan(steps: 6))
    trainer.checkpointSeconds = 0
    trainer.checkpointShare = 1e9
    let source = try TokenWindows(tokens: text, context: 20, sequences: 4, heldOut: 0.1, seed: 0)
    let checkpoints = MemoryCheckpoints()
    let whole = try trainer.run(source, checkpoints: checkpoints, context: WorkContext()) {
      layout.initialize($0, seed: 0)
    }
    // One a step, none after the last.
    #expect(checkpoints.count == 5)
    let again = try trainer.run(source, checkpoints: checkpoints, context: WorkContext()) { _ in
      Issue.record("a resumed run starts from its checkpoint")
    }
    #expect(again.parameters == whole.parameters)
    #expect(again.summary == whole.summary)
  }

  @Test func damagedCheckpointsAreRefused() throws {
    let text = Toy.text(2000)
    for seed in 0..<200 {
      let checkpoints = MemoryCheckpoints()
      let layout = DecoderLayout(Toy.configuration)
      var trainer = Trainer(DecoderObjective(DecoderGraph(layout)), plan: Toy.plan(steps: 2))
      trainer.checkpointSeconds = 0
      trainer.checkpointShare = 1e9
      let source = try TokenWindows(tokens: text, context: 20, sequences: 2, heldOut: 0, seed: 0)
      if seed == 0 {
        _ = try trainer.run(source, checkpoints: checkpoints, context: WorkContext()) {
          layout.initialize($0, seed: 0)
        }
      } else {
        try checkpoints.save { try $0.write([UInt8](repeating: 7, count: 64)) }
      }
      var stream = RandomStream(seed: UInt64(seed), purpose: "tests/checkpoint")
      checkpoints.damage { Array($0.prefix(stream.below($0.count))) }
      #expect(throws: (any Error).self) {
        try trainer.run(source, checkpoints: checkpoints, context: WorkContext()) { _ in }
      }
    }
  }

  @Test func earlyStoppingKeepsTheBest() throws {
    // Random tokens: nothing to learn but what was seen, so the held-out loss soon rises.
    var stream = RandomStream(seed: 3, purpose: "tests/noise")
    let noise = (0..<300).map { _ in Int32(stream.below(50)) }
    let result = try Toy.pretraining(steps: 400, rate: 1e-2, patience: 3).run(
      noise, context: WorkContext(threads: 2))
    #expect(result.summary.stoppedEarly)
    #expect(result.summary.steps < 400)
    let best = try #require(result.summary.curve.best)
    #expect(result.summary.keptStep == best.step)
    #expect(best.step < result.summary.steps)
    // The kept weights are those of the best measurement: measured again, they give its loss.
    let source = try TokenWindows(
      tokens: noise, context: 20, sequences: 40, heldOut: 0.1, seed: 0)
    let layout = DecoderLayout(Toy.configuration)
    let state = TrainingState(count: layout.count)
    state.buffer.fill(from: result.weights.bytes)
    let optimizer = try Optimizer(
      DecoderObjective(DecoderGraph(layout)), state: state, options: AdamW(), clip: nil,
      cancellation: Cancellation())
    let loss = try optimizer.measure(source.validation, context: WorkContext())
    #expect(loss == best.validationLoss)
  }

  @Test func nothingToTrainOrToStopByIsAnError() throws {
    let plan = Toy.plan(steps: 3, patience: 2)
    var run = Toy.pretraining(steps: 3, patience: 2)
    run = Pretraining(
      configuration: run.configuration, sequences: 2, heldOut: 0, plan: plan, seed: 1)
    let tokens = (0..<200).map { Int32($0 % 5) }
    #expect(throws: TrainingError.nothingHeldOut) {
      try run.run(tokens, context: WorkContext())
    }
    let layout = DecoderLayout(run.configuration)
    let objective = DecoderObjective(DecoderGraph(layout)) { _ in true }
    let windows = try TokenWindows(tokens: tokens, context: 8, sequences: 2, heldOut: 0, seed: 1)
    #expect(throws: TrainingError.nothingTrained) {
      try Trainer(objective, plan: Toy.plan(steps: 3)).run(windows, context: WorkContext()) { _ in }
    }
  }

  @Test func divergenceIsExplained() throws {
    let error = try #require(throws: TrainingError.self) {
      try Toy.pretraining(steps: 300, rate: 30).run(Toy.text(2000), context: WorkContext())
    }
    switch error {
    case .diverged(_, _, _, let rate), .notFinite(_, _, let rate): #expect(rate == 30)
    default: Issue.record("\(error)")
    }
    #expect(error.description.contains("a learning rate below 30 may help"))
  }

  @Test func aLossThatIsNoNumberStopsTraining() throws {
    let layout = DecoderLayout(Toy.configuration)
    let trainer = Trainer(DecoderObjective(DecoderGraph(layout)), plan: Toy.plan(steps: 5))
    let source = try TokenWindows(
      tokens: Toy.text(500), context: 20, sequences: 2, heldOut: 0, seed: 0)
    let error = #expect(throws: TrainingError.self) {
      try trainer.run(source, context: WorkContext()) { weights in
        layout.initialize(weights, seed: 0)
        weights[layout.finalNorm] = .nan
      }
    }
    #expect(error == .notFinite(step: 1, before: nil, learningRate: 5e-3))
  }

  @Test func frozenPartsStay() throws {
    let layout = DecoderLayout(Toy.configuration)
    let start = FloatBuffer(count: layout.count)
    layout.initialize(UnsafeMutableBufferPointer(start: start.base, count: start.count), seed: 5)
    let model = try DecoderModel(
      configuration: Toy.configuration, weights: start.shared(), tokenizer: nil)
    let examples = (0..<12).map { index in
      TrainingExample(
        prompt: [Int32(index)], completion: Toy.text(9, seed: UInt64(index)), context: 20)
    }
    let parts: [FrozenPart] = [.embeddings, .attention, .layers(below: 1)]
    let tuning = FineTuning(
      method: .full(freeze: parts), epochs: 3, batchSize: 4, heldOut: 0, seed: 0
    ) { steps, _ in Toy.plan(steps: steps) }
    let result = try tuning.run(model, on: examples, context: WorkContext())
    let tuned = result.model
    var still = 0
    for tensor in layout.tensors {
      let range = tensor.offset..<tensor.offset + tensor.count
      let same = model.floats[range].elementsEqual(tuned.floats[range])
      let frozen =
        tensor.name.contains("embed") || tensor.name.contains("self_attn")
        || tensor.name.contains("layers.0.")
      #expect(same == frozen, "\(tensor.name)")
      if frozen { still += tensor.count }
    }
    #expect(result.summary.trainedParameters == layout.count - still)
  }
}
