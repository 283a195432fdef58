import CKernels

extension Tape {
  /// x Wᵀ + b (+ residual): x [R, K], weight [N, K], bias [1, N], residual [R, N] → [R, N].
  ///
  /// O(R N K), one matrix product; its gradient takes two.
  public func linear(
    _ x: Variable, weight: Variable, bias: Variable? = nil, adding residual: Variable? = nil
  ) throws -> Variable {
    try check()
    let input = try slot(x, "linear")
    let matrix = try slot(weight, "linear")
    try expect(
      matrix.columns == input.columns, "linear", "the weight",
      "\(matrix.rows) × \(input.columns)", matrix.shape)
    var needs = input.needsGradient || matrix.needsGradient
    if let bias { needs = needs || slots[bias.index].needsGradient }
    var accumulates = false
    let result: Variable
    if let residual {
      let other = try slot(residual, "linear")
      try expect(
        other.rows == input.rows && other.columns == matrix.rows, "linear", "the residual",
        "\(input.rows) × \(matrix.rows)", other.shape)
      needs = needs || other.needsGradient
      result = make(input.rows, matrix.rows, needsGradient: needs)
      slots[result.index].value.update(from: other.value, count: other.count)
      accumulates = true
    } else {
      result = make(input.rows, matrix.rows, needsGradient: needs)
    }
    let output = slots[result.index].value
    if let bias {
      let row = try slot(bias, "linear")
      try expect(row.count == matrix.rows, "linear", "the bias", "1 × \(matrix.rows)", row.shape)
      for r in 0..<input.rows {
        let target = output + r * matrix.rows
        if accumulates {
          ck_axpy(Int64(matrix.rows), 1, row.value, target)
        } else {
          target.update(from: row.value, count: matrix.rows)
        }
      }
      accumulates = true
    }
    blas.multiply(
      input.value, matrix.value, into: output, m: input.rows, n: matrix.rows, k: input.columns,
      transposeB: true, beta: accumulates ? 1 : 0)
    record(
      .linear(x: x, weight: weight, bias: bias, residual: residual, result: result), result)
    return result
  }

  // dx = dy W, dW = dyᵀ x, db = column sums of dy.
  func backLinear(
    _ x: Variable, _ weight: Variable, _ bias: Variable?, _ residual: Variable?,
    _ result: Variable
  ) {
    guard let dy = incoming(result) else { return finish(result) }
    let input = slots[x.index]
    let matrix = slots[weight.index]
    if matrix.needsGradient {
      let target = claimGradient(weight)
      blas.multiply(
        dy, input.value, into: target.pointer, m: matrix.rows, n: matrix.columns,
        k: input.rows, transposeA: true, beta: target.accumulates ? 1 : 0)
    }
    if let bias, slots[bias.index].needsGradient {
      let target = claimGradient(bias)
      if !target.accumulates { target.pointer.update(repeating: 0, count: matrix.rows) }
      for r in 0..<input.rows {
        ck_axpy(Int64(matrix.rows), 1, dy + r * matrix.rows, target.pointer)
      }
    }
    if input.needsGradient {
      let target = claimGradient(x)
      blas.multiply(
        dy, matrix.value, into: target.pointer, m: input.rows, n: matrix.columns, k: matrix.rows,
        beta: target.accumulates ? 1 : 0)
    }
    if let residual {
      finish(result, passingGradientTo: residual)
    } else {
      finish(result)
    }
  }
}
