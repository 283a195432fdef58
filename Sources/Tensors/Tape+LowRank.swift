import CKernels

/// One part of a low-rank addition: what it adds, and to which columns of the result.
public struct LowRankTerm: Sendable {
  /// B: [n, r]
  public let up: Variable
  /// The first of the n columns that it is added to.
  public let firstColumn: Int
  /// What the addition counts, usually α / r.
  public let scale: Float

  /// A term from its parts.
  public init(up: Variable, firstColumn: Int, scale: Float) {
    self.up = up
    self.firstColumn = firstColumn
    self.scale = scale
  }
}

/// What a low-rank addition keeps for the way back.
struct LowRankNode {
  let x: Variable
  let down: Variable
  let terms: [LowRankTerm]
  /// What was added to; the result has its memory.
  let base: Variable
  /// x Aᵀ: [R, Σ r]
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
    let rows = shape(of: weight).rows
    let (first, second) = (shape(of: down), shape(of: up))
    try expect(
      first.columns == shape(of: x).columns, "lowRankLinear", "the down matrix",
      "\(first.rows) × \(shape(of: x).columns)", "\(first.rows) × \(first.columns)")
    try expect(
      second.rows == rows && second.columns == first.rows, "lowRankLinear",
      "the up matrix", "\(rows) × \(first.rows)", "\(second.rows) × \(second.columns)")
    return try lowRankLinear(
      x, weight: weight, bias: bias, down: down,
      terms: [LowRankTerm(up: up, firstColumn: 0, scale: scale)], adding: residual)
  }

  /// The same for a matrix whose parts have additions of their own, such as queries, keys and
  /// values that one product makes: all A's are one matrix, each B adds to its columns.
  ///
  /// - Parameters:
  ///   - x: [R, K]
  ///   - weight: W [N, K]
  ///   - bias: b [1, N], or nil
  ///   - down: A of all terms, one below the other: [Σ r, K]
  ///   - terms: B of each with the columns that it adds to, in the order of the A's.
  ///   - residual: [R, N], or nil
  /// - Returns: [R, N]
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)``
  public func lowRankLinear(
    _ x: Variable, weight: Variable, bias: Variable? = nil, down: Variable,
    terms: [LowRankTerm], adding residual: Variable? = nil
  ) throws -> Variable {
    let input = try slot(x, "lowRankLinear")
    let matrix = try slot(weight, "lowRankLinear")
    let first = try slot(down, "lowRankLinear")
    let rank = first.rows
    try expect(
      first.columns == input.columns, "lowRankLinear", "the down matrix",
      "\(rank) × \(input.columns)", first.shape)
    let ups = try terms.map { try slot($0.up, "lowRankLinear") }
    try expect(
      ups.reduce(0) { $0 + $1.columns } == rank, "lowRankLinear", "the up matrices",
      "\(rank) columns in all", "\(ups.reduce(0) { $0 + $1.columns })")
    for (term, up) in zip(terms, ups) {
      try expect(
        term.firstColumn >= 0 && term.firstColumn + up.rows <= matrix.rows, "lowRankLinear",
        "the up matrix", "at most \(matrix.rows) rows from \(term.firstColumn)", up.shape)
    }
    let base = try linear(x, weight: weight, bias: bias, adding: residual)
    let sum = slots[base.index]
    let hidden = arena.take(input.rows * rank)
    blas.multiply(
      input.value, first.value, into: hidden, m: input.rows, n: rank, k: input.columns,
      transposeB: true)
    var column = 0
    for (term, up) in zip(terms, ups) {
      blas.multiply(
        hidden + column, up.value, into: sum.value + term.firstColumn, m: sum.rows, n: up.rows,
        k: up.columns, transposeB: true, alpha: term.scale, beta: 1, strideA: rank,
        strideC: sum.columns)
      column += up.columns
    }
    let needs =
      sum.needsGradient || input.needsGradient || first.needsGradient
      || ups.contains(where: \.needsGradient)
    slots.append(
      Slot(
        rows: sum.rows, columns: sum.columns, value: sum.value, gradient: nil,
        needsGradient: recordsGradients && needs, isParameter: false))
    let result = Variable(index: slots.count - 1)
    slots[base.index].isConsumed = true
    record(
      .lowRank(
        LowRankNode(
          x: x, down: down, terms: terms, base: base, hidden: hidden, result: result)),
      result)
    return result
  }

  // With h = x Aᵀ, of each term: dB = s dyᵀ h, dh = s dy B; of all: dA = dhᵀ x, dx += dh A.
  func backLowRank(_ node: LowRankNode) {
    let result = slots[node.result.index]
    slots[node.result.index].isConsumed = true
    guard let dy = result.gradient else { return }
    let input = slots[node.x.index]
    let first = slots[node.down.index]
    let rank = first.rows
    var column = 0
    for term in node.terms {
      let up = slots[term.up.index]
      defer { column += up.columns }
      guard up.needsGradient else { continue }
      let target = claimGradient(term.up)
      blas.multiply(
        dy + term.firstColumn, node.hidden + column, into: target.pointer, m: up.rows,
        n: up.columns, k: result.rows, transposeA: true, alpha: term.scale,
        beta: target.accumulates ? 1 : 0, strideA: result.columns, strideB: rank)
    }
    if input.needsGradient || first.needsGradient {
      // h has served, so its memory takes dh.
      let dh = node.hidden
      column = 0
      for term in node.terms {
        let up = slots[term.up.index]
        blas.multiply(
          dy + term.firstColumn, up.value, into: dh + column, m: result.rows, n: up.columns,
          k: up.rows, alpha: term.scale, strideA: result.columns, strideC: rank)
        column += up.columns
      }
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
