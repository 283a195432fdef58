import Execution
import Tensors

/// Computes the gradient of a loss that is a sum over sequences on several threads, with the same
/// bits for any number of them; see ``GradientLanes``.
final class DataParallelStep<Target: Objective>: GradientStep {
  let lanes: GradientLanes
  private let objective: Target

  init(_ objective: Target, groupRows: Int, cancellation: Cancellation) throws {
    self.objective = objective
    lanes = try GradientLanes(
      parameters: objective.parameterCount, passSize: objective.passSize, groupRows: groupRows,
      cancellation: cancellation)
  }

  func run(
    _ batch: Batch, parameters: UnsafePointer<Float>, context: WorkContext
  ) throws -> (loss: Double, norm: Double) {
    let groups = batch.groups(of: lanes.rows(for: batch))
    // Lanes without a group have nothing to add.
    let used = lanes.lanes.prefix(max(1, groups.count))
    let labelled = max(batch.labelled, 1)
    let shared = SharedParameters(base: parameters)
    let objective = objective
    let losses = try parallelMap(used.count, context: context) { index in
      let lane = used[index]
      var sum = 0.0
      for group in stride(from: index, to: groups.count, by: used.count) {
        sum += try Self.pass(
          objective, lane, batch, groups[group], parameters: shared.base,
          scale: 1 / Float(labelled))
      }
      return sum
    }
    let norm = try lanes.addUp(used.count, context: context)
    return (losses.reduce(0, +) / Double(labelled), norm)
  }

  func measure(
    _ batches: [Batch], parameters: UnsafePointer<Float>, context: WorkContext
  ) throws -> Double {
    let rows = lanes.groupRows
    let groups = batches.enumerated().flatMap { index, batch in
      batch.groups(of: rows).map { (batch: index, sequences: $0) }
    }
    let shared = SharedParameters(base: parameters)
    let (objective, lanes) = (objective, lanes.lanes)
    let sums = try parallelMap(lanes.count, context: context) { index in
      var sum = 0.0
      for group in stride(from: index, to: groups.count, by: lanes.count) {
        sum += try Self.pass(
          objective, lanes[index], batches[groups[group].batch], groups[group].sequences,
          parameters: shared.base, scale: nil)
      }
      return sum
    }
    return sums.reduce(0, +) / Double(max(1, batches.reduce(0) { $0 + $1.labelled }))
  }

  private static func pass(
    _ objective: Target, _ lane: GradientLanes.Lane, _ batch: Batch, _ group: Range<Int>,
    parameters: UnsafePointer<Float>, scale: Float?
  ) throws -> Double {
    let start = batch.starts[group.lowerBound]
    let end = batch.end(of: group.upperBound - 1)
    // Now rather than in the next step: what the first one had in pieces becomes one piece.
    defer { lane.tape.reset() }
    return try batch.tokens.withUnsafeBufferPointer { tokens in
      try batch.labels.withUnsafeBufferPointer { labels in
        try objective.loss(
          lane.tape, parameters: parameters, gradients: scale == nil ? nil : lane.gradient,
          tokens: UnsafeBufferPointer(rebasing: tokens[start..<end]),
          labels: UnsafeBufferPointer(rebasing: labels[start..<end]),
          starts: group.map { batch.starts[$0] - start }, scale: scale ?? 0)
      }
    }
  }
}
