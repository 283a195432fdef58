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

/// Operations of a tape at one model's sizes, forwards and there and back.
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

  /// Times an operation on a tape that remembers nothing, then with its way back.
  private func measure(
    _ name: String, _ shapes: [(rows: Int, columns: Int)], flops: (Int, Int)? = nil,
    bytes: (Int, Int)? = nil, _ operation: (Tape, [Variable]) throws -> Variable
  ) throws {
    try withFloats(shapes.map { $0.rows * $0.columns } + shapes.map { $0.rows * $0.columns }) {
      memory in
      func forward(_ tape: Tape) throws -> Variable {
        tape.reset()
        let arguments = shapes.indices.map { i in
          tape.parameter(
            memory[i], gradient: memory[shapes.count + i], rows: shapes[i].rows,
            columns: shapes[i].columns)
        }
        return try operation(tape, arguments)
      }
      let inference = try Tape(recordsGradients: false)
      let there = try best { _ = try forward(inference) }
      let training = try Tape(recordsGradients: true)
      let shape = training.shape(of: try forward(training))
      try withFloats([shape.rows * shape.columns]) { outgoing in
        let seed = UnsafeBufferPointer(start: outgoing[0], count: shape.rows * shape.columns)
        let both = try best {
          let result = try forward(training)
          try training.seed(result, gradient: seed)
          try training.backward()
        }
        report(name, there, flops?.0, bytes?.0)
        report(
          name + "_and_back", both, flops.map { $0.0 + $0.1 }, bytes.map { $0.0 + $0.1 })
      }
    }
  }

  private func optimiser() throws {
    let count = 4 * size.width * size.width
    try withFloats([count, count, count, count]) { m in
      for i in 0..<count { m[3][i] = abs(m[3][i]) }
      let optimizer = AdamW()
      let time = try best {
        optimizer.update(
          m[0], gradient: m[1], first: m[2], second: m[3], count: count, clip: 1,
          learningRate: 1e-6, step: 10, decays: true)
      }
      report("adamw", time, nil, 28 * count)
    }
  }

  /// The shortest of the calls of a quarter of a second.
  private func best(_ body: () throws -> Void) rethrows -> Double {
    try body()
    let start = now()
    var best = Double.infinity
    repeat {
      let before = now()
      try body()
      best = min(best, now() - before)
    } while now() - start < 0.25
    return best
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

  /// Memory of these sizes, filled with numbers within -1...1.
  private func withFloats(
    _ counts: [Int], _ body: ([UnsafeMutablePointer<Float>]) throws -> Void
  ) rethrows {
    let memory = counts.map { count in
      let raw = UnsafeMutableRawPointer.allocate(byteCount: max(64, 4 * count), alignment: 64)
      let floats = raw.bindMemory(to: Float.self, capacity: count)
      for i in 0..<count { floats[i] = Float((i &* 7919) % 2003) / 1001 - 1 }
      return floats
    }
    defer { memory.forEach { $0.deallocate() } }
    try body(memory)
  }
}
