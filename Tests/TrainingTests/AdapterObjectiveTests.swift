import Bytes
import Execution
import LanguageModels
import Tensors
import TestModels
import Testing
import Training

/// What trains beside frozen weights: the fused passes against the plain reference, which adds
/// s B A to the weights before it uses them.
@Suite struct AdapterObjectiveTests {
  @Test(arguments: AdapterCases.shapes)
  func theLossIsTheReferences(_ shape: AdapterShape) throws {
    let base = try randomModel(AdapterCases.configuration)
    let adapter = try randomAdapter(shape, for: AdapterCases.configuration)
    let objective = AdapterObjective(base, adapter: adapter.layout)
    let batch = AdapterCases.batch()
    let numbers = randomNumbers(adapter.layout)
    let loss = try AdapterCases.pass(objective, numbers, batch).loss
    let expected = try AdapterCases.referenceLoss(base.attaching(adapter), batch)
    #expect(abs(loss - expected) < 1e-5 * expected)
    let without = try AdapterCases.referenceLoss(base, batch)
    #expect(abs(expected - without) > 1e-2, "the adapter makes no difference")
  }

  /// The gradient along random directions, and along each of some axes, against the reference's
  /// differences in double.
  @Test(arguments: AdapterCases.shapes)
  func theGradientIsThatOfFiniteDifferences(_ shape: AdapterShape) throws {
    let base = try randomModel(AdapterCases.configuration)
    let layout = try AdapterLayout(shape, for: base.configuration)
    let batch = AdapterCases.batch()
    let numbers = randomNumbers(layout)
    let objective = AdapterObjective(base, adapter: layout)
    let gradient = try AdapterCases.pass(objective, numbers, batch).gradient
    func loss(_ change: (Int) -> Float) throws -> Double {
      let moved = FloatBuffer(count: layout.count)
      for i in 0..<layout.count { moved.base[i] = numbers.base[i] + change(i) }
      return try AdapterCases.referenceLoss(
        base.attaching(DecoderAdapter(layout, weights: moved.shared())), batch)
    }
    // In each tensor one number; float32 steps that are exact in the sum's neighbourhood.
    var stream = RandomStream(seed: 9, purpose: "tests/differences")
    let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    for tensor in layout.tensors {
      let place = tensor.offset + stream.below(tensor.count)
      let step: Float = 1.0 / 512
      let slope =
        try (loss { $0 == place ? step : 0 } - loss { $0 == place ? -step : 0 })
        / (2 * Double(step))
      #expect(
        abs(slope - Double(gradient[place])) < 2e-4 * max(1, norm), "\(tensor.name): \(slope)")
    }
    let direction = (0..<layout.count).map { _ in Float(stream.below(2)) - 0.5 }
    let step: Float = 1.0 / 1024
    let slope =
      try (loss { step * direction[$0] } - loss { -step * direction[$0] }) / (2 * Double(step))
    let along = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(slope - along) < 1e-3 * max(1, norm))
  }

  @Test(arguments: AdapterCases.shapes)
  func aFreshAdapterOfLayersChangesNothing(_ shape: AdapterShape) throws {
    if case .prefix = shape { return }
    let base = try randomModel(AdapterCases.configuration)
    let layout = try AdapterLayout(shape, for: base.configuration)
    let numbers = FloatBuffer(count: layout.count)
    layout.initialize(
      UnsafeMutableBufferPointer(start: numbers.base, count: numbers.count), seed: 4)
    let batch = AdapterCases.batch()
    let pass = try AdapterCases.pass(
      AdapterObjective(base, adapter: layout), numbers, batch)
    let plain = try AdapterCases.referenceLoss(base, batch)
    #expect(abs(pass.loss - plain) < 1e-5 * plain)
    // Yet there is somewhere to go.
    #expect(pass.gradient.contains { $0 != 0 })
  }

  @Test func whatIsBelowTheFirstTrainedLayerIsNotPassedBack() throws {
    let base = try randomModel(AdapterCases.configuration)
    func operations(_ layers: Range<Int>) throws -> Double {
      let layout = try AdapterLayout(
        .lowRank(LowRankShape(rank: 2, alpha: 4, layers: layers, parts: [.query])),
        for: base.configuration)
      return AdapterObjective(base, adapter: layout).operations(lengths: [20, 4])
    }
    let full = DecoderObjective(DecoderGraph(base.layout)).operations(lengths: [20, 4])
    #expect(try operations(2..<3) < operations(0..<3))
    // As many numbers, but further up.
    #expect(try operations(2..<3) < operations(0..<1))
    #expect(try operations(0..<3) < full)
    #expect(try operations(0..<3) > full / 2)
  }

  /// A prefix is no matrix, so nothing shrinks it unless everything is to shrink.
  @Test func matricesDecay() throws {
    let base = try randomModel(AdapterCases.configuration)
    for shape in AdapterCases.shapes {
      let layout = try AdapterLayout(shape, for: base.configuration)
      func decayed(_ all: Bool) -> Int {
        AdapterObjective(base, adapter: layout, decaysAll: all).decayed.reduce(0) { $0 + $1.count }
      }
      #expect(decayed(true) == layout.count)
      switch shape {
      case .lowRank: #expect(decayed(false) == layout.count)
      case .bottleneck(let width):
        #expect(decayed(false) == layout.count - 2 * 3 * (width + base.configuration.width))
      case .prefix: #expect(decayed(false) == 0)
      }
    }
  }

  /// What is trained beside the weights takes larger steps, and all take smaller ones in models of
  /// more than a million numbers.
  @Test func ratesFollowMethodAndSize() {
    let lora = FineTuningMethod.lora(rank: 8, alpha: 16, layers: nil, on: [.query])
    for method in [lora, .full(freeze: []), .adapters(width: 4)] {
      let rate = method.defaultLearningRate(parameters: 1_000_000)
      #expect(method.defaultLearningRate(parameters: 1000) == rate)
      #expect(abs(method.defaultLearningRate(parameters: 4_000_000) - rate / 2) < 1e-12)
    }
    func rate(_ method: FineTuningMethod) -> Double { method.defaultLearningRate(parameters: 0) }
    #expect(rate(lora) == 3 * rate(.full(freeze: [])))
    #expect(rate(.adapters(width: 4)) == 1e-2)
  }

  @Test func memoryIsEstimated() throws {
    let shape = DecoderConfiguration(
      vocabularySize: 500, width: 64, layers: 3, heads: 4, feedForwardWidth: 192, context: 64)
    let base = try randomModel(shape)
    for adapter in AdapterCases.shapes {
      let layout: AdapterLayout
      if case .bottleneck = adapter {
        layout = try AdapterLayout(.bottleneck(width: 16), for: shape)
      } else {
        layout = try AdapterLayout(adapter, for: shape)
      }
      let state = TrainingState(count: layout.count)
      layout.initialize(
        UnsafeMutableBufferPointer(start: state.parameters, count: state.count), seed: 0)
      let optimizer = try Optimizer(
        AdapterObjective(base, adapter: layout), state: state, options: AdamW(), clip: 1,
        groupRows: 512, cancellation: Cancellation())
      var stream = RandomStream(seed: 2, purpose: "tests/memory")
      var batch = Batch()
      let length = 64 - layout.prefixLength
      for _ in 0..<8 * 512 / length {
        let tokens = (0..<length).map { _ in Int32(stream.below(500)) }
        batch.append(tokens: tokens, labels: tokens)
      }
      let context = WorkContext(threads: 2)
      _ = try optimizer.step(batch, learningRate: 1e-3, context: context)
      let estimate = TrainingMemory(
        parameters: layout.count, configuration: shape, groupRows: 512, keepsBest: false,
        adapter: layout)
      let intermediate = estimate.bytes - 4 * 11 * layout.count
      #expect(optimizer.tapeBytes <= 2 * intermediate)
      #expect(2 * optimizer.tapeBytes >= intermediate)
      let allocations = optimizer.systemAllocations
      for _ in 0..<2 { _ = try optimizer.step(batch, learningRate: 1e-3, context: context) }
      #expect(optimizer.systemAllocations == allocations)
    }
  }
}
