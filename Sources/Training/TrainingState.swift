package import Bytes
package import Execution
package import Tensors

/// What a step changes: the trained numbers and AdamW's two moments of each.
///
/// `@unchecked Sendable`: the trainer's thread owns it; blocks that other threads write during a
/// step do not overlap.
package final class TrainingState: @unchecked Sendable {
  package let count: Int
  package let buffer: FloatBuffer
  package let firstBuffer: FloatBuffer
  package let secondBuffer: FloatBuffer
  /// Steps done.
  package var step = 0

  /// Zeros, to be filled.
  package init(count: Int) {
    self.count = count
    buffer = FloatBuffer(count: count)
    firstBuffer = FloatBuffer(count: count)
    secondBuffer = FloatBuffer(count: count)
  }

  package var parameters: UnsafeMutablePointer<Float> { buffer.base }
  package var firstMoments: UnsafeMutablePointer<Float> { firstBuffer.base }
  package var secondMoments: UnsafeMutablePointer<Float> { secondBuffer.base }
}

/// One optimiser step after another on one objective.
package final class Optimizer<Target: TrainedNumbers> {
  package let objective: Target
  package let state: TrainingState
  private let options: AdamW
  private let clip: Double?
  private let gradient: any GradientStep
  /// What to update, in pieces that lie in one block each.
  private let pieces: [[Piece]]

  private struct Piece: Sendable {
    let range: Range<Int>
    let decays: Bool
  }

  private init(
    _ objective: Target, state: TrainingState, options: AdamW, clip: Double?,
    gradient: any GradientStep
  ) {
    self.objective = objective
    self.state = state
    self.options = options
    self.clip = clip
    self.gradient = gradient
    pieces = Self.pieces(objective)
  }

  /// - Parameters:
  ///   - objective: What is trained.
  ///   - state: What changes.
  ///   - options: The optimiser's constants.
  ///   - clip: The largest norm that a gradient keeps; nil for any.
  ///   - groupRows: Positions that go through the model at once.
  ///   - cancellation: Asked between operations.
  /// - Throws: `TensorError` where OpenBLAS can't be loaded.
  package convenience init(
    _ objective: Target, state: TrainingState, options: AdamW, clip: Double?, groupRows: Int = 512,
    cancellation: Cancellation
  ) throws where Target: Objective {
    self.init(
      objective, state: state, options: options, clip: clip,
      gradient: try DataParallelStep(objective, groupRows: groupRows, cancellation: cancellation))
  }

  /// The same for a loss that spans a batch.
  package convenience init(
    _ objective: Target, state: TrainingState, options: AdamW, clip: Double?, groupRows: Int = 512,
    cancellation: Cancellation
  ) throws where Target: CoupledObjective {
    self.init(
      objective, state: state, options: options, clip: clip,
      gradient: try CoupledStep(objective, groupRows: groupRows, cancellation: cancellation))
  }

  /// Bytes that intermediate results take.
  package var tapeBytes: Int { gradient.lanes.tapeBytes }

  /// How often memory for intermediate results was asked from the system.
  package var systemAllocations: Int { gradient.lanes.systemAllocations }

  /// The loss of some batches, without learning: the mean over labelled items, in nats.
  package func measure(_ batches: [Batch], context: WorkContext) throws -> Double {
    try gradient.measure(batches, parameters: state.parameters, context: context)
  }

  /// Learns from one batch. A step that throws has changed nothing.
  ///
  /// - Returns: The mean loss before the step, in nats, and the gradient's norm before clipping.
  package func step(
    _ batch: Batch, learningRate: Double, context: WorkContext
  ) throws -> (loss: Double, norm: Double) {
    let (loss, norm): (Double, Double)
    do {
      (loss, norm) = try gradient.run(batch, parameters: state.parameters, context: context)
    } catch {
      gradient.lanes.clear()
      throw error
    }
    guard loss.isFinite, norm.isFinite else {
      gradient.lanes.clear()
      return (loss, norm)
    }
    // As torch.nn.utils.clip_grad_norm_ does it.
    let factor = clip.map { min(1, $0 / (norm + 1e-6)) } ?? 1
    state.step += 1
    let (state, options, pieces, step) = (state, options, pieces, state.step)
    try gradient.lanes.consume(context: context) { range, values in
      for piece in pieces[range.lowerBound / GradientLanes.block] {
        let start = piece.range.lowerBound
        options.update(
          state.parameters + start, gradient: values + (start - range.lowerBound),
          first: state.firstMoments + start, second: state.secondMoments + start,
          count: piece.range.count, clip: Float(factor), learningRate: learningRate, step: step,
          decays: piece.decays)
      }
    }
    return (loss, norm)
  }

  private static func pieces(_ objective: Target) -> [[Piece]] {
    let block = GradientLanes.block
    let count = objective.parameterCount
    // Where anything changes: block borders, and ends of decayed and frozen runs.
    var borders = Set(stride(from: 0, to: count, by: block))
    borders.insert(count)
    for range in objective.decayed + objective.frozen {
      borders.formUnion([range.lowerBound, range.upperBound])
    }
    let ends = borders.filter { $0 >= 0 && $0 <= count }.sorted()
    var decayed = RangeCursor(objective.decayed)
    var frozen = RangeCursor(objective.frozen)
    var pieces = [[Piece]](repeating: [], count: (count + block - 1) / block)
    for (start, end) in zip(ends, ends.dropFirst()) {
      let decays = decayed.contains(start)
      if frozen.contains(start) { continue }
      pieces[start / block].append(Piece(range: start..<end, decays: decays))
    }
    return pieces
  }
}

/// Answers whether ascending places lie in one of some ranges.
private struct RangeCursor {
  private let ranges: [Range<Int>]
  private var next = 0

  init(_ ranges: [Range<Int>]) {
    self.ranges = ranges.sorted { $0.lowerBound < $1.lowerBound }
  }

  mutating func contains(_ place: Int) -> Bool {
    while next < ranges.count, ranges[next].upperBound <= place { next += 1 }
    return next < ranges.count && ranges[next].contains(place)
  }
}
