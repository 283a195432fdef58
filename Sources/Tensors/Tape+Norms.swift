import CKernels

extension Tape {
  /// RMSNorm of each row (Zhang and Sennrich 2019): x / sqrt(mean(x²) + ε) · w.
  /// x [R, C], weight [1, C] → [R, C]. O(R C).
  public func rmsNorm(_ x: Variable, weight: Variable, epsilon: Double) throws -> Variable {
    try check()
    let input = try slot(x, "rmsNorm")
    let scale = try slot(weight, "rmsNorm")
    try expect(
      scale.count == input.columns, "rmsNorm", "the weight", "1 × \(input.columns)", scale.shape)
    let result = make(
      input.rows, input.columns, needsGradient: input.needsGradient || scale.needsGradient)
    let inverse = arena.take(input.rows)
    ck_rmsnorm(
      Int64(input.rows), Int64(input.columns), input.value, scale.value, Float(epsilon),
      slots[result.index].value, inverse)
    record(.rmsNorm(x: x, weight: weight, inverse: inverse, result: result), result)
    return result
  }

  func backRMSNorm(
    _ x: Variable, _ weight: Variable, _ inverse: UnsafeMutablePointer<Float>, _ result: Variable
  ) {
    guard let dy = incoming(result) else { return finish(result) }
    let input = slots[x.index]
    let dw = slots[weight.index].needsGradient ? claim(weight) : nil
    // The kernel computes both; where the input needs none, its gradient goes nowhere.
    let target =
      input.needsGradient
      ? claimGradient(x) : (pointer: arena.take(input.count), accumulates: false)
    ck_rmsnorm_backward(
      Int64(input.rows), Int64(input.columns), input.value, slots[weight.index].value, inverse, dy,
      target.pointer, target.accumulates, dw)
    if !input.needsGradient { arena.giveBack(target.pointer, input.count) }
    finish(result)
  }

  /// A gradient that is only ever added to: zeros where there was none.
  func claim(_ variable: Variable) -> UnsafeMutablePointer<Float> {
    let target = claimGradient(variable)
    if !target.accumulates {
      target.pointer.update(repeating: 0, count: slots[variable.index].count)
    }
    return target.pointer
  }
}
