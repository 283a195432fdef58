import CKernels

extension Tape {
  /// Cross-entropy of rows of logits that are a variable; ``crossEntropy(_:head:labels:scale:perRow:)``
  /// is the one for vocabularies.
  ///
  /// The gradient, times `scale`, is computed at once and waits for ``backward()``. Stable for
  /// logits of any size. O(R C).
  ///
  /// - Parameters:
  ///   - logits: [R, C]
  ///   - labels: R columns; negative ones are ignored.
  ///   - scale: What one row's loss counts in the gradient, usually 1 / labelled rows of the batch.
  ///   - perRow: R floats for each row's loss, 0 where ignored; or nil.
  /// - Returns: The sum of -log p(label) in nats, and how many rows had a label.
  /// - Throws: ``TensorError/index(operation:got:count:)`` for a label without a column.
  public func softmaxCrossEntropy(
    _ logits: Variable, labels: UnsafeBufferPointer<Int32>, scale: Float,
    perRow: UnsafeMutableBufferPointer<Float>? = nil
  ) throws -> (sum: Double, rows: Int) {
    try check()
    let input = try slot(logits, "softmaxCrossEntropy")
    try expect(
      labels.count == input.rows && perRow.map { $0.count == input.rows } ?? true,
      "softmaxCrossEntropy", "the labels", "\(input.rows)", "\(labels.count)")
    var labelled = 0
    for label in labels where label >= 0 {
      guard Int(label) < input.columns else {
        throw TensorError.index(
          operation: "softmaxCrossEntropy", got: Int(label), count: input.columns)
      }
      labelled += 1
    }
    guard let targets = labels.baseAddress else { return (0, 0) }
    guard input.needsGradient else {
      let sum = ck_cross_entropy(
        Int64(input.rows), Int64(input.columns), input.value, targets, scale, false,
        perRow?.baseAddress)
      return (sum, labelled)
    }
    let target = claimGradient(logits)
    let gradient = target.accumulates ? arena.take(input.count) : target.pointer
    gradient.update(from: input.value, count: input.count)
    let sum = ck_cross_entropy(
      Int64(input.rows), Int64(input.columns), gradient, targets, scale, true, perRow?.baseAddress)
    if target.accumulates {
      ck_axpy(Int64(input.count), 1, gradient, target.pointer)
      arena.giveBack(gradient, input.count)
    }
    return (sum, labelled)
  }

  /// Adds to what flows back to a variable: the gradient of a loss that the caller computes.
  ///
  /// - Parameters:
  ///   - variable: [R, C]; nothing happens where it needs no gradient.
  ///   - gradient: [R, C], row by row.
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` for another size.
  public func seed(_ variable: Variable, gradient: UnsafeBufferPointer<Float>) throws {
    let target = try slot(variable, "seed")
    try expect(
      gradient.count == target.count, "seed", "the gradient", "\(target.count) numbers",
      "\(gradient.count)")
    guard target.needsGradient, let source = gradient.baseAddress else { return }
    addGradient(source, to: variable)
  }
}
