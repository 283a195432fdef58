import CKernels
import Execution
import Tensors

/// One call of a session: tokens of several sequences through the layers, in chunks of rows.
struct Forward {
  let session: DecoderSession
  let wanted: DecoderSession.Wanted
  let c: DecoderConfiguration
  let space: WorkSpace
  private let weights: UnsafePointer<Float>
  /// The adapter's layout and numbers, where the model has one.
  let adapter: (layout: AdapterLayout, numbers: UnsafePointer<Float>)?
  var operations = 0.0
  /// Rows of ``WorkSpace/final`` that wait for the head: sequence and token of each.
  private var waiting: [(sequence: Int, token: Int)] = []

  /// Rows of a chunk that belong to one sequence.
  private struct Segment {
    /// The sequence's place among the arguments, and in the cache.
    let place: Int
    let id: Int
    /// Its rows of the chunk, and the position of the first.
    let firstRow: Int
    let count: Int
    let position: Int
    /// The first token's place in the sequence's argument.
    let token: Int
    let isLast: Bool
    let blocks: [Int64]
  }

  init(session: DecoderSession, wanted: DecoderSession.Wanted) {
    self.session = session
    self.wanted = wanted
    c = session.model.configuration
    space = session.space
    // A validated model has weights.
    weights = session.model.floats.baseAddress ?? UnsafePointer(session.space.stream)
    adapter = session.model.adapter.flatMap { adapter in
      adapter.floats.baseAddress.map { (adapter.layout, $0) }
    }
  }

  /// Returns the number of floating-point operations.
  mutating func run(
    _ ids: [Int], _ tokens: [[Int32]],
    _ receive: (Int, Int, UnsafeBufferPointer<Float>) throws -> Void
  ) throws -> Double {
    var segments: [Segment] = []
    var rows = 0
    for (place, id) in ids.enumerated() {
      let entry = try session.cache.entry(id)
      var token = 0
      while token < tokens[place].count {
        let count = min(tokens[place].count - token, WorkSpace.rows - rows)
        segments.append(
          Segment(
            place: place, id: id, firstRow: rows, count: count, position: entry.length + token,
            token: token, isLast: token + count == tokens[place].count, blocks: entry.blocks))
        token += count
        rows += count
        if rows == WorkSpace.rows {
          try chunk(segments, tokens, rows, receive)
          segments.removeAll(keepingCapacity: true)
          rows = 0
        }
      }
    }
    if rows > 0 { try chunk(segments, tokens, rows, receive) }
    try head(receive)
    return operations
  }

  // MARK: - The layers

  private mutating func chunk(
    _ segments: [Segment], _ tokens: [[Int32]], _ rows: Int,
    _ receive: (Int, Int, UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    var positions = [Int32](repeating: 0, count: rows)
    for segment in segments {
      for i in 0..<segment.count {
        let token = Int(tokens[segment.place][segment.token + i])
        let row = segment.firstRow + i
        positions[row] = Int32(segment.position + i)
        (space.stream + row * c.width).update(
          from: weights + session.model.layout.embedding + token * c.width, count: c.width)
      }
    }
    for (index, layer) in session.model.layout.layers.enumerated() {
      try session.context.check()
      let added = adapter?.layout.layers[index]
      norm(space.stream, layer.attentionNorm, rows, into: space.normed)
      linear(
        layer.projection, bias: layer.projectionBias, rows: c.projectionWidth, columns: c.width,
        space.normed, rows, into: space.projection)
      add(added?.projection, space.normed, rows, into: space.projection, width: c.projectionWidth)
      remember(segments, positions, layer: index)
      attend(segments, layer: index)
      let attention = added?.afterAttention == nil ? space.stream : space.block
      linear(
        layer.output, rows: c.width, columns: c.queryWidth, space.attended, rows,
        into: attention, adding: added?.afterAttention == nil)
      add(added?.output, space.attended, rows, into: attention, width: c.width)
      if let bottleneck = added?.afterAttention { pass(bottleneck, rows) }
      norm(space.stream, layer.feedForwardNorm, rows, into: space.normed)
      linear(
        layer.gateUp, rows: 2 * c.feedForwardWidth, columns: c.width, space.normed, rows,
        into: space.gateUp)
      add(added?.gateUp, space.normed, rows, into: space.gateUp, width: 2 * c.feedForwardWidth)
      activate(rows)
      let fed = added?.afterFeedForward == nil ? space.stream : space.block
      linear(
        layer.down, rows: c.width, columns: c.feedForwardWidth, space.hidden, rows,
        into: fed, adding: added?.afterFeedForward == nil)
      add(added?.down, space.hidden, rows, into: fed, width: c.width)
      if let bottleneck = added?.afterFeedForward { pass(bottleneck, rows) }
    }
    for segment in segments { session.cache.advance(segment.id, by: segment.count) }
    try collect(segments, receive)
  }

  /// Loops over rows are split only where that pays for the handing out.
  func overRows(_ rows: Int, _ body: @escaping (Int, Int) -> Void) {
    let size = 8
    if rows < 2 * size { return body(0, rows) }
    session.team.run((rows + size - 1) / size) { part, _ in
      body(part * size, min(size, rows - part * size))
    }
  }

  private func norm(
    _ x: UnsafeMutablePointer<Float>, _ weight: Int, _ rows: Int,
    into y: UnsafeMutablePointer<Float>
  ) {
    let (width, epsilon) = (c.width, Float(c.normEpsilon))
    let (inverse, scale) = (space.inverse, weights + weight)
    overRows(rows) { first, count in
      ck_rmsnorm(
        Int64(count), Int64(width), x + first * width, scale, epsilon, y + first * width,
        inverse + first)
    }
  }

  private func activate(_ rows: Int) {
    let width = c.feedForwardWidth
    let (gateUp, hidden) = (space.gateUp, space.hidden)
    overRows(rows) { first, count in
      ck_swiglu(Int64(count), Int64(width), gateUp + first * 2 * width, hidden + first * width)
    }
  }

  /// y[N, rows] (=, or +=) x[N, columns] Wᵀ + bias, the rows of W in parts of about 32 KB, at most
  /// 16 of them where that is less.
  private mutating func linear(
    _ matrix: Int, bias: Int? = nil, rows: Int, columns: Int, _ x: UnsafeMutablePointer<Float>,
    _ batch: Int, into y: UnsafeMutablePointer<Float>, adding: Bool = false
  ) {
    multiply(
      weights + matrix, bias: bias.map { weights + $0 }, rows: rows, columns: columns, x,
      stride: columns, batch, into: y, stride: rows, adding: adding)
  }

  mutating func multiply(
    _ w: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil, rows: Int, columns: Int,
    _ x: UnsafePointer<Float>, stride: Int, _ batch: Int, into y: UnsafeMutablePointer<Float>,
    stride yStride: Int, adding: Bool = false
  ) {
    operations += 2 * Double(rows) * Double(columns) * Double(batch)
    let part = (max(8192 / columns, rows / 16, 1) + 15) / 16 * 16
    session.team.run((rows + part - 1) / part) { index, _ in
      let first = index * part
      ck_linear(
        Int64(min(part, rows - first)), Int64(columns), w + first * columns, Int64(batch), x,
        Int64(stride), bias.map { $0 + first }, y + first, Int64(yStride), adding)
    }
  }

  /// Turns queries and keys by their positions, and puts keys and values into the cache.
  private func remember(_ segments: [Segment], _ positions: [Int32], layer: Int) {
    let (c, session, projection) = (c, session, space.projection)
    let (d, width, block) = (c.headDimension, c.projectionWidth, KeyValueCache.blockPositions)
    let distance = session.cache.valueDistance
    let work = { (segment: Segment, first: Int, count: Int) in
      let start = projection + (segment.firstRow + first) * width
      positions.withUnsafeBufferPointer { positions in
        guard let at = positions.baseAddress else { return }
        ck_rotate(
          Int64(count), Int64(c.heads + c.keyValueHeads), Int64(d), start, Int64(width),
          at + segment.firstRow + first, session.rotary.cosineTable, session.rotary.sineTable, 1)
      }
      for i in 0..<count {
        let position = segment.position + first + i
        let place = session.cache.floats + Int(segment.blocks[position / block])
        for head in 0..<c.keyValueHeads {
          let key = start + i * width + (c.heads + head) * d
          let target =
            place + session.cache.keyOffset(layer: layer, head: head) + position % block * d
          target.update(from: key, count: d)
          (target + distance).update(from: key + c.keyValueWidth, count: d)
        }
      }
    }
    guard segments.count == 1, let only = segments.first else {
      if segments.count < 4 {
        for segment in segments { work(segment, 0, segment.count) }
      } else {
        session.team.run(segments.count) { part, _ in
          work(segments[part], 0, segments[part].count)
        }
      }
      return
    }
    overRows(only.count) { first, count in work(only, first, count) }
  }

  private mutating func attend(_ segments: [Segment], layer: Int) {
    // Parts of at most 32 queries of one key/value head.
    let most = 32
    var parts: [(segment: Int, first: Int, count: Int)] = []
    for (index, segment) in segments.enumerated() {
      for first in stride(from: 0, to: segment.count, by: most) {
        parts.append((index, first, min(most, segment.count - first)))
      }
      let seen = Double(segment.position) + Double(segment.count + 1) / 2
      operations += 4 * Double(c.queryWidth) * Double(segment.count) * seen
    }
    let (c, session, space) = (c, session, space)
    let (d, group) = (c.headDimension, c.heads / c.keyValueHeads)
    session.team.run(parts.count * c.keyValueHeads) { index, worker in
      let (part, head) = (parts[index / c.keyValueHeads], index % c.keyValueHeads)
      let segment = segments[part.segment]
      let row = segment.firstRow + part.first
      let offset = session.cache.keyOffset(layer: layer, head: head)
      segment.blocks.withUnsafeBufferPointer { blocks in
        var shape = ck_cache_shape(
          rows: Int64(part.count), first: Int64(segment.position + part.first),
          dimension: Int64(d), group: Int64(group), q_stride: Int64(c.projectionWidth),
          output_stride: Int64(c.queryWidth), block: Int64(KeyValueCache.blockPositions),
          pool: session.cache.floats, blocks: blocks.baseAddress, key_offset: Int64(offset),
          value_offset: Int64(offset + session.cache.valueDistance),
          scale: Float(1 / Double(d).squareRoot()))
        ck_cache_attention(
          &shape, space.projection + row * c.projectionWidth + head * group * d,
          space.attended + row * c.queryWidth + head * group * d,
          space.scores + worker * space.scoresStride)
      }
    }
  }

  // MARK: - The head

  private mutating func collect(
    _ segments: [Segment], _ receive: (Int, Int, UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    for segment in segments {
      let first: Int
      switch wanted {
      case .none: continue
      case .last where !segment.isLast: continue
      case .last: first = segment.count - 1
      case .all: first = 0
      }
      for i in first..<segment.count {
        if waiting.count == space.finalRows { try head(receive) }
        (space.final + waiting.count * c.width).update(
          from: space.stream + (segment.firstRow + i) * c.width, count: c.width)
        waiting.append((segment.place, segment.token + i))
      }
    }
  }

  private mutating func head(
    _ receive: (Int, Int, UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    guard !waiting.isEmpty else { return }
    try session.context.check()
    for start in stride(from: 0, to: waiting.count, by: WorkSpace.rows) {
      // `inverse` has room for one chunk.
      let x = space.final + start * c.width
      norm(x, session.model.layout.finalNorm, min(WorkSpace.rows, waiting.count - start), into: x)
    }
    linear(
      session.model.layout.head, rows: c.vocabularySize, columns: c.width, space.final,
      waiting.count, into: space.logits)
    for (row, place) in waiting.enumerated() {
      try receive(
        place.sequence, place.token,
        UnsafeBufferPointer(start: space.logits + row * c.vocabularySize, count: c.vocabularySize))
    }
    waiting.removeAll(keepingCapacity: true)
  }
}
