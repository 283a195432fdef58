import CKernels

/// What an adapter adds to the work of a layer. Every position is computed by itself, as all of
/// inference is.
extension Forward {
  /// y[N, width] += s (x Aᵀ) Bᵀ for each part of a matrix.
  mutating func add(
    _ addition: AdapterLayout.LowRank?, _ x: UnsafePointer<Float>, _ rows: Int,
    into y: UnsafeMutablePointer<Float>, width: Int
  ) {
    guard let addition, let numbers = adapter?.numbers else { return }
    let between = space.between
    multiply(
      numbers + addition.down, rows: addition.rank, columns: addition.columns, x,
      stride: addition.columns, rows, into: between, stride: addition.rank)
    var column = 0
    for term in addition.terms {
      for row in 0..<rows {
        let part = between + row * addition.rank + column
        ck_scale(Int64(term.rank), term.scale, part, part)
      }
      multiply(
        numbers + term.up, rows: term.rows.count, columns: term.rank, between + column,
        stride: addition.rank, rows, into: y + term.rows.lowerBound, stride: width, adding: true)
      column += term.rank
    }
  }

  /// The block's result and what two small layers make of it, added to the residual stream.
  mutating func pass(_ layers: AdapterLayout.Bottleneck, _ rows: Int) {
    guard let numbers = adapter?.numbers else { return }
    let (between, block, stream, width) = (space.between, space.block, space.stream, c.width)
    multiply(
      numbers + layers.down, bias: numbers + layers.downBias, rows: layers.width, columns: width,
      block, stride: width, rows, into: between, stride: layers.width)
    let hidden = layers.width
    overRows(rows) { first, count in
      let part = between + first * hidden
      ck_gelu(Int64(count * hidden), false, part, part)
      ck_axpy(Int64(count * width), 1, block + first * width, stream + first * width)
    }
    multiply(
      numbers + layers.up, bias: numbers + layers.upBias, rows: width, columns: hidden, between,
      stride: hidden, rows, into: stream, stride: width, adding: true)
  }
}

extension DecoderSession {
  /// Puts a prefix into the cache, before every sequence.
  func remember(_ adapter: DecoderAdapter) throws {
    guard let numbers = adapter.floats.baseAddress else { return }
    let c = model.configuration
    let (d, block) = (c.headDimension, KeyValueCache.blockPositions)
    try cache.setPrefix(adapter.layout.prefixLength) { offset, position in
      for (index, layer) in adapter.layout.layers.enumerated() {
        guard let prefix = layer.prefix else { continue }
        let row = numbers + prefix + position * 2 * c.keyValueWidth
        for head in 0..<c.keyValueHeads {
          let place =
            cache.floats + Int(offset) + cache.keyOffset(layer: index, head: head)
            + position % block * d
          place.update(from: row + head * d, count: d)
          (place + cache.valueDistance).update(
            from: row + c.keyValueWidth + head * d, count: d)
        }
      }
    }
  }
}
