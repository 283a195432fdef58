import CKernels

/// What attention with a prefix keeps for the way back.
struct PrefixAttentionNode {
  let projection: Variable
  let prefix: Variable
  /// P: rows of the prefix.
  let length: Int
  /// [R + S P, (H + 2 G) D]: each sequence behind a copy of the prefix, turned.
  let values: UnsafeMutablePointer<Float>
  /// [R + S P, H D]
  let output: UnsafeMutablePointer<Float>
  let pass: AttentionPass
  let rotary: RotaryTable?
  /// Of each of the R + S P rows.
  let positions: UnsafePointer<Int32>
  let result: Variable
}

extension Tape {
  /// Causal attention whose positions also see the keys and values of a prefix, which every
  /// sequence shares (Li and Liang 2021).
  ///
  /// Positions of the sequences count on from the prefix, whose keys are taken as they are: what
  /// PEFT's PREFIX_TUNING does by past keys and values. The prefix is put in front of each sequence,
  /// with queries that nobody asks for, so that the kernels of plain attention do the work.
  /// O(sum of (P + length)² · H · D).
  ///
  /// - Parameters:
  ///   - projection: [R, (H + 2 G) D]: queries, keys, values.
  ///   - prefix: [P, 2 G D]: keys, values.
  ///   - heads: H, G and D.
  ///   - starts: The first row of each sequence, ascending from 0.
  ///   - rotary: Rotary positions, or nil.
  /// - Returns: [R, H D]
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` where a matrix has another
  ///   width, the starts do not ascend from 0 within the rows, or the table has too few positions.
  public func attention(
    _ projection: Variable, prefix: Variable, heads: AttentionHeads, starts: [Int],
    rotary: RotaryTable?
  ) throws -> Variable {
    try check()
    let input = try slot(projection, "attention")
    let before = try slot(prefix, "attention")
    let (length, width) = (before.rows, heads.projectionWidth)
    try checkAttention(input, heads: heads, starts: starts)
    try expect(
      before.columns == 2 * heads.keyValues * heads.dimension, "attention", "the prefix",
      "\(length) × \(2 * heads.keyValues * heads.dimension)", before.shape)
    let rows = input.rows + starts.count * length
    let values = arena.take(rows * width)
    let bounds = starts.enumerated().map { $1 + $0 * length } + [rows]
    let positions = UnsafeMutableRawPointer(arena.take(rows)).bindMemory(
      to: Int32.self, capacity: max(1, rows))
    let queries = heads.queries * heads.dimension
    for (sequence, start) in starts.enumerated() {
      let end = sequence + 1 < starts.count ? starts[sequence + 1] : input.rows
      if let rotary {
        try expect(
          rotary.dimension == heads.dimension && length + end - start <= rotary.positions,
          "attention", "the rotary table",
          "\(length + end - start) positions of dimension \(heads.dimension)",
          "\(rotary.positions) of \(rotary.dimension)")
      }
      let first = bounds[sequence]
      for row in 0..<length {
        let target = values + (first + row) * width
        target.update(repeating: 0, count: queries)
        (target + queries).update(from: before.value + row * before.columns, count: before.columns)
        // A turn by 0 leaves the keys as they are.
        positions[first + row] = 0
      }
      (values + (first + length) * width).update(
        from: input.value + start * width, count: (end - start) * width)
      for row in 0..<end - start { positions[first + length + row] = Int32(length + row) }
    }
    turn(values, rows: rows, heads: heads, positions: positions, rotary, 1)
    let result = make(
      input.rows, queries, needsGradient: input.needsGradient || before.needsGradient)
    let pass = AttentionPass(
      heads: heads, isCausal: true, bounds: keep(bounds), sequences: starts.count,
      logSums: arena.take(heads.queries * rows))
    let output = arena.take(rows * queries)
    try withHeads(pass) { shape, at, scratch in
      ck_attention(
        &shape, values + at.query, values + at.key, values + at.value, output + at.output,
        pass.logSums + at.sums, scratch)
    }
    let target = slots[result.index].value
    for (sequence, start) in starts.enumerated() {
      let count = bounds[sequence + 1] - bounds[sequence] - length
      (target + start * queries).update(
        from: output + (bounds[sequence] + length) * queries, count: count * queries)
    }
    record(
      .prefixAttention(
        PrefixAttentionNode(
          projection: projection, prefix: prefix, length: length, values: values, output: output,
          pass: pass, rotary: rotary, positions: UnsafePointer(positions), result: result)),
      result)
    return result
  }

  func backPrefixAttention(_ node: PrefixAttentionNode) throws {
    guard let dy = incoming(node.result) else { return finish(node.result) }
    let (pass, heads, length) = (node.pass, node.pass.heads, node.length)
    let (width, queries) = (heads.projectionWidth, heads.queries * heads.dimension)
    let rows = pass.rows
    let (flowing, gradient) = (arena.take(rows * queries), arena.take(rows * width))
    gradient.update(repeating: 0, count: rows * width)
    for sequence in 0..<pass.sequences {
      let first = Int(pass.bounds[sequence])
      let count = Int(pass.bounds[sequence + 1]) - first - length
      // Nobody asked for what the prefix's own queries gave.
      (flowing + first * queries).update(repeating: 0, count: length * queries)
      (flowing + (first + length) * queries).update(
        from: dy + (first - sequence * length) * queries, count: count * queries)
    }
    let values = node.values
    try withHeads(pass) { shape, at, scratch in
      ck_attention_backward(
        &shape, values + at.query, values + at.key, values + at.value, node.output + at.output,
        pass.logSums + at.sums, flowing + at.output, gradient + at.query, gradient + at.key,
        gradient + at.value, scratch)
    }
    turn(gradient, rows: rows, heads: heads, positions: node.positions, node.rotary, -1)
    if slots[node.projection.index].needsGradient {
      let target = claimGradient(node.projection)
      for sequence in 0..<pass.sequences {
        let first = Int(pass.bounds[sequence])
        let count = Int(pass.bounds[sequence + 1]) - first - length
        let from = gradient + (first + length) * width
        let to = target.pointer + (first - sequence * length) * width
        if target.accumulates {
          ck_axpy(Int64(count * width), 1, from, to)
        } else {
          to.update(from: from, count: count * width)
        }
      }
    }
    if slots[node.prefix.index].needsGradient {
      let (target, columns) = (claim(node.prefix), slots[node.prefix.index].columns)
      for sequence in 0..<pass.sequences {
        for row in 0..<length {
          ck_axpy(
            Int64(columns), 1, gradient + (Int(pass.bounds[sequence]) + row) * width + queries,
            target + row * columns)
        }
      }
    }
    arena.giveBack(flowing, rows * queries)
    arena.giveBack(gradient, rows * width)
    arena.giveBack(node.output, rows * queries)
    arena.giveBack(node.values, rows * width)
    finish(node.result)
  }

  private func turn(
    _ values: UnsafeMutablePointer<Float>, rows: Int, heads: AttentionHeads,
    positions: UnsafePointer<Int32>, _ rotary: RotaryTable?, _ direction: Float
  ) {
    guard let rotary else { return }
    ck_rotate(
      Int64(rows), Int64(heads.queries + heads.keyValues), Int64(heads.dimension), values,
      Int64(heads.projectionWidth), positions, rotary.cosines, rotary.sines, direction)
  }
}
