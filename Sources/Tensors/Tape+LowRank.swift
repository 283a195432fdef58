import CKernels

/// What a low-rank addition keeps for the way back.
struct LowRankNode {
  let x: Variable
  let down: Variable
  let up: Variable
  let scale: Float
  /// What was added to; the result has its memory.
  let base: Variable
  /// x Aᵀ: [R, r]
  let hidden: UnsafeMutablePointer<Float>
  let result: Variable
}

extension Tape {
  /// A linear map with a low-rank addition (Hu et al. 2021):
  /// x Wᵀ + b + residual + scale (x Aᵀ) Bᵀ, where W is usually frozen.
  ///
  /// O(R N K + R r (N + K)); the gradient of a frozen W is never computed.
  ///
  /// - Parameters:
  ///   - x: [R, K]
  ///   - weight: W [N, K]
  ///   - bias: b [1, N], or nil
  ///   - down: A [r, K]
  ///   - up: B [N, r]
  ///   - scale: What the addition counts, usually α / r.
  ///   - residual: [R, N], or nil
  /// - Returns: [R, N]
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)``
  public func lowRankLinear(
    _ x: Variable, weight: Variable, bias: Variable? = nil, down: Variable, up: Variable,
    scale: Float, adding residual: Variable? = nil
  ) throws -> Variable {
    let input = try slot(x, "lowRankLinear")
    let matrix = try slot(weight, "lowRankLinear")
    let first = try slot(down, "lowRankLinear")
    let second = try slot(up, "lowRankLinear")
    let rank = first.rows
    try expect(
      first.columns == input.columns, "lowRankLinear", "the down matrix",
      "\(rank) × \(input.columns)", first.shape)
    try expect(
      second.rows == matrix.rows && second.columns == rank, "lowRankLinear", "the up matrix",
      "\(matrix.rows) × \(rank)", second.shape)
    let base = try linear(x, weight: weight, bias: bias, adding: residual)
    let sum = slots[base.index]
    let hidden = arena.take(input.rows * rank)
    blas.multiply(
      input.value, first.value, into: hidden, m: input.rows, n: rank, k: input.columns,
      transposeB: true)
    blas.multiply(
      hidden, second.value, into: sum.value, m: sum.rows, n: sum.columns, k: rank,
      transposeB: true, alpha: scale, beta: 1)
    let needs =
      sum.needsGradient || input.needsGradient || first.needsGradient || second.needsGradient
    slots.append(
      Slot(
        rows: sum.rows, columns: sum.columns, value: sum.value, gradient: nil,
        needsGradient: recordsGradients && needs, isParameter: false))
    let result = Variable(index: slots.count - 1)
    slots[base.index].isConsumed = true
    record(
      .lowRank(
        LowRankNode(
          x: x, down: down, up: up, scale: scale, base: base, hidden: hidden, result: result)),
      result)
    return result
  }

  // With h = x Aᵀ: dB = s dyᵀ h, dh = s dy B, dA = dhᵀ x, dx += dh A.
  func backLowRank(_ node: LowRankNode) {
    let result = slots[node.result.index]
    slots[node.result.index].isConsumed = true
    guard let dy = result.gradient else { return }
    let input = slots[node.x.index]
    let (first, second) = (slots[node.down.index], slots[node.up.index])
    let rank = first.rows
    if second.needsGradient {
      let target = claimGradient(node.up)
      blas.multiply(
        dy, node.hidden, into: target.pointer, m: result.columns, n: rank, k: result.rows,
        transposeA: true, alpha: node.scale, beta: target.accumulates ? 1 : 0)
    }
    if input.needsGradient || first.needsGradient {
      // h has served, so its memory takes dh.
      let dh = node.hidden
      blas.multiply(
        dy, second.value, into: dh, m: result.rows, n: rank, k: result.columns,
        alpha: node.scale)
      if first.needsGradient {
        let target = claimGradient(node.down)
        blas.multiply(
          dh, input.value, into: target.pointer, m: rank, n: input.columns, k: input.rows,
          transposeA: true, beta: target.accumulates ? 1 : 0)
      }
      if input.needsGradient {
        let target = claimGradient(node.x)
        blas.multiply(
          dh, first.value, into: target.pointer, m: input.rows, n: input.columns, k: rank,
          beta: target.accumulates ? 1 : 0)
      }
    }
    arena.giveBack(node.hidden, result.rows * rank)
    slots[node.result.index].gradient = nil
    // The base's own way back gives the value's memory back.
    if slots[node.base.index].needsGradient {
      slots[node.base.index].gradient = dy
    } else {
      arena.giveBack(dy, result.count)
    }
  }

  /// a bᵀ of two variables: a [R, K], b [N, K] → [R, N]; gradients flow to both.
  ///
  /// The matrix of similarities of a contrastive loss, where rows are of unit length. O(R N K).
  ///
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` where columns differ.
  public func product(_ a: Variable, transposed b: Variable) throws -> Variable {
    try linear(a, weight: b)
  }
}
