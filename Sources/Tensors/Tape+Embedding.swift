import CKernels

extension Tape {
  /// Rows of a table: table [V, C], R tokens → [R, C]. O(R C); the gradient is added to the rows.
  ///
  /// - Throws: ``TensorError/index(operation:got:count:)`` for a token that the table lacks.
  public func embedding(
    _ table: Variable, tokens: UnsafeBufferPointer<Int32>
  ) throws -> Variable {
    try check()
    let source = try slot(table, "embedding")
    for token in tokens where token < 0 || Int(token) >= source.rows {
      throw TensorError.index(operation: "embedding", got: Int(token), count: source.rows)
    }
    let result = make(tokens.count, source.columns, needsGradient: source.needsGradient)
    let target = slots[result.index].value
    for (r, token) in tokens.enumerated() {
      (target + r * source.columns).update(
        from: source.value + Int(token) * source.columns, count: source.columns)
    }
    if source.needsGradient {
      record(.embedding(table: table, tokens: keep(tokens), result: result), result)
    }
    return result
  }

  func backEmbedding(_ table: Variable, _ tokens: UnsafePointer<Int32>, _ result: Variable) {
    guard let dy = incoming(result) else { return finish(result) }
    let slot = slots[result.index]
    let target = claim(table)
    for r in 0..<slot.rows {
      ck_axpy(
        Int64(slot.columns), 1, dy + r * slot.columns, target + Int(tokens[r]) * slot.columns)
    }
    finish(result)
  }
}
