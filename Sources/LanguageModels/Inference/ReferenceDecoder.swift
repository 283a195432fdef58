import Glibc

/// The forward pass of a decoder written down plainly, in double: what the fast paths are held to.
///
/// No cache, no blocks, no threads; O(L (T C (C + F) + T² C) + T C V) at a few hundred MFLOP/s.
public struct ReferenceDecoder {
  private let model: DecoderModel
  private var c: DecoderConfiguration { model.configuration }

  /// A reference for `model`.
  public init(_ model: DecoderModel) { self.model = model }

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
    for layer in model.layout.layers {
      let attended = attention(x.map { norm($0, layer.attentionNorm) }, layer)
      x = zip(x, attended).map { add($0, multiply(layer.output, c.width, $1)) }
      x = x.map { add($0, feedForward(norm($0, layer.feedForwardNorm), layer)) }
    }
    return x.map { multiply(model.layout.head, c.vocabularySize, norm($0, model.layout.finalNorm)) }
  }

  private func attention(_ x: [[Double]], _ layer: DecoderLayout.Layer) -> [[Double]] {
    let d = c.headDimension
    let projected = x.map { row in
      let result = multiply(layer.projection, c.projectionWidth, row)
      return layer.projectionBias.map { add(result, vector($0, c.projectionWidth)) } ?? result
    }
    // Head h of the projection: query heads, then key heads, then value heads.
    func head(_ h: Int, at t: Int) -> [Double] { Array(projected[t][h * d..<(h + 1) * d]) }
    return x.indices.map { t in
      (0..<c.heads).flatMap { h -> [Double] in
        let shared = h / (c.heads / c.keyValueHeads)
        let query = rotate(head(h, at: t), t)
        let scores = (0...t).map { s in
          dot(query, rotate(head(c.heads + shared, at: s), s)) / Double(d).squareRoot()
        }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let total = weights.reduce(0, +)
        var result = [Double](repeating: 0, count: d)
        for s in 0...t {
          let value = head(c.heads + c.keyValueHeads + shared, at: s)
          for i in 0..<d { result[i] += weights[s] / total * value[i] }
        }
        return result
      }
    }
  }

  private func feedForward(_ x: [Double], _ layer: DecoderLayout.Layer) -> [Double] {
    let gateUp = multiply(layer.gateUp, 2 * c.feedForwardWidth, x)
    let hidden = (0..<c.feedForwardWidth).map { i in
      gateUp[i] / (1 + exp(-gateUp[i])) * gateUp[c.feedForwardWidth + i]
    }
    return multiply(layer.down, c.width, hidden)
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

  private func multiply(_ matrix: Int, _ rows: Int, _ x: [Double]) -> [Double] {
    let weights = model.floats
    return (0..<rows).map { row in
      var sum = 0.0
      for i in x.indices { sum += Double(weights[matrix + row * x.count + i]) * x[i] }
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
