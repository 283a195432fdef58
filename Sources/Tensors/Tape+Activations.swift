import CKernels

extension Tape {
  /// silu(gate) · up (Shazeer 2020): [R, 2 F], the gate's columns first → [R, F]. O(R F).
  public func swiglu(_ gateUp: Variable) throws -> Variable {
    try check()
    let input = try slot(gateUp, "swiglu")
    try expect(
      input.columns % 2 == 0, "swiglu", "the argument", "an even number of columns", input.shape)
    let result = make(input.rows, input.columns / 2, needsGradient: input.needsGradient)
    ck_swiglu(
      Int64(input.rows), Int64(input.columns / 2), input.value, slots[result.index].value)
    record(.swiglu(gateUp: gateUp, result: result), result)
    return result
  }

  func backSwiGLU(_ gateUp: Variable, _ result: Variable) {
    guard let dy = incoming(result) else { return finish(result) }
    let input = slots[gateUp.index]
    let target = claimGradient(gateUp)
    let destination = target.accumulates ? arena.take(input.count) : target.pointer
    ck_swiglu_backward(
      Int64(input.rows), Int64(input.columns / 2), input.value, dy, destination)
    if target.accumulates {
      ck_axpy(Int64(input.count), 1, destination, target.pointer)
      arena.giveBack(destination, input.count)
    }
    finish(result)
  }
}
