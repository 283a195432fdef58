import CKernels

/// The memory that a session's work passes through, made once.
final class WorkSpace {
  /// N: positions that go through the layers together. Enough for the weights to be read from
  /// memory rarely, few enough for the rows to stay in the second cache.
  static let rows = 128

  /// [N, C]: the residual stream.
  let stream: UnsafeMutablePointer<Float>
  /// [N, C]
  let normed: UnsafeMutablePointer<Float>
  /// [N, (H + 2 G) D]
  let projection: UnsafeMutablePointer<Float>
  /// [N, H D]
  let attended: UnsafeMutablePointer<Float>
  /// [N, 2 F]
  let gateUp: UnsafeMutablePointer<Float>
  /// [N, F]
  let hidden: UnsafeMutablePointer<Float>
  /// [M, C]: positions whose logits are wanted.
  let final: UnsafeMutablePointer<Float>
  /// [M, V]
  let logits: UnsafeMutablePointer<Float>
  /// [N]: what the norm keeps for a way back that isn't gone.
  let inverse: UnsafeMutablePointer<Float>
  /// [N, most of a rank or of a bottleneck's width]: what an adapter has between its projections.
  let between: UnsafeMutablePointer<Float>
  /// [N, C]: what a block gives before a bottleneck; nothing for other adapters.
  let block: UnsafeMutablePointer<Float>
  /// Of each thread.
  let scores: UnsafeMutablePointer<Float>
  let scoresStride: Int
  /// M
  let finalRows: Int
  private let base: UnsafeMutableRawPointer

  init(
    _ c: DecoderConfiguration, _ limits: DecoderSession.Limits, threads: Int,
    adapter: AdapterLayout?
  ) {
    finalRows = Self.finalRows(c, limits)
    scoresStride = Int(
      ck_cache_attention_scratch(Int64(limits.length + (adapter?.prefixLength ?? 0))))
    let sizes = Self.sizes(c, limits, threads: threads, adapter).map { Int($0) }
    base = .allocate(byteCount: sizes.reduce(0, +) * 4, alignment: 64)
    var next = base.bindMemory(to: Float.self, capacity: sizes.reduce(0, +))
    let parts = sizes.map { size in
      defer { next += size }
      return next
    }
    (stream, normed, projection, attended) = (parts[0], parts[1], parts[2], parts[3])
    (gateUp, hidden, final, logits) = (parts[4], parts[5], parts[6], parts[7])
    (inverse, scores, between, block) = (parts[8], parts[9], parts[10], parts[11])
  }

  deinit { base.deallocate() }

  /// At most 8 MB of logits, but always those of one step of the largest batch.
  private static func finalRows(_ c: DecoderConfiguration, _ limits: DecoderSession.Limits) -> Int {
    max(limits.batch, min(rows, (2 << 20) / c.vocabularySize), 1)
  }

  private static func sizes(
    _ c: DecoderConfiguration, _ limits: DecoderSession.Limits, threads: Int,
    _ adapter: AdapterLayout?
  ) -> [Double] {
    let n = Double(rows)
    let m = Double(finalRows(c, limits))
    let longest = Double(max(limits.length, 0)) + Double(adapter?.prefixLength ?? 0)
    let scores = Double(max(threads, 1)) * 16 * (longest + 16)
    let block = adapter?.layers.contains { $0.afterAttention != nil } == true
    return [
      n * Double(c.width), n * Double(c.width), n * Double(c.projectionWidth),
      n * Double(c.queryWidth), n * 2 * Double(c.feedForwardWidth), n * Double(c.feedForwardWidth),
      m * Double(c.width), m * Double(c.vocabularySize), n, scores,
      n * Double(adapter?.widestHidden ?? 0), block ? n * Double(c.width) : 0,
    ].map { ($0 / 16).rounded(.up) * 16 }
  }

  /// Floats in all.
  static func floats(
    _ c: DecoderConfiguration, _ limits: DecoderSession.Limits, threads: Int,
    adapter: AdapterLayout? = nil
  ) -> Double {
    sizes(c, limits, threads: threads, adapter).reduce(0, +)
  }
}
