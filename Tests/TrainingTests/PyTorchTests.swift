import Bytes
import Execution
import Glibc
import LanguageModels
import Tensors
import Testing
import Training

/// Losses, gradients and AdamW's steps against what PyTorch computed from the same weights.
@Suite struct PyTorchTests {
  @Test(arguments: TransformersFixture.names)
  func lossAndGradientsAreThoseOfPyTorch(_ name: String) throws {
    let fixture = try TransformersFixture(name)
    let objective = DecoderObjective(DecoderGraph(fixture.model.layout))
    let (loss, gradient) = try gradientPass(
      objective, weights: fixture.model.floats, fixture.batch)
    #expect(abs(loss - (try fixture.number("loss"))) < 1e-5)
    for tensor in fixture.model.layout.tensors {
      let part = gradient[tensor.offset..<tensor.offset + tensor.count]
      let probe = try #require(fixture.expected["gradients"]?[tensor.name], "\(tensor.name)")
      let norm = try #require(probe["norm"]?.double)
      let ours = part.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(ours - norm) <= 1e-5 * max(1, norm), "\(tensor.name)")
      let indices = try #require(probe["indices"]?.list).map { try #require($0.integer) }
      for (index, value) in zip(indices, try fixture.numbers(probe["values"])) {
        #expect(
          abs(Double(gradient[tensor.offset + index]) - value) < 2e-6, "\(tensor.name)[\(index)]")
      }
    }
  }

  @Test(arguments: TransformersFixture.names)
  func tenStepsOfAdamWAreThoseOfPyTorch(_ name: String) throws {
    let fixture = try TransformersFixture(name)
    let layout = fixture.model.layout
    func option(_ name: String) throws -> Double {
      try fixture.number("training", "optimizer", name)
    }
    let state = TrainingState(count: layout.count)
    state.buffer.fill(from: fixture.model.weights.bytes)
    let optimizer = try Optimizer(
      DecoderObjective(DecoderGraph(layout), decaysAll: true), state: state,
      options: AdamW(
        beta1: Float(option("beta1")), beta2: Float(option("beta2")),
        epsilon: Float(option("epsilon")), weightDecay: Float(option("weight_decay"))),
      clip: option("clip_norm"), cancellation: Cancellation())
    let batch = try fixture.batch
    var losses: [Double] = []
    var norms: [Double] = []
    for _ in 0..<10 {
      let result = try optimizer.step(
        batch, learningRate: option("learning_rate"), context: WorkContext())
      losses.append(result.loss)
      norms.append(result.norm)
    }
    losses.append(try optimizer.measure([batch], context: WorkContext()))
    let expected = try fixture.numbers(fixture.expected["training"]?["losses"])
    #expect(losses.count == expected.count)
    for (ours, theirs) in zip(losses, expected) { #expect(abs(ours - theirs) < 1e-4) }
    let theirNorms = try fixture.numbers(fixture.expected["training"]?["gradient_norms"])
    for (ours, theirs) in zip(norms, theirNorms) {
      #expect(abs(ours - theirs) < 1e-3 * max(1, theirs))
    }
    for tensor in layout.tensors {
      let norm = try fixture.number("training", "norms_after", tensor.name)
      let ours = Vectors.sumOfSquares(state.parameters + tensor.offset, count: tensor.count)
      #expect(abs(ours.squareRoot() - norm) < 1e-3 * norm, "\(tensor.name)")
    }
  }
}
