public import Execution

/// Computes with float32 matrices and remembers how, so that gradients can flow back.
///
/// Every variable is a matrix, row-major: a row is a position of a text, a column a feature.
/// Operations compute at once and are fused as far as training needs it; each has a plain
/// reference in ``Reference``. One thread uses a tape at a time; several threads use several.
///
/// A step goes: ``reset()``, declare parameters, compute, ``backward(from:)``. Memory of the step
/// is kept for the next one: from the second step of the same sizes on, nothing is allocated.
public final class Tape {
  let arena = Arena()
  let blas: BLAS
  /// Whether operations remember what gradients need.
  public let recordsGradients: Bool
  private let cancellation: Cancellation?
  var slots: [Slot] = []
  var nodes: [Node] = []

  /// - Parameters:
  ///   - recordsGradients: False for inference: operations then keep nothing for a way back.
  ///   - cancellation: Asked between operations.
  /// - Throws: ``TensorError/blas(_:)`` where OpenBLAS can't be loaded.
  public init(recordsGradients: Bool, cancellation: Cancellation? = nil) throws {
    do {
      blas = try BLAS.shared()
    } catch {
      throw TensorError.blas(error)
    }
    self.recordsGradients = recordsGradients
    self.cancellation = cancellation
  }

  /// Forgets all variables; their memory serves the next step.
  public func reset() {
    slots.removeAll(keepingCapacity: true)
    nodes.removeAll(keepingCapacity: true)
    arena.reset()
  }

  /// How often this tape asked the system for memory so far.
  public var systemAllocations: Int { arena.systemAllocations }

  /// Bytes that this tape holds.
  public var bytes: Int { arena.capacity * MemoryLayout<Float>.stride }

  func check() throws { try cancellation?.check() }
}

/// A matrix on a ``Tape``; it means nothing to another tape or after a reset.
public struct Variable: Hashable, Sendable {
  let index: Int
}

/// Where a variable's numbers are.
struct Slot {
  let rows: Int
  let columns: Int
  let value: UnsafeMutablePointer<Float>
  /// Nil until something flows back to an intermediate result; a parameter's is given.
  var gradient: UnsafeMutablePointer<Float>?
  let needsGradient: Bool
  /// Parameters' gradients are never given back to the arena.
  let isParameter: Bool
  /// Whether an operation used this memory for its result, or the way back has passed it.
  var isConsumed = false
  /// Whether an operation was given it, and so may need its numbers again on the way back.
  var isRead = false

  var count: Int { rows * columns }
  var shape: String { "\(rows) × \(columns)" }
}

// MARK: - Variables

extension Tape {
  /// A matrix that the caller owns and keeps unchanged until the next reset.
  ///
  /// - Parameters:
  ///   - values: [rows, columns], row by row.
  ///   - gradient: Where its gradient is added; nil for a frozen one.
  ///   - rows: How many rows it has.
  ///   - columns: How many columns it has.
  /// - Returns: The matrix as a variable of this tape.
  public func parameter(
    _ values: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>? = nil, rows: Int,
    columns: Int
  ) -> Variable {
    slots.append(
      Slot(
        rows: rows, columns: columns, value: UnsafeMutablePointer(mutating: values),
        gradient: recordsGradients ? gradient : nil,
        needsGradient: recordsGradients && gradient != nil, isParameter: true))
    return Variable(index: slots.count - 1)
  }

  /// A matrix of the tape's own, filled by the caller; gradients flow to it where asked.
  public func input(
    rows: Int, columns: Int, needsGradient: Bool = false,
    fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows -> Variable {
    let variable = make(rows, columns, needsGradient: needsGradient)
    try fill(UnsafeMutableBufferPointer(start: slots[variable.index].value, count: rows * columns))
    return variable
  }

  /// Rows and columns.
  public func shape(of variable: Variable) -> (rows: Int, columns: Int) {
    (slots[variable.index].rows, slots[variable.index].columns)
  }

  /// The numbers, row by row; valid until the next reset, those of an intermediate result until
  /// ``backward()`` takes their memory back.
  public func values(of variable: Variable) -> UnsafeBufferPointer<Float> {
    let slot = slots[variable.index]
    return UnsafeBufferPointer(start: slot.value, count: slot.count)
  }

  /// What has flowed back to a variable; nil where nothing has. An intermediate result's gradient
  /// is gone once ``backward(from:)`` has passed it, an input's stays.
  public func gradient(of variable: Variable) -> UnsafeBufferPointer<Float>? {
    let slot = slots[variable.index]
    return slot.gradient.map { UnsafeBufferPointer(start: $0, count: slot.count) }
  }

  func make(_ rows: Int, _ columns: Int, needsGradient: Bool) -> Variable {
    slots.append(
      Slot(
        rows: rows, columns: columns, value: arena.take(rows * columns), gradient: nil,
        needsGradient: recordsGradients && needsGradient, isParameter: false))
    return Variable(index: slots.count - 1)
  }

  /// The slot of an argument, as it was before; no operation may have consumed it.
  func slot(_ variable: Variable, _ operation: StaticString) throws -> Slot {
    let slot = slots[variable.index]
    if slot.isConsumed { throw TensorError.consumed(operation: "\(operation)") }
    slots[variable.index].isRead = true
    return slot
  }

  func record(_ node: Node, _ result: Variable) {
    if slots[result.index].needsGradient { nodes.append(node) }
  }

  /// Copies whole numbers into the step's memory.
  func keep(_ numbers: UnsafeBufferPointer<Int32>) -> UnsafePointer<Int32> {
    let target = UnsafeMutableRawPointer(arena.take(numbers.count))
      .bindMemory(to: Int32.self, capacity: max(numbers.count, 1))
    if let source = numbers.baseAddress { target.update(from: source, count: numbers.count) }
    return UnsafePointer(target)
  }

  /// The same for counts of rows.
  func keep(_ numbers: [Int]) -> UnsafePointer<Int32> {
    numbers.map { Int32(truncatingIfNeeded: $0) }.withUnsafeBufferPointer { keep($0) }
  }

  func expect(
    _ condition: Bool, _ operation: StaticString, _ argument: StaticString,
    _ expected: @autoclosure () -> String, _ got: @autoclosure () -> String
  ) throws {
    if !condition {
      throw TensorError.shape(
        operation: "\(operation)", argument: "\(argument)", expected: expected(), got: got())
    }
  }
}
