import CKernels

extension Tape {
  /// How many rows of logits exist at a time: about 8 MB of them, and enough rows for a matrix
  /// product to be worth it.
  public static func headBlockRows(vocabulary: Int) -> Int {
    max(128, min(1024, (2 << 20) / max(vocabulary, 1)))
  }

  /// Cross-entropy of a linear head, in one pass over blocks of rows: logits are never kept.
  ///
  /// The gradients of the head and of `x`, times `scale`, are computed on the way and wait for
  /// ``backward()``. Rows with a negative label cost nothing. O(labelled rows · V · C).
  ///
  /// - Parameters:
  ///   - x: [R, C]
  ///   - head: [V, C]
  ///   - labels: R tokens; negative ones are ignored.
  ///   - scale: What one row's loss counts in the gradient, usually 1 / labelled rows of the batch.
  ///   - perRow: R floats for each row's loss, 0 where ignored; or nil.
  /// - Returns: The sum of -log p(label) in nats, and how many rows had a label.
  /// - Throws: ``TensorError/index(operation:got:count:)`` for a label without a row of the head.
  public func crossEntropy(
    _ x: Variable, head: Variable, labels: UnsafeBufferPointer<Int32>, scale: Float,
    perRow: UnsafeMutableBufferPointer<Float>? = nil
  ) throws -> (sum: Double, rows: Int) {
    let input = try slot(x, "crossEntropy")
    let matrix = try slot(head, "crossEntropy")
    try expect(
      matrix.columns == input.columns, "crossEntropy", "the head",
      "\(matrix.rows) × \(input.columns)", matrix.shape)
    try expect(
      labels.count == input.rows && perRow.map { $0.count == input.rows } ?? true, "crossEntropy",
      "the labels", "\(input.rows)", "\(labels.count)")
    perRow?.update(repeating: 0)
    var rows: [Int] = []
    for (row, label) in labels.enumerated() where label >= 0 {
      guard Int(label) < matrix.rows else {
        throw TensorError.index(operation: "crossEntropy", got: Int(label), count: matrix.rows)
      }
      rows.append(row)
    }
    var loss = HeadLoss(
      tape: self, input: input, matrix: matrix, labels: labels, scale: scale, rows: rows)
    loss.dHead = matrix.needsGradient ? claim(head) : nil
    loss.dInput = input.needsGradient ? claim(x) : nil
    return (try loss.run(perRow), rows.count)
  }
}

/// One call of ``Tape/crossEntropy(_:head:labels:scale:perRow:)``.
private struct HeadLoss {
  let tape: Tape
  let input: Slot
  let matrix: Slot
  let labels: UnsafeBufferPointer<Int32>
  let scale: Float
  /// Rows that have a label.
  let rows: [Int]
  var dHead: UnsafeMutablePointer<Float>?
  var dInput: UnsafeMutablePointer<Float>?

  func run(_ perRow: UnsafeMutableBufferPointer<Float>?) throws -> Double {
    let block = min(Tape.headBlockRows(vocabulary: matrix.rows), max(rows.count, 1))
    let (v, c) = (matrix.rows, matrix.columns)
    let logits = tape.arena.take(block * v)
    let gathered = tape.arena.take(block * c)
    let flowing = tape.arena.take(block * c)
    let losses = tape.arena.take(block)
    let targets = UnsafeMutableRawPointer(tape.arena.take(block))
      .bindMemory(to: Int32.self, capacity: block)
    defer {
      tape.arena.giveBack(logits, block * v)
      tape.arena.giveBack(gathered, block * c)
      tape.arena.giveBack(flowing, block * c)
      tape.arena.giveBack(losses, block)
    }
    var sum = 0.0
    for start in stride(from: 0, to: rows.count, by: block) {
      try tape.check()
      let n = min(block, rows.count - start)
      for i in 0..<n {
        let row = rows[start + i]
        (gathered + i * c).update(from: input.value + row * c, count: c)
        targets[i] = labels[row]
      }
      tape.blas.multiply(gathered, matrix.value, into: logits, m: n, n: v, k: c, transposeB: true)
      let wants = dHead != nil || dInput != nil
      sum += ck_cross_entropy(Int64(n), Int64(v), logits, targets, scale, wants, losses)
      if let perRow { for i in 0..<n { perRow[rows[start + i]] = losses[i] } }
      if let dHead {
        tape.blas.multiply(
          logits, gathered, into: dHead, m: v, n: c, k: n, transposeA: true, beta: 1)
      }
      guard let dInput else { continue }
      tape.blas.multiply(logits, matrix.value, into: flowing, m: n, n: c, k: v)
      for i in 0..<n {
        ck_axpy(Int64(c), 1, flowing + i * c, dInput + rows[start + i] * c)
      }
    }
    return sum
  }
}
