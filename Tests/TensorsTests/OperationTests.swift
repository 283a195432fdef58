import Tensors
import Testing

@Suite("Operations against their references")
struct OperationTests {
  /// A share of the largest number of the result.
  private static let tolerance = 1e-5

  @Test("values and gradients", arguments: OperationCase.all)
  func agreesWithReference(_ operation: OperationCase) throws {
    let outcome = try operation.outcome(on: Tape(recordsGradients: true))
    let expected = operation.reference(operation.arguments)
    #expect(distance(outcome.result.map(Double.init), expected.values) < Self.tolerance)
    let outgoing = operation.outgoing()
    let gradients =
      operation.gradients?(operation.arguments, outgoing) ?? operation.differences(outgoing)
    for (place, gradient) in gradients.enumerated() {
      let off = distance(outcome.gradients[place].map(Double.init), gradient.values)
      #expect(off < Self.tolerance, "the gradient of argument \(place)")
    }
  }

  @Test("a gradient is added to what is there", arguments: OperationCase.all)
  func accumulates(_ operation: OperationCase) throws {
    let tape = try Tape(recordsGradients: true)
    let plain = try operation.outcome(on: tape)
    let added = try operation.outcome(on: tape, before: 3)
    #expect(bits(plain.result) == bits(added.result))
    for (from, to) in zip(plain.gradients, added.gradients) {
      #expect(distance(to.map(Double.init), from.map { Double($0) + 3 }) < 2e-5)
    }
  }

  @Test("frozen arguments get nothing and change nothing", arguments: OperationCase.all)
  func frozen(_ operation: OperationCase) throws {
    let tape = try Tape(recordsGradients: true)
    let all = try operation.outcome(on: tape)
    for place in operation.arguments.indices {
      let without = try operation.outcome(on: tape, learns: { $0 != place }, before: 0)
      let alone = try operation.outcome(on: tape, learns: { $0 == place }, before: 0)
      #expect(without.gradients[place].allSatisfy { $0 == 0 })
      #expect(bits(alone.gradients[place]) == bits(all.gradients[place]))
      for other in operation.arguments.indices where other != place {
        #expect(bits(without.gradients[other]) == bits(all.gradients[other]))
        #expect(alone.gradients[other].allSatisfy { $0 == 0 })
      }
      #expect(bits(without.result) == bits(all.result))
    }
  }

  @Test("inputs get the gradients of parameters", arguments: OperationCase.all)
  func inputs(_ operation: OperationCase) throws {
    let tape = try Tape(recordsGradients: true)
    let parameters = try operation.outcome(on: tape)
    let inputs = try operation.outcome(on: tape, asInputs: true)
    #expect(bits(parameters.result) == bits(inputs.result))
    for (a, b) in zip(parameters.gradients, inputs.gradients) {
      #expect(distance(b.map(Double.init), a.map(Double.init)) < 2e-6)
    }
  }

  @Test("a tape without gradients computes the same bits", arguments: OperationCase.all)
  func inference(_ operation: OperationCase) throws {
    let trained = try operation.outcome(on: Tape(recordsGradients: true))
    let inferred = try operation.outcome(on: Tape(recordsGradients: false))
    #expect(bits(trained.result) == bits(inferred.result))
    #expect(inferred.gradients.allSatisfy { $0.allSatisfy { $0 == 0 } })
  }

  @Test("no memory is asked for from the second step on", arguments: OperationCase.all)
  func memory(_ operation: OperationCase) throws {
    let tape = try Tape(recordsGradients: true)
    let first = try operation.outcome(on: tape)
    _ = try operation.outcome(on: tape)
    let allocations = tape.systemAllocations
    let third = try operation.outcome(on: tape)
    #expect(tape.systemAllocations == allocations)
    #expect(bits(first.result) == bits(third.result))
    #expect(zip(first.gradients, third.gradients).allSatisfy { bits($0) == bits($1) })
  }
}
