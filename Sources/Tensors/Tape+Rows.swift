import CKernels

/// What the cosine of rows keeps for the way back.
struct CosineNode {
  let a: Variable
  let b: Variable
  let result: Variable
  /// [R] each: 1 / length of the rows
  let inverseA: UnsafeMutablePointer<Float>
  let inverseB: UnsafeMutablePointer<Float>
}

extension Tape {
  /// Shorter vectors than this are treated as if they had this length, as PyTorch does.
  static let shortestLength: Float = 1e-12
  static let shortestCosineLength: Float = 1e-8

  /// x - log(sum(exp(x))) of each row: [R, C] → [R, C]. Stable for logits of any size. O(R C).
  ///
  /// - Throws: ``TensorError/consumed(operation:)`` where another operation took the memory of `x`.
  public func logSoftmax(_ x: Variable) throws -> Variable {
    try check()
    let input = try slot(x, "logSoftmax")
    let result = make(input.rows, input.columns, needsGradient: input.needsGradient)
    ck_log_softmax(
      Int64(input.rows), Int64(input.columns), input.value, slots[result.index].value)
    slots[result.index].isRead = true
    record(.logSoftmax(x: x, result: result), result)
    return result
  }

  func backLogSoftmax(_ x: Variable, _ result: Variable) {
    guard let dy = incoming(result) else { return finish(result) }
    let output = slots[result.index]
    let target = claimGradient(x)
    ck_log_softmax_backward(
      Int64(output.rows), Int64(output.columns), output.value, dy, target.pointer,
      target.accumulates)
    finish(result)
  }

  /// Each row brought to length 1: [R, C] → [R, C]; rows shorter than 1e-12 are divided by that.
  /// O(R C).
  ///
  /// - Throws: ``TensorError/consumed(operation:)`` where another operation took the memory of `x`.
  public func normalize(_ x: Variable) throws -> Variable {
    try check()
    let input = try slot(x, "normalize")
    let result = make(input.rows, input.columns, needsGradient: input.needsGradient)
    let inverse = arena.take(input.rows)
    ck_normalize(
      Int64(input.rows), Int64(input.columns), Self.shortestLength, input.value,
      slots[result.index].value, inverse)
    slots[result.index].isRead = true
    record(.normalize(x: x, inverse: inverse, result: result), result)
    return result
  }

  func backNormalize(
    _ x: Variable, _ inverse: UnsafeMutablePointer<Float>, _ result: Variable
  ) {
    guard let dy = incoming(result) else { return finish(result) }
    let output = slots[result.index]
    let target = claimGradient(x)
    ck_normalize_backward(
      Int64(output.rows), Int64(output.columns), Self.shortestLength, output.value, inverse, dy,
      target.pointer, target.accumulates)
    finish(result)
  }

  /// Cosine of the angle between rows: a and b [R, C] → [R, 1]; lengths below 1e-8 count as that.
  /// O(R C).
  ///
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` where shapes differ.
  public func cosine(_ a: Variable, _ b: Variable) throws -> Variable {
    try check()
    let left = try slot(a, "cosine")
    let right = try slot(b, "cosine")
    try expect(
      left.rows == right.rows && left.columns == right.columns, "cosine", "the second argument",
      left.shape, right.shape)
    let result = make(left.rows, 1, needsGradient: left.needsGradient || right.needsGradient)
    let node = CosineNode(
      a: a, b: b, result: result, inverseA: arena.take(left.rows), inverseB: arena.take(left.rows))
    ck_cosine(
      Int64(left.rows), Int64(left.columns), Self.shortestCosineLength, left.value, right.value,
      slots[result.index].value, node.inverseA, node.inverseB)
    slots[result.index].isRead = true
    record(.cosine(node), result)
    return result
  }

  func backCosine(_ node: CosineNode) {
    guard let dy = incoming(node.result) else { return finish(node.result) }
    let (left, right) = (slots[node.a.index], slots[node.b.index])
    let y = slots[node.result.index].value
    if left.needsGradient {
      let target = claimGradient(node.a)
      ck_cosine_backward(
        Int64(left.rows), Int64(left.columns), Self.shortestCosineLength, left.value, right.value,
        y, node.inverseA, node.inverseB, dy, target.pointer, target.accumulates)
    }
    if right.needsGradient {
      let target = claimGradient(node.b)
      ck_cosine_backward(
        Int64(left.rows), Int64(left.columns), Self.shortestCosineLength, right.value, left.value,
        y, node.inverseB, node.inverseA, dy, target.pointer, target.accumulates)
    }
    finish(node.result)
  }
}
