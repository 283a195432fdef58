import Glibc

/// The forward pass of a decoder written down plainly, in double: what the fast paths are held to.
///
/// Low-rank additions are added to the weights before they are used, as nowhere else.
/// No cache, no blocks, no threads; O(L (T C (C + F) + T² C) + T C V) at a few hundred MFLOP/s.
public struct ReferenceDecoder {
  private let model: DecoderModel
  private var c: DecoderConfiguration { model.configuration }

  /// s B A of each matrix that something is added to, row by row, by the place of its A.
  private let additions: [Int: [Double]]

  /// A reference for `model`.
  public init(_ model: DecoderModel) {
    self.model = model
    var additions: [Int: [Double]] = [:]
    for layer in model.adapter?.layout.layers ?? [] {
      for added in [layer.projection, layer.output, layer.gateUp, layer.down] {
        if let added { additions[added.down] = model.adapter?.product(added) }
      }
    }
    self.additions = additions
  }

  /// The logits after each token: [T, V].
  ///
  /// - Throws: ``InferenceError/tokenOutOfRange(got:vocabulary:)``.
  public func logits(_ tokens: [Int32]) throws -> [[Double]] {
    var x = try tokens.map { token in
      guard token >= 0, Int(token) < c.vocabularySize else {
        throw InferenceError.tokenOutOfRange(got: token, vocabulary: c.vocabularySize)
      }
      return vector(model.layout.embedding + Int(token) * c.width, c.width)
    }
    for (index, layer) in model.layout.layers.enumerated() {
      let added = model.adapter?.layout.layers[index]
      let attended = attention(x.map { norm($0, layer.attentionNorm) }, layer, added)
      x = zip(x, attended).map { x, attended in
        let block = multiply(layer.output, c.width, attended, with: added?.output)
        return add(x, through(added?.afterAttention, block))
      }
      x = x.map { x in
        let block = feedForward(norm(x, layer.feedForwardNorm), layer, added)
        return add(x, through(added?.afterFeedForward, block))
      }
    }
    return x.map { multiply(model.layout.head, c.vocabularySize, norm($0, model.layout.finalNorm)) }
  }

  private func attention(
    _ x: [[Double]], _ layer: DecoderLayout.Layer, _ added: AdapterLayout.Layer?
  ) -> [[Double]] {
    let d = c.headDimension
    let projected = x.map { row in
      let result = multiply(layer.projection, c.projectionWidth, row, with: added?.projection)
      return layer.projectionBias.map { add(result, vector($0, c.projectionWidth)) } ?? result
    }
    // Head h of the projection: query heads, then key heads, then value heads.
    func head(_ h: Int, at t: Int) -> [Double] { Array(projected[t][h * d..<(h + 1) * d]) }
    return x.indices.map { t in
      (0..<c.heads).flatMap { h -> [Double] in
        let shared = h / (c.heads / c.keyValueHeads)
        // Positions count on from a prefix, whose keys are not turned.
        let before = prefix(added, shared)
        let query = rotate(head(h, at: t), before.count + t)
        let keys =
          before.map(\.key)
          + (0...t).map { rotate(head(c.heads + shared, at: $0), before.count + $0) }
        let values =
          before.map(\.value)
          + (0...t).map { head(c.heads + c.keyValueHeads + shared, at: $0) }
        let scores = keys.map { dot(query, $0) / Double(d).squareRoot() }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let total = weights.reduce(0, +)
        var result = [Double](repeating: 0, count: d)
        for (weight, value) in zip(weights, values) {
          for i in 0..<d { result[i] += weight / total * value[i] }
        }
        return result
      }
    }
  }

  /// Keys and values of a prefix for one of its heads, position by position.
  private func prefix(
    _ added: AdapterLayout.Layer?, _ head: Int
  ) -> [(key: [Double], value: [Double])] {
    guard let adapter = model.adapter, let start = added?.prefix else { return [] }
    let d = c.headDimension
    return (0..<adapter.layout.prefixLength).map { position in
      let key = start + position * 2 * c.keyValueWidth + head * d
      let value = key + c.keyValueWidth
      return (
        adapter.floats[key..<key + d].map(Double.init),
        adapter.floats[value..<value + d].map(Double.init)
      )
    }
  }

  /// x + W₂ gelu(W₁ x + b₁) + b₂ where an adapter has the two layers.
  private func through(_ layers: AdapterLayout.Bottleneck?, _ x: [Double]) -> [Double] {
    guard let layers, let numbers = model.adapter?.floats else { return x }
    let hidden = (0..<layers.width).map { i -> Double in
      var sum = Double(numbers[layers.downBias + i])
      for j in x.indices { sum += Double(numbers[layers.down + i * x.count + j]) * x[j] }
      return 0.5 * sum * erfc(-sum / 2.0.squareRoot())
    }
    return x.indices.map { i in
      var sum = x[i] + Double(numbers[layers.upBias + i])
      for j in hidden.indices {
        sum += Double(numbers[layers.up + i * hidden.count + j]) * hidden[j]
      }
      return sum
    }
  }

  private func feedForward(
    _ x: [Double], _ layer: DecoderLayout.Layer, _ added: AdapterLayout.Layer?
  ) -> [Double] {
    let gateUp = multiply(layer.gateUp, 2 * c.feedForwardWidth, x, with: added?.gateUp)
    let hidden = (0..<c.feedForwardWidth).map { i in
      gateUp[i] / (1 + exp(-gateUp[i])) * gateUp[c.feedForwardWidth + i]
    }
    return multiply(layer.down, c.width, hidden, with: added?.down)
  }

  /// Turns pairs (i, i + D/2) by position times frequency.
  private func rotate(_ x: [Double], _ position: Int) -> [Double] {
    let half = c.headDimension / 2
    var result = x
    for (i, frequency) in c.rotaryFrequencies.enumerated() {
      let angle = Double(position) * frequency
      result[i] = x[i] * cos(angle) - x[half + i] * sin(angle)
      result[half + i] = x[half + i] * cos(angle) + x[i] * sin(angle)
    }
    return result
  }

  private func norm(_ x: [Double], _ weight: Int) -> [Double] {
    let scale = 1 / (dot(x, x) / Double(x.count) + c.normEpsilon).squareRoot()
    return zip(x, vector(weight, x.count)).map { $0 * scale * $1 }
  }

  private func multiply(
    _ matrix: Int, _ rows: Int, _ x: [Double], with added: AdapterLayout.LowRank? = nil
  ) -> [Double] {
    let weights = model.floats
    let more = added.flatMap { additions[$0.down] } ?? []
    return (0..<rows).map { row in
      let start = row * x.count
      let isAddedTo = start < more.count
      var sum = 0.0
      for i in x.indices {
        let weight = Double(weights[matrix + start + i])
        sum += (isAddedTo ? weight + more[start + i] : weight) * x[i]
      }
      return sum
    }
  }

  private func vector(_ offset: Int, _ count: Int) -> [Double] {
    model.floats[offset..<offset + count].map(Double.init)
  }

  private func add(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map(+) }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

extension DecoderAdapter {
  /// s B A in double, as many rows as the last term reaches.
  fileprivate func product(_ added: AdapterLayout.LowRank) -> [Double] {
    let columns = added.columns
    let rows = added.terms.reduce(0) { max($0, $1.rows.upperBound) }
    var result = [Double](repeating: 0, count: rows * columns)
    let numbers = floats
    var down = added.down
    for term in added.terms {
      for row in 0..<term.rows.count {
        let start = (term.rows.lowerBound + row) * columns
        for r in 0..<term.rank {
          let factor = Double(term.scale) * Double(numbers[term.up + row * term.rank + r])
          for column in 0..<columns {
            result[start + column] += factor * Double(numbers[down + r * columns + column])
          }
        }
      }
      down += term.rank * columns
    }
    return result
  }
}
