import CKernels
import Execution
import Testing

/// The numbers that a kernel is tried on.
enum Filling: String, CaseIterable, Sendable {
  case ordinary
  case huge
  case denormal
  case special

  func numbers(_ count: Int, _ random: inout RandomStream) -> [Float] {
    let special: [Float] = [
      .nan, .infinity, -.infinity, -0.0, 0, .leastNonzeroMagnitude, -.leastNormalMagnitude,
      .greatestFiniteMagnitude, 1, -1, 88.4, -87.4, 1e4, -1e4,
    ]
    return (0..<count).map { _ in
      let number = Float(2 * random.uniform() - 1)
      switch self {
      case .ordinary: return number
      case .huge: return number * 1e4
      case .denormal: return number * 1e-38
      case .special: return random.below(3) == 0 ? special[random.below(special.count)] : number
      }
    }
  }
}

/// One call of a kernel: what it reads, what it writes (and may read), and its result.
struct KernelCase: Sendable, CustomTestStringConvertible {
  typealias Inputs = [UnsafePointer<Float>]
  typealias Outputs = [UnsafeMutablePointer<Float>]

  let testDescription: String
  let inputs: [Int]
  let outputs: [Int]
  let run: @Sendable (Inputs, Outputs) -> Double

  init(
    _ name: String, _ inputs: [Int], _ outputs: [Int],
    run: @escaping @Sendable (Inputs, Outputs) -> Double
  ) {
    testDescription = name
    self.inputs = inputs
    self.outputs = outputs
    self.run = run
  }

  /// The bits of all that it wrote; notes every write outside of its buffers.
  func bits(_ filling: Filling) throws -> [UInt32] {
    var random = RandomStream(seed: 3, purpose: "\(testDescription)/\(filling)")
    let read = try inputs.map { try GuardedFloats(filling.numbers($0, &random)) }
    let written = try outputs.map { try GuardedFloats(filling.numbers($0, &random)) }
    let before = read.map(\.values)
    let result = run(read.map { UnsafePointer($0.pointer) }, written.map(\.pointer))
    for buffer in read + written { #expect(buffer.isIntact, "\(self): a canary was overwritten") }
    for (buffer, values) in zip(read, before) {
      #expect(TensorsTests.bits(buffer.values) == TensorsTests.bits(values))
    }
    let number = result.isNaN ? UInt64.max : result.bitPattern
    return written.flatMap { TensorsTests.bits($0.values) }
      + [UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32)]
  }
}

extension KernelCase {
  static let all: [KernelCase] = flat + rows + attention

  private static let flat: [KernelCase] = [1, 15, 16, 17, 33, 100, 4096, 5003].flatMap {
    n in
    let count = Int64(n)
    return [
      KernelCase("axpy \(n)", [n], [n]) {
        ck_axpy(count, 0.7, $0[0], $1[0]); return 0
      },
      KernelCase("scale \(n)", [n], [n]) {
        ck_scale(count, 0.7, $0[0], $1[0]); return 0
      },
      KernelCase("add \(n)", [n, n], [n]) {
        ck_add(count, $0[0], $0[1], $1[0]); return 0
      },
      KernelCase("exp \(n)", [n], [n]) {
        ck_exp(count, $0[0], $1[0]); return 0
      },
      KernelCase("sum of squares \(n)", [n], []) { input, _ in
        ck_sum_of_squares(count, input[0])
      },
      KernelCase("gelu \(n)", [n], [n]) {
        ck_gelu(count, false, $0[0], $1[0]); return 0
      },
      KernelCase("gelu by tanh \(n)", [n], [n]) {
        ck_gelu(count, true, $0[0], $1[0]); return 0
      },
      KernelCase("gelu's gradient \(n)", [n, n], [n, n]) {
        ck_gelu_backward(count, false, $0[0], $0[1], $1[0], true)
        ck_gelu_backward(count, true, $0[0], $0[1], $1[1], false)
        return 0
      },
      KernelCase("adamw \(n)", [n], [n, n, n]) {
        // Second moments are never negative.
        for i in 0..<n { $1[2][i] = abs($1[2][i]) }
        ck_adamw(
          count, $1[0], $0[0], $1[1], $1[2], 0.9, 0.9, 0.999, 1e-3, 1.5, 1e-8, 1e-4)
        return 0
      },
    ]
  }

  private static let rows: [KernelCase] = [(1, 1), (3, 17), (2, 64), (5, 33), (2, 4113)]
    .flatMap { rows, columns in
      let (r, c, n) = (Int64(rows), Int64(columns), rows * columns)
      let shape = "\(rows)×\(columns)"
      return [
        KernelCase("rmsnorm \(shape)", [n, columns], [n, rows]) {
          ck_rmsnorm(r, c, $0[0], $0[1], 1e-5, $1[0], $1[1])
          return 0
        },
        KernelCase("rmsnorm's gradient \(shape)", [n, columns, rows, n], [n, columns]) {
          ck_rmsnorm_backward(r, c, $0[0], $0[1], $0[2], $0[3], $1[0], true, $1[1])
          ck_rmsnorm_backward(r, c, $0[0], $0[1], $0[2], $0[3], $1[0], rows == 3, nil)
          return 0
        },
        KernelCase("layernorm \(shape)", [n, columns, columns], [n, rows, rows]) {
          ck_layernorm(r, c, $0[0], $0[1], $0[2], 1e-5, $1[0], $1[1], $1[2])
          return 0
        },
        KernelCase(
          "layernorm's gradient \(shape)", [n, columns, rows, rows, n], [n, columns, columns]
        ) {
          ck_layernorm_backward(
            r, c, $0[0], $0[1], $0[2], $0[3], $0[4], $1[0], rows == 3, $1[1], $1[2])
          return 0
        },
        KernelCase("swiglu \(shape)", [2 * n], [n]) {
          ck_swiglu(r, c, $0[0], $1[0]); return 0
        },
        KernelCase("swiglu's gradient \(shape)", [2 * n, n], [2 * n]) {
          ck_swiglu_backward(r, c, $0[0], $0[1], $1[0])
          return 0
        },
        KernelCase("log-softmax \(shape)", [n, n], [n, n]) {
          ck_log_softmax(r, c, $0[0], $1[0])
          ck_log_softmax_backward(r, c, $1[0], $0[1], $1[1], rows == 3)
          return 0
        },
        KernelCase("unit length \(shape)", [n, n], [n, rows, n]) {
          ck_normalize(r, c, 1e-12, $0[0], $1[0], $1[1])
          ck_normalize_backward(r, c, 1e-12, $1[0], $1[1], $0[1], $1[2], rows == 3)
          return 0
        },
        KernelCase("cosine \(shape)", [n, n, rows], [rows, rows, rows, n]) {
          ck_cosine(r, c, 1e-8, $0[0], $0[1], $1[0], $1[1], $1[2])
          ck_cosine_backward(
            r, c, 1e-8, $0[0], $0[1], $1[0], $1[1], $1[2], $0[2], $1[3], rows == 3)
          return 0
        },
        KernelCase("cross-entropy \(shape)", [], [n, rows]) {
          let labels = (0..<rows).map { Int32($0 == 1 ? -1 : ($0 * 7) % columns) }
          return ck_cross_entropy(r, c, $1[0], labels, 0.3, true, $1[1])
            + ck_cross_entropy(r, c, $1[0], labels, 0.3, false, nil)
        },
        KernelCase(
          "rotation \(shape)", [5 * (columns + 1), 5 * (columns + 1)], [rows * (4 * columns + 7)]
        ) {
          let positions = (0..<rows).map { Int32(($0 * 3) % 5) }
          ck_rotate(r, 2, 2 * c, $1[0], 4 * c + 7, positions, $0[0], $0[1], rows == 3 ? -1 : 1)
          return 0
        },
      ]
    }

  private static let attention: [KernelCase] = [1, 15, 16, 17, 31, 32, 33, 47, 100].flatMap {
    length in
    [2, 5, 16, 32, 33, 48, 64, 80].flatMap { dimension in
      [true, false].map { attention(length, dimension, causal: $0) }
    }
  }

  private static func attention(_ length: Int, _ dimension: Int, causal: Bool) -> KernelCase {
    // The last row ends with its last number: what lies behind it belongs to nobody.
    let (stride, outStride) = (3 * dimension + 5, dimension + 3)
    let input = (length - 1) * stride + dimension
    let output = (length - 1) * outStride + dimension
    let scratch = Int(ck_attention_scratch(Int64(length), Int64(dimension)))
    return KernelCase(
      "attention \(length)×\(dimension)\(causal ? " causal" : "")",
      [input, input, input, output], [output, length, input, input, input]
    ) {
      var shape = ck_attention_shape(
        length: Int64(length), dimension: Int64(dimension), stride: Int64(stride),
        output_stride: Int64(outStride), scale: 0.3, causal: causal)
      guard let first = try? GuardedFloats(count: scratch, filledWith: .nan),
        let second = try? GuardedFloats(count: scratch, filledWith: .nan)
      else { return -1 }
      ck_attention(&shape, $0[0], $0[1], $0[2], $1[0], $1[1], first.pointer)
      ck_attention_backward(
        &shape, $0[0], $0[1], $0[2], $1[0], $1[1], $0[3], $1[2], $1[3], $1[4], second.pointer)
      #expect(first.isIntact && second.isIntact, "attention wrote before its scratch")
      return 0
    }
  }
}
