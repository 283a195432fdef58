import Bytes
import Execution
import Tensors

/// Computes the gradient of a loss that spans all sequences of a batch, on several threads, with
/// the same bits for any number of them.
///
/// Lanes compute the outputs of their groups, each on its own tape, and keep the tapes. One thread
/// computes the loss and its gradient with respect to all outputs. Lanes then let that flow back.
final class CoupledStep<Target: CoupledObjective>: GradientStep {
  let lanes: GradientLanes
  private let objective: Target
  /// Where the loss is computed from outputs.
  private let lossTape: Tape

  init(_ objective: Target, groupRows: Int, cancellation: Cancellation) throws {
    self.objective = objective
    lanes = try GradientLanes(
      parameters: objective.parameterCount, passSize: objective.passSize, groupRows: groupRows,
      cancellation: cancellation)
    lossTape = try Tape(recordsGradients: true, cancellation: cancellation)
  }

  func run(
    _ batch: Batch, parameters: UnsafePointer<Float>, context: WorkContext
  ) throws -> (loss: Double, norm: Double) {
    let groups = batch.groups(of: lanes.rows(for: batch))
    let used = lanes.lanes.prefix(max(1, groups.count))
    defer {
      for lane in used { lane.tape.reset() }
      lossTape.reset()
    }
    let outputs = FloatBuffer(count: batch.starts.count * objective.outputWidth)
    let variables = try forward(
      batch, groups, Array(used), parameters: parameters, trains: true, into: outputs,
      context: context)
    let scale = 1 / Float(max(batch.labelled, 1))
    let (sum, gradient) = try loss(of: batch, outputs, scale: scale)
    guard let gradient else { return (sum * Double(scale), 0) }
    let width = objective.outputWidth
    _ = try parallelMap(used.count, context: context) { index in
      let tape = used[index].tape
      for (group, variable) in variables[index] {
        let first = groups[group].lowerBound * width
        try tape.seed(
          variable,
          gradient: UnsafeBufferPointer(
            start: gradient.base + first, count: groups[group].count * width))
      }
      try tape.backward()
    }
    let norm = try lanes.addUp(used.count, context: context)
    return (sum * Double(scale), norm)
  }

  func measure(
    _ batches: [Batch], parameters: UnsafePointer<Float>, context: WorkContext
  ) throws -> Double {
    var sum = 0.0
    for batch in batches {
      defer {
        for lane in lanes.lanes { lane.tape.reset() }
        lossTape.reset()
      }
      let outputs = FloatBuffer(count: batch.starts.count * objective.outputWidth)
      _ = try forward(
        batch, batch.groups(of: lanes.rows(for: batch)), lanes.lanes, parameters: parameters,
        trains: false, into: outputs, context: context)
      sum += try loss(of: batch, outputs, scale: nil).sum
    }
    return sum / Double(max(1, batches.reduce(0) { $0 + $1.labelled }))
  }

  /// The outputs of all groups; for each lane its groups' variables, which its tape still has
  /// where they train.
  private func forward(
    _ batch: Batch, _ groups: [Range<Int>], _ used: [GradientLanes.Lane],
    parameters: UnsafePointer<Float>, trains: Bool, into outputs: FloatBuffer,
    context: WorkContext
  ) throws -> [[(group: Int, output: Variable)]] {
    let shared = SharedParameters(base: parameters)
    let objective = objective
    return try parallelMap(used.count, context: context) { index in
      let lane = used[index]
      var variables: [(group: Int, output: Variable)] = []
      for number in stride(from: index, to: groups.count, by: used.count) {
        let group = groups[number]
        let start = batch.starts[group.lowerBound]
        let end = batch.end(of: group.upperBound - 1)
        let output = try batch.tokens.withUnsafeBufferPointer { tokens in
          try objective.outputs(
            lane.tape, parameters: shared.base, gradients: trains ? lane.gradient : nil,
            tokens: UnsafeBufferPointer(rebasing: tokens[start..<end]),
            starts: group.map { batch.starts[$0] - start })
        }
        let values = lane.tape.values(of: output)
        guard values.count == group.count * objective.outputWidth, let source = values.baseAddress
        else {
          throw TensorError.shape(
            operation: "outputs", argument: "the result",
            expected: "\(group.count) × \(objective.outputWidth)", got: "\(values.count) numbers")
        }
        (outputs.base + group.lowerBound * objective.outputWidth)
          .update(from: source, count: values.count)
        if trains { variables.append((number, output)) } else { lane.tape.reset() }
      }
      return variables
    }
  }

  /// The loss, and where a scale is given its gradient with respect to the outputs.
  private func loss(
    of batch: Batch, _ outputs: FloatBuffer, scale: Float?
  ) throws -> (sum: Double, gradient: FloatBuffer?) {
    guard batch.labelled > 0 else { return (0, nil) }
    let input = lossTape.input(
      rows: batch.starts.count, columns: objective.outputWidth, needsGradient: scale != nil
    ) { target in
      if let base = target.baseAddress { base.update(from: outputs.base, count: outputs.count) }
    }
    let sum = try objective.loss(lossTape, outputs: input, of: batch, scale: scale ?? 0)
    guard scale != nil else { return (sum, nil) }
    try lossTape.backward()
    let gradient = FloatBuffer(count: outputs.count)
    if let source = lossTape.gradient(of: input)?.baseAddress {
      gradient.base.update(from: source, count: outputs.count)
    }
    return (sum, gradient)
  }
}
