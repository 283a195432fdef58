import Glibc
import Tensors

extension BenchCommand {
  /// The fused operations by themselves, at the sizes of the training configurations.
  static let kernels = BenchCommand(
    name: "kernels", arguments: "", summary: "speed of the fused operations on one core"
  ) { _ in
    for size in KernelBench.sizes { try KernelBench(size).run() }
  }
}

/// Operations of a tape at one model's sizes, there and back.
///
/// `gflops` counts the products that a causal head needs, `gb_per_s` what has to be read and
/// written once.
private struct KernelBench {
  struct Size {
    let name: String
    let width: Int
    let heads: Int
    let inner: Int
    let vocabulary: Int
    let context: Int
  }

  static let sizes = [
    Size(name: "tiny", width: 128, heads: 4, inner: 384, vocabulary: 2048, context: 128),
    Size(name: "small", width: 256, heads: 8, inner: 768, vocabulary: 4096, context: 256),
    Size(name: "medium", width: 576, heads: 9, inner: 1536, vocabulary: 16384, context: 512),
  ]

  let size: Size
  let rows = 1024

  init(_ size: Size) { self.size = size }

  func run() throws {
    let (c, f, v, context) = (size.width, size.inner, size.vocabulary, size.context)
    let heads = AttentionHeads(
      queries: size.heads, keyValues: size.heads, dimension: c / size.heads)
    let table = RotaryTable(
      frequencies: RotaryTable.frequencies(base: 10_000, dimension: heads.dimension),
      positions: context)
    let starts = Array(stride(from: 0, to: rows, by: context))
    // Two products of every query with the keys up to it, and five on the way back.
    let product = size.heads * rows * (context + 1) * heads.dimension
    try measure("attention", [(rows, 3 * c)], flops: (2 * product, 5 * product)) {
      try $0.attention($1[0], heads: heads, starts: starts, rotary: table, isCausal: true)
    }
    let plane = 4 * rows * c
    try measure("rms_norm", [(rows, c), (1, c)], bytes: (2 * plane, 3 * plane)) {
      try $0.rmsNorm($1[0], weight: $1[1], epsilon: 1e-5)
    }
    try measure("layer_norm", [(rows, c), (1, c), (1, c)], bytes: (2 * plane, 3 * plane)) {
      try $0.layerNorm($1[0], weight: $1[1], bias: $1[2], epsilon: 1e-5)
    }
    let wide = 4 * rows * f
    try measure("swiglu", [(rows, 2 * f)], bytes: (3 * wide, 5 * wide)) { try $0.swiglu($1[0]) }
    try measure("gelu", [(rows, f)], bytes: (2 * wide, 3 * wide)) { try $0.gelu($1[0]) }
    try measure("log_softmax", [(128, v)], bytes: (8 * 128 * v, 12 * 128 * v)) {
      try $0.logSoftmax($1[0])
    }
    try optimiser()
  }

  /// Times an operation, and its way back by itself.
  private func measure(
    _ name: String, _ shapes: [(rows: Int, columns: Int)], flops: (Int, Int)? = nil,
    bytes: (Int, Int)? = nil, _ operation: (Tape, [Variable]) throws -> Variable
  ) throws {
    let tape = try Tape(recordsGradients: true)
    let numbers = (0..<2003).map { Float(($0 * 7919) % 2003) / 1001 - 1 }
    func fill(_ target: UnsafeMutableBufferPointer<Float>) {
      for i in target.indices { target[i] = numbers[i % numbers.count] }
    }
    var (there, back) = (Double.infinity, Double.infinity)
    let start = now()
    repeat {
      tape.reset()
      let arguments = shapes.map {
        tape.input(rows: $0.rows, columns: $0.columns, needsGradient: true, fill: fill)
      }
      let before = now()
      let result = try operation(tape, arguments)
      there = min(there, now() - before)
      let shape = tape.shape(of: result)
      let outgoing = (0..<shape.rows * shape.columns).map { numbers[$0 % numbers.count] }
      try outgoing.withUnsafeBufferPointer { try tape.seed(result, gradient: $0) }
      let turn = now()
      try tape.backward()
      back = min(back, now() - turn)
    } while now() - start < 0.5
    report(name, there, flops?.0, bytes?.0)
    report(name + "_backward", back, flops?.1, bytes?.1)
  }

  private func optimiser() throws {
    let count = 4 * size.width * size.width
    // Weights, gradient, and moments, none of them negative.
    var memory = (0..<4 * count).map { Float(($0 * 7919) % 2003) / 1001 }
    let optimizer = AdamW()
    var best = Double.infinity
    memory.withUnsafeMutableBufferPointer {
      guard let weights = $0.baseAddress else { return }
      let start = now()
      repeat {
        let before = now()
        optimizer.update(
          weights, gradient: weights + count, first: weights + 2 * count,
          second: weights + 3 * count, count: count, clip: 1, learningRate: 1e-6, step: 10,
          decays: true)
        best = min(best, now() - before)
      } while now() - start < 0.25
    }
    report("adamw", best, nil, 28 * count)
  }

  private func report(_ kernel: String, _ seconds: Double, _ flops: Int?, _ bytes: Int?) {
    let rate = Double(flops ?? bytes ?? 0) / seconds / 1e9
    print(
      "{\"bench\": \"kernels\", \"config\": \"\(size.name)\", \"kernel\": \"\(kernel)\", "
        + "\"instructions\": \"\(Vectors.instructionSet)\", "
        + "\"microseconds\": \(rounded(seconds * 1e6)), "
        + "\"\(flops != nil ? "gflops" : "gb_per_s")\": \(rounded(rate))}")
  }

  private func rounded(_ x: Double) -> Double { (x * 10).rounded() / 10 }

  private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
