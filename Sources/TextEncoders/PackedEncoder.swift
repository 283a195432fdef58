import Bytes
import CKernels

/// An encoder's weights laid out for its products, and its computation on rows of tokens.
///
/// Every operation treats each row, and in attention each text, by itself: a text's numbers do not
/// depend on what is computed with it.
final class PackedEncoder: Sendable {
  private struct Matrix {
    /// In ``packed``.
    let offset: Int
    let columns: Int
    let depth: Int
    /// In the model's weights.
    let bias: Int
  }

  private struct Layer {
    let projection: Matrix
    let output: Matrix
    let up: Matrix
    let down: Matrix
  }

  let model: EncoderModel
  private let packed: FloatBuffer
  private let layers: [Layer]

  /// O(weights): a copy of the matrices.
  init(_ model: EncoderModel) {
    self.model = model
    let c = model.configuration
    var next = 0
    var sources: [(weight: Int, matrix: Matrix)] = []
    func place(_ weight: Int, _ bias: Int, _ columns: Int, _ depth: Int) -> Matrix {
      let matrix = Matrix(offset: next, columns: columns, depth: depth, bias: bias)
      next += Int(ck_packed_count(Int64(columns), Int64(depth)))
      sources.append((weight, matrix))
      return matrix
    }
    layers = model.layout.layers.map { layer in
      Layer(
        projection: place(layer.projection, layer.projectionBias, 3 * c.width, c.width),
        output: place(layer.output, layer.outputBias, c.width, c.width),
        up: place(layer.up, layer.upBias, c.feedForwardWidth, c.width),
        down: place(layer.down, layer.downBias, c.width, c.feedForwardWidth))
    }
    packed = FloatBuffer(count: next)
    let weights = model.floats
    withExtendedLifetime(model) {
      guard let base = weights.baseAddress else { return }
      for (weight, matrix) in sources {
        ck_pack(
          Int64(matrix.columns), Int64(matrix.depth), base + weight, packed.base + matrix.offset)
      }
    }
  }

  /// Floating-point operations of the products for each row, a multiplication and an addition
  /// counted as two; attention comes on top.
  var operationsPerRow: Double { 2 * Double(model.layout.matrixCount) }

  // MARK: - The layers

  /// The last hidden states of texts, left in the space's `stream`: [N, C].
  ///
  /// - Parameters:
  ///   - tokens: N ids that the vocabulary has.
  ///   - starts: Where each text begins, and the end.
  ///   - space: What is computed in, with room for the rows.
  ///   - check: Called before each layer.
  func run(
    _ tokens: [Int32], starts: [Int], _ space: EncoderSpace, check: () throws -> Void
  ) rethrows {
    let c = model.configuration
    let rows = tokens.count
    guard let weights = model.floats.baseAddress, rows > 0 else { return }
    embed(tokens, starts, weights, space)
    let activation = c.activation == .gelu ? CK_GELU : CK_TANH_GELU
    for (packed, layer) in zip(layers, model.layout.layers) {
      try check()
      linear(packed.projection, weights, rows, space.stream, into: space.wide)
      attend(starts, space)
      linear(
        packed.output, weights, rows, space.mixed, into: space.stream, adding: space.stream)
      norm(layer.attentionNorm, layer.attentionNormBias, weights, rows, space)
      linear(packed.up, weights, rows, space.stream, into: space.wide, activation: activation)
      linear(packed.down, weights, rows, space.wide, into: space.stream, adding: space.stream)
      norm(layer.feedForwardNorm, layer.feedForwardNormBias, weights, rows, space)
    }
  }

  private func embed(
    _ tokens: [Int32], _ starts: [Int], _ weights: UnsafePointer<Float>, _ space: EncoderSpace
  ) {
    let width = model.configuration.width
    let layout = model.layout
    for (start, end) in zip(starts, starts.dropFirst()) {
      for row in start..<end {
        let word = weights + layout.wordEmbedding + Int(tokens[row]) * width
        let position = weights + layout.positionEmbedding + (row - start) * width
        let type = weights + layout.typeEmbedding
        let target = space.stream + row * width
        for i in 0..<width { target[i] = word[i] + type[i] + position[i] }
      }
    }
    norm(layout.embeddingNorm, layout.embeddingNormBias, weights, tokens.count, space)
  }

  private func linear(
    _ matrix: Matrix, _ weights: UnsafePointer<Float>, _ rows: Int,
    _ x: UnsafeMutablePointer<Float>, into y: UnsafeMutablePointer<Float>, activation: Int32 = 0,
    adding added: UnsafeMutablePointer<Float>? = nil
  ) {
    ck_packed_linear(
      Int64(rows), Int64(matrix.columns), Int64(matrix.depth), x, Int64(matrix.depth),
      packed.base + matrix.offset, weights + matrix.bias, activation, added, y,
      Int64(matrix.columns))
  }

  private func norm(
    _ weight: Int, _ bias: Int, _ weights: UnsafePointer<Float>, _ rows: Int,
    _ space: EncoderSpace
  ) {
    let c = model.configuration
    // In place: a row is read whole before it is written.
    ck_layernorm(
      Int64(rows), Int64(c.width), space.stream, weights + weight, weights + bias,
      Float(c.normEpsilon), space.stream, space.means, space.inverses)
  }

  private func attend(_ starts: [Int], _ space: EncoderSpace) {
    let c = model.configuration
    let d = c.headDimension
    let stride = 3 * c.width
    for (start, end) in zip(starts, starts.dropFirst()) where end > start {
      var shape = ck_attention_shape(
        length: Int64(end - start), dimension: Int64(d), stride: Int64(stride),
        output_stride: Int64(c.width), scale: 1 / Float(d).squareRoot(), causal: false)
      let rows = space.wide + start * stride
      for head in 0..<c.heads {
        let queries = rows + head * d
        ck_attention(
          &shape, queries, queries + c.width, queries + 2 * c.width,
          space.mixed + start * c.width + head * d, space.sums, space.scratch)
      }
    }
  }
}

/// What one thread computes in; grows to the largest work that it was asked for.
final class EncoderSpace: @unchecked Sendable {
  // Sendable because `EncoderSpaces` hands each to one piece of work at a time.
  private var buffers: [FloatBuffer] = []
  private var rows = 0
  private var length = 0

  /// [N, C]
  var stream: UnsafeMutablePointer<Float> { buffers[0].base }
  /// [N, max(3 C, F)]: queries, keys and values, then the feed-forward part.
  var wide: UnsafeMutablePointer<Float> { buffers[1].base }
  /// [N, C]: what attention gives.
  var mixed: UnsafeMutablePointer<Float> { buffers[2].base }
  /// [N]
  var means: UnsafeMutablePointer<Float> { buffers[3].base }
  /// [N]
  var inverses: UnsafeMutablePointer<Float> { buffers[4].base }
  /// [T]
  var sums: UnsafeMutablePointer<Float> { buffers[5].base }
  var scratch: UnsafeMutablePointer<Float> { buffers[6].base }

  func reserve(_ c: EncoderConfiguration, rows: Int, length: Int) {
    guard rows > self.rows || length > self.length else { return }
    self.rows = max(rows, self.rows)
    self.length = max(length, self.length)
    let scratch = Int(ck_attention_scratch(Int64(self.length), Int64(c.headDimension)))
    buffers = [
      self.rows * c.width, self.rows * max(3 * c.width, c.feedForwardWidth), self.rows * c.width,
      self.rows, self.rows, self.length + 16, scratch,
    ].map { FloatBuffer(count: $0) }
  }
}
