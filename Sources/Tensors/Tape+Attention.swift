import CKernels

/// How the columns of a projection divide into heads.
public struct AttentionHeads: Hashable, Sendable {
  /// H: heads of queries.
  public let queries: Int
  /// G, a divisor of H: heads of keys and of values.
  public let keyValues: Int
  /// D
  public let dimension: Int

  /// H and G heads of D columns each.
  public init(queries: Int, keyValues: Int, dimension: Int) {
    self.queries = queries
    self.keyValues = keyValues
    self.dimension = dimension
  }

  /// (H + 2 G) D columns: queries, keys, values.
  public var projectionWidth: Int { (queries + 2 * keyValues) * dimension }
}

/// What attention keeps for the way back.
struct AttentionNode {
  let projection: Variable
  /// The projection's numbers, turned where positions are rotary.
  let values: UnsafeMutablePointer<Float>
  let result: Variable
  let pass: AttentionPass
  let rotary: RotaryTable?
  /// Position of each row within its sequence.
  let positions: UnsafePointer<Int32>
}

/// What the loop over sequences and heads needs to know.
struct AttentionPass {
  let heads: AttentionHeads
  let isCausal: Bool
  /// Where each sequence starts, and after the last one the number of rows.
  let bounds: UnsafePointer<Int32>
  let sequences: Int
  /// [H, R]
  let logSums: UnsafeMutablePointer<Float>

  /// R: rows of all sequences.
  var rows: Int { Int(bounds[sequences]) }
}

extension Tape {
  /// Multi-head attention over sequences that follow each other in the rows of one matrix.
  ///
  /// No row sees another sequence, so sequences of any lengths share a matrix without padding.
  /// With a table, queries and keys are turned by their positions first: in the projection's own
  /// memory, which is consumed, or in a copy where that is the caller's or was read before. Query
  /// head h reads key head h / (H / G).
  /// O(sum of length² · H · D); scores are never stored.
  ///
  /// - Parameters:
  ///   - projection: [R, (H + 2 G) D]: queries, keys, values.
  ///   - heads: H, G and D.
  ///   - starts: The first row of each sequence, ascending from 0.
  ///   - rotary: Rotary positions, or nil.
  ///   - isCausal: Whether a position sees only itself and what is before it.
  /// - Returns: [R, H D]
  /// - Throws: ``TensorError/shape(operation:argument:expected:got:)`` where the projection has
  ///   another width, the starts do not ascend from 0 within the rows, or the table has too few
  ///   positions.
  public func attention(
    _ projection: Variable, heads: AttentionHeads, starts: [Int], rotary: RotaryTable?,
    isCausal: Bool
  ) throws -> Variable {
    try check()
    let input = try slot(projection, "attention")
    try checkAttention(input, heads: heads, starts: starts)
    let bounds = arena.take(starts.count + 1)
    let rowBounds = UnsafeMutableRawPointer(bounds).bindMemory(
      to: Int32.self, capacity: starts.count + 1)
    let positions = UnsafeMutableRawPointer(arena.take(input.rows)).bindMemory(
      to: Int32.self, capacity: max(1, input.rows))
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : input.rows
      rowBounds[index] = Int32(start)
      for row in start..<end { positions[row] = Int32(row - start) }
      if let rotary {
        try expect(
          rotary.dimension == heads.dimension && end - start <= rotary.positions, "attention",
          "the rotary table", "\(end - start) positions of dimension \(heads.dimension)",
          "\(rotary.positions) of \(rotary.dimension)")
      }
    }
    rowBounds[starts.count] = Int32(input.rows)
    var values = input.value
    if let rotary {
      if input.isParameter || input.isRead {
        values = arena.take(input.count)
        values.update(from: input.value, count: input.count)
      } else {
        slots[projection.index].isConsumed = true
      }
      ck_rotate(
        Int64(input.rows), Int64(heads.queries + heads.keyValues), Int64(heads.dimension),
        values, Int64(input.columns), positions, rotary.cosines, rotary.sines, 1)
    }
    let result = make(
      input.rows, heads.queries * heads.dimension, needsGradient: input.needsGradient)
    let pass = AttentionPass(
      heads: heads, isCausal: isCausal, bounds: UnsafePointer(rowBounds),
      sequences: starts.count, logSums: arena.take(heads.queries * input.rows))
    let node = AttentionNode(
      projection: projection, values: values, result: result, pass: pass, rotary: rotary,
      positions: UnsafePointer(positions))
    try withHeads(pass) { shape, at, scratch in
      ck_attention(
        &shape, values + at.query, values + at.key, values + at.value,
        slots[result.index].value + at.output, pass.logSums + at.sums, scratch)
    }
    record(.attention(node), result)
    return result
  }

  func backAttention(_ node: AttentionNode) throws {
    guard let dy = incoming(node.result) else { return finish(node.result) }
    let input = slots[node.projection.index]
    let (heads, values) = (node.pass.heads, node.values)
    let target = claimGradient(node.projection)
    let gradient = target.accumulates ? arena.take(input.count) : target.pointer
    gradient.update(repeating: 0, count: input.count)
    try withHeads(node.pass) { shape, at, scratch in
      ck_attention_backward(
        &shape, values + at.query, values + at.key, values + at.value,
        slots[node.result.index].value + at.output, node.pass.logSums + at.sums, dy + at.output,
        gradient + at.query, gradient + at.key, gradient + at.value, scratch)
    }
    if let rotary = node.rotary {
      ck_rotate(
        Int64(input.rows), Int64(heads.queries + heads.keyValues), Int64(heads.dimension),
        gradient, Int64(input.columns), node.positions, rotary.cosines, rotary.sines, -1)
    }
    if target.accumulates {
      ck_axpy(Int64(input.count), 1, gradient, target.pointer)
      arena.giveBack(gradient, input.count)
    }
    finish(node.result)
  }

  /// Checks what all attention asks of a projection and of where sequences start.
  func checkAttention(_ input: Slot, heads: AttentionHeads, starts: [Int]) throws {
    try expect(
      input.columns == heads.projectionWidth && heads.keyValues > 0 && heads.queries > 0
        && heads.dimension > 0 && heads.queries % heads.keyValues == 0,
      "attention", "the projection", "\(input.rows) × \(heads.projectionWidth)", input.shape)
    try expect(
      starts.first == 0 && starts.last.map { $0 < input.rows } == true
        && zip(starts, starts.dropFirst()).allSatisfy(<), "attention", "the starts",
      "ascending rows from 0 below \(input.rows)", "\(starts.prefix(8))")
  }

  /// Offsets of one head of one sequence.
  struct HeadOffsets {
    let query: Int
    let key: Int
    let value: Int
    let output: Int
    let sums: Int
  }

  func withHeads(
    _ pass: AttentionPass,
    _ body: (inout ck_attention_shape, HeadOffsets, UnsafeMutablePointer<Float>) -> Void
  ) throws {
    let heads = pass.heads
    let (d, width) = (heads.dimension, heads.projectionWidth)
    let group = heads.queries / heads.keyValues
    let longest = (0..<pass.sequences).reduce(0) {
      max($0, Int(pass.bounds[$1 + 1] - pass.bounds[$1]))
    }
    let scratchSize = Int(ck_attention_scratch(Int64(longest), Int64(d)))
    let scratch = arena.take(scratchSize)
    defer { arena.giveBack(scratch, scratchSize) }
    for sequence in 0..<pass.sequences {
      let start = Int(pass.bounds[sequence])
      var shape = ck_attention_shape(
        length: Int64(Int(pass.bounds[sequence + 1]) - start), dimension: Int64(d),
        stride: Int64(width), output_stride: Int64(heads.queries * d),
        scale: 1 / Float(d).squareRoot(), causal: pass.isCausal)
      for head in 0..<heads.queries {
        try check()
        let shared = head / group
        body(
          &shape,
          HeadOffsets(
            query: start * width + head * d,
            key: start * width + (heads.queries + shared) * d,
            value: start * width + (heads.queries + heads.keyValues + shared) * d,
            output: start * heads.queries * d + head * d, sums: head * pass.rows + start), scratch)
      }
    }
  }
}
