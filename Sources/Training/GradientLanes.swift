import Execution
import Tensors

/// Gradients side by side, which threads take turns at, and their sum, with the same bits for any
/// number of threads.
///
/// A batch is divided into groups of sequences by its contents alone. Group i belongs to lane
/// i mod lanes; a lane has a tape and a gradient of its own and works through its groups in order.
/// Lanes are what threads take turns at. Their gradients are added up in the order of the lanes.
final class GradientLanes: Sendable {
  let lanes: [Lane]
  /// The numbers that are trained.
  let count: Int
  /// Positions that go through the model at once.
  let groupRows: Int
  /// Parameters in blocks of this size are what the threads take turns at when lanes are added up.
  static let block = 1 << 16

  /// One lane's memory. `@unchecked Sendable`: one thread at a time works on a lane.
  final class Lane: @unchecked Sendable {
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

  init(
    parameters count: Int, passSize: Int, groupRows: Int, cancellation: Cancellation
  ) throws {
    self.count = count
    self.groupRows = groupRows
    lanes = try (0..<Self.laneCount(parameters: count, passSize: passSize)).map { _ in
      try Lane(count: count, cancellation: cancellation)
    }
  }

  /// How many gradients are kept side by side: more for small models, whose gradients are cheap
  /// to add up, so that more threads find work. Where few numbers train beside many, it is what
  /// passes keep that takes the memory.
  static func laneCount(parameters: Int, passSize: Int) -> Int {
    let byGradients = parameters <= 2 << 20 ? 8 : parameters <= 4 << 20 ? 4 : 2
    let byPasses = passSize <= 16 << 20 ? 8 : passSize <= 128 << 20 ? 4 : 2
    return min(byGradients, byPasses)
  }

  /// How many positions go through the model at once: as many as allowed, fewer where all lanes
  /// could not be busy otherwise, yet enough for matrix products to be worth it.
  func rows(for batch: Batch) -> Int {
    let share = (batch.tokens.count + lanes.count - 1) / lanes.count
    return min(groupRows, max(Self.fewestRows, share))
  }

  private static let fewestRows = 192

  /// Adds the gradients of the first lanes up into lane 0, and clears the others.
  ///
  /// - Returns: The Euclidean norm of the sum.
  func addUp(_ used: Int, context: WorkContext) throws -> Double {
    let lanes = self.lanes.prefix(used)
    let squares = try parallelMap(blockCount, context: context) { block in
      let range = range(of: block)
      let first = lanes[0].gradient + range.lowerBound
      for lane in lanes.dropFirst() {
        Vectors.add(lane.gradient + range.lowerBound, to: first, count: range.count)
        (lane.gradient + range.lowerBound).update(repeating: 0, count: range.count)
      }
      return Vectors.sumOfSquares(first, count: range.count)
    }
    return squares.reduce(0, +).squareRoot()
  }

  /// Calls `body` for each block of the gradient, on several threads, and clears it afterwards.
  func consume(
    context: WorkContext, _ body: @Sendable (Range<Int>, UnsafePointer<Float>) -> Void
  ) throws {
    let lane = lanes[0]
    // Not cancellable: a step is applied as a whole or not at all.
    let whole = WorkContext(threads: context.threads)
    _ = try parallelMap(blockCount, context: whole) { block in
      let range = range(of: block)
      body(range, lane.gradient + range.lowerBound)
      (lane.gradient + range.lowerBound).update(repeating: 0, count: range.count)
    }
  }

  /// Throws away what a cancelled or failed step left in the gradients.
  func clear() {
    for lane in lanes { lane.gradient.update(repeating: 0, count: lane.count) }
  }

  /// How often tapes asked the system for memory.
  var systemAllocations: Int { lanes.reduce(0) { $0 + $1.tape.systemAllocations } }

  /// Bytes that tapes hold.
  var tapeBytes: Int { lanes.reduce(0) { $0 + $1.tape.bytes } }

  private var blockCount: Int { (count + Self.block - 1) / Self.block }

  private func range(of block: Int) -> Range<Int> {
    block * Self.block..<min(count, (block + 1) * Self.block)
  }
}

/// Computes gradients of batches: what an ``Optimizer`` needs of an objective.
protocol GradientStep: AnyObject {
  /// Where the gradient is after ``run(_:parameters:context:)``: in the first lane.
  var lanes: GradientLanes { get }

  /// The gradient of the mean loss over labelled items, in lane 0 until the next call.
  ///
  /// - Returns: The mean loss in nats, and the gradient's Euclidean norm.
  func run(
    _ batch: Batch, parameters: UnsafePointer<Float>, context: WorkContext
  ) throws -> (loss: Double, norm: Double)

  /// The mean loss over the labelled items of some batches, in nats; no gradients.
  func measure(
    _ batches: [Batch], parameters: UnsafePointer<Float>, context: WorkContext
  ) throws -> Double
}

/// `@unchecked Sendable`: nothing writes to the parameters while a gradient is computed.
struct SharedParameters: @unchecked Sendable {
  let base: UnsafePointer<Float>
}
