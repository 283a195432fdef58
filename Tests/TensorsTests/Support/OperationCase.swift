import Tensors
import Testing

/// An operation with arguments to try it on, and its plain reference.
struct OperationCase: Sendable, CustomTestStringConvertible {
  let name: String
  let arguments: [Matrix]
  let run: @Sendable (Tape, [Variable]) throws -> Variable
  let reference: @Sendable ([Matrix]) -> Matrix
  /// Gradients for what flows back; differences of the reference where it is nil.
  var gradients: (@Sendable ([Matrix], Matrix) -> [Matrix])?

  init(
    _ name: String, _ arguments: [Matrix],
    run: @escaping @Sendable (Tape, [Variable]) throws -> Variable,
    reference: @escaping @Sendable ([Matrix]) -> Matrix
  ) {
    self.name = name
    self.arguments = arguments
    self.run = run
    self.reference = reference
  }

  var testDescription: String {
    name + " " + arguments.map { "\($0.rows)×\($0.columns)" }.joined(separator: " ")
  }

  /// What flows back in every trial.
  func outgoing() -> Matrix {
    let result = reference(arguments)
    return sample(result.rows, result.columns, "outgoing/\(name)")
  }

  /// Central differences of the sum of reference times outgoing, in double.
  func differences(_ outgoing: Matrix) -> [Matrix] {
    let step = 1e-5
    return arguments.indices.map { place in
      var changed = arguments
      return Matrix(rows: arguments[place].rows, columns: arguments[place].columns) { i, j in
        let kept = arguments[place][i, j]
        changed[place][i, j] = kept + step
        let above = inner(reference(changed), outgoing)
        changed[place][i, j] = kept - step
        let below = inner(reference(changed), outgoing)
        changed[place][i, j] = kept
        return (above - below) / (2 * step)
      }
    }
  }

  private func inner(_ a: Matrix, _ b: Matrix) -> Double {
    zip(a.values, b.values).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

/// What one run of an operation gave.
struct Outcome {
  var result: [Float]
  var gradients: [[Float]]
}

extension OperationCase {
  /// Runs on a tape with every argument that `learns` a parameter whose gradient held `before`.
  func outcome(
    on tape: Tape, learns: (Int) -> Bool = { _ in true }, before: Float = 0,
    asInputs: Bool = false
  ) throws -> Outcome {
    tape.reset()
    let values = arguments.map { argument in
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: argument.values.count)
      _ = memory.initialize(from: argument.floats)
      return memory
    }
    let gradients = arguments.map { argument in
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: argument.values.count)
      memory.initialize(repeating: before)
      return memory
    }
    defer {
      values.forEach { $0.deallocate() }
      gradients.forEach { $0.deallocate() }
    }
    let variables = try arguments.indices.map { i in
      guard let start = values[i].baseAddress else { throw MappingFailure() }
      let (rows, columns) = (arguments[i].rows, arguments[i].columns)
      if asInputs {
        return tape.input(rows: rows, columns: columns, needsGradient: learns(i)) {
          _ = $0.update(fromContentsOf: values[i])
        }
      }
      return tape.parameter(
        start, gradient: learns(i) ? gradients[i].baseAddress : nil, rows: rows, columns: columns)
    }
    let result = try run(tape, variables)
    let expected = reference(arguments)
    #expect(tape.shape(of: result) == (expected.rows, expected.columns))
    let numbers = Array(tape.values(of: result))
    try outgoing().floats.withUnsafeBufferPointer { try tape.seed(result, gradient: $0) }
    try tape.backward()
    if !asInputs {
      for i in arguments.indices {
        #expect(bits(values[i]) == bits(arguments[i].floats), "an argument was written to")
      }
    }
    return Outcome(
      result: numbers,
      gradients: arguments.indices.map { i in
        guard asInputs else { return Array(gradients[i]) }
        return tape.gradient(of: variables[i]).map { Array($0) } ?? []
      })
  }
}
