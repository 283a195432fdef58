import Execution
import Tensors

/// Computes the gradient of a batch on several threads, with the same bits for any number of them.
///
/// A batch is divided into groups of sequences by its contents alone. Group i belongs to lane
/// i mod lanes; a lane has a tape and a gradient of its own and works through its groups in order.
/// Lanes are what threads take turns at. Their gradients are added up in the order of the lanes.
final class DataParallelStep<Target: Objective> {
  private let objective: Target
  private let lanes: [Lane]
  /// Positions that go through the model at once.
  private let groupRows: Int
  /// Parameters in blocks of this size are what the threads take turns at when lanes are added up.
  static var block: Int { 1 << 16 }

  /// One lane's memory. `@unchecked Sendable`: one thread at a time works on a lane.
  private final class Lane: @unchecked Sendable {
    let tape: Tape
    let gradient: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int, cancellation: Cancellation) throws {
      tape = try Tape(recordsGradients: true, cancellation: cancellation)
      self.count = count
      gradient = .allocate(capacity: count)
      gradient.initialize(repeating: 0, count: count)
    }

    deinit { gradient.deallocate() }
  }

  init(_ objective: Target, groupRows: Int, cancellation: Cancellation) throws {
    self.objective = objective
    self.groupRows = groupRows
    lanes = try (0..<Self.laneCount(parameters: objective.parameterCount)).map { _ in
      try Lane(count: objective.parameterCount, cancellation: cancellation)
    }
  }

  /// How many gradients are kept side by side: more for small models, whose gradients are cheap
  /// to add up, so that more threads find work.
  static func laneCount(parameters: Int) -> Int {
    parameters <= 2 << 20 ? 8 : parameters <= 4 << 20 ? 4 : 2
  }

  /// The gradient of the mean loss over labelled positions, in lane 0 until the next call.
  ///
  /// - Returns: The mean loss in nats, and the gradient's Euclidean norm.
  func run(
    _ batch: Batch, parameters: UnsafePointer<Float>, context: WorkContext
  ) throws -> (loss: Double, norm: Double) {
    let groups = batch.groups(of: rows(for: batch))
    // Lanes without a group have nothing to add.
    let lanes = self.lanes.prefix(max(1, groups.count))
    let labelled = max(batch.labelled, 1)
    let shared = Shared(parameters: parameters)
    let objective = objective
    let losses = try parallelMap(lanes.count, context: context) { index in
      let lane = lanes[index]
      var sum = 0.0
      for group in stride(from: index, to: groups.count, by: lanes.count) {
        sum += try Self.pass(
          objective, lane, batch, groups[group], parameters: shared.parameters,
          scale: 1 / Float(labelled))
      }
      return sum
    }
    let squares = try parallelMap(blockCount, context: context) { block in
      let range = Self.range(of: block, count: objective.parameterCount)
      let first = lanes[0].gradient + range.lowerBound
      for lane in lanes.dropFirst() {
        Vectors.add(lane.gradient + range.lowerBound, to: first, count: range.count)
        (lane.gradient + range.lowerBound).update(repeating: 0, count: range.count)
      }
      return Vectors.sumOfSquares(first, count: range.count)
    }
    return (losses.reduce(0, +) / Double(labelled), squares.reduce(0, +).squareRoot())
  }

  /// The mean loss over the labelled positions of some batches, in nats; no gradients.
  func measure(
    _ batches: [Batch], parameters: UnsafePointer<Float>, context: WorkContext
  ) throws -> Double {
    let groups = batches.enumerated().flatMap { index, batch in
      batch.groups(of: groupRows).map { (batch: index, sequences: $0) }
    }
    let shared = Shared(parameters: parameters)
    let (objective, lanes) = (objective, lanes)
    let sums = try parallelMap(lanes.count, context: context) { index in
      var sum = 0.0
      for group in stride(from: index, to: groups.count, by: lanes.count) {
        sum += try Self.pass(
          objective, lanes[index], batches[groups[group].batch], groups[group].sequences,
          parameters: shared.parameters, scale: nil)
      }
      return sum
    }
    return sums.reduce(0, +) / Double(max(1, batches.reduce(0) { $0 + $1.labelled }))
  }

  /// Calls `body` for each block of the gradient, on several threads, and clears it afterwards.
  func consumeGradient(
    context: WorkContext, _ body: @Sendable (Range<Int>, UnsafePointer<Float>) -> Void
  ) throws {
    let lane = lanes[0]
    let count = objective.parameterCount
    // Not cancellable: a step is applied as a whole or not at all.
    let whole = WorkContext(threads: context.threads)
    _ = try parallelMap(blockCount, context: whole) { block in
      let range = Self.range(of: block, count: count)
      body(range, lane.gradient + range.lowerBound)
      (lane.gradient + range.lowerBound).update(repeating: 0, count: range.count)
    }
  }

  /// How many positions go through the model at once: as many as allowed, fewer where all lanes
  /// could not be busy otherwise, yet enough for matrix products to be worth it.
  private func rows(for batch: Batch) -> Int {
    let share = (batch.tokens.count + lanes.count - 1) / lanes.count
    return min(groupRows, max(Self.fewestRows, share))
  }

  private static var fewestRows: Int { 192 }

  /// Throws away what a cancelled or failed step left in the gradients.
  func clear() {
    for lane in lanes { lane.gradient.update(repeating: 0, count: lane.count) }
  }

  /// How often tapes asked the system for memory.
  var systemAllocations: Int { lanes.reduce(0) { $0 + $1.tape.systemAllocations } }

  /// Bytes that tapes hold.
  var tapeBytes: Int { lanes.reduce(0) { $0 + $1.tape.bytes } }

  private var blockCount: Int { (objective.parameterCount + Self.block - 1) / Self.block }

  private static func range(of block: Int, count: Int) -> Range<Int> {
    block * Self.block..<min(count, (block + 1) * Self.block)
  }

  private static func pass(
    _ objective: Target, _ lane: Lane, _ batch: Batch, _ group: Range<Int>,
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

/// `@unchecked Sendable`: nothing writes to the parameters while a gradient is computed.
private struct Shared: @unchecked Sendable {
  let parameters: UnsafePointer<Float>
}
